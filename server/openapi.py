"""What each route of the server takes and answers, as an OpenAPI description: `python -m server.openapi` writes it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from flask import Flask
from pydantic import SecretStr

from server.door import RULES, Who
from server.intake.routes import Declaration, TokenRequest
from vertelpaal.assignment import Assignment, KioskStatus, PairingOffer
from vertelpaal.openapi import ANY, ERROR, HTML, Content, Operation, describe, first_sentences, write
from vertelpaal.publication import Publication
from vertelpaal.visit import Receipt

PAGE = Path(__file__).parent.parent / "docs" / "openapi" / "server.json"
OK: Mapping[str, Any] = MappingProxyType(
    {"type": "object", "required": ["ok"], "additionalProperties": False, "properties": {"ok": {"const": True}}}
)
WAITING: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "required": ["state"],
        "additionalProperties": False,
        "properties": {"state": {"const": "waiting"}},
    }
)
TOKEN: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "required": ["kiosk_id", "token"],
        "additionalProperties": False,
        "properties": {"kiosk_id": {"type": "string", "format": "uuid"}, "token": {"type": "string"}},
    }
)
FILE: Mapping[int, Content] = MappingProxyType({200: ANY, 206: ANY, 304: None, 404: ERROR, 416: ERROR})
FILTER = ("vestiging", "vraag", "van", "tot", "stand", "soort", "pagina", "deel")
REPORT = ("vestiging", "van", "tot")
DESK = ("plaatje", "vestiging", "dag", "gewist")


OPERATIONS: MappingProxyType[str, Operation] = MappingProxyType(
    {
        "static": Operation(FILE),
        "house.style": Operation(FILE),
        "house.vendor": Operation(FILE),
        "house.health": Operation({200: OK}),
        "staff.sign_in_page": Operation({200: HTML, 302: HTML}, query=("naar",)),
        "staff.sign_in_form": Operation({302: HTML, 401: ANY}, form=("email", "password"), query=("naar",)),
        "staff.sign_out_form": Operation({302: HTML}),
        "withdrawal.page": Operation({200: HTML}),
        "withdrawal.form": Operation({200: HTML, 422: ANY}, form=("code",)),
        "withdrawal.access_page": Operation({200: HTML}),
        "withdrawal.access_form": Operation({200: ANY, 404: ANY, 422: ANY}, form=("code",)),
        "review.home": Operation({302: HTML}),
        "review.answers": Operation({200: HTML}, query=FILTER),
        "review.answer": Operation({200: HTML, 404: ERROR}),
        "review.media": Operation(FILE),
        "review.poster": Operation(FILE),
        "review.quarantine": Operation({200: HTML}),
        "review.kiosks": Operation({200: HTML}),
        "review.pair": Operation({302: HTML, 404: ANY}, form=("branch", "code")),
        "review.ask_to_revoke": Operation({200: HTML, 404: ERROR}),
        "review.revoke": Operation({302: HTML, 404: ERROR}),
        "activities.static": Operation(FILE),
        "activities.page": Operation({200: HTML}, query=("nieuw",)),
        "activities.plan_form": Operation(
            {302: HTML, 409: ANY, 422: ANY}, form=("naam", "waar", "wanneer", "dag", "tijd", "uren")
        ),
        "activities.stop": Operation({302: HTML, 404: ERROR}),
        "activities.sheet": Operation({200: HTML, 404: ERROR}),
        "reports.static": Operation(FILE),
        "reports.page": Operation({200: HTML, 422: ANY}, query=REPORT),
        "reports.download": Operation({200: ANY, 404: ERROR}, query=REPORT),
        "desk.static": Operation(FILE),
        "desk.page": Operation({200: HTML, 422: ANY}, query=DESK),
        "desk.confirm": Operation({200: HTML, 404: ERROR}, query=DESK),
        "desk.withdraw_form": Operation({302: HTML, 404: ERROR}, query=DESK),
        "intake.pairings": Operation({201: PairingOffer}),
        "intake.pairings_token": Operation({200: TOKEN, 202: WAITING, 404: ERROR}, body=TokenRequest),
        "intake.status": Operation({200: Assignment}, body=KioskStatus),
        "intake.publication": Operation({200: Publication, 404: ERROR}),
        "intake.file": Operation(FILE),
        "intake.declare": Operation({200: Receipt, 201: None, 404: ERROR, 409: ERROR, 507: ERROR}, body=Declaration),
        "intake.progress": Operation({200: None, 404: None}),
        "intake.append": Operation(
            {200: Receipt, 204: None, 404: ERROR, 409: ERROR, 507: ERROR},
            body="application/octet-stream",
            headers=("Upload-Offset",),
        ),
        "intake.receipt": Operation({200: Receipt, 404: ERROR}),
    }
)
"""What each route takes and answers when all is well with it, and what is special when it is not."""


def openapi(app: Flask) -> dict[str, Any]:
    """Return the description of the server, with what the door adds: sign-in, limits of size and rate."""
    operations = {endpoint: _behind_the_door(endpoint, told) for endpoint, told in OPERATIONS.items()}
    return describe(
        "De Bieb Vertelpaal: server", app.url_map.iter_rules(), operations, first_sentences(app.view_functions)
    )


def _behind_the_door(endpoint: str, told: Operation) -> Operation:
    rule = RULES[endpoint]
    answers: dict[int, Content] = {400: ERROR, 413: ERROR, 422: ERROR, 429: ERROR}
    if rule.who is not Who.ANYBODY:
        answers[401] = ERROR
    if rule.who is Who.STAFF:
        answers[302] = HTML
    shows = {Who.POLE: "token", Who.STAFF: "session", Who.ANYBODY: None}[rule.who]
    return replace(told, answers={**answers, **told.answers}, shows=shows)


def main() -> None:
    """Write the description anew, of a server that has nothing in it."""
    from server.app import create_app
    from server.config import ServerSettings

    with TemporaryDirectory() as home:
        secret = SecretStr(secrets.token_hex())
        settings = ServerSettings(home=Path(home), secret_key=secret, withdrawal_key=secret)
        write(openapi(create_app(settings, lambda: "")), PAGE)


if __name__ == "__main__":
    main()
