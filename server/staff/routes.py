"""Pages to sign in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from server.door import Who, rule_of
from server.extensions import library, login_manager
from server.staff.operations import SignedIn, find_session, sign_in, sign_out
from vertelpaal.errors import NotAllowed, Throttled

blueprint = Blueprint("staff", __name__, template_folder="templates")

BY_ITSELF = "X-By-Itself"
"""The header with which a page says that it refreshes itself."""


class Account:
    """A signed-in staff member, as flask-login wants one."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, signed_in: SignedIn) -> None:
        self.signed_in = signed_in
        self.name = signed_in.name

    def get_id(self) -> str:
        """Return what the cookie keeps: the session's token."""
        return self.signed_in.session_token


def register_sign_in(app: Flask) -> None:
    """Let nobody without a session reach what the door's rules keep for staff."""
    login_manager.init_app(app)
    login_manager.user_loader(_load_account)
    app.before_request(require_session)


def require_session() -> BaseResponse | None:
    """Send who has no session to the sign-in page; answer scripts with 401."""
    if rule_of(request.endpoint).who is not Who.STAFF:
        return None
    if current_user.is_authenticated:
        return None
    if request.method == "GET" and request.accept_mimetypes.accept_html:
        return redirect(url_for("staff.sign_in_page", naar=request.full_path.rstrip("?")))
    raise NotAllowed("sign in first")


@blueprint.get("/inloggen")
def sign_in_page() -> str | BaseResponse:
    """Show the form to sign in."""
    if current_user.is_authenticated:
        return redirect(url_for("review.answers"))
    return render_template("staff/sign_in.html", wrong=None)


@blueprint.post("/inloggen")
def sign_in_form() -> tuple[str, int] | BaseResponse:
    """Sign in, with a session that is new."""
    try:
        signed_in = sign_in(
            library().database, request.form.get("email", ""), request.form.get("password", ""), library().clock.now()
        )
    except NotAllowed:
        return render_template("staff/sign_in.html", wrong="Dat adres of wachtwoord klopt niet."), 401
    except Throttled:
        return render_template("staff/sign_in.html", wrong="Te vaak geprobeerd. Wacht een paar minuten."), 429
    session.clear()
    login_user(Account(signed_in))
    return redirect(_own_page(request.args.get("naar", "")))


@blueprint.post("/uitloggen")
def sign_out_form() -> BaseResponse:
    """Sign out, and cut the live line of this session."""
    sign_out(library().database, current_user.get_id())
    logout_user()
    session.clear()
    return redirect(url_for("staff.sign_in_page"))


def _own_page(path: str) -> str:
    """Return a page of this site; an address elsewhere is not followed."""
    parts = urlsplit(path)
    if path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme:
        return path
    return url_for("review.answers")


def _load_account(session_token: str) -> Account | None:
    by_itself = request.headers.get(BY_ITSELF) is not None
    found = find_session(library().database, session_token, library().clock.now(), used=not by_itself)
    return Account(found) if found else None
