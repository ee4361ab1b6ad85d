"""`python -m kiosk.gallery FOLDER`: pictures of every screen in both orientations, drawn by a real Chromium.

A tool for makers: it needs the development extra. The page is the pole's own; only the agent is acted.
"""

from __future__ import annotations

import json
import mimetypes
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.app import BUILD, CSP, STYLE
from kiosk.drawn_film import draw_camera
from kiosk.drawn_film import draw_film as draw_film  # it belongs to the set of these tools
from kiosk.examples import CAPTIONS, FILM, SOUND, example_journeys
from kiosk.journey import CAPTURING, Journey, Screen
from kiosk.scene import make_scene
from kiosk.screen_size import ScreenSize
from kiosk.stage import Surroundings, render, render_shell
from vertelpaal.visit import Way
from vertelpaal.words import Language

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright, Route

ORIGIN = "http://localhost"
STATIC = Path(__file__).parent / "screen" / "static"
SIZES = {"portrait": (1080, 1920, 24), "landscape": (1920, 1080, 24), "small": (1280, 800, 17)}
"""Pixels across and down, and inches from corner to corner: a pole upright and on its side, and a small one."""
CHROMIUM = Path(os.environ.get("VERTELPAAL_CHROMIUM") or "/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-background-networking",
    "--disable-quic",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)
ACTED_SOCKET = """
const handlers = {};
export const io = () => ({
  on: (event, handler) => { handlers[event] = handler; },
  emit: (...sent) => { (window.sent ??= []).push(sent); },
  timeout: () => ({ emitWithAck: async () => true }),
  sendBuffer: [],
  connected: true,
});
window.show = (scene) => handlers.show(scene);
window.disconnect = () => handlers.disconnect();
"""
JPEG_QUALITY = 82
SETTLE_MS = 900
"""How long a screen may take to come to rest before its picture is taken."""


def answer(route: Route, film: Path, glass: ScreenSize) -> None:
    """Answer one request of the page from the disk; the browser never leaves this machine."""
    path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
    if path == "/":
        route.fulfill(body=render_shell(), content_type="text/html", headers={"Content-Security-Policy": CSP})
    elif path == "/vendor/socket.io.esm.min.js":
        route.fulfill(body=ACTED_SOCKET, content_type="text/javascript")
    elif path == "/style/screen-size.css":
        route.fulfill(body=glass.to_css(), content_type="text/css")
    elif path == f"/files/{SOUND}":
        route.fulfill(path=BUILD / "prompts" / "nl" / "label-yes.webm", content_type="audio/webm")
    elif path == f"/files/{CAPTIONS}":
        route.fulfill(body="WEBVTT\n", content_type="text/vtt")
    elif path == f"/files/{FILM}" or path.startswith("/take/"):
        route.fulfill(path=film, content_type="video/webm")
    elif (file := _file(path)) is not None and file.is_file():
        route.fulfill(path=file, content_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream")
    else:
        route.fulfill(status=404)


def _file(path: str) -> Path | None:
    _, folder, name = path.split("/", 2)
    places = {"static": STATIC, "style": STYLE, "vendor": BUILD / "vendor", "prompts": BUILD / "prompts"}
    return places[folder] / name if folder in places else None


def open_browser(playwright: Playwright, camera: Path | None = None, program: Path = CHROMIUM) -> Browser:
    """Return a Chromium like the pole's; its microphone is acted, and so is its camera, which may see a given film."""
    executable = str(program) if program.exists() else None
    sees = [f"--use-file-for-fake-video-capture={camera}"] if camera else []
    return playwright.chromium.launch(executable_path=executable, args=[*ARGUMENTS, *sees])


def open_screen(browser: Browser, size: str, film: Path, scale: float = 1) -> Page:
    """Return the pole's page at a size, waiting to be told what to show; `scale` is that of its pictures."""
    width, height, inches = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
    page.route("**/*", lambda route: answer(route, film, ScreenSize(inches)))
    page.goto(ORIGIN)
    page.wait_for_function("() => Boolean(window.show)")
    return page


def show(page: Page, journey: Journey, serial: int) -> None:
    """Show a journey on the page, as the agent would."""
    surroundings = Surroundings(
        library=journey.publication.library if journey.publication else "",
        pairing_code="482 913" if journey.screen is Screen.WAITING else None,
        public_url="https://bieb.example" if journey.screen is Screen.THANKS else None,
    )
    rendered = render(journey, surroundings)
    scene = make_scene(journey, serial, rendered.html, rendered.prompt)
    page.evaluate("show", json.loads(json.dumps(scene.to_message())))


@dataclass(frozen=True)
class Picture:
    """One screen to picture: its name, its language, on a pole of which size, and into which file."""

    name: str
    language: Language
    size: str
    file: Path


def draw(pictures: Sequence[Picture], film: Path | None, scale: float = 1) -> None:
    """Draw pictures, PNG or JPEG by the name of the file; without a film a drawn one is shown."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        camera, drawn = Path(scratch) / "camera.y4m", Path(scratch) / "film.webm"
        draw_camera(camera)
        draw_film(drawn)
        browser = open_browser(playwright, camera)
        for size in dict.fromkeys(picture.size for picture in pictures):
            page = open_screen(browser, size, film or drawn, scale)
            page.on("console", lambda message: click.echo(f"  {message.type}: {message.text}"))
            page.on("pageerror", lambda error: click.echo(f"  error: {error}"))
            _draw_all(page, [picture for picture in pictures if picture.size == size])
            page.close()
        browser.close()


def _draw_all(page: Page, pictures: Sequence[Picture]) -> None:
    for serial, picture in enumerate(pictures, start=1):
        journey = example_journeys(picture.language)[picture.name]
        show(page, journey, serial)
        if journey.way is Way.VIDEO and journey.screen in CAPTURING and not journey.stopping:
            page.wait_for_function("() => document.querySelector('[data-preview] video')?.readyState > 2")
        page.wait_for_timeout(SETTLE_MS)
        picture.file.parent.mkdir(parents=True, exist_ok=True)
        quality = JPEG_QUALITY if picture.file.suffix == ".jpg" else None
        page.screenshot(path=picture.file, quality=quality)
        click.echo(f"{picture.size}/{picture.file.name}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--language", default="nl", show_default=True, help="The language of the screens.")
@click.option("--only", default="", help="Only screens whose name begins with this.")
@click.option("--film", type=click.Path(path_type=Path, exists=True), help="A question video to show.")
def gallery(folder: Path, language: Language, only: str, film: Path | None) -> None:
    """Draw every screen into FOLDER."""
    names = [name for name in example_journeys(language) if name.startswith(only)]
    draw([Picture(name, language, size, folder / size / f"{name}.png") for size in SIZES for name in names], film)


if __name__ == "__main__":
    gallery()
