"""Lines over a WebSocket: what comes and is no message is dropped, and neither stops a thread nor is in a log."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from vertelpaal.traces import trace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

BROKEN_FRAME = (ValueError, RecursionError)
"""What Engine.IO raises for a frame that it cannot read; the line ends there."""


def guard(socketio: Any) -> None:
    """Let a Socket.IO that was given its app drop what it cannot read, and log our own errors without their message."""
    engine = socketio.server.eio
    understand = engine.handlers["message"]

    def hear(sid: str, data: object) -> object:
        try:
            return understand(sid, data)
        except Exception as error:  # whatever a hostile packet does to the parser, the line and its thread go on
            log.info("something that is no message came over a line: %s", type(error).__name__)
            return None

    engine.handlers["message"] = hear
    socketio.on_error_default(_tell)


def end(error: BaseException, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """End a line on a frame that is none, as the server that has its socket wants it."""
    log.info("a line ended on something that is no frame: %s", type(error).__name__)
    if "gunicorn.socket" in environ:
        raise StopIteration from None
    start_response("400 Bad Request", [])
    return ()


def _tell(error: BaseException) -> None:
    log.error("a message could not be handled: %s", trace(error))
