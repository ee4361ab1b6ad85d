"""The page on which staff plan activities, and the sheet that shows a group its code."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from server.activities import queries
from server.activities.dutch import read_moment, spell_end, spell_span
from server.activities.operations import LONGEST_NAME, Plan, end_early, plan
from server.extensions import library
from server.reports.period import day_in_amsterdam
from vertelpaal.errors import Conflict, InvalidInput

blueprint = Blueprint(
    "activities", __name__, url_prefix="/activiteiten", template_folder="templates", static_folder="static"
)

HOURS = (1, 2, 3, 4, 8)
WRONG = MappingProxyType(
    {
        "name": "Geef de activiteit een naam.",
        "long": f"Deze naam is te lang. Gebruik niet meer dan {LONGEST_NAME} letters.",
        "place": "Kies een vestiging of een paal.",
        "begin": "Kies een dag en een tijd.",
        "past": "Deze tijd is al voorbij. Kies ‘Nu’ of een latere tijd.",
        "far": "Deze dag is te ver weg. Kies een dag binnen een jaar.",
        "hours": "Kies hoeveel uur het duurt.",
        "order": "Het einde komt voor het begin. Kies andere tijden.",
        "busy": "Op deze paal is dan al iets anders: {other}. Kies een andere tijd of een andere paal.",
        "codes": "Er is geen code meer vrij in deze vestiging. Kies een andere tijd.",
    }
)
"""What a person reads, for each problem that a plan can have."""


@blueprint.get("")
def page() -> str:
    """Show the form, what goes on and what comes."""
    return _page(None)


@blueprint.post("")
def plan_form() -> tuple[str, int] | BaseResponse:
    """Plan what was filled in, or say what is wrong with it."""
    now = library().clock.now()
    try:
        with library().database.transaction() as session:
            branch, kiosk = queries.find_place(session, request.form.get("waar", ""))
            starts_at = _begin(now)
            wanted = Plan(request.form.get("naam", ""), branch, kiosk, starts_at, starts_at + _length())
            planned = plan(session, wanted, current_user.signed_in.staff_id, now)
    except (InvalidInput, Conflict) as error:
        told = WRONG[str(error.detail["problem"])].format(other=error.detail.get("other"))
        return _page(told, str(error.detail["problem"])), error.status
    return redirect(url_for("activities.page", nieuw=planned.id))


@blueprint.post("/<uuid:activity_id>/stop")
def stop(activity_id: UUID) -> BaseResponse:
    """End an activity now; one that has not begun does not happen."""
    with library().database.transaction() as session:
        end_early(session, activity_id, library().clock.now())
    return redirect(url_for("activities.page"))


@blueprint.get("/<uuid:activity_id>")
def sheet(activity_id: UUID) -> str:
    """Show a group what to do at the pole, large enough for a wall."""
    with library().database.reading() as session:
        shown = queries.find_activity(session, activity_id, library().clock.now())
        when = spell_span(
            shown.activity.starts_at, shown.activity.ends_at
        )  # on paper, "vandaag" would be a lie tomorrow
        return render_template("activities/sheet.html", shown=shown, when=when)


def _page(wrong: str | None, problem: str | None = None) -> str:
    now = library().clock.now()
    with library().database.reading() as session:
        programme = queries.programme(session, now)
        found = (*programme.going_on, *programme.coming)
        return render_template(
            "activities/page.html",
            programme=programme,
            new=next((one for one in found if str(one.activity.id) == request.args.get("nieuw")), None),
            spans={one.activity.id: spell_span(one.activity.starts_at, one.activity.ends_at, now) for one in found},
            ends={one.activity.id: spell_end(one.activity.ends_at) for one in found},
            places=queries.places(session, now),
            hours=HOURS,
            today=day_in_amsterdam(now),
            wrong=wrong,
            problem=problem,
            longest_name=LONGEST_NAME,
            form=request.form,
        )


def _begin(now: datetime) -> datetime:
    if request.form.get("wanneer") != "later":
        return now
    return read_moment(request.form.get("dag", ""), request.form.get("tijd", ""))


def _length() -> timedelta:
    text = request.form.get("uren", "")
    if text not in map(str, HOURS):
        raise InvalidInput("that is no number of hours from the form", problem="hours")
    return timedelta(hours=int(text))
