"""Pictures of things: a cup of coffee, and a printer with a library card and a payment."""

from __future__ import annotations

import math

from sample.drawing import ease


def draw_coffee(moment: float) -> str:
    """Draw a cup on its saucer with steam that rises, and a glass of tea."""
    steam = "".join(_steam(x, moment + shift) for x, shift in ((196, 0.0), (246, 0.33), (296, 0.66)))
    return (
        '<rect width="640" height="572" fill="var(--warn-soft)"/>'
        '<path d="M0 446 H640 V572 H0 Z" fill="var(--wood)"/><path d="M0 446 H640" stroke="var(--wood-dark)" '
        'stroke-width="10"/>'
        f"{steam}{_cup()}{_tea(moment)}"
    )


def draw_practical_matters(moment: float) -> str:
    """Draw a printer from which a page comes, a book that is lent, and a card that pays."""
    return (
        '<rect width="640" height="572" fill="var(--good-soft)"/>'
        '<rect y="452" width="640" height="120" fill="var(--wood)"/>'
        '<path d="M0 452 H640" stroke="var(--wood-dark)" stroke-width="10"/>'
        f'<g transform="translate(0 102)">{_printer(ease(moment, 0.05, 0.5))}</g>{_books()}'
        f"{_payment(ease(moment, 0.45, 0.7), ease(moment, 0.7, 0.8))}"
    )


def _steam(x: int, phase: float) -> str:
    lift = (phase * 2) % 1.0
    sway = 13 * math.sin(phase * 4 * math.pi)
    visible = math.sin(lift * math.pi)
    top = 190 - 74 * lift
    return (
        f'<path d="M{x} {top} C{x + 24 + sway} {top - 24} {x - 24 - sway} {top - 50} {x} {top - 78}" fill="none" '
        f'stroke="var(--white)" stroke-width="15" stroke-linecap="round" stroke-opacity="{0.95 * visible:.2f}"/>'
    )


def _cup() -> str:
    return (
        '<ellipse cx="246" cy="452" rx="196" ry="34" fill="var(--ink)" fill-opacity=".14"/>'
        '<ellipse cx="246" cy="440" rx="192" ry="32" fill="var(--white)"/>'
        '<ellipse cx="246" cy="434" rx="112" ry="16" fill="var(--line-soft)"/>'
        '<path d="M366 258 C452 244 452 366 346 368" fill="none" stroke="var(--accent)" stroke-width="28" '
        'stroke-linecap="round"/>'
        '<path d="M112 230 H380 C380 340 350 434 286 436 H206 C142 434 112 340 112 230 Z" fill="var(--accent)"/>'
        '<path d="M136 268 C140 334 158 384 184 408" fill="none" stroke="var(--white)" stroke-width="13" '
        'stroke-linecap="round" stroke-opacity=".35"/>'
        '<ellipse cx="246" cy="230" rx="134" ry="30" fill="var(--accent-strong)"/>'
        '<ellipse cx="246" cy="233" rx="116" ry="22" fill="var(--wood-dark)"/>'
        '<path d="M246 250 C206 236 216 220 234 222 C242 223 246 228 246 230 C246 228 250 223 258 222 C276 220 286 236 '
        '246 250 Z" fill="var(--wood-light)"/>'
    )


def _tea(moment: float) -> str:
    swing = 5 * math.sin(moment * 4 * math.pi) * (1 - moment)
    return (
        '<ellipse cx="530" cy="448" rx="86" ry="18" fill="var(--ink)" fill-opacity=".14"/>'
        '<path d="M462 262 H598 L582 430 C581 440 574 444 566 444 H494 C486 444 479 440 478 430 Z" fill="var(--white)" '
        'opacity=".75"/>'
        '<path d="M466 298 H594 L582 424 C581 434 574 436 566 436 H494 C486 436 479 434 478 424 Z" '
        'fill="var(--mood-2)"/>'
        '<ellipse cx="530" cy="298" rx="64" ry="11" fill="var(--mood-3)"/>'
        f'<g transform="rotate({swing} 570 262)"><path d="M570 262 L598 330" stroke="var(--ink-soft)" '
        'stroke-width="4"/><rect x="576" y="328" width="44" height="54" rx="5" fill="var(--good)"/>'
        '<path d="M598 340 C582 352 586 368 598 372 C610 368 614 352 598 340 Z" fill="var(--good-soft)"/></g>'
    )


def _printer(printed: float) -> str:
    page = 128 * printed
    first, second, picture = ease(printed, 0.3, 0.8), ease(printed, 0.6, 1.0), ease(printed, 0.85, 1.0)
    return (
        '<path d="M92 176 L104 84 H272 L284 176 Z" fill="var(--white)" stroke="var(--line-soft)" stroke-width="5"/>'
        '<rect x="44" y="172" width="288" height="184" rx="26" fill="var(--calm)"/>'
        '<rect x="44" y="172" width="288" height="56" rx="26" fill="var(--ink)" fill-opacity=".2"/>'
        '<circle cx="292" cy="200" r="11" fill="var(--mood-4)"/>'
        '<rect x="78" y="296" width="220" height="20" rx="10" fill="var(--ink)"/>'
        f'<path d="M98 306 H278 V{318 + page} H98 Z" fill="var(--white)" stroke="var(--line-soft)" stroke-width="4"/>'
        '<g stroke="var(--line)" stroke-width="9" stroke-linecap="round">'
        f'<path d="M122 {page + 292} H254" stroke-opacity="{first:.2f}"/>'
        f'<path d="M122 {page + 266} H228" stroke-opacity="{second:.2f}"/></g>'
        f'<circle cx="188" cy="{page + 222}" r="22" fill="var(--mood-3)" fill-opacity="{picture:.2f}"/>'
    )


def _payment(near: float, paid: float) -> str:
    return (
        '<rect x="352" y="240" width="132" height="212" rx="20" fill="var(--ink)"/>'
        '<rect x="368" y="258" width="100" height="72" rx="8" fill="var(--calm-soft)"/>'
        f'<rect x="368" y="258" width="100" height="72" rx="8" fill="var(--mood-4)" fill-opacity="{paid}"/>'
        f'<path d="M396 294 L412 310 L442 276" fill="none" stroke="var(--white)" stroke-width="12" '
        f'stroke-linecap="round" stroke-linejoin="round" stroke-opacity="{paid}"/>'
        '<g fill="var(--line)">'
        + "".join(
            f'<rect x="{370 + 34 * column}" y="{346 + 32 * row}" width="26" height="22" rx="6"/>'
            for row in range(3)
            for column in range(3)
        )
        + f'</g><g transform="translate({150 * (1 - near) - 46} {10 - 130 * (1 - near)}) rotate(-16 540 220)">'
        '<rect x="440" y="146" width="170" height="108" rx="14" fill="var(--accent)"/>'
        '<rect x="440" y="168" width="170" height="22" fill="var(--accent-strong)"/>'
        '<rect x="458" y="206" width="36" height="28" rx="5" fill="var(--mood-3)"/>'
        '<path d="M520 216 H590 M520 232 H566" stroke="var(--accent-soft)" stroke-width="7" '
        'stroke-linecap="round"/></g>'
    )


def _books() -> str:
    return (
        '<rect x="496" y="418" width="124" height="34" rx="6" fill="var(--mood-1)"/>'
        '<path d="M510 424 H612 V446 H510" fill="var(--paper)"/>'
        '<rect x="508" y="384" width="108" height="34" rx="6" fill="var(--calm)"/>'
        '<path d="M522 390 H608 V412 H522" fill="var(--paper)"/>'
        '<rect x="500" y="354" width="112" height="30" rx="6" fill="var(--mood-3)"/>'
        '<path d="M514 360 H604 V378 H514" fill="var(--paper)"/>'
    )
