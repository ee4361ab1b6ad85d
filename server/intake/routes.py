"""The API that poles speak; docs/api.md describes it. A pole's token reaches its own things only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, current_app, g, jsonify, request, send_file
from pydantic import ConfigDict
from werkzeug.exceptions import ClientDisconnected

from server.door import MAX_PIECE_BYTES, Who, rule_of
from server.extensions import library
from server.intake.assignments import assign
from server.intake.envelopes import Intake, Progress
from server.intake.pairing import claim_token, kiosk_of_token, offer_pairing
from server.intake.publications import find_document
from server.intake.reading import SMALLEST, next_size
from server.privacy.belief import go_on_believing
from server.tables import FileRow, KioskRow
from vertelpaal.assignment import KioskStatus
from vertelpaal.errors import InvalidInput, NotAllowed, NotFound, TooLarge, WrongOffset
from vertelpaal.words import Sha256, Word

blueprint = Blueprint("intake", __name__, url_prefix="/api/v1")

SILENT_SECONDS = 20.0
"""How long an upload may send nothing before its thread is given to others; it goes on from there later."""
_OFFSET = re.compile(r"[0-9]{1,18}")
_NUMBER = 2**31 - 1
"""The largest number of a publication that both databases hold."""


class TokenRequest(Word):
    """A pole asks whether its code was typed."""

    device_code: str


class Declaration(Word):
    """What an upload will be."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    length: int
    sha256: Sha256


@blueprint.before_request
def know_the_kiosk() -> None:
    """Let in only poles with a token, but for those that ask for one."""
    if rule_of(request.endpoint).who is Who.ANYBODY:
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise NotAllowed("a pole shows its token as Authorization: Bearer …")
    with library().database.reading() as session:
        g.kiosk_id = kiosk_of_token(session, token).id


@blueprint.post("/pairings")
def pairings() -> tuple[Response, int]:
    """Open an offer for a pole that nobody knows yet."""
    with library().database.transaction() as session:
        offer = offer_pairing(session, library().clock.now())
    return _word(offer), 201


@blueprint.post("/pairings/token")
def pairings_token() -> tuple[Response, int]:
    """Give a pole its token once staff have typed its code."""
    asked = TokenRequest.from_json(request.get_data())
    with library().database.transaction() as session:
        claimed = claim_token(session, asked.device_code, library().clock.now())
    if claimed is None:
        return jsonify(state="waiting"), 202
    return jsonify(kiosk_id=str(claimed[0]), token=claimed[1]), 200


@blueprint.put("/status")
def status() -> Response:
    """Hear how a pole is, and tell what it runs."""
    told = KioskStatus.from_neighbour(request.get_data())
    now = library().clock.now()
    with library().database.transaction() as session:
        kiosk = session.get_one(KioskRow, g.kiosk_id)
        kiosk.last_seen_at = now
        go_on_believing(session, now)
        kiosk.status = told.model_dump(mode="json")
        assignment = assign(session, kiosk, library().find_public_key(), library().settings.public_url, now)
    return _word(assignment)


@blueprint.get(f"/publications/<int(max={_NUMBER}):number>")
def publication(number: int) -> Response:
    """Answer with a publication."""
    with library().database.reading() as session:
        return Response(find_document(session, number), mimetype="application/json")


@blueprint.get("/files/<sha256>")
def file(sha256: str) -> Response:
    """Answer with a file of a publication."""
    with library().database.reading() as session:
        row = session.get(FileRow, sha256)
    if row is None:
        raise NotFound("there is no such file")
    return send_file(library().settings.files_folder / row.sha256, mimetype=row.media_type, conditional=True)


@blueprint.put("/envelopes/<uuid:visit_id>")
def declare(visit_id: UUID) -> tuple[Response, int]:
    """Open an upload, or tell where it is; 200 with the receipt when it is complete already."""
    declared = Declaration.from_json(request.get_data())
    progress = _intake().declare(visit_id, g.kiosk_id, declared.length, declared.sha256)
    return _told(progress, 201)


@blueprint.route("/envelopes/<uuid:visit_id>", methods=["HEAD"])
def progress(visit_id: UUID) -> tuple[Response, int]:
    """Tell how far an upload is."""
    found = _intake().progress(visit_id, g.kiosk_id)
    return _offset(found.offset, found.length), 200


@blueprint.patch("/envelopes/<uuid:visit_id>")
def append(visit_id: UUID) -> tuple[Response, int]:
    """Add bytes at the offset; 200 with the receipt when that completes the envelope."""
    offset = request.headers.get("Upload-Offset", "")
    if not _OFFSET.fullmatch(offset):
        raise InvalidInput("an upload says in Upload-Offset where it goes on")
    if request.content_length is None:
        raise TooLarge("a piece says its Content-Length")
    try:
        return _told(_intake().append(visit_id, g.kiosk_id, int(offset), _pieces()), 204)
    except WrongOffset as error:
        response = jsonify(error={"code": error.code, "message": error.message})
        response.headers["Upload-Offset"] = str(error.offset)
        response.headers["Upload-Limit"] = f"max-append-size={MAX_PIECE_BYTES}"
        return response, 409


@blueprint.get("/envelopes/<uuid:visit_id>/receipt")
def receipt(visit_id: UUID) -> Response:
    """Repeat the receipt."""
    found = _intake().progress(visit_id, g.kiosk_id)
    if found.receipt is None:
        raise NotFound("this envelope is not complete yet")
    return _word(found.receipt)


def _pieces() -> Iterator[bytes]:
    """Yield the body as it comes; a pole that is cut off, or silent for long, leaves what came so far."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.settimeout(SILENT_SECONDS)
    size, clock = SMALLEST, library().clock
    while True:
        began = clock.monotonic()
        try:
            piece = request.stream.read(size)
        except (ClientDisconnected, OSError):
            return
        if not piece:
            return
        size = next_size(size, clock.monotonic() - began)
        yield piece


def _told(progress: Progress, unfinished: int) -> tuple[Response, int]:
    if progress.receipt is not None:
        return _word(progress.receipt), 200
    return _offset(progress.offset, progress.length), unfinished


def _offset(offset: int, length: int) -> Response:
    limit = f"max-append-size={MAX_PIECE_BYTES}"
    return Response(headers={"Upload-Offset": str(offset), "Upload-Length": str(length), "Upload-Limit": limit})


def _word(word: Word) -> Response:
    return Response(word.to_json(), mimetype="application/json")


def _intake() -> Intake:
    intake: Intake = current_app.extensions["intake"]
    return intake
