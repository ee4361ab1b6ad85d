"""Whatever is in an envelope, opening it ends: processed, or quarantined with a reason. Nothing is raised.

Only one of which nothing is left does not come in at all.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import pyrage
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from server.pipeline.media import RemuxedMedia
from server.pipeline.unpack import Unpacker
from server.tables import EnvelopeRow, EnvelopeState
from tests.makers import BETTER, HOURS, NOW, WITHDRAWAL_KEY, SampleLibrary, create_recording, create_visit, seal
from tests.mutations import mutate
from vertelpaal.errors import InvalidMedia, TooLarge
from vertelpaal.identifiers import new_id
from vertelpaal.publication import Purpose
from vertelpaal.visit import AgeBand, Consent, TextAnswer, Visit

MUTATED = 100
PROOF_MUTATED = 10_000
REFUSED = "refused at the door"
NO_RECORDING = b"\x1aE\xdf\xa3 no recording"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NASTY: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(2**31, 2**63, 10**40, -1, 0, 1e308, -1e308, float("nan"), float("inf"), "", "\0", "a\0b", "\ud800", "=1+1"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-14T11:30:00", "../../x", "é" * 5000),
        *([], {}, [[[]]], None, True, "NaN", "1", "00000000-0000-0000-0000-000000000000"),
    ]
)


def end_of(sample: SampleLibrary, unpacker: Unpacker, sealed: bytes, visit_id: UUID) -> str:
    """Take an envelope in and open it; return how it ended."""
    if not sealed:
        with pytest.raises(TooLarge):
            sample.receive(visit_id, sealed)
        return REFUSED
    sample.receive(visit_id, sealed)
    unpacker.unpack(visit_id)
    with sample.database.reading() as session:
        row = session.get_one(EnvelopeRow, visit_id)
    if row.state == EnvelopeState.QUARANTINED:
        assert row.reason, "quarantined without a reason"
        assert (sample.folders.quarantine / f"{visit_id}.age").exists()
    assert not sample.folders.sealed(visit_id).exists() or row.state == EnvelopeState.RECEIVED
    return row.state


def create_opener(sample: SampleLibrary) -> Unpacker:
    """Return an unpacker that puts every recording aside; hostile recordings have tests of their own."""

    def refuse(*_: object) -> RemuxedMedia:
        raise InvalidMedia("not looked at")

    return Unpacker(sample.database, sample.folders, [sample.identity], WITHDRAWAL_KEY, sample.clock, refuse)


def create_spoken_visit(sample: SampleLibrary) -> tuple[Visit, dict[UUID, bytes]]:
    """Return a visit with every kind of thing in it."""
    recording = create_recording(NO_RECORDING)
    return create_visit(sample.kiosk_id, recording=recording), {recording.id: NO_RECORDING}


def pack(parts: dict[str, bytes]) -> bytes:
    """Return a ZIP as poles make it."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as written:
        for name, data in parts.items():
            written.writestr(name, data)
    return plain.getvalue()


def mutated_envelopes(sample: SampleLibrary, count: int) -> Iterator[tuple[UUID, bytes]]:
    """Yield visits in envelopes of which the ZIP is bent before it is sealed, and of every fourth what was sealed."""
    rng = random.Random(20260314)
    recipient = sample.identity.to_public()
    for number in range(count):
        visit, media = create_spoken_visit(sample) if number % 2 else (create_visit(sample.kiosk_id), {})
        sealed = seal(visit, media, recipient)
        if number % 4 == 0:
            yield visit.id, mutate([sealed], rng)
        else:
            yield visit.id, pyrage.encrypt(mutate([pyrage.decrypt(sealed, [sample.identity])], rng), [recipient])


def ends_of(sample: SampleLibrary, unpacker: Unpacker, envelopes: Iterator[tuple[UUID, bytes]]) -> Counter[str]:
    """Open each; count how they ended, with those that raised."""
    ends: Counter[str] = Counter()
    for visit_id, sealed in envelopes:
        try:
            ends[end_of(sample, unpacker, sealed, visit_id)] += 1
        except Exception as error:
            ends[f"raised {type(error).__name__}"] += 1
    return ends


def ended_well(ends: Counter[str]) -> bool:
    """Return whether every envelope was processed or quarantined, or empty and refused."""
    return ends.keys() <= {EnvelopeState.PROCESSED, EnvelopeState.QUARANTINED, REFUSED}


@pytest.mark.parametrize("count", [MUTATED, pytest.param(PROOF_MUTATED, marks=pytest.mark.proof)])
def test_every_mutated_envelope_ends(sample: SampleLibrary, count: int) -> None:
    ends = ends_of(sample, create_opener(sample), mutated_envelopes(sample, count))
    print(f"{count} mutated envelopes: {dict(ends)}")
    assert ended_well(ends), ends
    assert ends.total() == count


def test_an_envelope_of_nothing_is_refused_at_the_door(sample: SampleLibrary) -> None:
    visit_id = new_id()
    assert end_of(sample, create_opener(sample), b"", visit_id) == REFUSED
    with sample.database.reading() as session:
        assert session.get(EnvelopeRow, visit_id) is None


def test_an_opener_that_lets_an_error_through_is_noticed(sample: SampleLibrary) -> None:
    """The control: of a score of envelopes one raises, one is left where it lay."""

    class Careless:
        """An unpacker that fails on its third envelope and forgets its fourth."""

        def __init__(self) -> None:
            self.opened = 0

        def unpack(self, visit_id: UUID) -> None:
            self.opened += 1
            if self.opened == 3:
                raise OSError(22, "Invalid argument")
            if self.opened != 4:
                sample.unpacker.unpack(visit_id)

    ends = ends_of(sample, Careless(), mutated_envelopes(sample, 20))  # type: ignore[arg-type]
    assert (ends["raised OSError"], ends[EnvelopeState.RECEIVED]) == (1, 1)
    assert not ended_well(ends)


def paths_in(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON document."""
    yield path
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from paths_in(value, (*path, key))


def put(document: Any, path: Sequence[Any], value: Any) -> Any:
    """Return the document with another value at a path."""
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = put(document[path[0]], path[1:], value)
    return copy


def change_one_value(document: Any, choose: Callable[[Any], Any]) -> Any:
    """Return the document with something else somewhere, or with something more."""
    path = choose(st.sampled_from(list(paths_in(document))))
    value = choose(NASTY | JSON)
    if choose(st.integers(0, 9)) == 0:
        return {**document, choose(st.text(max_size=20)): value} if isinstance(document, dict) else value
    return put(document, path, value)


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 2**31},
        {"sequence": 2**63},
        {"publication": 2**31},
        {"publication": 10**40},
        {"clock_offset": 1e300},
        {"clock_offset": float("inf")},
        {"clock_offset": -1e11},
        {"started_at": "0001-01-01T00:00:00+14:00"},
        {"ended_at": "9999-12-31T23:59:59-14:00"},
        {"envelope_version": "1\0"},
        {"envelope_version": "\ud800"},
        {"a\0b": "\0"},
        {"withdrawal_code": "\0" * 12},
    ],
    ids=repr,
)
def test_a_visit_that_no_table_can_hold_is_put_aside(sample: SampleLibrary, change: dict[str, Any]) -> None:
    visit = create_visit(sample.kiosk_id)
    parts = {"visit.json": json.dumps(json.loads(visit.to_json()) | change).encode()}
    sealed = pyrage.encrypt(pack(parts), [sample.identity.to_public()])
    end = end_of(sample, create_opener(sample), sealed, visit.id)
    assert end == EnvelopeState.QUARANTINED


def test_typed_words_with_a_zero_byte_are_put_aside(sample: SampleLibrary) -> None:
    """PostgreSQL holds no such text."""
    consents = (Consent(purpose=Purpose.REVIEW, given=True, wording_sha256="0" * 64, language="nl", at=NOW),)
    answers = (TextAnswer(question_id=BETTER, at=NOW, text="a b"),)
    visit = create_visit(sample.kiosk_id, answers=answers, consents=consents, age_band=AgeBand.FROM_16)
    parts = {"visit.json": visit.to_json().replace("a b", "a\\u0000b").encode()}
    sealed = pyrage.encrypt(pack(parts), [sample.identity.to_public()])
    assert end_of(sample, create_opener(sample), sealed, visit.id) == EnvelopeState.QUARANTINED


def test_a_code_that_another_visit_has_is_put_aside(sample: SampleLibrary) -> None:
    first, recipient = create_visit(sample.kiosk_id), sample.identity.to_public()
    second = create_visit(sample.kiosk_id, withdrawal_code=first.withdrawal_code)
    ends = [end_of(sample, sample.unpacker, seal(visit, {}, recipient), visit.id) for visit in (first, second)]
    assert ends == [EnvelopeState.PROCESSED, EnvelopeState.QUARANTINED]


def test_a_recording_that_answers_two_questions_is_put_aside(sample: SampleLibrary) -> None:
    visit, media = create_spoken_visit(sample)
    document = json.loads(visit.to_json())
    document["answers"].append({**document["answers"][1], "question_id": str(HOURS)})
    del document["answers"][0]
    parts = {"visit.json": json.dumps(document).encode()}
    parts |= {f"media/{recording}.webm": content for recording, content in media.items()}
    sealed = pyrage.encrypt(pack(parts), [sample.identity.to_public()])
    assert end_of(sample, create_opener(sample), sealed, visit.id) == EnvelopeState.QUARANTINED


@pytest.mark.parametrize("tries", [60, pytest.param(3000, marks=pytest.mark.proof)])
def test_whatever_a_visit_says_its_envelope_ends(sample: SampleLibrary, tries: int) -> None:
    unpacker = create_opener(sample)

    @settings(
        max_examples=tries,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def opens(data: st.DataObject) -> None:
        visit, media = create_spoken_visit(sample)
        document = json.loads(visit.to_json())
        for _ in range(data.draw(st.integers(1, 3))):
            document = change_one_value(document, data.draw)
        parts = {"visit.json": json.dumps(document).encode()}
        parts |= {f"media/{recording}.webm": content for recording, content in media.items()}
        sealed = pyrage.encrypt(pack(parts), [sample.identity.to_public()])
        end = end_of(sample, unpacker, sealed, visit.id)
        assert end in (EnvelopeState.PROCESSED, EnvelopeState.QUARANTINED), end

    opens()
