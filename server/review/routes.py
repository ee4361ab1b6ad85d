"""Pages on which staff watch, listen to and read answers, and see what was put aside."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from server.activities.queries import pole_names
from server.extensions import library
from server.intake.pairing import approve_pairing, revoke_kiosk
from server.privacy.belief import believed_now
from server.privacy.dutch import spell
from server.review import queries
from server.tables import BranchRow, RecordingState
from vertelpaal.errors import InvalidInput, NotFound

blueprint = Blueprint("review", __name__, template_folder="templates")

STATES = {
    RecordingState.OPENED: "net binnen",
    RecordingState.WAITING_MODEL: "wacht op spraakmodel",
    RecordingState.TRANSCRIBED: "uitgeschreven",
    RecordingState.NO_SPEECH: "geen spraak gehoord",
    RecordingState.UNSUPPORTED_LANGUAGE: "taal niet ondersteund",
    RecordingState.QUARANTINED: "in quarantaine",
    RecordingState.ERASED: "gewist",
}
FILTERS = ("vestiging", "vraag", "van", "tot", "stand", "soort")
"""What an address may say of which answers to show, but for the page."""
MEDIA_CSP = "default-src 'none'; media-src 'self'; sandbox"


@blueprint.get("/")
def home() -> BaseResponse:
    """Begin with the answers."""
    return redirect(url_for("review.answers"))


@blueprint.get("/antwoorden")
def answers() -> str:
    """Show answers by filter; asked with `deel=lijst` it is the list alone, for the live page."""
    wanted = _filter()
    with library().database.reading() as session:
        page = queries.find_answers(session, wanted)
        context = {
            "page": page,
            "wanted": wanted,
            "branches": queries.branches(session),
            "questions": queries.asked_questions(session),
            "states": STATES,
            "to_page": _to_page,
        }
        template = "review/answer_list.html" if request.args.get("deel") == "lijst" else "review/answers.html"
        return render_template(template, **context)


@blueprint.get("/antwoorden/<uuid:visit_id>/<uuid:question_id>")
def answer(visit_id: UUID, question_id: UUID) -> str:
    """Show one answer: the player beside its transcript, and the smileys of the same visit."""
    with library().database.reading() as session:
        shown = queries.find_answer(session, visit_id, question_id)
        consents = {consent.purpose: consent.given for consent in shown.visit.consents}
        return render_template("review/answer.html", shown=shown, consents=consents, states=STATES)


@blueprint.get("/media/<uuid:recording_id>")
def media(recording_id: UUID) -> Response:
    """Answer with a recording."""
    with library().database.reading() as session:
        row = queries.find_recording(session, recording_id)
    return _personal_file(row.media_file, row.media_type)


@blueprint.get("/media/<uuid:recording_id>/poster")
def poster(recording_id: UUID) -> Response:
    """Answer with the still picture of a video."""
    with library().database.reading() as session:
        row = queries.find_recording(session, recording_id)
    return _personal_file(row.poster_file, "image/jpeg")


@blueprint.get("/quarantaine")
def quarantine() -> str:
    """Show what was put aside, and why."""
    days = library().settings.days_aside
    with library().database.reading() as session:
        found = queries.quarantined(session, days, believed_now(session, library().clock.now()))
    return render_template("review/quarantine.html", found=found, kept=spell(timedelta(days=days)))


@blueprint.get("/palen")
def kiosks() -> str:
    """Show the poles, and the form to pair another."""
    return _kiosk_page(None)


@blueprint.post("/palen")
def pair() -> tuple[str, int] | BaseResponse:
    """Pair the pole whose code was typed."""
    try:
        with library().database.transaction() as session:
            branch = session.scalar(select(BranchRow).where(BranchRow.slug == request.form.get("branch", "")))
            if branch is None:
                raise NotFound("Kies een vestiging.")
            approve_pairing(session, request.form.get("code", ""), branch, library().clock.now())
    except NotFound:
        return _kiosk_page("Geen paal toont deze code. Kijk nog eens op het scherm van de paal."), 404
    return redirect(url_for("review.kiosks"))


@blueprint.get("/palen/<uuid:kiosk_id>/intrekken")
def ask_to_revoke(kiosk_id: UUID) -> str:
    """Ask whether this is the pole, and say what becomes of what is still on it."""
    with library().database.reading() as session:
        kiosk = queries.find_kiosk(session, kiosk_id)
        name = pole_names(session, library().clock.now()).get(kiosk_id)
        return render_template("review/revoke.html", kiosk=kiosk, name=name)


@blueprint.post("/palen/<uuid:kiosk_id>/intrekken")
def revoke(kiosk_id: UUID) -> BaseResponse:
    """Take a pole's token away."""
    with library().database.transaction() as session:
        revoke_kiosk(session, kiosk_id, library().clock.now())
    return redirect(url_for("review.kiosks"))


def _kiosk_page(wrong: str | None) -> str:
    with library().database.reading() as session:
        return render_template(
            "review/kiosks.html",
            kiosks=queries.kiosks(session),
            names=pole_names(session, library().clock.now()),
            branches=queries.branches(session),
            waiting=queries.open_offers(session, library().clock.now()),
            wrong=wrong,
        )


def _personal_file(name: str | None, media_type: str | None) -> Response:
    if name is None:
        raise NotFound("Dit bestand is er niet.")
    response = send_file(library().settings.media_folder / name, mimetype=media_type, conditional=True)
    response.headers["Content-Security-Policy"] = MEDIA_CSP
    return response


def _day(text: str) -> date:
    """Read a day on which there can have been a visit."""
    day = date.fromisoformat(text)
    if not date(2000, 1, 1) <= day < date(2200, 1, 1):
        raise ValueError("no day of ours")
    return day


def _to_page(number: int) -> str:
    """Return the address of another page of the same answers; of what was asked, only the filter goes along."""
    kept: dict[str, Any] = {name: request.args[name] for name in FILTERS if name in request.args}
    return url_for("review.answers", pagina=number, **kept)


def _filter() -> queries.AnswerFilter:
    """Read the filter from the address.

    Raises:
        InvalidInput: names the field that makes no sense.
    """
    args = request.args
    try:
        return queries.AnswerFilter(
            branch=args.get("vestiging") or None,
            question=UUID(args["vraag"]) if args.get("vraag") else None,
            first_day=_day(args["van"]) if args.get("van") else None,
            last_day=_day(args["tot"]) if args.get("tot") else None,
            state=RecordingState(args["stand"]) if args.get("stand") else None,
            words_only=args.get("soort") != "alle",
            page=max(1, min(int(args.get("pagina", "1")), 100_000)),
        )
    except ValueError as error:
        raise InvalidInput("Dit filter klopt niet. Begin opnieuw bij alle antwoorden.") from error
