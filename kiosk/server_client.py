"""The library's server as the pole speaks to it: over HTTP, never following a redirect, believing only our own JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeVar

import requests

from kiosk.outbox import SealedVisit
from kiosk.pace import Pace
from kiosk.shelf import Token
from vertelpaal.assignment import Assignment, KioskStatus, PairingOffer
from vertelpaal.clock import Clock, SystemClock
from vertelpaal.errors import DifferentBytes, InvalidInput, NotAllowed, NotFound, ServerUnreachable, VertelpaalError
from vertelpaal.publication import Publication
from vertelpaal.visit import Receipt
from vertelpaal.words import Word

TIMEOUT = 30.0
"""Seconds to connect, between two bytes, and for a CHUNK to leave: a line of 5 KB/s needs 13."""
CHUNK = 2**16
MOST_MISSES = 2
"""How often the server may say in one delivery that it is elsewhere."""
UNTOLD_LIMIT = 8 * 2**20
"""The largest piece for a server that does not tell its own."""

W = TypeVar("W", bound=Word)


class RefusedByServer(VertelpaalError):
    """The server looked at this envelope and does not take it; sending it again changes nothing."""

    code = "refused"


class ServerInTrouble(VertelpaalError):
    """The server answers that it cannot do this now; it may do something else."""

    code = "server_in_trouble"


class Unreadable(VertelpaalError):
    """The pole's own disk does not give this envelope."""

    code = "unreadable"


class Piece:
    """A stretch of a file as the body of a request, read while it goes out."""

    def __init__(self, file: IO[bytes], offset: int, length: int) -> None:
        self._file = file
        self._length = length
        self.offset = offset

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self.offset)
        left, at_once = self._length, max(self._length // 16, CHUNK)
        while left and (chunk := self._read(min(at_once, left))):
            left -= len(chunk)
            yield chunk

    def _read(self, length: int) -> bytes:
        try:
            return self._file.read(length)
        except OSError as error:  # which requests would take for a broken line
            raise Unreadable(f"this envelope cannot be read ({error.strerror})") from error


class ServerClient:
    """Speaks the API of docs/api.md; every failure is an error of ours."""

    def __init__(
        self,
        url: str,
        session: requests.Session | None = None,
        clock: Clock | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._url = url.rstrip("/")
        self._session = session or requests.Session()
        self._clock = clock or SystemClock()
        self._timeout = timeout
        self._pace = Pace()

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

    def publication(self, token: Token, number: int) -> tuple[Publication, bytes]:
        """Fetch a publication; return it with its document, of which the assignment has the hash."""
        response = self._call("GET", f"/api/v1/publications/{number}", token)
        return _word(response, Publication), response.content

    def fetch_file(self, token: Token, sha256: str, into: IO[bytes]) -> None:
        """Fetch a file of a publication."""
        with self._call("GET", f"/api/v1/files/{sha256}", token, stream=True) as response, _reaching():
            for chunk in response.iter_content(CHUNK):
                into.write(chunk)

    def deliver(self, token: Token, sealed: SealedVisit) -> Receipt:
        """Send an envelope from where the server has it, and return the receipt.

        Raises:
            RefusedByServer: the server does not take this envelope.
            ServerInTrouble: the server cannot take it now; another may go.
            Unreadable: the disk does not give it; another may go.
            ServerUnreachable: it was not finished; what arrived stays there.
        """
        path = f"/api/v1/envelopes/{sealed.visit_id}"
        response = self._declare(path, token, sealed)
        misses = 0
        with open(sealed.file, "rb") as file:
            while response.status_code != 200:
                offset = _offset(response)
                misses += response.status_code == 409
                if misses > MOST_MISSES:
                    raise _missed(offset)
                length = min(self._pace.piece, _limit(response), sealed.length - offset)
                response = self._append(path, token, Piece(file, offset, length))
        return _word(response, Receipt)

    def _declare(self, path: str, token: Token, sealed: SealedVisit) -> requests.Response:
        document = {"length": sealed.length, "sha256": sealed.sha256()}
        try:
            return self._call("PUT", path, token, expect=(200, 201), json=document)
        except (DifferentBytes, InvalidInput) as error:
            raise RefusedByServer(error.message) from error

    def _append(self, path: str, token: Token, piece: Piece) -> requests.Response:
        headers = {"Upload-Offset": str(piece.offset), "Content-Type": "application/offset+octet-stream"}
        body = piece if len(piece) else b""  # all may be there, but for the receipt
        began = self._clock.monotonic()
        try:
            response = self._call("PATCH", path, token, expect=(200, 204, 409), data=body, headers=headers)
        except InvalidInput as error:
            raise RefusedByServer(error.message) from error
        except ServerUnreachable:
            self._pace.broke()
            raise
        if response.status_code == 204 and _offset(response) <= piece.offset:
            raise ServerInTrouble("the server takes no more of this envelope")
        self._pace.went(len(piece), self._clock.monotonic() - began)
        return response

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
                method, self._url + path, headers=sent, timeout=self._timeout, allow_redirects=False, **request
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
    return ServerInTrouble(message)


def _word(response: requests.Response, kind: type[W]) -> W:
    with _reaching():
        content = response.content
    try:
        return kind.from_neighbour(content)
    except InvalidInput as error:
        raise ServerUnreachable(f"something else answered: {error}") from error


def _missed(offset: int) -> VertelpaalError:
    """Return what it means that the server was elsewhere again and again."""
    if offset == 0:
        return RefusedByServer("what arrives are not the bytes that were sealed")
    return ServerInTrouble("the server does not keep its place in this envelope")


def _limit(response: requests.Response) -> int:
    """Return how large a piece may be, as the server tells (draft-ietf-httpbis-resumable-upload)."""
    told = re.search(r"max-append-size=([1-9]\d{0,11})(?!\d)", response.headers.get("Upload-Limit", ""))
    return int(told[1]) if told else UNTOLD_LIMIT


def _offset(response: requests.Response) -> int:
    text = response.headers.get("Upload-Offset", "")
    if not text.isdecimal():
        raise ServerUnreachable("something else answered: no Upload-Offset")
    return int(text)
