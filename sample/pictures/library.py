"""Pictures of the library from outside: its door with a clock, and the building."""

from __future__ import annotations

import math

from sample.drawing import ease


def draw_opening_hours(moment: float) -> str:
    """Draw a clock that runs to ten, and a door that opens onto a warm light."""
    return (
        '<rect width="640" height="572" fill="var(--calm-soft)"/>'
        '<rect y="498" width="640" height="74" fill="var(--wood-light)"/>'
        f"{_clock(ease(moment, 0.1, 0.6))}{_door(ease(moment, 0.45, 0.9))}"
    )


def draw_building(moment: float) -> str:
    """Draw the library in its street, with a cloud that drifts and a flag that waves."""
    drift = 60 * moment
    windows = "".join(_window(x, y) for y in (236, 352) for x in (140, 214, 372, 446))
    return (
        '<rect width="640" height="572" fill="var(--calm-soft)"/>'
        '<circle cx="556" cy="92" r="44" fill="var(--mood-3)"/>'
        f'<g fill="var(--white)" transform="translate({drift} 0)"><ellipse cx="110" cy="96" rx="62" ry="24"/>'
        '<circle cx="92" cy="82" r="28"/><circle cx="128" cy="76" r="34"/></g>'
        '<path d="M0 470 Q160 420 330 462 T640 446 V572 H0 Z" fill="var(--mood-4)"/>'
        '<rect y="510" width="640" height="62" fill="var(--paper-sunken)"/>'
        '<rect x="108" y="214" width="424" height="300" fill="var(--accent)"/>'
        '<path d="M84 220 L320 96 L556 220 Z" fill="var(--accent-strong)"/>'
        '<path d="M146 208 L320 118 L494 208 Z" fill="var(--accent-soft)"/>'
        '<path d="M320 168 C300 152 276 152 262 158 V196 C276 190 300 190 320 204 C340 190 364 190 378 196 V158 '
        'C364 152 340 152 320 168 V204" fill="var(--white)" stroke="var(--accent-strong)" stroke-width="6" '
        'stroke-linejoin="round"/>'
        f"{windows}"
        '<path d="M274 514 V372 A46 46 0 0 1 366 372 V514 Z" fill="var(--glow)"/>'
        '<path d="M274 514 V372 A46 46 0 0 1 366 372 V514 M320 328 V514 M274 400 H366" fill="none" '
        'stroke="var(--wood-dark)" stroke-width="9"/>'
        '<path d="M248 514 H392 L404 536 H236 Z" fill="var(--line-soft)"/>'
        f"{_tree(58, 470)}{_tree(590, 478)}{_flag(moment)}"
    )


def _clock(run: float) -> str:
    minute, hour = 360 * run, 270 + 30 * run
    ticks = "".join(
        f'<path d="M190 128 V{150 if number % 3 == 0 else 140}" transform="rotate({30 * number} 190 236)"/>'
        for number in range(12)
    )
    return (
        '<circle cx="196" cy="244" r="138" fill="var(--ink)" fill-opacity=".08"/>'
        '<circle cx="190" cy="236" r="136" fill="var(--calm)"/><circle cx="190" cy="236" r="116" fill="var(--white)"/>'
        f'<g stroke="var(--ink)" stroke-width="9" stroke-linecap="round">{ticks}'
        f'<path d="M190 236 V174" stroke-width="15" transform="rotate({hour} 190 236)"/>'
        f'<path d="M190 236 V148" stroke="var(--accent)" stroke-width="10" transform="rotate({minute} 190 236)"/></g>'
        '<circle cx="190" cy="236" r="12" fill="var(--ink)"/>'
    )


def _door(opened: float) -> str:
    edge = 400 + 176 * (1 - 0.72 * opened)
    slant = 34 * opened
    return (
        '<rect x="380" y="120" width="216" height="384" rx="10" fill="var(--wood-dark)"/>'
        '<rect x="400" y="140" width="176" height="360" fill="var(--glow)"/>'
        '<rect x="490" y="250" width="86" height="150" fill="var(--wood)"/>'
        '<path d="M496 256 h14 v58 h-14z M512 262 h12 v52 h-12z M540 256 h16 v58 h-16z" fill="var(--mood-1)"/>'
        '<path d="M526 258 h12 v56 h-12z M496 330 h12 v62 h-12z M530 336 h18 v56 h-18z" fill="var(--calm)"/>'
        '<path d="M510 334 h16 v58 h-16z M552 330 h14 v62 h-14z" fill="var(--mood-5)"/>'
        '<path d="M490 322 H576" stroke="var(--wood-dark)" stroke-width="8"/>'
        f'<path d="M400 500 L576 500 L{576 + 70 * opened} 572 L{400 - 60 * opened} 572 Z" fill="var(--glow)" '
        f'opacity="{0.9 * opened}"/>'
        f'<path d="M400 140 L{edge} {140 + slant} V{500 + slant} L400 500 Z" fill="var(--accent)"/>'
        f'<path d="M{400 + (edge - 400) * 0.18} {168 + slant * 0.2} L{edge - (edge - 400) * 0.18} '
        f'{168 + slant * 0.82} V{330 + slant * 0.82} L{400 + (edge - 400) * 0.18} {330 + slant * 0.2} Z" '
        'fill="var(--calm-soft)"/>'
        f'<circle cx="{edge - (edge - 400) * 0.1 - 4}" cy="{372 + slant}" r="10" fill="var(--mood-3)"/>'
    )


def _window(x: int, y: int) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="54" height="82" rx="4" fill="var(--glow)" stroke="var(--white)" '
        'stroke-width="7"/>'
        f'<path d="M{x + 27} {y} v82 M{x} {y + 36} h54" stroke="var(--white)" stroke-width="5"/>'
    )


def _tree(x: int, y: int) -> str:
    return (
        f'<rect x="{x - 8}" y="{y - 20}" width="16" height="70" fill="var(--wood-dark)"/>'
        f'<circle cx="{x}" cy="{y - 62}" r="54" fill="var(--mood-5)"/>'
        f'<circle cx="{x - 16}" cy="{y - 76}" r="26" fill="var(--mood-4)" fill-opacity=".6"/>'
    )


def _flag(moment: float) -> str:
    wave = 9 * math.sin(moment * 4 * math.pi)
    return (
        '<path d="M320 100 V22" stroke="var(--ink-soft)" stroke-width="7" stroke-linecap="round"/>'
        f'<path d="M323 24 C346 {24 + wave} 362 {24 - wave} 390 {26 + wave} V{64 + wave} C362 {62 - wave} 346 '
        f'{62 + wave} 323 62 Z" fill="var(--mood-3)"/>'
    )
