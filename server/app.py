"""The web side of the server, assembled as a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, send_from_directory
from werkzeug.middleware.proxy_fix import ProxyFix

from server.activities.routes import blueprint as activities
from server.backup.places import Places
from server.config import ServerSettings
from server.database import Database, make_engine
from server.door import register_door
from server.error_pages import register_error_pages
from server.extensions import Library, csrf, library, limiter, make_socketio
from server.intake.envelopes import Intake
from server.intake.routes import blueprint as intake
from server.live import LiveNews
from server.migrations import migrate
from server.privacy.desk_routes import blueprint as desk
from server.privacy.journal import keep_journal
from server.privacy.routes import blueprint as withdrawal
from server.reports.routes import blueprint as reports
from server.review.routes import blueprint as review
from server.sockets import LiveSockets, SocketDoor
from server.staff.routes import blueprint as staff
from server.staff.routes import register_sign_in
from vertelpaal.clock import AMSTERDAM, Clock, SystemClock

ROOT = Path(__file__).parent.parent
CSP = (
    "default-src 'self'; img-src 'self' data:; media-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

house = Blueprint("house", __name__)


def create_app(settings: ServerSettings, find_public_key: Callable[[], str], clock: Clock | None = None) -> Flask:
    """Return the web side; `find_public_key` says what poles seal to, the private one is never here."""
    app = Flask(__name__)
    _configure(app, settings)
    clock = clock or SystemClock()
    engine = make_engine(settings.database)
    migrate(engine)
    database = Database(engine)
    keep_journal(database, Places.of(settings).journal)
    app.extensions["vertelpaal"] = Library(settings, database, clock, find_public_key)
    app.extensions["intake"] = Intake(database, settings.intake_folder, clock)
    register_error_pages(app)
    register_door(app)  # first of all: it says how much of a body may be read
    limiter.init_app(app)  # before what a stranger can fail at, so that every try counts
    csrf.init_app(app)
    csrf.exempt(intake)  # poles send a token in a header, which no form can
    register_sign_in(app)  # before the blueprints: nothing is reachable by accident
    for blueprint in (house, staff, review, activities, reports, withdrawal, desk, intake):
        app.register_blueprint(blueprint)
    app.add_template_filter(local_time)
    app.add_template_filter(local_day)
    app.context_processor(lambda: {"demo": settings.demo})
    app.after_request(harden)
    socketio = make_socketio()
    socketio.init_app(app, cors_allowed_origins=_origins(settings), transports=["websocket"])
    sockets = LiveSockets(app, socketio)
    app.wsgi_app = SocketDoor(app, settings.server_threads)  # type: ignore[method-assign]  # around Socket.IO's own
    if settings.trusted_proxies:
        believed = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=believed, x_proto=believed, x_host=believed)  # type: ignore[method-assign]
    app.extensions["live-sockets"] = sockets
    app.extensions["live"] = LiveNews(database, clock, sockets.emit)
    return app


def local_time(moment: datetime) -> str:
    """Return a moment as people in the library read it."""
    return moment.astimezone(AMSTERDAM).strftime("%-d-%-m-%Y %H:%M")


def local_day(moment: datetime) -> str:
    """Return the day of a moment as people in the library read it."""
    return moment.astimezone(AMSTERDAM).strftime("%-d-%-m-%Y")


def harden(response: Response) -> Response:
    """Set what every answer carries; a view that set a policy of its own keeps that."""
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if library().settings.https_only:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if not response.cache_control.public:
        response.headers["Cache-Control"] = "no-store"
    return response


@house.get("/style/<path:name>")
def style(name: str) -> Response:
    """Answer with the house style, which the pole has as well."""
    return _public(send_from_directory(ROOT / "vertelpaal" / "style", name))


@house.get("/vendor/<path:name>")
def vendor(name: str) -> Response:
    """Answer with a file of somebody else's that the build put there."""
    return _public(send_from_directory(ROOT / "build" / "vendor", name))


@house.get("/gezond")
def health() -> Response:
    """Say that the server answers and its database does."""
    with library().database.reading() as session:
        session.connection().exec_driver_sql("SELECT 1")
    return jsonify(ok=True)


def _public(response: Response) -> Response:
    response.cache_control.public = True
    response.cache_control.max_age = 3600
    return response


def _configure(app: Flask, settings: ServerSettings) -> None:
    app.config.update(
        SECRET_KEY=settings.signing_key,
        SESSION_COOKIE_NAME="__Host-vertelpaal" if settings.https_only else "vertelpaal",
        SESSION_COOKIE_SECURE=settings.https_only,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,  # a form lasts as long as its session
        WTF_CSRF_SSL_STRICT=settings.https_only,
    )


def _origins(settings: ServerSettings) -> list[str] | None:
    """Return where the live line may come from: our own address, and the public one behind a proxy."""
    return [settings.public_url.rstrip("/")] if settings.public_url else None
