"""The public page on which a visitor takes a visit back."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from server.extensions import library, limiter
from server.privacy.withdrawal import withdraw
from vertelpaal.errors import InvalidInput

blueprint = Blueprint("withdrawal", __name__, template_folder="templates")


@blueprint.get("/intrekken")
def page() -> str:
    """Show the form; the code of a QR comes behind the #, which never reaches the server."""
    return render_template("privacy/withdraw.html", done=False, wrong=None)


@blueprint.post("/intrekken")
@limiter.limit("10/minute;60/hour")
def form() -> tuple[str, int]:
    """Erase the visit; the answer is the same whether or not it has arrived, so that nobody can try codes out."""
    settings = library().settings
    try:
        withdraw(
            library().database,
            (settings.media_folder, settings.quarantine_folder),
            request.form.get("code", "")[:100],
            settings.withdrawal_key.get_secret_value().encode(),
            library().clock,
        )
    except InvalidInput:
        wrong = "Deze code klopt niet. Kijk nog eens goed: twaalf letters en cijfers."
        return render_template("privacy/withdraw.html", done=False, wrong=wrong), 422
    return render_template("privacy/withdraw.html", done=True, wrong=None), 200
