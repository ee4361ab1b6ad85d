"""A pole has one screen: the page that came last. Two that record the same visit would spoil it for both."""

from __future__ import annotations

import logging

from flask_socketio import SocketIO

log = logging.getLogger(__name__)


class OneScreen:
    """Knows over which line the screen speaks; Socket.IO calls a line by its `sid`."""

    def __init__(self, socketio: SocketIO) -> None:
        self._socketio = socketio
        self._line: str | None = None

    def comes(self, line: str) -> None:
        """Let this line lead to the screen; a page at the end of another one hears that it is none any more."""
        before, self._line = self._line, line
        if before is not None:
            log.info("another screen came")
            self._socketio.emit("replaced", to=before)

    def is_at(self, line: str) -> bool:
        """Return whether this line leads to the screen."""
        return line == self._line
