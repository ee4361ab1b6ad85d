"""Faces: drawn visitors before the camera of a pole, each drawn by chance, whose mouth moves when they speak."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sample.drawing import Box, render

if TYPE_CHECKING:
    from sample.drawing import Pixels

CAMERA = Box(0, 0, 640, 480)
MOUTHS = 4
_SKINS = (("#f3cfb3", "#e0ad8a"), ("#e2b08a", "#c98d68"), ("#c98d68", "#a86f4a"), ("#8a5a3c", "#6f452c"))
_HAIRS = ("#2f2522", "#5b3d2a", "#a06c3c", "#c9c2b8", "#d7b36a", "#7b3325")
_CLOTHES = ("--calm", "--accent", "--good", "--mood-2", "--mood-3", "--ink-soft")
_WALLS = ("--paper-sunken", "--calm-soft", "--good-soft", "--warn-soft", "--accent-soft")
_HAIRCUTS = ("short", "long", "bun", "scarf", "bald")


@dataclass(frozen=True)
class Face:
    """How a visitor looks."""

    skin: str
    shade: str
    hair: str
    clothes: str
    wall: str
    haircut: str
    glasses: bool
    beard: bool


def draw_by_chance(rng: random.Random) -> Face:
    """Return somebody."""
    skin, shade = rng.choice(_SKINS)
    haircut = rng.choice(_HAIRCUTS)
    return Face(
        skin=skin,
        shade=shade,
        hair=rng.choice(_HAIRS),
        clothes=rng.choice(_CLOTHES),
        wall=rng.choice(_WALLS),
        haircut=haircut,
        glasses=rng.random() < 0.4,
        beard=haircut in ("short", "bald") and rng.random() < 0.4,
    )


def photograph(face: Face, mouth: int, *, blink: bool) -> Pixels:
    """Return a camera picture of 640 × 480; `mouth` is 0 when closed, up to `MOUTHS` - 1."""
    behind, before = _hair(face)
    eyes = (
        f'<path d="M272 214 Q284 222 296 214 M344 214 Q356 222 368 214" fill="none" stroke="{face.shade}" '
        'stroke-width="5" stroke-linecap="round"/>'
        if blink
        else '<ellipse cx="284" cy="213" rx="8" ry="9.5" fill="var(--ink)"/>'
        '<ellipse cx="356" cy="213" rx="8" ry="9.5" fill="var(--ink)"/>'
    )
    glasses = (
        '<g fill="none" stroke="var(--ink)" stroke-width="5"><circle cx="284" cy="213" r="29"/>'
        '<circle cx="356" cy="213" r="29"/><path d="M313 211 Q320 205 327 211"/></g>'
        if face.glasses
        else ""
    )
    beard = (
        f'<path d="M236 232 C236 330 276 356 320 356 C364 356 404 330 404 232 C396 262 380 268 352 264 H288 '
        f'C260 268 244 262 236 232 Z" fill="{face.hair}"/>'
        if face.beard
        else ""
    )
    shapes = (
        f"{_room(face)}{behind}"
        f'<path d="M120 490 C122 404 190 384 268 372 H372 C450 384 518 404 520 490 Z" fill="var({face.clothes})"/>'
        f'<path d="M278 326 H362 V376 C350 400 290 400 278 376 Z" fill="{face.shade}"/>'
        f'<ellipse cx="320" cy="226" rx="86" ry="116" fill="{face.skin}"/>{beard}{before}'
        f'<path d="M268 186 Q284 177 300 186 M340 186 Q356 177 372 186" fill="none" stroke="{face.hair}" '
        'stroke-width="6" stroke-linecap="round"/>'
        f"{eyes}{glasses}"
        f'<path d="M319 222 C315 238 310 246 312 251 C316 256 324 256 328 252" fill="none" stroke="{face.shade}" '
        f'stroke-width="5" stroke-linecap="round"/>{_mouth(mouth)}'
    )
    return render(shapes, CAMERA)


def _room(face: Face) -> str:
    books = "".join(
        f'<rect x="{20 + 31 * number}" y="{150 - 60 - 9 * (number % 4)}" width="24" height="{60 + 9 * (number % 4)}" '
        f'fill="var({_CLOTHES[number % len(_CLOTHES)]})" fill-opacity=".5"/>'
        for number in range(20)
    )
    return (
        f'<rect width="640" height="480" fill="var({face.wall})"/>{books}'
        '<rect y="150" width="640" height="12" fill="var(--wood)" fill-opacity=".7"/>'
    )


def _mouth(level: int) -> str:
    if level == 0:
        return (
            '<path d="M290 284 Q320 304 350 284" fill="none" stroke="var(--accent-strong)" stroke-width="6" '
            'stroke-linecap="round"/>'
        )
    return (
        f'<path d="M292 282 Q320 288 348 282 Q346 {294 + 10 * level} 320 {296 + 11 * level} '
        f'Q294 {294 + 10 * level} 292 282 Z" fill="var(--accent-strong)"/>'
        '<path d="M298 284 Q320 289 342 284 L339 291 Q320 295 301 291 Z" fill="var(--white)"/>'
    )


def _hair(face: Face) -> tuple[str, str]:
    """Return what lies behind the head and what lies before it."""
    top = (
        f'<path d="M232 216 C222 128 264 96 320 96 C376 96 418 128 408 216 C400 188 390 172 376 158 '
        f'C342 168 296 166 268 156 C250 172 240 190 232 216 Z" fill="{face.hair}"/>'
    )
    match face.haircut:
        case "long":
            flowing = "M226 210 C214 110 270 84 320 84 C370 84 426 110 414 210 C412 280 420 340 436 388 H204 C220 340 "
            return f'<path d="{flowing}228 280 226 210 Z" fill="{face.hair}"/>', top
        case "bun":
            return f'<circle cx="320" cy="86" r="38" fill="{face.hair}"/>', top
        case "scarf":
            cloth = (
                '<path fill-rule="evenodd" fill="var(--mood-2)" d="M320 88 C244 88 214 150 220 232 C224 300 236 352 '
                "214 408 H426 C404 352 416 300 420 232 C426 150 396 88 320 88 Z M320 132 C372 132 392 172 392 226 "
                'C392 288 364 330 320 330 C276 330 248 288 248 226 C248 172 268 132 320 132 Z"/>'
            )
            return "", cloth
        case "bald":
            return "", ""
        case _:
            return "", top
