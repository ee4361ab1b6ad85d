"""Makers for tests of the doors: an address for each route, as a stranger would ask it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.routing import Rule as Route

from tests.makers import BETTER, HOURS, NOW, create_visit
from vertelpaal.publication import Purpose
from vertelpaal.visit import AgeBand, Consent, SmileyAnswer, TextAnswer, Visit

NOBODY = UUID(int=1)
EXAMPLES: dict[str, Any] = {
    "name": "x",
    "filename": "x",
    "sha256": "0" * 64,
    "number": 1,
    "form": "json",
    "visit_id": NOBODY,
    "question_id": NOBODY,
    "recording_id": NOBODY,
    "kiosk_id": NOBODY,
    "activity_id": NOBODY,
    "take": NOBODY,
}
"""What stands in an address for each of its variables."""
OWN_METHODS = frozenset({"GET", "POST", "PUT", "PATCH"})


def create_written_visit(kiosk_id: UUID, text: str) -> Visit:
    """Return a thanked visit: a smiley, and words that somebody typed."""
    answers = (
        SmileyAnswer(question_id=HOURS, at=NOW, value=4),
        TextAnswer(question_id=BETTER, at=NOW, text=text),
    )
    consent = Consent(purpose=Purpose.REVIEW, given=True, wording_sha256="0" * 64, language="nl", at=NOW)
    return create_visit(kiosk_id, answers=answers, consents=(consent,), age_band=AgeBand.FROM_16)


@dataclass(frozen=True)
class Asked:
    """A route with a method and an address that leads to it."""

    route: Route
    method: str
    path: str


def routes(app: Flask) -> Iterator[Asked]:
    """Yield each route of an app with each method that it has a view for."""
    adapter = app.url_map.bind("localhost")
    for route in app.url_map.iter_rules():
        methods = sorted((route.methods or set()) & OWN_METHODS) or ["HEAD"]
        for method in methods:
            values = {name: EXAMPLES[name] for name in route.arguments}
            yield Asked(route, method, adapter.build(route.endpoint, values, method=method))
