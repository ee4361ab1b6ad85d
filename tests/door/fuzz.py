"""Fuzzing an app from its OpenAPI description, inside this process and on its real database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass(frozen=True)
class Shown:
    """What every request shows: a session, a token, a host."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


NOTHING = Shown()
ANY_TEXT: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "minLength": 1},
    {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
]
"""Schemas of text that whatever comes in a header or in a piece of a path is: never empty there, and without `/`."""


@dataclass
class Tally:
    """How often each status was answered, by how many operations at all, and which cannot be asked what misfits."""

    operations: set[str] = field(default_factory=set)
    fits_always: set[str] = field(default_factory=set)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def tries(self) -> int:
        """Return how many requests there were."""
        return sum(self.statuses.values())


def operations(app: Flask, description: Mapping[str, Any]) -> Iterator[Any]:
    """Yield each operation of a description, bound to the app that it describes."""
    schema = schemathesis.openapi.from_dict(dict(description))
    schema.app = app
    for found in schema.get_all_operations():
        yield found.ok()  # type: ignore[union-attr]  # a description that is none raises here


def fuzz(
    app: Flask,
    description: Mapping[str, Any],
    tries: int,
    shown: Shown = NOTHING,
    known: Mapping[str, Any] | None = None,
    without: frozenset[str] = frozenset(),
) -> Tally:
    """Ask every operation with what fits its description and with what does not; raise for the first broken promise.

    `known` are values of addresses that lead somewhere.
    """
    tally = Tally()
    for operation in operations(app, description):
        described = operation.definition.raw
        name = described["operationId"]
        variables = {one["name"] for one in described["parameters"] if one["in"] == "path"}
        fixed = {variable: value for variable, value in (known or {}).items() if variable in variables}
        if name in without:
            continue
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        if _fits_always(described, fixed):
            tally.fits_always.add(name)
            modes.remove(GenerationMode.NEGATIVE)
        for mode in modes:
            _fuzz_one(operation.as_strategy(mode, path_parameters=fixed), name, tries, shown, tally)
        tally.operations.add(name)
    return tally


def _fits_always(described: Mapping[str, Any], fixed: Mapping[str, Any]) -> bool:
    """Return whether nothing can be sent that does not fit; Hypothesis would look for it five hundred times.

    So it is where nobody has to show who they are, and nothing is taken, or only text in the path and the headers.
    """
    free = [one for one in described["parameters"] if one["name"] not in fixed]
    return not described.get("security") and "requestBody" not in described and all(map(_is_any_text, free))


def _is_any_text(parameter: Mapping[str, Any]) -> bool:
    may_be_left_out = parameter["in"] == "header" and not parameter.get("required")
    return (may_be_left_out or parameter["in"] == "path") and parameter["schema"] in ANY_TEXT


def _fuzz_one(cases: Any, name: str, tries: int, shown: Shown, tally: Tally) -> None:
    @settings(
        max_examples=tries,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Any) -> None:
        answer = case.call_and_validate(headers=dict(shown.headers), cookies=dict(shown.cookies), checks=CHECKS)
        tally.statuses[answer.status_code] = tally.statuses.get(answer.status_code, 0) + 1

    ask()
