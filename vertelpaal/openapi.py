"""OpenAPI descriptions made from the code: from an app's routes, the words they speak, and a table of their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from vertelpaal import __version__

REF = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<limits>[^)]*)\))?:)?(?P<name>\w+)>")
_KINDS: Mapping[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    "path": {"type": "string", "minLength": 1},
    "string": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
}
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}
"""The one shape of an error, where a script asks."""
SECRETS: Mapping[str, Mapping[str, str]] = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-vertelpaal"},
}
JSON, HTML, ANY = "application/json", "text/html", "*/*"

Content = type[BaseModel] | Mapping[str, Any] | str | None
"""What an answer holds: a word, a JSON schema, a media type, or nothing."""


class Route(Protocol):
    """What an app says of one of its routes."""

    rule: str
    endpoint: str
    methods: set[str] | None


@dataclass(frozen=True)
class Operation:
    """What a route takes and answers, beyond what its address says; a `form` is fields that a page sends."""

    answers: Mapping[int, Content]
    body: type[BaseModel] | str | None = None
    form: Collection[str] = ()
    query: Collection[str] = ()
    headers: Collection[str] = ()
    shows: str | None = None
    """What who asks must show: one of SECRETS."""


def describe(
    title: str, routes: Iterable[Route], operations: Mapping[str, Operation], sentences: Mapping[str, str]
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of an app, each operation by its endpoint.

    Raises:
        KeyError: a route has no operation; it names the endpoint.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda one: (one.rule, one.endpoint)):
        for method in _methods(route):
            operation = operations[route.endpoint]
            told = {"operationId": route.endpoint, "summary": sentences[route.endpoint], **_describe(route, operation)}
            paths.setdefault(_VARIABLE.sub(r"{\g<name>}", route.rule), {})[method] = told
    models = sorted(set(_models(operations.values())), key=lambda model: model.__name__)
    _, defined = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {**defined.get("$defs", {}), "Error": ERROR},
            "securitySchemes": {
                name: SECRETS[name] for name in sorted({one.shows for one in operations.values() if one.shows})
            },
        },
    }


def first_sentences(views: Mapping[str, Callable[..., object]]) -> dict[str, str]:
    """Return the first sentence of each view's docstring; Flask's own view of static files has none of ours."""
    return {
        endpoint: "Answer with a file of these pages."
        if endpoint.rpartition(".")[2] == "static"
        else (view.__doc__ or "").strip().partition("\n")[0]
        for endpoint, view in views.items()
    }


def write(description: Mapping[str, Any], target: Path) -> None:
    """Write a description where the docs have it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(to_text(description), encoding="utf-8")


def to_text(description: Mapping[str, Any]) -> str:
    """Return a description as it stands in the docs."""
    return json.dumps(description, indent=1, ensure_ascii=False) + "\n"


def _methods(route: Route) -> list[str]:
    """Return the methods that a route has a view for; Flask adds HEAD and OPTIONS by itself."""
    methods = set(route.methods or ()) - {"OPTIONS"}
    return sorted(method.lower() for method in (methods - {"HEAD"} or methods))


def _describe(route: Route, operation: Operation) -> dict[str, Any]:
    variables = [
        {"name": found["name"], "in": "path", "required": True, "schema": _KINDS[found["kind"] or "string"]}
        for found in _VARIABLE.finditer(route.rule)
    ]
    query = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in operation.query]
    headers = [{"name": name, "in": "header", "schema": {"type": "string"}} for name in operation.headers]
    told: dict[str, Any] = {"parameters": [*variables, *query, *headers]}
    if operation.shows:
        told["security"] = [{operation.shows: []}]
    if body := _body(operation):
        told["requestBody"] = {"content": body}
    told["responses"] = {
        str(status): {"description": _MEANS[status], **_TOLD_BESIDE.get(status, {}), **_content(content)}
        for status, content in sorted(operation.answers.items())
    }
    return told


def _body(operation: Operation) -> dict[str, Any]:
    if isinstance(operation.body, str):
        return {operation.body: {"schema": {}}}
    if operation.body is not None:
        return {JSON: {"schema": {"$ref": REF.format(model=operation.body.__name__)}}}
    if operation.form:
        fields = {name: {"type": "string"} for name in operation.form}
        return {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": fields}}}
    return {}


def _content(content: Content) -> dict[str, Any]:
    if content is None:
        return {}
    if isinstance(content, str):
        return {"content": {content: {"schema": {}}}}
    if isinstance(content, Mapping):
        if content is ERROR:  # a page where a person asks
            return {"content": {JSON: {"schema": {"$ref": REF.format(model="Error")}}, HTML: {"schema": {}}}}
        return {"content": {JSON: {"schema": dict(content)}}}
    return {"content": {JSON: {"schema": {"$ref": REF.format(model=content.__name__)}}}}


def _models(operations: Iterable[Operation]) -> Iterable[type[BaseModel]]:
    for operation in operations:
        for one in (operation.body, *operation.answers.values()):
            if isinstance(one, type):
                yield one


_MEANS: Mapping[int, str] = {
    200: "here it is",
    201: "begun",
    202: "not yet",
    204: "added",
    206: "a part of it",
    302: "go on there",
    304: "as you have it",
    308: "go on there",
    400: "a form that is too old, or a request that is none",
    401: "sign in, or show a token, first",
    403: "not for you",
    404: "there is no such thing",
    405: "not with this method",
    409: "it contradicts what is here",
    413: "over the limit of this route",
    416: "no such part",
    422: "it makes no sense",
    429: "too often, over the quota, or too much waits to be opened",
    507: "no room now",
}

_TOLD_BESIDE: Mapping[int, dict[str, Any]] = {
    429: {"headers": {"Retry-After": {"description": "seconds, where they are known", "schema": {"type": "integer"}}}}
}
"""What an answer may say in its headers."""
