"""The live line to signed-in screens: rights are looked up before it opens, and again with every piece of news."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, request
from flask_login import current_user
from flask_socketio import SocketIO, disconnect
from werkzeug.wrappers import Response

from server.extensions import library
from server.staff.operations import find_session
from vertelpaal import lines

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SHARE_OF_THREADS = 0.5
"""A WebSocket holds a thread; half of them stay for plain requests."""
PATH = "/socket.io"


class SocketDoor:
    """Stands before Socket.IO: only who is signed in gets to it, and only so many at once."""

    def __init__(self, app: Flask, threads: int) -> None:
        self._app = app
        self._inside = app.wsgi_app
        self._room = threading.BoundedSemaphore(max(1, int(threads * SHARE_OF_THREADS)))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let a request through; one for a socket only with a session and while there is room."""
        if not environ.get("PATH_INFO", "").startswith(PATH):
            return self._inside(environ, start_response)
        with self._app.request_context(environ):
            if not current_user.is_authenticated:
                return Response("sign in first", 401)(environ, start_response)
        if not self._room.acquire(blocking=False):
            return Response("too many live pages are open", 503)(environ, start_response)
        try:
            return self._inside(environ, start_response)  # lasts as long as the socket is open
        except lines.BROKEN_FRAME as error:
            return lines.end(error, environ, start_response)
        finally:
            self._room.release()


class LiveSockets:
    """The open sockets, each with the session token it opened with."""

    def __init__(self, app: Flask, socketio: SocketIO) -> None:
        self._app = app
        self._socketio = socketio
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()
        lines.guard(socketio)
        socketio.on_event("connect", self._connect)
        socketio.on_event("disconnect", self._disconnect)

    def emit(self, kind: str, subject: str) -> None:
        """Send news to every socket whose session still lasts, and hang up on the others."""
        with self._lock:
            open_now = dict(self._tokens)
        with self._app.app_context():
            now = library().clock.now()
            for sid, token in open_now.items():
                if find_session(library().database, token, now, used=False) is None:
                    self._forget(sid)
                    disconnect(sid, namespace="/")
                else:
                    self._socketio.emit("news", {"kind": kind, "subject": subject}, to=sid)

    def _connect(self, _auth: object = None) -> bool:
        if not current_user.is_authenticated:
            return False
        with self._lock:
            self._tokens[request.sid] = current_user.get_id()  # type: ignore[attr-defined]  # flask-socketio's
        return True

    def _disconnect(self, _reason: object = None) -> None:
        self._forget(request.sid)  # type: ignore[attr-defined]  # flask-socketio's

    def _forget(self, sid: str) -> None:
        with self._lock:
            self._tokens.pop(sid, None)
