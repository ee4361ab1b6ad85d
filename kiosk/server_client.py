"""The library's server as the pole speaks to it: over HTTP, never following a redirect, believing only our own JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeVar

import requests

from kiosk.outbox import SealedVisit
from kiosk.shelf import Token
from vertelpaal.assignment import Assignment, KioskStatus, PairingOffer
from vertelpaal.errors import DifferentBytes, InvalidInput, NotAllowed, NotFound, ServerUnreachable, VertelpaalError
from vertelpaal.publication import Publication
from vertelpaal.visit import Receipt
from vertelpaal.words import Word

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and between two bytes."""
CHUNK = 2**20

W = TypeVar("W", bound=Word)


class RefusedByServer(VertelpaalError):
    """The server looked at this envelope and does not take it; sending it again changes nothing."""

    code = "refused"


class ServerClient:
    """Speaks the API of docs/api.md; every failure is an error of ours."""

    def __init__(self, url: str, session: requests.Session | None = None) -> None:
        self._url = url.rstrip("/")
        self._session = session or requests.Session()

    def offer_pairing(self) -> PairingOffer:
        """Ask for a code to show."""
        return _word(self._call("POST", "/api/v1/pairings", expect=201), PairingOffer)

    def claim_token(self, device_code: str) -> Token | None:
        """Return the token once staff have typed the code; None while they have not.

        Raises:
            NotFound: the offer has expired.
        """
        response = self._call("POST", "/api/v1/pairings/token", expect=(200, 202), json={"device_code": device_code})
        return _word(response, Token) if response.status_code == 200 else None

    def check_in(self, token: Token, status: KioskStatus) -> Assignment:
        """Tell how the pole is, and hear what to run."""
        response = self._call(
            "PUT", "/api/v1/status", token, data=status.to_json(), headers={"Content-Type": "application/json"}
        )
        return _word(response, Assignment)

    def publication(self, token: Token, number: int) -> Publication:
        """Fetch a publication."""
        return _word(self._call("GET", f"/api/v1/publications/{number}", token), Publication)

    def fetch_file(self, token: Token, sha256: str, into: IO[bytes]) -> None:
        """Fetch a file of a publication."""
        with self._call("GET", f"/api/v1/files/{sha256}", token, stream=True) as response, _reaching():
            for chunk in response.iter_content(CHUNK):
                into.write(chunk)

    def deliver(self, token: Token, sealed: SealedVisit) -> Receipt:
        """Send an envelope from where the server has it, and return the receipt.

        Raises:
            RefusedByServer: the server does not take this envelope.
            ServerUnreachable: it was not finished; what arrived stays there.
        """
        path = f"/api/v1/envelopes/{sealed.visit_id}"
        declared = self._declare(path, token, sealed)
        if declared.status_code == 200:
            return _word(declared, Receipt)
        offset = _offset(declared)
        with open(sealed.file, "rb") as file:
            while True:
                file.seek(offset)
                chunk = file.read(CHUNK)
                response = self._append(path, token, offset, chunk)
                if response.status_code == 200:
                    return _word(response, Receipt)
                before, offset = offset, _offset(response)
                if offset == before and response.status_code != 409:
                    raise ServerUnreachable("the server takes no more of this envelope")

    def _declare(self, path: str, token: Token, sealed: SealedVisit) -> requests.Response:
        document = {"length": sealed.length, "sha256": sealed.sha256()}
        try:
            return self._call("PUT", path, token, expect=(200, 201), json=document)
        except (DifferentBytes, InvalidInput) as error:
            raise RefusedByServer(error.message) from error

    def _append(self, path: str, token: Token, offset: int, chunk: bytes) -> requests.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        try:
            return self._call("PATCH", path, token, expect=(200, 204, 409), data=chunk, headers=headers)
        except InvalidInput as error:
            raise RefusedByServer(error.message) from error

    def _call(
        self,
        method: str,
        path: str,
        token: Token | None = None,
        *,
        expect: int | tuple[int, ...] = 200,
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> requests.Response:
        sent = {"Accept": "application/json", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token.token}"
        with _reaching():
            response = self._session.request(
                method, self._url + path, headers=sent, timeout=TIMEOUT, allow_redirects=False, **request
            )
        if response.status_code in ((expect,) if isinstance(expect, int) else expect):
            return response
        raise _error_of(response)


@contextmanager
def _reaching() -> Iterator[None]:
    """Translate what the network does to us."""
    try:
        yield
    except requests.RequestException as error:
        raise ServerUnreachable(f"the server does not answer ({type(error).__name__})") from error


def _error_of(response: requests.Response) -> VertelpaalError:
    """Return the error that the server names; anybody else's answer means that we do not reach it."""
    named = {"not_allowed": NotAllowed, "not_found": NotFound, "different_bytes": DifferentBytes}
    try:
        error = response.json()["error"]
        code, message = str(error["code"]), str(error["message"])
    except (requests.JSONDecodeError, KeyError, TypeError):
        return ServerUnreachable(f"something else answered with status {response.status_code}")
    if code in named:
        return named[code](message)
    if response.status_code in (413, 422):
        return InvalidInput(message)
    return ServerUnreachable(message)


def _word(response: requests.Response, kind: type[W]) -> W:
    with _reaching():
        content = response.content
    try:
        return kind.from_json(content)
    except InvalidInput as error:
        raise ServerUnreachable(f"something else answered: {error}") from error


def _offset(response: requests.Response) -> int:
    text = response.headers.get("Upload-Offset", "")
    if not text.isdecimal():
        raise ServerUnreachable("something else answered: no Upload-Offset")
    return int(text)
