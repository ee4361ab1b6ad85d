"""What the web process shares: settings, database, clock, and the things of Flask that need an app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from flask_limiter import Limit, Limiter
from flask_login import LoginManager
from flask_socketio import SocketIO
from flask_wtf.csrf import CSRFProtect

from server.config import ServerSettings
from server.database import Database
from server.door import asking_address, asking_pole, rate_of_address, rate_of_pole
from vertelpaal.clock import Clock


@dataclass(frozen=True)
class Library:
    """The collaborators that views hand to operations."""

    settings: ServerSettings
    database: Database
    clock: Clock
    find_public_key: Callable[[], str]
    """Says what poles seal to; asked each time, so that a rotation needs no restart."""


login_manager = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(
    asking_address,
    default_limits=[Limit(rate_of_address), Limit(rate_of_pole, key_function=asking_pole, scope="pole")],
    storage_uri="memory://",  # there is one web process
    headers_enabled=False,
)


MAX_LINE_BYTES = 4 * 2**10
"""The largest message over the live line, on which pages only listen."""


def make_socketio() -> SocketIO:
    """Return the socket of one app; sockets are capped below the number of threads."""
    return SocketIO(async_mode="threading", max_http_buffer_size=MAX_LINE_BYTES)


def library() -> Library:
    """Return the collaborators of the app that answers this request."""
    found: Library = current_app.extensions["vertelpaal"]
    return found
