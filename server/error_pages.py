"""Errors at the web edge: one JSON shape for poles and scripts, one kind page for people."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from vertelpaal.errors import Throttled, VertelpaalError
from vertelpaal.traces import trace

log = logging.getLogger(__name__)


IN_DUTCH = {
    404: "Deze pagina bestaat niet (meer).",
    413: "Dat is te groot.",
    429: "Je vraagt te veel achter elkaar. Probeer het over een minuut nog eens.",
}
"""What people are told of errors that are not our own, by status."""


def register_error_pages(app: Flask) -> None:
    """Answer every error, ours and others', in the one shape."""
    app.register_error_handler(VertelpaalError, _ours)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: VertelpaalError) -> BaseResponse:
    if error.status >= 500:
        log.warning("%s: %s", error.code, trace(error))
    response = make_response(*_answer(error.code, error.message, error.status))
    if isinstance(error, Throttled) and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http(error: HTTPException) -> BaseResponse:
    if error.code is not None and error.code < 400:
        return error.get_response()
    said = IN_DUTCH.get(error.code or 500, "Dat kan hier niet.") if _is_for_people() else error.name
    answer, status = _answer(error.name.lower().replace(" ", "_"), said, error.code or 500)
    response = make_response(answer, status)
    for name, value in error.get_headers(request.environ):
        if name != "Content-Type":
            response.headers[name] = value  # as which methods there are, and when to try again
    return response


def _stale_form(error: CSRFError) -> tuple[Response | str, int]:
    return _answer("stale_form", "Dit formulier is te oud. Ga terug en probeer het nog een keer.", 400)


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    """Say nothing of the inside; the log has where it was."""
    log.error("an error that nobody foresaw: %s", trace(error))
    return _answer("error", "Er ging iets mis aan onze kant.", 500)


def _answer(code: str, message: str, status: int) -> tuple[Response | str, int]:
    if _is_for_people():
        return render_template("error.html", status=status, message=message), status
    return jsonify(error={"code": code, "message": message}), status


def _is_for_people() -> bool:
    return not (request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json")
