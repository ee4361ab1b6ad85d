"""Whatever comes where text or numbers are read: it is taken, or refused by a name of ours; nothing else is raised."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from werkzeug.datastructures import Headers

from kiosk.messages import Chunk, Devices, Failed, Finished, Heard, Message, Speech, Touch
from server.activities.dutch import read_moment
from server.intake.routes import Declaration, TokenRequest
from server.privacy.pictures import read_pictures
from server.reports.period import read_period
from server.tables import EnvelopeRow, EnvelopeState
from tests.door.makers import create_written_visit
from tests.makers import SampleLibrary, create_publication, create_visit
from tests.web import WebUser
from vertelpaal.assignment import Assignment, KioskStatus, PairingOffer
from vertelpaal.envelope import VISIT_FILE
from vertelpaal.errors import VertelpaalError
from vertelpaal.publication import Publication
from vertelpaal.visit import Receipt, Visit
from vertelpaal.withdrawal import keyed_hash, new_code, pictures_of, read_code
from vertelpaal.words import Word

TRIES = settings(max_examples=60, deadline=None, derandomize=True, database=None)
IN_THE_APP = settings(
    TRIES, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
WORDS: tuple[type[Word], ...] = (
    *(Visit, Receipt, Publication, Assignment, PairingOffer, KioskStatus, TokenRequest, Declaration),
)
MESSAGES: tuple[type[Message], ...] = (Touch, Speech, Devices, Heard, Failed, Chunk, Finished, Message)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.uuids()
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
ODD = st.sampled_from(
    [
        *("\0", "\ud800", "١٢٣", "9" * 5000, "-1", "1e999", "NaN", "..", "/", "%00", "{0}", "' OR 1=1 --"),
        *("0001-01-01", "9999-12-31", "2026-W01-1", "24:00", "_external", "\u202e", "İ", "ﬁ"),
    ]
)
TEXT = st.text(max_size=60) | ODD
JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


def taken_or_refused(read: Callable[..., object], *given_to_it: object) -> None:
    """Read it; anything but an error of ours is a fault."""
    try:
        read(*given_to_it)
    except VertelpaalError as refused:
        assert refused.status < 500


@TRIES
@given(TEXT)
@example("ſ" * 12)
@example("I" * 12)
def test_a_withdrawal_code_is_one_or_is_refused(typed: str) -> None:
    taken_or_refused(read_code, typed)
    taken_or_refused(keyed_hash, typed, b"key")
    taken_or_refused(pictures_of, typed)


@TRIES
@given(st.integers(0, 2**55 - 1), st.integers(0, 11), st.sampled_from(" -iIlLoO"))
def test_a_code_is_read_however_it_is_typed(bits: int, at: int, odd: str) -> None:
    code = new_code(lambda _: bits)
    assert read_code(code.lower().replace("-", odd.strip("iIlLoO"))) == code
    slipped = code[:at] + odd + code[at:]
    taken_or_refused(read_code, slipped)


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
@TRIES
@given(st.one_of(st.binary(max_size=200), JSON_LIKE.map(lambda one: json.dumps(one).encode())))
def test_every_word_is_one_or_is_refused(kind: type[Word], data: bytes) -> None:
    taken_or_refused(kind.from_json, data)


@pytest.mark.parametrize("kind", [Visit, Publication], ids=lambda kind: kind.__name__)
@TRIES
@given(data=st.data())
def test_a_word_with_one_thing_wrong_is_one_or_is_refused(kind: type[Word], data: st.DataObject) -> None:
    """One value somewhere inside a good document is replaced."""
    good = create_publication() if kind is Publication else create_written_visit(UUID(int=1), "Meer stilte.")
    document = json.loads(good.to_json())
    holder, key = data.draw(st.sampled_from(list(places(document))))
    holder[key] = data.draw(JSON_LIKE)
    taken_or_refused(kind.from_json, json.dumps(document).encode())


def places(document: Any) -> Any:
    """Yield every place in a document as (what holds it, its key)."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield document, key
        if isinstance(value, dict | list):
            yield from places(value)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
@TRIES
@given(st.lists(ANYTHING, max_size=3))
@example([{"serial": 1, "action": "keep", "text": "\ud800"}])
@example([{"take": "x", "index": 0}, b"x"])
@example([{"take": str(UUID(int=1)), "chunks": 1, "media_type": "", "seconds": float("nan"), "heard": True}])
def test_a_message_of_the_screen_is_one_or_is_refused(kind: type[Message], parts: list[Any]) -> None:
    taken_or_refused(kind.read, *parts)


@TRIES
@given(TEXT, TEXT)
def test_days_and_times_are_read_or_refused(one: str, other: str) -> None:
    taken_or_refused(read_moment, one, other)
    taken_or_refused(read_period, one, other)
    assert len(read_pictures([one, other])) <= 2


PAGES = {
    "/antwoorden": ("vestiging", "vraag", "van", "tot", "stand", "soort", "pagina", "deel", "endpoint", "_external"),
    "/rapport/": ("vestiging", "van", "tot", "values", "_scheme"),
    "/rapport/bestand/csv": ("vestiging", "van", "tot"),
    "/activiteiten": ("nieuw",),
    "/intrekken/balie": ("plaatje", "vestiging", "dag", "gewist"),
    "/inloggen": ("naar",),
    "/quarantaine": ("x",),
    "/palen": ("x",),
}


def sendable(word: str) -> str:
    """Return a word as an address can have it: a lone surrogate has no bytes."""
    return word.encode("utf-8", "replace").decode()


@ON_POSTGRES
def test_no_question_breaks_a_page(sanne: WebUser, sample: SampleLibrary) -> None:
    """More answers than a page holds, so that there are links to other pages."""
    for _ in range(13):
        sample.deliver(create_written_visit(sample.kiosk_id, "Meer stilte."))
    assert "Volgende" in sanne.opens("/antwoorden?soort=alle").get_data(as_text=True)

    @IN_THE_APP
    @given(st.sampled_from(sorted(PAGES)), st.data())
    def ask(page: str, data: st.DataObject) -> None:
        names = st.sampled_from(PAGES[page]) | TEXT
        query = data.draw(st.lists(st.tuples(names, TEXT), max_size=4))
        fit = {sendable(name): sendable(text) for name, text in query}
        answer = sanne.client.get(page, query_string=fit, headers={"Accept": "text/html"})
        assert answer.status_code in (200, 302, 422), f"{page} {query}: {answer.status_code}"

    ask()


@ON_POSTGRES
def test_the_next_page_keeps_the_filter_and_nothing_else(sanne: WebUser, sample: SampleLibrary) -> None:
    """Names that url_for has for itself broke the page, as it passed every name on."""
    for _ in range(13):
        sample.deliver(create_written_visit(sample.kiosk_id, "Meer stilte."))
    for name in ("endpoint", "_external", "_anchor", "_scheme", "_method", "values", "self", "deel"):
        page = sanne.opens(f"/antwoorden?soort=alle&vestiging=roden&{name}=x")
        assert page.status_code == 200, name
        assert 'href="/antwoorden?pagina=2&amp;vestiging=roden&amp;soort=alle"' in page.get_data(as_text=True), name


@ON_POSTGRES
@pytest.mark.parametrize("path", ["/api/v1/files/%00", "/api/v1/publications/99999999999999999999", "/style/%00"])
def test_an_address_that_no_database_can_look_up_is_refused(app: Flask, sample: SampleLibrary, path: str) -> None:
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {sample.token}"})
    assert answer.status_code in (404, 422)


@ON_POSTGRES
@pytest.mark.parametrize("field", ["code", "branch"])
def test_a_form_with_a_nul_is_refused(sanne: WebUser, field: str) -> None:
    assert sanne.sends("/palen", {field: "a\0b"}).status_code == 422


HEADER = st.one_of(
    *(st.sampled_from(["", "0", "-1", "+1", "1_0", "٣", "9" * 18, "9" * 5000, "0x1", "1.0", " 1", "nan"]),),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)


@ON_POSTGRES
def test_no_header_breaks_an_upload(app: Flask, sample: SampleLibrary) -> None:
    visit = create_visit(sample.kiosk_id)
    sample.intake.declare(visit.id, sample.kiosk_id, 10, "0" * 64)

    @IN_THE_APP
    @given(HEADER, HEADER, st.binary(max_size=12))
    def send(offset: str, length: str, body: bytes) -> None:
        headers = Headers([("Authorization", f"Bearer {sample.token}"), ("Upload-Offset", offset)])
        environ = {"CONTENT_LENGTH": length} if length else {}
        answer = app.test_client().patch(
            f"/api/v1/envelopes/{visit.id}", data=body, headers=headers, environ_overrides=environ
        )
        assert answer.status_code in (204, 400, 409, 413, 422, 429), f"{offset!r} {length!r}: {answer.status_code}"
        assert answer.status_code == 204 or "code" in answer.get_json()["error"]

    send()


@ON_POSTGRES
def test_no_range_breaks_a_file(app: Flask, sanne: WebUser) -> None:
    @IN_THE_APP
    @given(st.one_of(HEADER, st.builds("bytes={}-{}".format, HEADER, HEADER), st.just("bytes=0-1,3-4,1-2")))
    def ask(ranges: str) -> None:
        answer = sanne.client.get("/static/mark.svg", headers={"Range": ranges})
        assert answer.status_code in (200, 206, 416)

    ask()


@ON_POSTGRES
@pytest.mark.parametrize(
    "wrong",
    [
        {"clock_offset": float("inf")},
        {"clock_offset": 1e300},
        {"started_at": "0001-01-01T00:00:00+14:00"},
        {"ended_at": "9999-12-31T23:59:59-14:00"},
        {"sequence": 2**40},
        {"publication": 2**70},
        {"withdrawal_code": "no code"},
        {"text": "een\0woord"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_sealed_visit_with_a_hostile_value_is_put_aside(sample: SampleLibrary, wrong: dict[str, Any]) -> None:
    """It was sealed by somebody with the public key, which everybody may have; the worker must not stumble for ever."""
    visit = create_written_visit(sample.kiosk_id, "een woord")
    document = json.loads(visit.to_json())
    if "text" in wrong:
        next(one for one in document["answers"] if one["kind"] == "text")["text"] = wrong["text"]
    else:
        document.update(wrong)
    plain = BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as parts:
        parts.writestr(VISIT_FILE, json.dumps(document))
    plain.seek(0)
    sealed = BytesIO()
    pyrage.encrypt_io(plain, sealed, [sample.identity.to_public()])
    sample.receive(visit.id, sealed.getvalue())
    sample.unpacker.unpack(visit.id)
    with sample.database.reading() as session:
        assert session.get_one(EnvelopeRow, visit.id).state == EnvelopeState.QUARANTINED


def test_a_wrong_clock_is_still_a_clock() -> None:
    """A pole that woke up in 1970, or a year ahead, still seals its visits."""
    for moment in (datetime(1970, 1, 1, tzinfo=UTC), datetime(2027, 3, 14, tzinfo=UTC)):
        visit = create_visit(UUID(int=1)).model_copy(update={"started_at": moment, "ended_at": moment})
        again = Visit.from_json(visit.to_json())
        assert again.ended_at - again.started_at == timedelta(0)


def test_the_strategies_find_a_planted_fault(tmp_path: Path) -> None:
    """The control: a reader of offsets as it was, which stumbled over a number of thousands of digits."""

    @settings(TRIES, report_multiple_bugs=False)
    @given(HEADER)
    def read(offset: str) -> None:
        if offset.isdecimal():
            int(offset)

    with pytest.raises(ValueError, match="digits"):
        read()
    with pytest.raises(ValidationError):
        Touch.model_validate({"serial": "1"})
