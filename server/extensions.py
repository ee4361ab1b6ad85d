"""What the web process shares: settings, database, clock, and the things of Flask that need an app."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_socketio import SocketIO
from flask_wtf.csrf import CSRFProtect

from server.config import ServerSettings
from server.database import Database
from vertelpaal.clock import Clock


@dataclass(frozen=True)
class Library:
    """The collaborators that views hand to operations."""

    settings: ServerSettings
    database: Database
    clock: Clock
    public_key: str


login_manager = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)


def make_socketio() -> SocketIO:
    """Return the socket of one app; sockets are capped below the number of threads."""
    return SocketIO(async_mode="threading")


def library() -> Library:
    """Return the collaborators of the app that answers this request."""
    found: Library = current_app.extensions["vertelpaal"]
    return found
