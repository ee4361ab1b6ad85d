"""The agent's web face, for the screen on this machine alone."""

from __future__ import annotations

import logging
import random
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from flask import Flask, Response, abort, current_app, jsonify, request, send_file, send_from_directory
from flask_socketio import SocketIO
from werkzeug.wrappers import Response as WsgiResponse

from kiosk.agent import Agent
from kiosk.config import KioskSettings
from kiosk.events import ScreenReturned
from kiosk.messages import Chunk, Devices, Failed, Finished, Heard, Message, Speech, Touch
from kiosk.one_screen import OneScreen
from kiosk.outbox import Outbox
from kiosk.prompt_manifest import speakable_languages
from kiosk.scene import Scene
from kiosk.screen_size import ScreenSize
from kiosk.server_client import ServerClient
from kiosk.shelf import Shelf
from kiosk.stage import render_shell
from kiosk.take import Takes
from kiosk.uplink import Uplink
from vertelpaal import lines
from vertelpaal.clock import Clock, SystemClock
from vertelpaal.errors import InvalidInput, NotFound, SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from kiosk.presence import Presence

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)

HERE = Path(__file__).parent
BUILD = HERE.parent / "build"
STYLE = HERE.parent / "vertelpaal" / "style"
MAX_MESSAGE_BYTES = 4 * 2**20
"""The largest message of the screen: a second of video is about 200 KiB."""
OWN_HOSTS = ("127.0.0.1", "localhost")
_SHA256 = re.compile(r"[0-9a-f]{64}")
CSP = (
    "default-src 'self'; media-src 'self' blob:; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Kiosk:
    """The parts of a running pole."""

    agent: Agent
    uplink: Uplink
    takes: Takes
    shelf: Shelf
    socketio: SocketIO
    one_screen: OneScreen
    screen_size: ScreenSize
    presence: Presence | None
    demo: bool

    def start(self) -> None:
        """Let time pass, and call the server."""
        self.agent.start()
        self.uplink.start()
        if self.presence:
            self.presence.start()

    def stop(self) -> None:
        """End; what is not sealed is gone."""
        if self.presence:
            self.presence.stop()
        self.agent.stop()
        self.uplink.stop()


def create_app(
    settings: KioskSettings,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    takes: Takes | None = None,
) -> Flask:
    """Return the pole's app; `app.extensions["kiosk"].start()` brings it to life."""
    app = Flask(__name__, static_folder=str(HERE / "screen" / "static"))
    socketio = SocketIO(async_mode="threading", max_http_buffer_size=MAX_MESSAGE_BYTES)
    rng = rng or random.Random()  # noqa: S311  # jitter
    app.extensions["kiosk"] = _assemble(settings, clock or SystemClock(), rng, takes or Takes(), socketio)
    origins = [f"http://{host}:{settings.kiosk_port}" for host in OWN_HOSTS]
    socketio.init_app(app, cors_allowed_origins=origins, transports=["websocket"], async_handlers=False)
    app.wsgi_app = OnlyThisMachine(app.wsgi_app)  # type: ignore[method-assign]  # around Socket.IO's own
    socketio.on_event("connect", on_connect)
    for event, handler in (
        ("act", hearing(Touch, on_act)),
        ("stir", hearing(Message, on_stir)),
        ("speech", hearing(Speech, on_speech)),
        ("devices", hearing(Devices, on_devices)),
        ("sound-heard", hearing(Heard, on_sound_heard)),
        ("capture-failed", hearing(Failed, on_capture_failed)),
        ("chunk", hearing(Chunk, on_chunk)),
        ("take-finished", hearing(Finished, on_take_finished)),
    ):
        socketio.on_event(event, handler)
    lines.guard(socketio)
    app.add_url_rule("/", view_func=screen)
    app.add_url_rule("/screen-connected", view_func=screen_connected)
    app.add_url_rule("/files/<sha256>", view_func=publication_file)
    app.add_url_rule("/take/<uuid:take>", view_func=take_in_memory)
    app.add_url_rule("/prompts/<path:name>", view_func=prompt)
    app.add_url_rule("/vendor/<path:name>", view_func=vendor)
    app.add_url_rule("/style/<path:name>", view_func=style)
    app.add_url_rule("/style/screen-size.css", view_func=screen_size)
    app.before_request(take_no_body)
    app.after_request(keep_to_ourselves)
    return app


def _assemble(settings: KioskSettings, clock: Clock, rng: random.Random, takes: Takes, socketio: SocketIO) -> Kiosk:
    shelf, outbox = Shelf(settings.folder), Outbox(settings.folder / "outbox")

    def show(scene: Scene) -> None:
        socketio.emit("show", scene.to_message())

    presence = None
    if settings.presence_camera is not None:
        from kiosk.presence import Presence

        presence = Presence(
            source=settings.presence_camera, on_change=lambda present: agent.presence(present), clock=clock
        )
    prompts = BUILD / "prompts"
    languages = speakable_languages(prompts)
    if not languages:
        raise SettingsError(f"the spoken prompts are missing in {prompts}: run `python -m kiosk.prompts`")
    agent = Agent(
        clock=clock,
        shelf=shelf,
        outbox=outbox,
        takes=takes,
        languages=languages,
        free_bytes=lambda: shutil.disk_usage(outbox.folder).free,
        show=show,
        tell_volume=lambda volume: socketio.emit("volume", volume),
        on_sealed=lambda: uplink.wake(),
        clock_offset=lambda: uplink.clock_offset,
        public_url=settings.public_url,
        onlooker=presence,
    )
    uplink = Uplink(
        client=ServerClient(settings.server_url),
        shelf=shelf,
        outbox=outbox,
        clock=clock,
        rng=rng,
        on_publication=agent.publication_arrived,
        on_pairing=agent.pairing,
        seconds=settings.uplink_seconds,
    )
    return Kiosk(
        agent, uplink, takes, shelf, socketio, OneScreen(socketio), settings.screen_size, presence, settings.demo
    )


class OnlyThisMachine:
    """Refuses a page elsewhere that points its name at this machine (DNS rebinding), for sockets as well."""

    def __init__(self, inside: WSGIApplication) -> None:
        self._inside = inside

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let a request through that names this machine."""
        if environ.get("HTTP_HOST", "").rpartition(":")[0] not in OWN_HOSTS:
            return WsgiResponse("this pole is for its own screen", 403)(environ, start_response)
        # A compressed line would hold what went over it last, of every visitor; on one machine it wins nothing.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        try:
            return self._inside(environ, start_response)
        except lines.BROKEN_FRAME as error:
            return lines.end(error, environ, start_response)


def take_no_body() -> None:
    """Refuse a body: the screen says everything over the socket."""
    if request.content_length or "Transfer-Encoding" in request.headers:
        abort(413)


def keep_to_ourselves(response: Response) -> Response:
    """Let no answer be stored, framed or read as something else."""
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(self), geolocation=()"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if not request.path.startswith(("/files/", "/vendor/", "/prompts/")):
        response.headers["Cache-Control"] = "no-store"
    return response


def screen() -> str:
    """Show the screen; what stands on it comes over the socket."""
    return render_shell(demo=_kiosk().demo)


def screen_connected() -> Response:
    """Answer whether a screen has a live line to us; one that hangs stops answering and loses it within 45 seconds."""
    lines = list(_kiosk().socketio.server.eio.sockets.values())
    return jsonify(connected=any(not line.closed for line in lines))


def publication_file(sha256: str) -> Response:
    """Answer with a video or captions of the publication."""
    file = _kiosk().shelf.file(sha256)
    if not _SHA256.fullmatch(sha256) or not file.exists():
        abort(404)
    with open(file, "rb") as start:
        media_type = "text/vtt" if start.read(6) == b"WEBVTT" else "video/webm"
    response = send_file(file, mimetype=media_type, conditional=True, max_age=31536000)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def take_in_memory(take: UUID) -> Response:
    """Answer with a recording that the visitor looks back at; it is in memory only."""
    try:
        data = _kiosk().takes.read(take)
    except NotFound:
        abort(404)
    response = Response(data, mimetype="video/webm")
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return response


def prompt(name: str) -> Response:
    """Answer with a spoken prompt."""
    return send_from_directory(BUILD / "prompts", name)


def vendor(name: str) -> Response:
    """Answer with a file of somebody else's that the build put there."""
    return send_from_directory(BUILD / "vendor", name)


def screen_size() -> Response:
    """Answer with the measures that follow from the real size of this screen."""
    return Response(_kiosk().screen_size.to_css(), mimetype="text/css")


def style(name: str) -> Response:
    """Answer with the house style."""
    return send_from_directory(STYLE, name)


def on_connect(_auth: object = None) -> None:
    """Show a screen that came (back) where the visit is; it cannot go on with a recording."""
    kiosk = _kiosk()
    kiosk.one_screen.comes(_line())
    kiosk.agent.handle(ScreenReturned())
    kiosk.socketio.emit("show", kiosk.agent.scene().to_message(), to=_line())


def on_act(message: Touch) -> None:
    """Take a touch."""
    _kiosk().agent.act(message.serial, message.action, message.text)


def on_speech(message: Speech) -> None:
    """Hear that something began or ceased to play."""
    _kiosk().agent.speech(message.serial, message.playing)


def on_stir(_message: Message) -> None:
    """Hear that somebody touched something that is no control."""
    _kiosk().agent.stir()


def on_devices(message: Devices) -> None:
    """Hear which devices the browser finds."""
    _kiosk().agent.devices(message.found)


def on_sound_heard(message: Heard) -> None:
    """Hear whether the microphone hears anything in the preview."""
    _kiosk().agent.sound_heard(message.serial, message.heard)


def on_capture_failed(message: Failed) -> None:
    """Hear that a device is not there."""
    _kiosk().agent.capture_failed(message.serial, message.device)


def on_chunk(message: Chunk) -> bool:
    """Keep a piece of a recording in memory."""
    return _kiosk().agent.chunk(message.take, message.index, message.data)


def on_take_finished(message: Finished) -> None:
    """Hear that a recording is complete."""
    _kiosk().agent.take_finished(message.take, message.chunks, message.media_type, message.seconds, heard=message.heard)


def hearing(kind: type[M], handle: Callable[[M], bool | None]) -> Callable[..., bool | None]:
    """Return what hears a message of this kind from the screen; nothing else is heard, and the log repeats nothing."""

    def hear(*parts: object) -> bool | None:
        if not _kiosk().one_screen.is_at(_line()):
            return False
        try:
            message = kind.read(*parts)
        except InvalidInput as error:
            log.info("the screen said something that is no message: %s", error)
            return False
        return handle(message)

    return hear


def _line() -> str:
    line: str = request.sid  # type: ignore[attr-defined]  # flask-socketio's
    return line


def _kiosk() -> Kiosk:
    kiosk: Kiosk = current_app.extensions["kiosk"]
    return kiosk
