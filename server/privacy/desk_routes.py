"""The pages on which staff withdraw a visit for somebody who stands at the desk with three pictures."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from server.extensions import library
from server.privacy.desk import find_visit, find_visits, withdraw_at_desk
from server.privacy.dutch import LANGUAGES
from server.privacy.pictures import ALPHABETICAL, DUTCH, HOW_MANY, drawing, read_pictures
from server.reports.period import Period, day_in_amsterdam, read_day
from server.review.queries import branches
from vertelpaal.errors import InvalidInput

blueprint = Blueprint(
    "desk", __name__, url_prefix="/intrekken/balie", template_folder="templates", static_folder="static"
)


@blueprint.get("")
def page() -> tuple[str, int]:
    """Let staff touch three pictures, then show the visits that have them."""
    today = day_in_amsterdam(library().clock.now())
    pictures, branch = read_pictures(request.args.getlist("plaatje")), request.args.get("vestiging", "")
    day, wrong = _day(today)
    with library().database.reading() as session:
        known = branches(session)
        branch = known[0].slug if len(known) == 1 else branch
        is_asked = wrong is None and branch in {one.slug for one in known} and len(pictures) == HOW_MANY
        visits = find_visits(session, branch, day, pictures) if is_asked else None
    shown = render_template(
        "privacy/desk.html",
        pictures=pictures,
        how_many=HOW_MANY,
        choices=ALPHABETICAL,
        dutch=DUTCH,
        drawing=drawing,
        branches=known,
        branch=branch,
        day=day,
        today=today,
        visits=visits,
        languages=LANGUAGES,
        erased="gewist" in request.args,
        wrong=wrong,
    )
    return shown, 422 if wrong else 200


@blueprint.get("/<uuid:visit_id>")
def confirm(visit_id: UUID) -> str:
    """Ask whether this is the visit to withdraw: there is no way back."""
    pictures = read_pictures(request.args.getlist("plaatje"))
    with library().database.reading() as session:
        visit = find_visit(session, visit_id, pictures)
    return render_template(
        "privacy/desk_confirm.html",
        visit=visit,
        pictures=pictures,
        dutch=DUTCH,
        drawing=drawing,
        languages=LANGUAGES,
        branch=request.args.get("vestiging") or None,
        day=request.args.get("dag") or None,
    )


@blueprint.post("/<uuid:visit_id>")
def withdraw_form(visit_id: UUID) -> BaseResponse:
    """Withdraw the visit."""
    settings = library().settings
    withdraw_at_desk(
        library().database,
        (settings.media_folder, settings.quarantine_folder),
        visit_id,
        read_pictures(request.args.getlist("plaatje")),
        library().clock,
    )
    return redirect(url_for("desk.page", vestiging=request.args.get("vestiging") or None, gewist=1))


def _day(today: date) -> tuple[date, str | None]:
    """Return the day that was asked for; today with what a person reads when it is none."""
    try:
        day = read_day(request.args["dag"]) if request.args.get("dag") else today
        Period(day, day)
    except InvalidInput:
        return today, "Deze dag klopt niet. Kies een dag."
    return day, None
