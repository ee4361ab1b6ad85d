"""A pole and a server one version apart understand each other; what is recorded under `golden/` is read for good."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pyrage
import pytest
from flask import Flask, Response, request
from pyrage import x25519
from sqlalchemy import select, update

from kiosk.outbox import Outbox
from kiosk.server_client import ServerClient
from kiosk.shelf import Shelf, Token
from kiosk.uplink import Uplink
from server.pipeline.retry import retry
from server.tables import EnvelopeRow, EnvelopeState, KioskRow, PublicationRow, VisitRow
from tests.compatibility.recording import GOLDEN, MEDIA, documents, visit
from tests.makers import SampleLibrary, create_visit
from tests.serving import serving
from vertelpaal.assignment import Assignment, KioskStatus, PairingOffer
from vertelpaal.envelope import VERSION, open_envelope
from vertelpaal.errors import InvalidInput
from vertelpaal.publication import Publication
from vertelpaal.visit import Receipt, Visit
from vertelpaal.words import Word

VERSIONS = sorted(folder.name for folder in GOLDEN.iterdir())
KINDS: dict[str, type[Word]] = {
    "publication.json": Publication,
    "visit.json": Visit,
    "assignment.json": Assignment,
    "status.json": KioskStatus,
    "offer.json": PairingOffer,
    "receipt.json": Receipt,
}
TOMORROW = {"a_field_of_tomorrow": {"deep": [1, 2]}}


def recorded(version: str, name: str) -> bytes:
    return (GOLDEN / version / name).read_bytes().strip()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", KINDS)
def test_what_was_recorded_is_read(version: str, name: str) -> None:
    today = json.loads(documents()[name].to_json())
    assert KINDS[name].from_json(recorded(version, name)).model_dump(mode="json") == laid_over(
        today, json.loads(recorded(version, name))
    )


def laid_over(today: Any, then: Any) -> Any:
    """Return what was recorded then, with the fields that came since, at any depth, as they are today."""
    if isinstance(today, list) and isinstance(then, list) and len(today) == len(then):
        return [laid_over(*both) for both in zip(today, then, strict=True)]
    if isinstance(today, dict) and isinstance(then, dict):
        return today | {key: laid_over(today.get(key), value) for key, value in then.items()}
    return then


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_envelope_opens(version: str, tmp_path: Path) -> None:
    library = x25519.Identity.generate()
    sealed = tmp_path / "sealed.age"
    parts = (GOLDEN / version / "envelope.zip").read_bytes()
    sealed.write_bytes(pyrage.encrypt(parts, [library.to_public()]))
    opened = open_envelope(sealed, [library], tmp_path)
    assert opened.visit == Visit.from_json(recorded(version, "visit.json"))
    assert [file.read_bytes() for file in opened.media.values()] == [MEDIA]


def test_an_envelope_of_today_has_the_form_of_its_number() -> None:
    """A field more or less makes a new number: what a visitor said or agreed to is never read halfway."""
    form = json.loads(recorded(f"envelope-{VERSION}", "visit.json"))
    assert json.loads(visit().to_json()) == form, "give the envelope a new version, and record it beside the old one"
    assert Visit.model_json_schema()["additionalProperties"] is False


def with_tomorrow(data: bytes) -> bytes:
    """Return a JSON document as a newer version may write it: a field more in every object."""

    def grown(value: Any) -> Any:
        if isinstance(value, list):
            return [grown(one) for one in value]
        if isinstance(value, dict):
            is_map = value.keys() <= {"nl", "en", "openingstijden", "medewerkers", "verbetering"}
            return {key: grown(one) for key, one in value.items()} | ({} if is_map else TOMORROW)
        return value

    return json.dumps(grown(json.loads(data))).encode()


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"visit.json"}))
def test_fields_of_tomorrow_are_left_out_between_neighbours(name: str) -> None:
    data = recorded(VERSIONS[-1], name)
    assert KINDS[name].from_neighbour(with_tomorrow(data)) == KINDS[name].from_json(data)
    with pytest.raises(InvalidInput, match="Extra inputs"):
        KINDS[name].from_json(with_tomorrow(data))


class Pole:
    """A pole of today that is paired with the sample library."""

    def __init__(self, sample: SampleLibrary, folder: Path, url: str) -> None:
        self.shelf, self.outbox = Shelf(folder), Outbox(folder / "outbox")
        self.shelf.keep_token(Token(kiosk_id=sample.kiosk_id, token=sample.token))
        self.publications: list[Publication] = []
        self.uplink = Uplink(
            client=ServerClient(url),
            shelf=self.shelf,
            outbox=self.outbox,
            clock=sample.clock,
            rng=random.Random(1),
            on_publication=self.publications.append,
            on_pairing=lambda _: None,
            seconds=30,
        )


def answers_as_tomorrow(app: Flask) -> None:
    """Let a server answer as the next version does: with fields that this pole has never heard of."""

    def grow(response: Response) -> Response:
        if request.path.startswith("/api/") and response.mimetype == "application/json":
            is_fixed = request.path.startswith("/api/v1/publications/")  # published once, to the letter
            response.set_data(response.get_data() if is_fixed else with_tomorrow(response.get_data()))
        return response

    app.after_request(grow)


def publish_tomorrows(sample: SampleLibrary, document: bytes) -> None:
    with sample.database.transaction() as session:
        session.execute(
            update(PublicationRow).values(document=document.decode(), sha256=hashlib.sha256(document).hexdigest())
        )


def test_a_pole_runs_and_delivers_under_a_server_of_tomorrow(sample: SampleLibrary, app: Flask, tmp_path: Path) -> None:
    publish_tomorrows(sample, with_tomorrow(sample.publication.to_json().encode()))
    answers_as_tomorrow(app)
    fetched = count_fetches(app)
    with serving(app) as url:
        pole = Pole(sample, tmp_path / "pole", url)
        pole.outbox.put(create_visit(sample.kiosk_id), {}, [sample.identity.to_public()])
        pole.uplink.once()
        assert pole.outbox.waiting() == []
        assert pole.publications == [sample.publication]
        pole.uplink.once()
        assert fetched() == 1, "what it has read with a field less is still what it was told to run"
    again = Pole(sample, tmp_path / "pole", "http://127.0.0.1:9")
    assert again.shelf.publication() == sample.publication


def count_fetches(app: Flask) -> Callable[[], int]:
    """Count how often a publication is fetched."""
    seen: list[str] = []

    def note(response: Response) -> Response:
        seen.append(request.path)
        return response

    app.after_request(note)
    return lambda: sum(path.startswith("/api/v1/publications/") for path in seen)


def test_a_publication_that_it_cannot_run_leaves_the_pole_on_the_one_before_and_delivering(
    sample: SampleLibrary, app: Flask, tmp_path: Path
) -> None:
    with serving(app) as url:
        pole = Pole(sample, tmp_path / "pole", url)
        pole.uplink.once()
        publish_tomorrows(sample, json.dumps(json.loads(sample.publication.to_json()) | {"format": 2}).encode())
        pole.outbox.put(create_visit(sample.kiosk_id), {}, [sample.identity.to_public()])
        with pytest.raises(Exception, match="format"):
            pole.uplink.once()
        assert pole.shelf.publication() == sample.publication
        assert pole.outbox.waiting() == []


def test_a_publication_of_yesterday_keeps_its_hash_on_a_server_that_has_more_fields(
    sample: SampleLibrary, app: Flask, tmp_path: Path
) -> None:
    """Its document lacks fields that have a default today; a pole must still find the hash that it was told."""
    older = json.loads(sample.publication.to_json())
    del older["ask_age"], older["ask_member"]
    publish_tomorrows(sample, json.dumps(older).encode())
    with serving(app) as url:
        pole = Pole(sample, tmp_path / "pole", url)
        pole.uplink.once()
    assert pole.publications[-1].ask_age is Publication.model_fields["ask_age"].default


def test_a_pole_of_tomorrow_is_heard(sample: SampleLibrary, app: Flask) -> None:
    told = with_tomorrow(recorded(VERSIONS[-1], "status.json"))
    client = app.test_client()
    headers = {"Authorization": f"Bearer {sample.token}", "Content-Type": "application/json"}
    assert client.put("/api/v1/status", data=told, headers=headers).status_code == 200
    with sample.database.reading() as session:
        status = session.get_one(KioskRow, sample.kiosk_id).status
    assert status is not None
    assert status["queue"] == 3
    assert "a_field_of_tomorrow" not in status


class VisitOfTomorrow(Visit):
    """A visit as the next version reads it."""

    envelope_version: Literal[1, 2] = 2  # type: ignore[assignment]


def test_an_envelope_of_tomorrow_waits_for_the_upgrade_and_is_opened_then(
    sample: SampleLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = create_visit(sample.kiosk_id)
    document = json.loads(written.to_json()) | {"envelope_version": VERSION + 1}
    sealed = seal_document(document, sample)
    sample.receive(written.id, sealed)
    sample.unpacker.unpack(written.id)
    aside = sample.folders.quarantine / f"{written.id}.age"
    with sample.database.reading() as session:
        row = session.get_one(EnvelopeRow, written.id)
        assert (row.state, (row.reason or "")[:13]) == (EnvelopeState.QUARANTINED, "newer version")
    assert aside.read_bytes() == sealed
    assert retry(sample.database, sample.folders, sample.clock) == [written.id]
    sample.unpacker.unpack(written.id)
    assert aside.exists(), "not upgraded yet: it is put aside again, and not lost"
    monkeypatch.setattr("vertelpaal.envelope.VERSION", VERSION + 1)  # the upgrade
    monkeypatch.setattr("vertelpaal.envelope.Visit", VisitOfTomorrow)
    assert retry(sample.database, sample.folders, sample.clock) == [written.id]
    assert not aside.exists()
    sample.unpacker.unpack(written.id)
    assert retry(sample.database, sample.folders, sample.clock) == []
    with sample.database.reading() as session:
        assert session.scalars(select(VisitRow.id)).all() == [written.id]


def seal_document(document: dict[str, Any], sample: SampleLibrary) -> bytes:
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as parts:
        parts.writestr("visit.json", json.dumps(document))
    return bytes(pyrage.encrypt(plain.getvalue(), [sample.identity.to_public()]))
