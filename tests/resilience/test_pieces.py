"""How an envelope is cut into requests: by the speed of the line, up to what the server takes, from the file."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Response, request
from pyrage import x25519

from kiosk.outbox import Outbox, SealedVisit
from kiosk.pace import FIRST_PIECE, SMALLEST_PIECE, Pace
from kiosk.server_client import CHUNK, UNTOLD_LIMIT, Piece, RefusedByServer, ServerClient
from kiosk.shelf import Token
from server.intake.envelopes import Intake
from server.tables import EnvelopeRow, EnvelopeState
from tests.makers import HandClock, SampleLibrary, create_visit
from tests.resilience.proxy import BadLine, Fault, Kind
from tests.serving import Quiet, serving
from vertelpaal.errors import ServerUnreachable, WrongOffset
from vertelpaal.identifiers import new_id

LENGTH = 12 * 2**20 + 345
MOST_LOST = 2**17


class Noting(requests.Session):
    """A session that notes the length of each piece that it sends."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[int] = []

    def request(self, method: Any, *args: Any, **kwargs: Any) -> requests.Response:
        if method == "PATCH":
            self.pieces.append(len(kwargs["data"]))
        return super().request(method, *args, **kwargs)


def create_sealed(folder: Path, length: int = LENGTH) -> SealedVisit:
    """Return an envelope of so many bytes; what is in it does not matter here."""
    file = folder / "0000000001.age"
    file.write_bytes(random.Random(length).randbytes(length))
    return SealedVisit(new_id(), file)


def token_of(sample: SampleLibrary) -> Token:
    return Token(kiosk_id=sample.kiosk_id, token=sample.token)


def test_a_fast_line_takes_the_next_envelope_in_one_request(sample: SampleLibrary, app: Flask, tmp_path: Path) -> None:
    session = Noting()
    with serving(app) as url:
        client = ServerClient(url, session, HandClock())
        for _ in range(2):
            sealed = create_sealed(tmp_path)
            assert client.deliver(token_of(sample), sealed).sha256 == sealed.sha256()
            assert sample.folders.sealed(sealed.visit_id).read_bytes() == sealed.file.read_bytes()
    assert session.pieces == [FIRST_PIECE, LENGTH - FIRST_PIECE, LENGTH]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_arrived_before_a_cut_stays(sample: SampleLibrary, app: Flask, tmp_path: Path) -> None:
    """However large the piece was: a slow line that breaks loses at most what the server had not read yet."""
    sealed, session, cut = create_sealed(tmp_path), Noting(), 6 * 2**20
    faults = [Fault(Kind.CUT, cut), None, None]  # the declaration and the first piece come over
    with (
        serving(app, Quiet) as server,
        BadLine(server, lambda: faults.pop() if faults else None, server) as line,
    ):
        client = ServerClient(line.url, session, HandClock())
        with pytest.raises(ServerUnreachable):
            client.deliver(token_of(sample), sealed)
        until = time.monotonic() + 30
        while sample.intake.progress(sealed.visit_id, sample.kiosk_id).offset < cut - MOST_LOST:
            assert time.monotonic() < until, "what arrived did not stay"
            time.sleep(0.02)
        assert client.deliver(token_of(sample), sealed).sha256 == sealed.sha256()
    assert session.pieces[-1] <= LENGTH - cut + MOST_LOST


def test_what_came_in_several_goes_is_read_back_before_the_receipt(sample: SampleLibrary, tmp_path: Path) -> None:
    """The part was changed between two requests, as by a bad disk: the bytes are not the declared ones."""
    data = b"sealed bytes that come in two goes"
    visit_id = new_id()
    sample.intake.declare(visit_id, sample.kiosk_id, len(data), hashlib.sha256(data).hexdigest())
    sample.intake.append(visit_id, sample.kiosk_id, 0, [data[:10]])
    (sample.folders.intake / f"{visit_id}.part").write_bytes(b"x" * 10)
    with pytest.raises(WrongOffset, match="not the declared ones"):
        sample.intake.append(visit_id, sample.kiosk_id, 10, [data[10:]])
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, visit_id).state == EnvelopeState.UPLOADING


def test_bytes_whose_sync_failed_are_not_taken_for_safe_by_the_next_run_of_the_server(
    sample: SampleLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    data, visit_id = b"sealed bytes", new_id()
    sample.intake.declare(visit_id, sample.kiosk_id, len(data), hashlib.sha256(data).hexdigest())
    with monkeypatch.context() as broken, pytest.raises(OSError, match="Input/output"):
        broken.setattr("server.intake.envelopes.os.fsync", fails)
        sample.intake.append(visit_id, sample.kiosk_id, 0, [data])
    again = Intake(sample.database, sample.folders.intake, sample.clock)
    assert again.progress(visit_id, sample.kiosk_id).offset == 0, "they are asked for anew"
    assert again.append(visit_id, sample.kiosk_id, 0, [data]).receipt is not None


def test_a_slow_line_gets_small_pieces_and_a_quick_one_makes_none_smaller() -> None:
    pace = Pace()
    pace.went(2**20, 200.0)
    assert pace.piece == SMALLEST_PIECE
    pace.went(SMALLEST_PIECE, 5.0)
    assert pace.piece == 2 * SMALLEST_PIECE
    pace.went(10, 0.1)
    assert pace.piece == 2 * SMALLEST_PIECE
    pace.broke()
    pace.broke()
    assert pace.piece == SMALLEST_PIECE


def test_a_piece_is_read_from_the_file_while_it_goes_out() -> None:
    data = random.Random(3).randbytes(5 * CHUNK)
    piece = Piece(io.BytesIO(data), 7, 3 * CHUNK + 5)
    chunks = list(piece)
    assert max(map(len, chunks)) == CHUNK
    assert b"".join(chunks) == data[7 : 7 + len(piece)]


def create_server(answers: list[Response]) -> Flask:
    """Return a server that answers each request with the next of these."""
    server = Flask("server")

    @server.route("/<path:path>", methods=["PUT", "PATCH"])
    def answer(path: str) -> Response:
        request.get_data()
        return answers.pop(0)

    return server


def at(offset: int, status: int) -> Response:
    return Response(status=status, headers={"Upload-Offset": str(offset)})


def test_a_server_that_tells_no_limit_gets_pieces_as_large_as_it_always_took(tmp_path: Path) -> None:
    sealed, session = create_sealed(tmp_path), Noting()
    receipt = {"visit_id": str(sealed.visit_id), "sha256": sealed.sha256(), "received_at": "2026-01-01T00:00:00Z"}
    told = [at(0, 201), at(2**20, 204), at(9 * 2**20, 204), Response(json.dumps(receipt))]
    with serving(create_server(told)) as url:
        ServerClient(url, session, HandClock()).deliver(Token(kiosk_id=new_id(), token="t"), sealed)
    assert session.pieces == [FIRST_PIECE, UNTOLD_LIMIT, LENGTH - FIRST_PIECE - UNTOLD_LIMIT]


def test_an_envelope_that_rotted_on_the_disk_is_put_aside_and_not_sent_for_ever(tmp_path: Path) -> None:
    sealed = create_sealed(tmp_path, 1000)
    answers = [at(0, 201), at(0, 409), at(0, 409), at(0, 409), at(0, 409)]
    with serving(create_server(answers)) as url, pytest.raises(RefusedByServer):
        ServerClient(url).deliver(Token(kiosk_id=new_id(), token="t"), sealed)
    assert len(answers) == 1, "it was sent three times"


def test_the_hash_of_an_envelope_is_taken_while_it_is_sealed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    sealed = outbox.put(create_visit(new_id()), {}, [x25519.Identity.generate().to_public()])
    assert sealed.known_sha256 == hashlib.sha256(sealed.file.read_bytes()).hexdigest()
    assert outbox.waiting() == [sealed]
    (found,) = Outbox(tmp_path / "outbox").waiting()
    assert found.known_sha256 is None, "after a restart it is taken anew"
    assert found.sha256() == sealed.sha256()
