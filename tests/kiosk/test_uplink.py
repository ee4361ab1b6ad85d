"""The pole's line to the server: over real HTTP, with a server that is there, away, or somebody else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, redirect, request
from sqlalchemy import select

from kiosk.outbox import Outbox, SealedVisit
from kiosk.server_client import ServerClient, ServerInTrouble, Unreadable
from kiosk.shelf import Shelf, Token
from kiosk.uplink import FIRST_WAIT, LONGEST_WAIT, MOST_TROUBLES, Uplink
from server.intake.pairing import approve_pairing, revoke_kiosk
from server.privacy.belief import believe
from server.tables import BranchRow, EnvelopeRow, EnvelopeState, KioskRow, PairingRow
from tests.makers import HandClock, SampleLibrary, create_visit
from tests.serving import serving
from vertelpaal.errors import ServerUnreachable, StorageFull
from vertelpaal.identifiers import new_id
from vertelpaal.publication import Publication

HOUR = 3600.0


class Pole:
    """A pole without a screen: shelf, outbox and uplink in a folder of its own."""

    def __init__(
        self, folder: Path, url: str, clock: HandClock, on_publication: Callable[[Publication], None] | None = None
    ) -> None:
        self.url = url
        self.shelf = Shelf(folder)
        self.outbox = Outbox(folder / "outbox")
        self.publications: list[Publication] = []
        self.codes: list[str | None] = []
        self.uplink = Uplink(
            client=ServerClient(url),
            shelf=self.shelf,
            outbox=self.outbox,
            clock=clock,
            rng=random.Random(1),
            on_publication=on_publication or self.publications.append,
            on_pairing=lambda offer: self.codes.append(offer.user_code if offer else None),
            seconds=30,
        )

    def pairs(self, sample: SampleLibrary) -> None:
        """Ask, have staff type the code, and get the token."""
        self.uplink.once()
        with sample.database.transaction() as session:
            branch = session.scalars(select(BranchRow).where(BranchRow.slug == "norg")).one()
            assert self.codes[-1] is not None
            approve_pairing(session, self.codes[-1], branch, sample.clock.now())
        self.uplink.once()
        assert self.shelf.token() is not None

    def makes_a_visit(self, sample: SampleLibrary) -> None:
        """Seal a visit into the outbox."""
        token = self.shelf.token()
        assert token is not None
        visit = create_visit(token.kiosk_id, sequence=self.outbox.next_sequence())
        self.outbox.put(visit, {}, [sample.identity.to_public()])


@pytest.fixture
def server_url(app: Flask) -> Iterator[str]:
    with serving(app) as url:
        yield url


@pytest.fixture
def pole(server_url: str, tmp_path: Path, clock: HandClock) -> Pole:
    return Pole(tmp_path / "pole", server_url, clock)


def received(sample: SampleLibrary) -> int:
    with sample.database.reading() as session:
        return len(session.scalars(select(EnvelopeRow).where(EnvelopeRow.state == EnvelopeState.RECEIVED)).all())


def test_a_pole_is_paired_by_the_code_on_its_screen_and_gets_the_publication(pole: Pole, sample: SampleLibrary) -> None:
    pole.pairs(sample)
    assert pole.codes[-1] is None
    pole.uplink.once()
    assert pole.publications[-1] == sample.publication
    assert pole.shelf.publication() == sample.publication
    with sample.database.reading() as session:
        assert session.scalars(select(PairingRow)).all() == []
        token = pole.shelf.token()
        assert token is not None
        kiosk = session.get_one(KioskRow, token.kiosk_id)
        assert (kiosk.branch.slug, kiosk.last_seen_at) == ("norg", sample.clock.now())
        assert token.token not in (kiosk.token_hash, str(kiosk.status))


def test_a_pole_whose_clock_is_ahead_asks_for_one_code_and_is_paired(
    sample: SampleLibrary, server_url: str, tmp_path: Path
) -> None:
    pole = Pole(tmp_path / "ahead", server_url, HandClock(sample.clock.now() + timedelta(hours=1)))
    for _ in range(10):
        pole.uplink.step()
    assert len(pole.codes) == 1
    pole.pairs(sample)
    assert len(pole.codes) == 2, "the code, and that it is no longer needed"


def test_a_code_that_has_expired_is_replaced(pole: Pole, sample: SampleLibrary) -> None:
    pole.uplink.once()
    sample.clock.forward(HOUR)
    for _ in range(2):
        pole.uplink.once()
    assert len(set(pole.codes)) == 2
    pole.pairs(sample)


def test_visits_wait_while_the_server_is_away_and_go_when_it_is_back(
    pole: Pole, sample: SampleLibrary, app: Flask, tmp_path: Path, clock: HandClock
) -> None:
    pole.pairs(sample)
    pole.uplink.once()
    away = Pole(tmp_path / "pole", "http://127.0.0.1:9", clock)
    for _ in range(3):
        away.makes_a_visit(sample)
        with pytest.raises(ServerUnreachable):
            away.uplink.once()
    assert (len(pole.outbox.waiting()), received(sample)) == (3, 0)
    pole.uplink.once()
    assert (len(pole.outbox.waiting()), received(sample)) == (0, 3)


def test_envelopes_go_oldest_first(pole: Pole, sample: SampleLibrary) -> None:
    pole.pairs(sample)
    for _ in range(12):
        pole.makes_a_visit(sample)
    expected = [sealed.visit_id for sealed in pole.outbox.waiting()]
    pole.uplink.once()
    with sample.database.reading() as session:
        # the rows were inserted in this order, so their live news were too
        from server.tables import LiveEventRow

        told = session.scalars(select(LiveEventRow.subject).order_by(LiveEventRow.id)).all()
    assert told == [str(visit_id) for visit_id in expected]


def test_an_envelope_that_the_server_refuses_stays_and_holds_up_no_other(pole: Pole, sample: SampleLibrary) -> None:
    pole.pairs(sample)
    pole.makes_a_visit(sample)
    (sealed,) = pole.outbox.waiting()
    pole.uplink.once()
    sealed.file.write_bytes(b"other bytes under the same visit")
    pole.makes_a_visit(sample)
    pole.uplink.once()
    (other,) = pole.outbox.waiting()
    assert other.visit_id == sealed.visit_id
    assert pole.uplink.status().refused == 1
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, sealed.visit_id).other_sha256 == other.sha256()


@pytest.mark.parametrize("bad", [1, MOST_TROUBLES + 2])
def test_envelopes_that_cannot_be_read_hold_up_no_other(pole: Pole, sample: SampleLibrary, bad: int) -> None:
    pole.pairs(sample)
    for _ in range(bad):
        pole.makes_a_visit(sample)
    unreadable = [sealed.file for sealed in pole.outbox.waiting()]
    for file in unreadable:
        file.unlink()
        file.mkdir()
    for _ in range(3):
        pole.makes_a_visit(sample)
    for _ in range(-(-bad // MOST_TROUBLES)):
        with pytest.raises(IsADirectoryError):
            pole.uplink.once()
    assert ([sealed.file for sealed in pole.outbox.waiting()], received(sample)) == (unreadable, 3)
    for _ in range(3):
        assert pole.uplink.step() < LONGEST_WAIT, "the pole comes back, later and later"
    assert pole.uplink._wait == 8 * FIRST_WAIT


class OnABadSector(SealedVisit):
    """An envelope whose hash is known and whose bytes the disk does not give: memory that is not there."""

    length = 100


def test_a_disk_that_fails_while_an_envelope_leaves_is_no_broken_line(sample: SampleLibrary, server_url: str) -> None:
    sealed = OnABadSector(new_id(), Path("/proc/self/mem"), "0" * 64)
    token = Token(kiosk_id=sample.kiosk_id, token=sample.token)
    with pytest.raises(Unreadable, match="Input/output error"):
        ServerClient(server_url).deliver(token, sealed)


def test_a_strange_file_among_the_envelopes_holds_up_none(pole: Pole, sample: SampleLibrary) -> None:
    pole.pairs(sample)
    strange = [pole.outbox.folder / name for name in ("copy.age", "0000000000-x.age", f"0000000001-{new_id()} (1).age")]
    for file in strange:
        file.write_bytes(b"a copy that somebody made")
    pole.makes_a_visit(sample)
    assert pole.uplink.status().queue == 1
    pole.uplink.once()
    assert (pole.outbox.waiting(), received(sample)) == ([], 1)
    assert all(file.exists() for file in strange)


@pytest.mark.parametrize("error", [StorageFull("no room for this one"), ValueError("a bug that this one finds")])
def test_an_envelope_that_brings_the_server_in_trouble_holds_up_no_other(
    pole: Pole, sample: SampleLibrary, app: Flask, error: Exception
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    poison: list[UUID] = []

    @app.before_request
    def stumble() -> None:
        if any(request.path.endswith(str(visit_id)) for visit_id in poison):
            raise error

    pole.pairs(sample)
    for _ in range(3):
        pole.makes_a_visit(sample)
    poison.append(pole.outbox.waiting()[0].visit_id)
    for _ in range(2):
        with pytest.raises(ServerInTrouble):
            pole.uplink.once()
        assert ([sealed.visit_id for sealed in pole.outbox.waiting()], received(sample)) == (poison, 2)


def test_a_revoked_pole_keeps_its_visits_and_asks_to_be_paired_again(pole: Pole, sample: SampleLibrary) -> None:
    pole.pairs(sample)
    pole.makes_a_visit(sample)
    token = pole.shelf.token()
    assert token is not None
    with sample.database.transaction() as session:
        revoke_kiosk(session, token.kiosk_id, sample.clock.now())
    pole.uplink.once()
    assert pole.shelf.token() is None
    assert len(pole.outbox.waiting()) == 1
    pole.pairs(sample)
    pole.uplink.once()
    assert len(pole.outbox.waiting()) == 0


def test_what_was_half_uploaded_before_a_new_pairing_arrives_as_well(pole: Pole, sample: SampleLibrary) -> None:
    pole.pairs(sample)
    pole.makes_a_visit(sample)
    pole.makes_a_visit(sample)
    first, second = pole.outbox.waiting()
    token = pole.shelf.token()
    assert token is not None
    sample.intake.declare(first.visit_id, token.kiosk_id, first.length, first.sha256())
    with sample.database.transaction() as session:
        revoke_kiosk(session, token.kiosk_id, sample.clock.now())
    pole.uplink.once()
    pole.pairs(sample)
    pole.uplink.once()
    assert pole.outbox.waiting() == []
    assert received(sample) == 2
    assert second.visit_id != first.visit_id


def test_envelopes_go_even_when_there_is_trouble_with_the_news(
    pole: Pole, sample: SampleLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    pole.pairs(sample)
    pole.makes_a_visit(sample)

    def broken(*_: object) -> None:
        raise ServerUnreachable("a file of the publication is missing")

    monkeypatch.setattr(ServerClient, "check_in", broken)
    with pytest.raises(ServerUnreachable):
        pole.uplink.once()
    assert received(sample) == 1


def test_envelopes_go_even_when_the_pole_cannot_run_the_news(pole: Pole, sample: SampleLibrary) -> None:
    pole.pairs(sample)
    pole.makes_a_visit(sample)

    def stumble(publication: Publication) -> None:
        raise ValueError(f"a bug that publication {publication.number} finds")

    stumbling = Pole(pole.outbox.folder.parent, pole.url, sample.clock, on_publication=stumble)
    with pytest.raises(ValueError, match="publication 1"):
        stumbling.uplink.once()
    assert received(sample) == 1


def test_an_unreadable_shelf_counts_as_empty_and_is_filled_anew(pole: Pole, sample: SampleLibrary) -> None:
    pole.pairs(sample)
    pole.uplink.once()
    for name in ("publication.json", "assignment.json"):
        (pole.outbox.folder.parent / name).write_text('{"format": 99}')
    assert pole.shelf.publication() is None
    pole.uplink.once()
    assert pole.shelf.publication() == sample.publication


def _portal(answer: Any) -> Flask:
    """Return a network that answers everything itself, as a captive portal does."""
    portal = Flask("portal")

    @portal.route("/", defaults={"path": ""}, methods=["GET", "PUT", "PATCH", "POST", "HEAD"])
    @portal.route("/<path:path>", methods=["GET", "PUT", "PATCH", "POST", "HEAD"])
    def anything(path: str) -> Any:
        request.get_data()
        return answer()

    return portal


@pytest.mark.parametrize(
    "answer",
    [
        lambda: ("<html>Welkom op ons wifi</html>", 200),
        lambda: ("<html>Log in</html>", 401),
        lambda: redirect("http://127.0.0.1:9/login"),
        lambda: ({"ok": True}, 200),
        lambda: ("", 200, {"Upload-Offset": "lots"}),
        lambda: ({"visit_id": "0192", "sha256": "0" * 64, "received_at": "2026-01-01T00:00:00Z"}, 200),
    ],
    ids=["a page", "a page with 401", "a redirect", "other JSON", "a wrong offset", "half a receipt"],
)
def test_somebody_elses_answer_removes_nothing(
    pole: Pole, sample: SampleLibrary, tmp_path: Path, clock: HandClock, answer: Any
) -> None:
    pole.pairs(sample)
    pole.makes_a_visit(sample)
    with serving(_portal(answer)) as url:
        fooled = Pole(tmp_path / "pole", url, clock)
        with pytest.raises(ServerUnreachable):
            fooled.uplink.once()
        token, (sealed,) = fooled.shelf.token(), fooled.outbox.waiting()
        assert token is not None
        with pytest.raises(ServerUnreachable):
            ServerClient(url).deliver(token, sealed)
    assert len(pole.outbox.waiting()) == 1
    pole.uplink.once()
    assert (len(pole.outbox.waiting()), received(sample)) == (0, 1)


def test_a_receipt_for_another_envelope_removes_nothing(
    pole: Pole, sample: SampleLibrary, tmp_path: Path, clock: HandClock
) -> None:
    from vertelpaal.errors import Conflict

    pole.pairs(sample)
    pole.makes_a_visit(sample)
    (sealed,) = pole.outbox.waiting()
    receipt = {"visit_id": str(sealed.visit_id), "sha256": "0" * 64, "received_at": "2026-01-01T00:00:00Z"}
    with serving(_portal(lambda: (receipt, 200))) as url:
        token = pole.shelf.token()
        assert token is not None
        with pytest.raises(Conflict):
            pole.outbox.confirm(sealed, ServerClient(url).deliver(token, sealed))
    assert len(pole.outbox.waiting()) == 1


def test_the_clocks_difference_is_measured(pole: Pole, sample: SampleLibrary, tmp_path: Path, server_url: str) -> None:
    pole.pairs(sample)
    slow = HandClock(sample.clock.now().replace(year=1970))
    late = Pole(tmp_path / "pole", server_url, slow)
    late.uplink.once()
    offset = late.uplink.clock_offset
    assert offset is not None
    assert (slow.now().timestamp() + offset) == pytest.approx(sample.clock.now().timestamp(), abs=1)


def test_a_time_that_the_server_itself_doubts_is_compared_with_nothing(
    pole: Pole, sample: SampleLibrary, tmp_path: Path, server_url: str
) -> None:
    pole.pairs(sample)
    early, late = (Pole(tmp_path / "pole", server_url, HandClock(sample.clock.now())) for _ in range(2))
    early.uplink.once()
    assert early.uplink.clock_offset == pytest.approx(0, abs=1)
    with sample.database.transaction() as session:
        believe(session, sample.clock.now())
    sample.clock.at += timedelta(days=300)
    early.uplink.once()
    assert early.uplink.clock_offset == pytest.approx(0, abs=1), "what was learned while it was right still holds"
    late.uplink.once()
    assert late.uplink.clock_offset is None, "so its visits are flagged"
