"""Pictures of people: somebody of the staff at the desk, and ideas that are told."""

from __future__ import annotations

import math

from sample.drawing import ease


def draw_staff(moment: float) -> str:
    """Draw somebody of the staff who waves from behind the desk."""
    wave = 14 * math.sin(moment * 6 * math.pi) * (1 - ease(moment, 0.8, 1.0))
    return (
        '<rect width="640" height="572" fill="var(--warn-soft)"/>'
        '<path d="M50 96 H250 M390 96 H590" stroke="var(--wood)" stroke-width="12" stroke-linecap="round"/>'
        f"{_row_of_books(64, 90)}{_row_of_books(404, 90)}"
        f"{_colleague(wave)}"
        '<rect x="40" y="398" width="560" height="30" rx="10" fill="var(--wood-dark)"/>'
        '<rect x="64" y="428" width="512" height="150" fill="var(--wood)"/>'
        '<rect x="92" y="452" width="456" height="104" rx="12" fill="var(--wood-light)"/>'
        '<path d="M320 490 C302 476 282 476 270 482 V522 C282 516 302 516 320 530 C338 516 358 516 370 522 V482 '
        'C358 476 338 476 320 490 V530" fill="var(--white)" stroke="var(--accent)" stroke-width="6" '
        'stroke-linejoin="round"/>'
        '<rect x="452" y="300" width="118" height="82" rx="9" fill="var(--ink-soft)"/>'
        '<path d="M505 380 h14 l8 18 h-30 z" fill="var(--ink-soft)"/>'
        '<rect x="78" y="372" width="108" height="26" rx="4" fill="var(--calm)"/>'
        '<rect x="90" y="348" width="92" height="24" rx="4" fill="var(--mood-3)"/>'
        '<rect x="82" y="326" width="100" height="22" rx="4" fill="var(--mood-1)"/>'
    )


def draw_ideas(moment: float) -> str:
    """Draw what somebody says: a bubble with a bulb that lights up, and a heart."""
    first, second, third = 0.7 + 0.3 * ease(moment, 0.0, 0.25), ease(moment, 0.2, 0.5), ease(moment, 0.45, 0.8)
    return (
        '<rect width="640" height="572" fill="var(--good-soft)"/>'
        f"{_bubble(238, 268, first, _BIG_BUBBLE, 'white')}"
        f'<g transform="translate(238 254) scale({1.12 * first})">{_bulb(third)}</g>'
        f"{_bubble(500, 408, second, _SMALL_BUBBLE, 'calm')}"
        f'<g transform="translate(500 400) scale({second})"><path d="M0 48 C-64 4 -52 -44 -22 -44 C-8 -44 0 -32 0 -24 '
        'C0 -32 8 -44 22 -44 C52 -44 64 4 0 48 Z" fill="var(--mood-2)"/></g>'
    )


_BIG_BUBBLE = (
    "M-190 -30 C-190 -130 -110 -186 0 -186 C110 -186 190 -130 190 -30 C190 70 110 126 10 126 "
    "C-20 126 -44 122 -66 114 L-136 166 L-124 88 C-166 58 -190 20 -190 -30 Z"
)
_SMALL_BUBBLE = (
    "M-108 -8 C-108 -66 -62 -100 0 -100 C62 -100 108 -66 108 -8 C108 32 90 62 62 78 L74 128 L20 94 "
    "C-62 98 -108 52 -108 -8 Z"
)


def _bubble(x: int, y: int, grown: float, outline: str, colour: str) -> str:
    return (
        f'<g transform="translate({x} {y}) scale({grown})"><path d="{outline}" transform="translate(5 9)" '
        f'fill="var(--ink)" fill-opacity=".08"/><path d="{outline}" fill="var(--{colour})"/></g>'
    )


def _bulb(lit: float) -> str:
    rays = "".join(
        f'<path d="M0 -104 V{-104 - 26 * lit}" transform="rotate({angle} 0 -20)"/>' for angle in range(-120, 121, 40)
    )
    return (
        f'<circle cy="-20" r="104" fill="var(--warn-soft)" fill-opacity="{lit}"/>'
        f'<g stroke="var(--mood-2)" stroke-width="11" stroke-linecap="round" stroke-opacity="{lit}">{rays}</g>'
        '<path d="M-26 52 C-26 24 -58 10 -58 -28 A58 58 0 1 1 58 -28 C58 10 26 24 26 52 Z" fill="var(--paper-sunken)" '
        'stroke="var(--ink)" stroke-width="8" stroke-linejoin="round"/>'
        f'<path d="M-26 52 C-26 24 -58 10 -58 -28 A58 58 0 1 1 58 -28 C58 10 26 24 26 52 Z" fill="var(--mood-3)" '
        f'stroke="var(--ink)" stroke-width="8" stroke-linejoin="round" opacity="{lit}"/>'
        '<path d="M-18 -18 L-8 4 L0 -14 L8 4 L18 -18 M-8 4 V48 M8 4 V48" fill="none" stroke="var(--ink)" '
        'stroke-width="6" stroke-linecap="round" stroke-linejoin="round"/>'
        '<rect x="-27" y="52" width="54" height="32" rx="9" fill="var(--ink-soft)"/>'
        '<path d="M-24 67 H24" stroke="var(--line-soft)" stroke-width="5"/>'
    )


def _row_of_books(x: int, floor: int) -> str:
    colours = ("mood-1", "calm", "mood-3", "mood-5", "accent", "mood-2", "calm")
    return "".join(
        f'<rect x="{x + 24 * number}" y="{floor - height}" width="20" height="{height}" rx="3" fill="var(--{colour})"/>'
        for number, (colour, height) in enumerate(zip(colours, (58, 66, 50, 62, 54, 68, 56), strict=True))
    )


def _colleague(wave: float) -> str:
    return (
        f'<g transform="rotate({wave} 246 330)"><path d="M246 352 C196 330 178 284 180 236" fill="none" '
        'stroke="var(--good)" stroke-width="46" stroke-linecap="round"/>'
        '<path d="M158 222 C150 190 152 164 158 160 C164 158 166 172 168 182 L172 150 C176 142 184 144 184 152 '
        'L186 180 L194 156 C198 150 206 152 205 160 L200 190 L210 176 C216 172 220 178 217 184 L202 222 Z" '
        'fill="var(--skin-light)"/></g>'
        '<path d="M212 420 C212 334 262 314 320 314 C378 314 428 334 428 420 Z" fill="var(--good)"/>'
        '<path d="M290 316 L320 352 L350 316 Z" fill="var(--white)"/>'
        '<rect x="294" y="270" width="52" height="54" rx="20" fill="var(--skin-light)"/>'
        '<circle cx="320" cy="214" r="76" fill="var(--skin-light)"/>'
        '<path d="M242 220 C232 138 276 112 326 114 C382 112 408 152 398 220 C390 198 386 184 372 168 '
        'C340 184 296 182 270 170 C254 184 248 200 242 220 Z" fill="var(--wood-dark)"/>'
        '<circle cx="293" cy="216" r="8" fill="var(--ink)"/><circle cx="347" cy="216" r="8" fill="var(--ink)"/>'
        '<circle cx="276" cy="240" r="14" fill="var(--accent)" fill-opacity=".2"/>'
        '<circle cx="364" cy="240" r="14" fill="var(--accent)" fill-opacity=".2"/>'
        '<path d="M290 246 Q320 278 350 246 Z" fill="var(--accent-strong)" stroke="var(--accent-strong)" '
        'stroke-width="5" stroke-linejoin="round"/><path d="M297 249 H343 L338 256 H302 Z" fill="var(--white)"/>'
        '<rect x="372" y="358" width="38" height="26" rx="4" fill="var(--white)"/>'
        '<path d="M380 367 H402 M380 375 H396" stroke="var(--ink-soft)" stroke-width="3"/>'
    )
