"""The live line to signed-in screens: rights are looked up when it opens and again with every piece of news."""

from __future__ import annotations

import threading

from flask import Flask, request
from flask_login import current_user
from flask_socketio import SocketIO, disconnect

from server.extensions import library
from server.staff.operations import find_session

MAX_SOCKETS_PER_THREAD = 0.5
"""A WebSocket holds a thread; half of them stay for plain requests."""


class LiveSockets:
    """The open sockets, each with the session token it opened with."""

    def __init__(self, app: Flask, socketio: SocketIO, threads: int) -> None:
        self._app = app
        self._socketio = socketio
        self._cap = int(threads * MAX_SOCKETS_PER_THREAD)
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()
        socketio.on_event("connect", self._connect)
        socketio.on_event("disconnect", self._disconnect)

    def emit(self, kind: str, subject: str) -> None:
        """Send news to every socket whose session still lasts, and hang up on the others."""
        with self._lock:
            open_now = dict(self._tokens)
        with self._app.app_context():
            now = library().clock.now()
            for sid, token in open_now.items():
                if find_session(library().database, token, now) is None:
                    self._forget(sid)
                    disconnect(sid, namespace="/")
                else:
                    self._socketio.emit("news", {"kind": kind, "subject": subject}, to=sid)

    def _connect(self, _auth: object = None) -> bool:
        sid: str = request.sid  # type: ignore[attr-defined]  # flask-socketio's
        with self._lock:
            if not current_user.is_authenticated or len(self._tokens) >= self._cap:
                return False
            self._tokens[sid] = current_user.get_id()
        return True

    def _disconnect(self, _reason: object = None) -> None:
        self._forget(request.sid)  # type: ignore[attr-defined]  # flask-socketio's

    def _forget(self, sid: str) -> None:
        with self._lock:
            self._tokens.pop(sid, None)
