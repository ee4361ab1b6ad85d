"""The public pages on which a visitor takes a visit back, or gets a copy of it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from server.extensions import library
from server.privacy.access import copy_visit
from server.privacy.access_zip import FILE_NAME, zip_chunks
from server.privacy.withdrawal import withdraw
from vertelpaal.errors import InvalidInput, NotFound

blueprint = Blueprint("withdrawal", __name__, template_folder="templates")


@blueprint.get("/intrekken")
def page() -> str:
    """Show the form; the code of a QR comes behind the #, which never reaches the server."""
    return render_template("privacy/withdraw.html", done=False, wrong=None)


@blueprint.post("/intrekken")
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


@blueprint.get("/inzien")
def access_page() -> str:
    """Show the form that gives a copy of a visit."""
    return render_template("privacy/access.html", wrong=None)


@blueprint.post("/inzien")
def access_form() -> tuple[str, int] | Response:
    """Answer with everything that is held of the visit with this code, as a ZIP that lies on no disk of ours."""
    settings, key = library().settings, library().settings.withdrawal_key.get_secret_value().encode()
    try:
        with library().database.reading() as session:
            copied = copy_visit(session, request.form.get("code", "")[:100], key)
    except InvalidInput:
        wrong = "Deze code klopt niet. Kijk nog eens goed: twaalf letters en cijfers."
        return render_template("privacy/access.html", wrong=wrong), 422
    except NotFound:
        wrong = "Met deze code bewaren wij niets. Was je bezoek vandaag? Probeer het morgen nog een keer."
        return render_template("privacy/access.html", wrong=wrong), 404
    folders = (settings.media_folder, settings.quarantine_folder)
    chunks = zip_chunks(copied, folders, settings.periods, library().clock.now())
    response = Response(chunks, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return response
