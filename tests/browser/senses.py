"""What the pole gives to eyes and ears that cannot read: drawings, lights and sounds, and nothing else of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from playwright.sync_api import Page

VEIL = """(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { -webkit-text-fill-color: transparent !important; text-shadow: none !important }
    video::cue { color: transparent !important; background: transparent !important; text-shadow: none !important }
  `);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
})()"""
"""Takes the ink out of every word. A sheet that a script makes is none that the page's policy on content refuses."""

EARS = """(() => {
  window.ears = [];
  window.haste = 1;
  const listened = new WeakSet();
  const play = HTMLMediaElement.prototype.play;
  const drawings = (one) => [...one.querySelectorAll("svg.pictogram")].flatMap((svg) => [...svg.classList])
    .filter((name) => name.startsWith("pictogram-")).map((name) => name.slice("pictogram-".length));
  const light = (one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return { drawings: drawings(one), x: x + width / 2, y: y + height / 2 };
  };
  HTMLMediaElement.prototype.play = function () {
    if (!this.srcObject) this.playbackRate = window.haste;
    if (!listened.has(this)) listen(this);
    listened.add(this);
    return play.call(this);
  };
  function listen(medium) {
    let now = null, began = 0, whole = 0;
    medium.addEventListener("playing", () => {
      if (now || medium.srcObject || medium.muted || medium.volume === 0) return;
      const lights = [...document.querySelectorAll("[data-lit]")].map(light);
      const source = new URL(medium.currentSrc).pathname;
      now = { source, film: medium instanceof HTMLVideoElement, lights, seconds: null };
      began = performance.now();
      whole = medium.duration;
      window.ears.push(now);
    });
    for (const event of ["pause", "ended", "emptied"]) {
      medium.addEventListener(event, () => {
        const heard = (medium.playbackRate * (performance.now() - began)) / 1000;
        if (now) now.seconds = medium.ended && Number.isFinite(whole) ? whole : heard;
        now = null;
      });
    }
  }
})()"""
"""Notes what really plays, for how long, and what is lit meanwhile; `window.haste` makes it play faster."""

_LOOK = """(since) => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && one.getBoundingClientRect().width > 0 && one.getBoundingClientRect().height > 0;
  const names = (svg) => [...svg.classList].filter((name) => name.startsWith("pictogram-"))
    .map((name) => name.slice("pictogram-".length));
  const drawings = [...document.querySelectorAll("svg.pictogram")].filter(shown);
  const controls = [...document.querySelectorAll("button")].filter(shown).map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return {
      drawings: drawings.filter((svg) => one.contains(svg)).flatMap(names),
      x, y, width, height,
      is_lit: one.hasAttribute("data-lit"),
      is_enabled: !one.disabled && one.getAttribute("aria-disabled") !== "true",
    };
  });
  const loose = drawings.filter((svg) => !svg.closest("button")).flatMap(names);
  return { controls, drawings: loose, sounds: window.ears.slice(since) };
}"""

_READABLE = """() => {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (words.nextNode()) {
    const parent = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || parent.closest("svg, script, style")) continue;
    if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (getComputedStyle(parent).webkitTextFillColor !== "rgba(0, 0, 0, 0)") count += 1;
  }
  return count;
}"""


@dataclass(frozen=True)
class Light:
    """Something that is lit: the drawings in it, and its middle in pixels."""

    drawings: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True)
class Sound:
    """Something that sounds, with what is lit meanwhile; `seconds` is for how long it was heard, None while it is."""

    source: str
    film: bool
    lights: tuple[Light, ...]
    seconds: float | None

    @classmethod
    def of(cls, seen: dict[str, Any]) -> Self:
        """Read what the page answered."""
        lights = tuple(Light(tuple(one["drawings"]), one["x"], one["y"]) for one in seen["lights"])
        return cls(seen["source"], seen["film"], lights, seen["seconds"])


@dataclass(frozen=True)
class Control:
    """Something that looks as if it can be touched: the drawings in it, and its box in pixels."""

    drawings: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    is_lit: bool
    is_enabled: bool

    @property
    def middle(self) -> tuple[float, float]:
        """Return where a finger goes."""
        return self.x + self.width / 2, self.y + self.height / 2

    def holds(self, light: Light) -> bool:
        """Return whether this is what was lit."""
        return abs(light.x - self.middle[0]) < self.width / 2 and abs(light.y - self.middle[1]) < self.height / 2

    def __str__(self) -> str:
        return f"the control at {self.middle[0]:.0f}, {self.middle[1]:.0f} ({', '.join(self.drawings) or 'no drawing'})"


@dataclass(frozen=True)
class View:
    """One glance: what can be touched, the other drawings, and what was heard since some moment."""

    controls: tuple[Control, ...]
    drawings: tuple[str, ...]
    sounds: tuple[Sound, ...]

    @property
    def sounding(self) -> Sound | None:
        """Return what sounds now."""
        return next((sound for sound in reversed(self.sounds) if sound.seconds is None), None)

    @property
    def film_plays(self) -> bool:
        """Return whether a film with sound plays now."""
        return self.sounding is not None and self.sounding.film

    def shows(self, drawing: str) -> bool:
        """Return whether there is something to touch with this drawing."""
        return any(drawing in control.drawings and control.is_enabled for control in self.controls)


def look(page: Page, since: int = 0) -> View:
    """Look and listen; of the sounds, those from this number on."""
    seen = page.evaluate(_LOOK, since)
    controls = tuple(Control(**{**one, "drawings": tuple(one["drawings"])}) for one in seen["controls"])
    return View(controls, tuple(seen["drawings"]), tuple(Sound.of(one) for one in seen["sounds"]))


def count_readable(page: Page) -> int:
    """Return how many pieces of text still have ink."""
    count: int = page.evaluate(_READABLE)
    return count
