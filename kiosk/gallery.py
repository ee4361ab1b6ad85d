"""`python -m kiosk.gallery FOLDER`: pictures of every screen in both orientations, drawn by a real Chromium.

A tool for makers: it needs the development extra. The page is the pole's own; only the agent is acted.
"""

from __future__ import annotations

import json
import mimetypes
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.app import BUILD, CSP, STYLE
from kiosk.examples import CAPTIONS, FILM, example_journeys
from kiosk.journey import Journey, Screen
from kiosk.scene import make_scene
from kiosk.stage import Surroundings, render, render_shell
from vertelpaal.words import Language

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright, Route

ORIGIN = "http://localhost"
STATIC = Path(__file__).parent / "screen" / "static"
SIZES = {"portrait": (1080, 1920), "landscape": (1920, 1080), "small": (1280, 800)}
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
});
window.show = (scene) => handlers.show(scene);
window.disconnect = () => handlers.disconnect();
"""
SETTLE_MS = 900
"""How long a screen may take to come to rest before its picture is taken."""


def answer(route: Route, film: Path) -> None:
    """Answer one request of the page from the disk; the browser never leaves this machine."""
    path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
    if path == "/":
        route.fulfill(body=render_shell(), content_type="text/html", headers={"Content-Security-Policy": CSP})
    elif path == "/vendor/socket.io.esm.min.js":
        route.fulfill(body=ACTED_SOCKET, content_type="text/javascript")
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


def open_browser(playwright: Playwright) -> Browser:
    """Return a Chromium like the pole's, with a camera and a microphone that are acted."""
    executable = str(CHROMIUM) if CHROMIUM.exists() else None
    return playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))


def open_screen(browser: Browser, size: str, film: Path) -> Page:
    """Return the pole's page at a size, waiting to be told what to show."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.route("**/*", lambda route: answer(route, film))
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


def draw_film(path: Path) -> None:
    """Make a second of quiet film to stand in for a question video."""
    import av
    import numpy

    with av.open(str(path), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        down, across = numpy.mgrid[0:360, 0:640]
        light = 1 - numpy.hypot((across - 320) / 640, (down - 180) / 360)
        picture = (light[:, :, None] * numpy.array([120, 190, 196]) + 40).clip(0, 255).astype(numpy.uint8)
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--language", default="nl", show_default=True, help="The language of the screens.")
@click.option("--only", default="", help="Only screens whose name begins with this.")
@click.option("--film", type=click.Path(path_type=Path, exists=True), help="A question video to show.")
def gallery(folder: Path, language: Language, only: str, film: Path | None) -> None:
    """Draw every screen into FOLDER."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        if film is None:
            film = Path(scratch) / "film.webm"
            draw_film(film)
        browser = open_browser(playwright)
        for size in SIZES:
            page = open_screen(browser, size, film)
            page.on("console", lambda message: click.echo(f"  {message.type}: {message.text}"))
            page.on("pageerror", lambda error: click.echo(f"  error: {error}"))
            (folder / size).mkdir(parents=True, exist_ok=True)
            wanted = {name: one for name, one in example_journeys(language).items() if name.startswith(only)}
            for serial, (name, journey) in enumerate(wanted.items(), start=1):
                show(page, journey, serial)
                page.wait_for_timeout(SETTLE_MS)
                page.screenshot(path=folder / size / f"{name}.png")
                click.echo(f"{size}/{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    gallery()
