"""The narrator: a drawn librarian whose mouth follows the loudness of the speech, and who points at the picture."""

from __future__ import annotations

from dataclasses import dataclass

MOUTHS = 5
"""How far the mouth opens: 0 is a closed smile, 4 wide open."""
ARMS = 6
"""How far the arm is raised: 0 hangs down, 6 points at the picture."""

_BODY = """
<path d="M68 740 C66 612 126 566 222 546 L352 546 C446 566 508 612 506 740 Z" fill="var(--calm)"/>
<path d="M222 546 C236 606 338 606 352 546 L330 530 L244 530 Z" fill="var(--paper)"/>
<path d="M222 546 L252 612 L287 578 L322 612 L352 546" fill="none" stroke="var(--calm-soft)" stroke-width="7"
  stroke-linejoin="round" stroke-linecap="round"/>
<path d="M246 470 L328 470 L330 540 C318 574 256 574 244 540 Z" fill="var(--skin-shade)"/>
<rect x="352" y="632" width="58" height="74" rx="9" fill="var(--paper)"/>
<circle cx="381" cy="660" r="16" fill="var(--mood-3)"/>
<path d="M373 663 Q381 672 389 663" stroke="var(--ink)" stroke-width="3" fill="none" stroke-linecap="round"/>
<circle cx="375" cy="656" r="2.6" fill="var(--ink)"/><circle cx="387" cy="656" r="2.6" fill="var(--ink)"/>
<path d="M364 690 H398" stroke="var(--line-soft)" stroke-width="6" stroke-linecap="round"/>
"""
_BACK_HAIR = """
<path d="M167 330 C150 190 210 146 287 146 C364 146 424 190 407 330 C404 396 410 430 424 462
  C372 484 352 440 350 400 L224 400 C222 440 202 484 150 462 C164 430 170 396 167 330 Z" fill="var(--hair)"/>
"""
_FACE = """
<ellipse cx="186" cy="336" rx="18" ry="25" fill="var(--skin-shade)"/>
<ellipse cx="388" cy="336" rx="18" ry="25" fill="var(--skin-shade)"/>
<circle cx="185" cy="371" r="7" fill="var(--mood-3)"/><circle cx="389" cy="371" r="7" fill="var(--mood-3)"/>
<path d="M190 300 C190 214 230 184 287 184 C344 184 384 214 384 300 C384 400 352 466 287 466
  C222 466 190 400 190 300 Z" fill="var(--skin)"/>
<circle cx="222" cy="382" r="22" fill="var(--accent)" fill-opacity=".22"/>
<circle cx="352" cy="382" r="22" fill="var(--accent)" fill-opacity=".22"/>
<path d="M184 318 C178 236 212 168 287 164 C362 168 396 236 390 318 C372 300 364 268 356 246
  C322 258 262 254 236 224 C222 256 204 282 184 318 Z" fill="var(--hair)"/>
<path d="M214 290 Q235 276 258 287 M316 287 Q339 276 360 290" stroke="var(--hair)" stroke-width="8" fill="none"
  stroke-linecap="round"/>
<path d="M287 338 C283 356 276 366 277 374 C280 382 294 382 298 377" stroke="var(--skin-shade)" stroke-width="6"
  fill="none" stroke-linecap="round" stroke-linejoin="round"/>
"""
_GLASSES = """
<circle cx="236" cy="330" r="37" fill="var(--white)" fill-opacity=".16" stroke="var(--accent)" stroke-width="7"/>
<circle cx="338" cy="330" r="37" fill="var(--white)" fill-opacity=".16" stroke="var(--accent)" stroke-width="7"/>
<path d="M272 324 Q287 314 302 324 M199 324 L188 318 M375 324 L386 318" stroke="var(--accent)" stroke-width="7"
  fill="none" stroke-linecap="round"/>
"""
_EYES_OPEN = """
<ellipse cx="238" cy="331" rx="9.5" ry="12" fill="var(--ink)"/><circle cx="242" cy="326" r="3.6" fill="var(--white)"/>
<ellipse cx="340" cy="331" rx="9.5" ry="12" fill="var(--ink)"/><circle cx="344" cy="326" r="3.6" fill="var(--white)"/>
"""
_EYES_SHUT = """
<path d="M224 332 Q238 342 252 332 M326 332 Q340 342 354 332" stroke="var(--ink)" stroke-width="6" fill="none"
  stroke-linecap="round"/>
"""


@dataclass(frozen=True)
class Pose:
    """How the narrator stands in one frame; few enough poses exist to draw each once."""

    mouth: int = 0
    blink: bool = False
    tilt: int = 0
    """Degrees to the right."""
    arm: int = 0


def draw_narrator(pose: Pose) -> str:
    """Return the narrator as shapes, in the left half of a picture of 1280 × 720."""
    eyes = _EYES_SHUT if pose.blink else _EYES_OPEN
    head = f"{_FACE}{eyes}{_GLASSES}{_mouth(pose.mouth)}"
    turned = f'<g transform="rotate({pose.tilt} 287 500)">'
    return f"{turned}{_BACK_HAIR}</g>{_BODY}{turned}{head}</g>{_arm(pose.arm / ARMS)}"


def _mouth(level: int) -> str:
    if level == 0:
        return (
            '<path d="M250 412 Q287 440 324 412" stroke="var(--accent-strong)" stroke-width="8" fill="none" '
            'stroke-linecap="round"/>'
        )
    half = 33 - level * 1.5
    depth = 12 + level * 11
    left, right, bottom = 287 - half, 287 + half, 411 + depth
    return (
        f'<path d="M{left} 408 Q287 {416 - level} {right} 408 Q{right - 2} {bottom} 287 {bottom} '
        f'Q{left + 2} {bottom} {left} 408 Z" fill="var(--accent-strong)" stroke="var(--accent-strong)" '
        'stroke-width="6" stroke-linejoin="round"/>'
        f'<path d="M{left + 6} 410 Q287 {418 - level} {right - 6} 410 L{right - 9} {415 + level} '
        f'Q287 {421 + level} {left + 9} {415 + level} Z" fill="var(--white)"/>'
        f'<ellipse cx="287" cy="{bottom - 1}" rx="{half * 0.5}" ry="{depth * 0.2}" fill="var(--stop-soft)" '
        'opacity=".55"/>'
    )


def _arm(raised: float) -> str:
    elbow_x, elbow_y = 476 + 6 * raised, 742 - 62 * raised
    hand_x, hand_y = 470 + 34 * raised, 800 - 262 * raised
    turn = -70 + 82 * raised
    return (
        f'<path d="M448 610 Q{elbow_x + 22} {elbow_y - 10} {elbow_x} {elbow_y} L{hand_x} {hand_y + 26}" fill="none" '
        'stroke="var(--calm)" stroke-width="62" stroke-linecap="round" stroke-linejoin="round"/>'
        f'<path d="M{elbow_x - 36} {elbow_y - 30} Q{elbow_x - 34} {elbow_y - 64} {elbow_x - 30} {elbow_y - 84}" '
        'fill="none" stroke="var(--ink)" stroke-opacity=".16" stroke-width="6" stroke-linecap="round"/>'
        f'<g transform="translate({hand_x} {hand_y}) rotate({turn})">'
        '<rect x="-30" y="8" width="60" height="20" rx="9" fill="var(--calm-soft)"/>'
        '<path d="M-22 10 C-30 -22 -26 -40 -18 -56 C-14 -64 -4 -62 -4 -54 L-4 -62 C-2 -72 10 -70 10 -60 L11 -54 '
        'C14 -62 24 -60 24 -50 L23 -36 C28 -42 37 -38 35 -30 C30 -8 26 -2 22 10 Z" fill="var(--skin)"/>'
        '<path d="M-4 -52 L-3 -30 M11 -52 L11 -30 M23 -36 L22 -24" stroke="var(--skin-shade)" stroke-width="3.5" '
        'stroke-linecap="round"/>'
        '<path d="M-20 4 C-40 -8 -44 -26 -38 -32 C-32 -36 -28 -24 -18 -20 Z" fill="var(--skin)"/></g>'
    )
