"""What can go wrong at a pole, each as something that happens and something that heals it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Route

from tests.kiosk_live.visitor import LiveVisitor

Change = Callable[[LiveVisitor], object]
Concerns = Callable[[str], bool]

_CAPTURING = ("ready-", "countdown-", "recording-")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong; `quick` are the screens at which every run of the tests tries it, if any.

    `before`: it is there when the screen comes, and does not happen on it. `concerns` says on which screens it can
    matter.
    """

    name: str
    happens: Change
    heals: Change
    quick: tuple[str, ...]
    concerns: Concerns = lambda _: True
    before: bool = False


def permits(visitor: LiveVisitor, *devices: str) -> None:
    """Allow these devices and no others; Chromium ends the tracks of one that is no longer allowed."""
    visitor.page.context.clear_permissions()
    if devices:
        visitor.page.context.grant_permissions(list(devices))


def _permit_all(visitor: LiveVisitor) -> None:
    permits(visitor, "camera", "microphone")


def ends_the_track(visitor: LiveVisitor, kind: str) -> None:
    """End the track of one device, as when it is pulled out; the event is acted, the track is real."""
    visitor.page.evaluate(
        """(kind) => watched.tracks.map((one) => one.deref()).filter((one) => one?.kind === kind).forEach((one) => {
             one.stop();
             one.dispatchEvent(new Event("ended"));
           })""",
        kind,
    )


def plugs_out(visitor: LiveVisitor, *kinds: str) -> None:
    """Let the browser find these devices no more, and any other again; it tells that they changed."""
    visitor.page.evaluate(
        """(kinds) => {
             watched.unplugged = kinds;
             navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
           }""",
        list(kinds),
    )


def deafens(visitor: LiveVisitor, deaf: bool) -> None:
    """Let the microphone hear nothing, or something again: its track is there, and silent."""
    visitor.page.evaluate(
        """(deaf) => {
             watched.deaf = deaf;
             watched.tracks.map((one) => one.deref()).filter((one) => one?.kind === "audio")
               .forEach((one) => { one.enabled = !deaf; });
           }""",
        deaf,
    )


def _withhold(path: str, body: bytes | None = None) -> Change:
    """Answer what the page fetches from here with nothing, or with bytes that no player knows."""

    def answer(route: Route) -> None:
        if body is None:
            route.fulfill(status=404)
        else:
            route.fulfill(body=body, content_type="video/webm")

    def take(visitor: LiveVisitor) -> None:
        visitor.page.route(path, answer)

    return take


def _give(path: str) -> Change:
    def give(visitor: LiveVisitor) -> None:
        visitor.page.unroute(path)

    return give


def _kill_and_start(visitor: LiveVisitor) -> None:
    """Kill the agent, and start another at the same address a little later."""
    visitor.pole.stop()
    visitor.sees("waiting")
    visitor.pole.start()


def _nothing(_visitor: LiveVisitor) -> None:
    """What heals by itself."""


def _captures(way: str = "") -> Concerns:
    return lambda name: name.startswith(_CAPTURING) and way in name


def _is_question(name: str) -> bool:
    return name.startswith("question")


FILMS = "**/files/*"
PROMPTS = "**/prompts/**"
FAULTS = (
    Fault(
        "the camera is taken away",
        lambda visitor: permits(visitor, "microphone"),
        _permit_all,
        ("recording-video",),
        _captures("video"),
    ),
    Fault(
        "the microphone is taken away",
        lambda visitor: permits(visitor, "camera"),
        _permit_all,
        ("recording-voice",),
        _captures("voice"),
    ),
    Fault(
        "the microphone ends while the camera goes on",
        lambda visitor: ends_the_track(visitor, "audio"),
        _nothing,
        ("recording-video",),
        _captures("video"),
    ),
    Fault(
        "camera and microphone are refused",
        permits,
        _permit_all,
        ("ready-video", "recording-voice"),
        lambda name: name.startswith((*_CAPTURING, "notice", "way", "age")),
        before=True,
    ),
    Fault(
        "the camera is unplugged",
        lambda visitor: plugs_out(visitor, "videoinput"),
        plugs_out,
        (),
    ),
    Fault(
        "the microphone is unplugged",
        lambda visitor: plugs_out(visitor, "audioinput"),
        plugs_out,
        (),
    ),
    Fault(
        "no device is left",
        lambda visitor: plugs_out(visitor, "audioinput", "videoinput"),
        plugs_out,
        ("way", "text"),
    ),
    Fault(
        "the microphone is silent",
        lambda visitor: deafens(visitor, True),
        lambda visitor: deafens(visitor, False),
        (),
        lambda name: name.startswith(("ready-", "recording-")),
        before=True,
    ),
    Fault(
        "the browser is loaded anew",
        LiveVisitor.reloads,
        _nothing,
        ("recording-video", "saving"),
    ),
    Fault(
        "the agent is killed",
        _kill_and_start,
        _nothing,
        ("recording-voice", "playback-video"),
    ),
    Fault(
        "the disk is full",
        lambda visitor: visitor.pole.fill_disk(),
        lambda visitor: visitor.pole.empty_disk(),
        ("question-smiley", "way", "saving", "thanks"),
    ),
    Fault(
        "no prompt can be played",
        _withhold(PROMPTS),
        _give(PROMPTS),
        ("consent-quote",),
        before=True,
    ),
    Fault("no film is there", _withhold(FILMS), _give(FILMS), (), _is_question, True),
    Fault(
        "no film can be played",
        _withhold(FILMS, b"no film at all"),
        _give(FILMS),
        ("question-open",),
        _is_question,
        True,
    ),
)
