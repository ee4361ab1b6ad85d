"""The hub where models are published: a thin client of its `resolve` address, that believes nothing it is told.

A large file is answered with a redirect to the hub's storage, on another host; redirects are followed here, one by
one, and only to https (or to this machine itself).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import requests

from models.catalog import Model, ModelFile
from vertelpaal.errors import ModelError

_MOST_REDIRECTS = 5
_TIMEOUT = (10, 60)
"""Seconds to connect, and between two pieces of an answer."""
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


class InterruptedTransferError(Exception):
    """The hub is busy or the line was cut; trying again goes on where it stopped."""


@dataclass(frozen=True)
class Hub:
    """A hub at an address, spoken to through a session."""

    address: str
    session: requests.Session

    def open(self, model: Model, file: ModelFile, offset: int) -> requests.Response:
        """Ask for a file from `offset` on; the answer's status 206 says that it begins there, 200 that it begins at 0.

        Raises:
            ModelError: the hub does not have it, or something else answered than a hub.
            InterruptedTransferError: it cannot be reached now.
        """
        url = f"{self.address.rstrip('/')}/{model.repository}/resolve/{model.revision}/{file.name}"
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={offset}-"} if offset else {})}
        for _ in range(_MOST_REDIRECTS):
            _check_address(url)
            try:
                answer = self.session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=_TIMEOUT)
            except requests.RequestException as error:
                raise InterruptedTransferError(f"{_host(url)} cannot be reached: {type(error).__name__}") from error
            if not answer.is_redirect:
                _check_answer(answer, file, offset)
                return answer
            answer.close()
            url = urljoin(url, answer.headers["Location"])
        raise ModelError(f"{_host(url)} redirects more than {_MOST_REDIRECTS} times for {file.name}")


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _check_address(url: str) -> None:
    """Refuse an address that anybody on the way could read or change, but for this machine's own."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise ModelError(f"{parts.scheme}://{parts.netloc} is no https address; models are fetched over https only")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_answer(answer: requests.Response, file: ModelFile, offset: int) -> None:
    """Refuse an answer that cannot be the file: a login page, another length, another offset than asked."""
    host = _host(answer.url)
    try:
        if answer.status_code in _TRY_AGAIN:
            raise InterruptedTransferError(f"{host} is busy (status {answer.status_code})")
        if answer.status_code not in (200, 206):
            raise ModelError(f"{host} does not give {file.name} (status {answer.status_code})")
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise ModelError(
                f"{host} answers with a web page instead of {file.name}; does this network want you to sign in first?"
            )
        if answer.status_code == 206:
            _check_range(answer, file, offset)
        else:
            _check_length(answer, file)
    except Exception:
        answer.close()
        raise


def _check_range(answer: requests.Response, file: ModelFile, offset: int) -> None:
    given = answer.headers.get("Content-Range", "")
    if not re.fullmatch(rf"bytes {offset}-{file.size - 1}/(?:{file.size}|\*)", given):
        raise ModelError(
            f"{_host(answer.url)} has another {file.name} than the catalogue: it gives {given or 'no range'}"
        )


def _check_length(answer: requests.Response, file: ModelFile) -> None:
    length = answer.headers.get("Content-Length")
    if length is not None and length != str(file.size):
        raise ModelError(
            f"{_host(answer.url)} has another {file.name} than the catalogue: {length} bytes, not {file.size}"
        )
