"""Pictures of rooms: a chair to sit in with a book, and a desk to work at."""

from __future__ import annotations

import math

from sample.drawing import ease


def draw_atmosphere(moment: float) -> str:
    """Draw an armchair by a lamp that is switched on, a plant, and a cat that moves its tail."""
    lit = ease(moment, 0.15, 0.4)
    return (
        '<rect width="640" height="572" fill="var(--accent-soft)"/>'
        '<rect y="446" width="640" height="126" fill="var(--wood-light)"/>'
        '<ellipse cx="330" cy="506" rx="266" ry="44" fill="var(--calm)" fill-opacity=".85"/>'
        '<ellipse cx="330" cy="506" rx="228" ry="34" fill="none" stroke="var(--calm-soft)" stroke-width="6"/>'
        f"{_painting()}{_floor_lamp(lit)}{_plant(moment)}{_armchair()}{_cat(moment)}"
    )


def draw_workplaces(moment: float) -> str:
    """Draw a desk with a laptop, and a plug that goes into its socket, upon which the screen lights up."""
    plugged, lit = ease(moment, 0.05, 0.4), ease(moment, 0.4, 0.55)
    return (
        '<rect width="640" height="572" fill="var(--calm-soft)"/>'
        '<rect y="500" width="640" height="72" fill="var(--wood-light)"/>'
        '<path d="M92 396 L70 556 M548 396 L570 556" stroke="var(--wood-dark)" stroke-width="22" '
        'stroke-linecap="round"/>'
        f"{_shelf()}{_office_chair()}{_desk_lamp(lit)}"
        '<rect x="36" y="372" width="568" height="32" rx="10" fill="var(--wood)"/>'
        f"{_laptop(lit, ease(moment, 0.5, 0.95))}{_socket(plugged)}"
    )


def _painting() -> str:
    return (
        '<rect x="470" y="66" width="118" height="132" rx="6" fill="var(--white)" stroke="var(--wood)" '
        'stroke-width="10"/><circle cx="552" cy="104" r="15" fill="var(--mood-3)"/>'
        '<path d="M476 192 V160 L510 118 L540 158 L556 142 L582 172 V192 Z" fill="var(--mood-5)"/>'
    )


def _floor_lamp(lit: float) -> str:
    return (
        f'<path d="M128 178 L20 470 H272 L176 178 Z" fill="var(--glow)" fill-opacity="{0.75 * lit}"/>'
        '<path d="M152 170 V492" stroke="var(--ink-soft)" stroke-width="9"/>'
        '<ellipse cx="152" cy="496" rx="46" ry="11" fill="var(--ink-soft)"/>'
        '<path d="M110 84 H194 L224 182 H80 Z" fill="var(--mood-2)"/>'
        f'<path d="M110 84 H194 L224 182 H80 Z" fill="var(--mood-3)" fill-opacity="{lit}"/>'
    )


def _plant(moment: float) -> str:
    sway = 4 * math.sin(moment * 3 * math.pi)
    leaves = "".join(
        f'<path d="M544 420 C{508} 360 {512} 292 544 {240 + 12 * (abs(angle) // 28)} C576 292 580 360 544 420 Z" '
        f'fill="var(--{colour})" transform="rotate({angle + sway * (1 + abs(angle) / 60)} 544 420)"/>'
        for angle, colour in ((-56, "good"), (56, "good"), (-28, "mood-5"), (28, "mood-5"), (0, "mood-4"))
    )
    return (
        f'{leaves}<path d="M490 408 H598 L584 500 H504 Z" fill="var(--accent)"/>'
        '<rect x="482" y="400" width="124" height="24" rx="8" fill="var(--accent-strong)"/>'
    )


def _armchair() -> str:
    return (
        '<path d="M238 486 l-8 34 M434 486 l8 34" stroke="var(--wood-dark)" stroke-width="15" stroke-linecap="round"/>'
        '<path d="M236 400 V226 C236 168 284 148 336 148 C388 148 436 168 436 226 V400 Z" fill="var(--accent)"/>'
        '<path d="M262 392 V238 C262 192 296 176 336 176 C376 176 410 192 410 238 V392 Z" fill="var(--mood-1)" '
        'opacity=".55"/>'
        '<rect x="246" y="360" width="180" height="66" rx="22" fill="var(--mood-1)"/>'
        '<path d="M196 340 C196 304 254 304 254 340 V410 H418 V340 C418 304 476 304 476 340 V456 '
        'C476 482 462 492 440 492 H232 C210 492 196 482 196 456 Z" fill="var(--accent-strong)"/>'
        '<path d="M262 410 H410 V430 C410 444 404 448 394 448 H278 C268 448 262 444 262 430 Z" fill="var(--accent)"/>'
        '<rect x="296" y="252" width="86" height="86" rx="16" fill="var(--mood-3)" transform="rotate(-12 339 295)"/>'
    )


def _cat(moment: float) -> str:
    tail = 16 * math.sin(moment * 4 * math.pi)
    return (
        f'<path d="M392 392 C432 390 {446 + tail} 366 {432 + tail} 336" fill="none" stroke="var(--ink-soft)" '
        'stroke-width="15" stroke-linecap="round"/>'
        '<path d="M282 412 C280 360 316 346 350 350 C388 352 404 380 400 412 Z" fill="var(--ink-soft)"/>'
        '<path d="M270 344 L266 304 L290 322 H314 L338 304 L334 344 C340 378 322 394 302 394 C282 394 264 378 270 344 '
        'Z" fill="var(--ink-soft)"/>'
        '<path d="M280 352 Q287 359 294 352 M310 352 Q317 359 324 352" fill="none" stroke="var(--paper)" '
        'stroke-width="4.5" stroke-linecap="round"/>'
        '<path d="M297 366 h10 l-5 6 z" fill="var(--mood-2)"/>'
        '<path d="M292 376 Q297 382 302 376 Q307 382 312 376" fill="none" stroke="var(--paper)" stroke-width="3.5" '
        'stroke-linecap="round"/>'
    )


def _shelf() -> str:
    books = "".join(
        f'<rect x="{x}" y="{104 - height}" width="20" height="{height}" rx="3" fill="var(--{colour})"/>'
        for x, height, colour in (
            (292, 62, "mood-1"),
            (315, 70, "calm"),
            (338, 54, "mood-3"),
            (361, 66, "mood-5"),
            (384, 58, "accent"),
            (407, 72, "mood-2"),
        )
    )
    return (
        f'{books}<path d="M272 110 H556" stroke="var(--wood)" stroke-width="13" stroke-linecap="round"/>'
        '<path d="M492 70 C474 54 472 36 484 28 C496 36 498 54 492 70 C494 50 508 36 522 36 C526 52 512 68 492 70 Z" '
        'fill="var(--mood-5)"/><path d="M470 68 H514 L508 104 H476 Z" fill="var(--accent)"/>'
    )


def _office_chair() -> str:
    return (
        '<rect x="232" y="416" width="156" height="36" rx="16" fill="var(--accent)"/>'
        '<path d="M310 452 V516 M310 516 L250 544 M310 516 L370 544" stroke="var(--ink-soft)" stroke-width="13" '
        'stroke-linecap="round"/>'
        '<circle cx="250" cy="548" r="10" fill="var(--ink)"/><circle cx="370" cy="548" r="10" fill="var(--ink)"/>'
    )


def _desk_lamp(lit: float) -> str:
    return (
        f'<path d="M128 196 L70 372 H254 L196 196 Z" fill="var(--glow)" fill-opacity="{lit}"/>'
        '<path d="M92 368 V250 L152 168" fill="none" stroke="var(--calm)" stroke-width="12" stroke-linecap="round" '
        'stroke-linejoin="round"/>'
        '<path d="M140 146 L198 146 C216 162 216 184 212 200 H120 C118 176 124 160 140 146 Z" fill="var(--calm)"/>'
        '<rect x="58" y="360" width="70" height="14" rx="7" fill="var(--calm)"/>'
    )


def _laptop(lit: float, written: float) -> str:
    lines = "".join(
        f'<path d="M{276} {224 + 26 * row} h{max(length * min(max(written * 4 - row, 0), 1), 0.1)}"/>'
        for row, length in enumerate((120, 150, 96, 134))
    )
    return (
        '<rect x="222" y="176" width="256" height="176" rx="14" fill="var(--ink)"/>'
        '<rect x="236" y="190" width="228" height="148" rx="6" fill="var(--ink-soft)"/>'
        f'<rect x="236" y="190" width="228" height="148" rx="6" fill="var(--white)" fill-opacity="{lit}"/>'
        f'<g stroke="var(--accent)" stroke-width="11" stroke-linecap="round" stroke-opacity="{lit}">{lines}</g>'
        '<path d="M204 352 H496 L510 366 C510 372 506 374 500 374 H200 C194 374 190 372 190 366 Z" '
        'fill="var(--line)"/>'
    )


def _socket(plugged: float) -> str:
    reach = 66 * (1 - plugged)
    return (
        '<rect x="528" y="206" width="88" height="88" rx="16" fill="var(--white)" stroke="var(--line)" '
        'stroke-width="5"/><circle cx="572" cy="250" r="30" fill="var(--paper-sunken)" stroke="var(--line)" '
        'stroke-width="5"/><circle cx="560" cy="250" r="5.5" fill="var(--ink)"/>'
        '<circle cx="584" cy="250" r="5.5" fill="var(--ink)"/>'
        f'<path d="M500 364 C540 {372 + reach * 0.4} 572 {366 + reach} 572 {278 + reach}" fill="none" '
        'stroke="var(--ink)" stroke-width="9" stroke-linecap="round"/>'
        f'<g transform="translate(0 {reach})"><path d="M560 250 v-18 M584 250 v-18" stroke="var(--ink)" '
        f'stroke-width="7" stroke-linecap="round" stroke-opacity="{1 if plugged < 0.85 else 0}"/>'
        '<path d="M548 244 H596 V262 C596 276 586 284 572 284 C558 284 548 276 548 262 Z" fill="var(--ink)"/></g>'
    )
