"""A pole for a benchmark: its agent in this process with the sample's films, and a bare page to compare it with."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Flask, Response
from flask_socketio import SocketIO
from pyrage import x25519
from werkzeug.serving import make_server

from kiosk.app import BUILD, CSP, create_app
from kiosk.config import KioskSettings
from kiosk.shelf import Shelf, Token
from sample.library import QUESTIONS
from sample.questionnaire import SampleQuestion, files_by_sha256, sample_publication, sample_questionnaire
from sample.videos import make_question_videos
from vertelpaal.assignment import Assignment
from vertelpaal.clock import SystemClock
from vertelpaal.identifiers import new_id
from vertelpaal.publication import AnswerKind, Publication

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NOBODY = "http://127.0.0.1:9/"
"""A server that is never called: the uplink does not run."""
BARE_PAGE = """\
<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><title>Bare</title><link rel="icon" href="data:,">
<script type="module" src="/bare.js"></script></head><body><main></main></body></html>
"""
BARE_SCRIPT = """\
import { io } from "/vendor/socket.io.esm.min.js";
const main = document.querySelector("main");
const socket = io({ transports: ["websocket"] });
socket.on("show", ({ html }) => { main.innerHTML = html; });
document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-action]");
  if (!control) return;
  socket.emit("act", { action: control.dataset.action });
  control.dataset.touched = "true";
});
"""
EMPTY_SCENE = {"html": '<button data-action="next" style="width:9rem;height:9rem">.</button>'}


@dataclass
class Later:
    """A WSGI app that is put in its place once the port is known, because a pole checks where its page is from."""

    app: WSGIApplication | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer."""
        assert self.app is not None
        return self.app(environ, start_response)


@contextmanager
def running_pole(home: Path) -> Iterator[str]:
    """Run a paired pole that asks one smiley question and one open question, both filmed; yield its address."""
    later = Later()
    with _serving(later) as port:
        settings = KioskSettings(home=home, kiosk_port=port, server_url=NOBODY)
        _prepare(Shelf(settings.folder))
        app = create_app(settings)
        later.app = app
        agent = app.extensions["kiosk"].agent
        agent.start()
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            agent.stop()


@contextmanager
def running_bare_page() -> Iterator[str]:
    """Run a page that shows an empty scene for each touch, over Socket.IO as the pole does; yield its address."""
    app = Flask("bare")
    socketio = SocketIO(async_mode="threading")
    socketio.init_app(app, transports=["websocket"], async_handlers=False)
    app.add_url_rule("/", "page", lambda: Response(BARE_PAGE, headers={"Content-Security-Policy": CSP}))
    app.add_url_rule("/bare.js", "script", lambda: Response(BARE_SCRIPT, mimetype="text/javascript"))
    app.add_url_rule("/vendor/<name>", "vendor", lambda name: Response(_vendor(name), mimetype="text/javascript"))
    for event in ("connect", "act"):
        socketio.on_event(event, lambda _message=None: socketio.emit("show", EMPTY_SCENE))
    with _serving(app) as port:
        yield f"http://127.0.0.1:{port}/"


def _prepare(shelf: Shelf) -> None:
    """Put on the shelf what a server would have given the pole."""
    asked = _two_questions()
    files = make_question_videos(QUESTIONS, lambda _ready, _all: None, questions=asked)
    whole = sample_publication(files, published_at=SystemClock().now())
    publication = _ending_with_consent(whole, [question.id for question in asked])
    pole = new_id()
    shelf.keep_token(Token(kiosk_id=pole, token="of no value"))  # noqa: S106  # nobody is called
    shelf.keep_assignment(
        Assignment(
            kiosk_id=pole,
            branch="Roden",
            publication=publication.number,
            publication_sha256=publication.sha256,
            public_key=str(x25519.Identity.generate().to_public()),
            public_url=None,
            server_time=SystemClock().now(),
        )
    )
    shelf.keep_publication(publication)
    for sha256, path in files_by_sha256(files.values()).items():
        shelf.keep_file(sha256, lambda file, path=path: file.write(path.read_bytes()))  # type: ignore[misc]


def _two_questions() -> tuple[SampleQuestion, SampleQuestion]:
    asked = sample_questionnaire().questions
    smiley = next(one for one in asked if one.kind is AnswerKind.SMILEY)
    return smiley, next(one for one in asked if one.kind is AnswerKind.OPEN)


def _ending_with_consent(publication: Publication, questions: list[UUID]) -> Publication:
    """Return the publication with these questions alone, and nothing asked after the consents."""
    chosen = tuple(question for question in publication.questions if question.id in questions)
    return publication.model_copy(update={"questions": chosen, "ask_member": False, "ask_age": False})


def _vendor(name: str) -> bytes:
    return (BUILD / "vendor" / name).read_bytes()


@contextmanager
def _serving(app: WSGIApplication) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
