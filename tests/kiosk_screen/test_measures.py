"""Every screen fits the body: nothing scrolls or is cut, targets are large, apart and within reach, one task each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kiosk.examples import example_journeys
from kiosk.gallery import SIZES, show
from kiosk.journey import Journey, Screen
from kiosk.offers import BAR, actions
from kiosk.prompt_manifest import PROMPTS_FOLDER, speakable_languages
from kiosk.screen_size import ScreenSize
from kiosk.texts import written_languages
from tests.kiosk_screen.conftest import OpenScreen
from tests.kiosk_screen.languages import EACH_DIRECTION
from vertelpaal.words import Language

pytestmark = pytest.mark.browser

SMALLEST_MM = 20.0
NEAREST_MM = 3.0
ROUNDING_MM = 0.15
"""Browsers lay out in fractions of a pixel, of which a millimetre has between two and four."""
MOST_ANSWERS = 5
MANY = {Screen.LANGUAGE, Screen.ACTIVITY}
"""Screens whose controls are no answers to weigh: languages and digits, as is the number question."""

CASES = [
    pytest.param(size, language, marks=() if language == "nl" or (quick and size == "portrait") else pytest.mark.proof)
    for size in SIZES
    for language in written_languages()
    for quick in [language in EACH_DIRECTION]
]
"""Dutch on each screen, and Arabic upright; everything else in `make proof`."""

MEASURE = """() => {
  const probe = document.createElement('i');
  probe.style.cssText = 'position:absolute;width:var(--mm);height:var(--reach);margin-top:var(--below)';
  document.body.append(probe);
  const mm = probe.getBoundingClientRect().width;
  probe.remove();
  const box = (one) => {
    const { left, top, right, bottom, width, height } = one.getBoundingClientRect();
    return { left: left / mm, top: top / mm, right: right / mm, bottom: bottom / mm,
             width: width / mm, height: height / mm };
  };
  const shown = (one) => one.getClientRects().length > 0 && !one.closest('.unseen') && !one.matches('.unseen');
  const words = [...document.querySelectorAll('main :is(h1, p, figcaption, button span, li span)')].filter(shown);
  const outside = (one) => {
    const { left, top, right, bottom } = one.getBoundingClientRect();
    return left < -0.5 || top < -0.5 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5;
  };
  const spills = (one) => {
    const holder = one.closest('button, li') ?? one;
    const outer = holder.getBoundingClientRect(), inner = one.getBoundingClientRect();
    return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1
      || holder.scrollWidth > holder.clientWidth + 1;
  };
  const heading = document.querySelector('main h1:not(.unseen)')?.getBoundingClientRect();
  const answers = document.querySelector('main .answers:not(:has(.whole))')?.getBoundingClientRect();
  const beside = heading && answers && (heading.right < answers.left || answers.right < heading.left);
  return {
    high: innerHeight / mm,
    mm,
    controls: [...document.querySelectorAll('main [data-action], main .hg-button')]
      .filter((one) => !one.classList.contains('whole'))
      .map((one) => ({ name: one.dataset.action ?? one.dataset.skbtn, ...box(one) })),
    cut: words.filter((one) => outside(one) || spills(one)).map((one) => one.textContent),
    overlaps: Boolean(heading && answers && answers.height && !beside && heading.bottom > answers.top + 1),
    scrolls: document.documentElement.scrollHeight > innerHeight || document.documentElement.scrollWidth > innerWidth
      || document.querySelector('main').scrollHeight > innerHeight,
    headings: document.querySelectorAll('main h1').length,
    lang: document.documentElement.lang,
    dir: document.documentElement.dir,
  };
}"""


@dataclass(frozen=True)
class Box:
    """Where a control is, in millimetres of the glass."""

    name: str
    left: float
    top: float
    right: float
    bottom: float
    width: float
    height: float

    def gap(self, other: Box) -> float:
        """Return how far two boxes are apart, along the axis that parts them most."""
        across = max(self.left, other.left) - min(self.right, other.right)
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        return max(across, down)


@pytest.mark.parametrize(("size", "language"), CASES)
def test_every_screen_fits(screen: OpenScreen, size: str, language: Language) -> None:
    faults: list[str] = []
    with screen(size, voiceless=language not in speakable_languages(PROMPTS_FOLDER)) as page:
        for serial, (name, journey) in enumerate(example_journeys(language).items()):
            show(page, journey, serial)
            seen = page.evaluate(MEASURE)
            faults += [f"{name}: {fault}" for fault in _faults(seen, journey, ScreenSize(SIZES[size][2]))]
    assert not faults, "\n".join(faults)


def test_a_control_too_small_too_near_or_out_of_reach_is_noticed() -> None:
    """Control: what the measures above would catch."""
    glass = ScreenSize(24, 850)
    low, high = Box("low", 0, 505, 25, 530, 25, 25), Box("high", 0, 150, 25, 175, 25, 25)
    small, near = Box("small", 100, 300, 118, 320, 18, 20), Box("near", 120, 300, 145, 325, 25, 25)
    told = list(_control_faults([low, high, small, near], 531, glass))
    assert [fault.split()[0] for fault in told] == ["low", "high", "small", "small"]


def _faults(seen: dict[str, Any], journey: Journey, glass: ScreenSize) -> Iterator[str]:
    if seen["scrolls"]:
        yield "scrolls"
    if seen["overlaps"]:
        yield "the words run under the answers"
    yield from (f"{text!r} is cut off" for text in seen["cut"])
    if seen["headings"] != 1:
        yield f"{seen['headings']} tasks"
    expected = (journey.language, "rtl" if journey.language in ("ar", "fa") else "ltr")
    if (seen["lang"], seen["dir"]) != expected:
        yield f"is in {seen['lang']} {seen['dir']}"
    answers = [one for one in actions(journey) if one not in (*BAR, "not-used", "more")]
    numbers = [one for one in answers if one.startswith("number:")]
    if len(answers) > MOST_ANSWERS and not numbers and journey.screen not in MANY:
        yield f"{len(answers)} answers"
    yield from _control_faults([Box(**one) for one in seen["controls"]], seen["high"], glass)


def _control_faults(controls: list[Box], high: float, glass: ScreenSize) -> Iterator[str]:
    for at, one in enumerate(controls):
        if min(one.width, one.height) < SMALLEST_MM - ROUNDING_MM:
            yield f"{one.name} is {one.width:.1f} × {one.height:.1f} mm"
        lowest, highest = glass.bottom_mm + high - one.bottom, glass.bottom_mm + high - one.top
        if lowest < 900 - ROUNDING_MM or highest > 1200 + ROUNDING_MM:
            yield f"{one.name} is {lowest:.0f} to {highest:.0f} mm above the floor"
        for other in controls[at + 1 :]:
            if one.gap(other) < NEAREST_MM - ROUNDING_MM:
                yield f"{one.name} is {one.gap(other):.1f} mm from {other.name}"
