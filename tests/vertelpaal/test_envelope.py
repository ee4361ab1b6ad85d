"""The envelope: what is sealed comes out the same, and everything else is refused by name."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from uuid import uuid4

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrage import x25519

from tests.makers import create_recording, create_visit, seal
from vertelpaal import envelope
from vertelpaal.envelope import open_envelope
from vertelpaal.errors import InvalidEnvelope
from vertelpaal.visit import Visit

LIBRARY = x25519.Identity.generate()
MEDIA = b"\x1a\x45\xdf\xa3 something recorded" * 50


def create_parts() -> tuple[Visit, dict[str, bytes]]:
    """Return a visit with a recording, and the parts of its envelope by name."""
    recording = create_recording(MEDIA)
    visit = create_visit(uuid4(), recording=recording)
    return visit, {"visit.json": visit.to_json().encode(), recording.file_name: MEDIA}


def seal_parts(parts: dict[str, bytes], folder: Path, compression: int = zipfile.ZIP_STORED) -> Path:
    """Seal any parts into a file, as a wrong or hostile pole would."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    sealed = folder / "sealed.age"
    sealed.write_bytes(pyrage.encrypt(plain.getvalue(), [LIBRARY.to_public()]))
    return sealed


def refused(sealed: Path, folder: Path) -> str:
    """Open an envelope that must be refused; return the reason."""
    place = folder / "place"
    place.mkdir()
    with pytest.raises(InvalidEnvelope) as error:
        open_envelope(sealed, [LIBRARY], place)
    return str(error.value)


def test_what_was_sealed_comes_out_the_same(tmp_path: Path) -> None:
    recording = create_recording(MEDIA)
    visit = create_visit(uuid4(), recording=recording)
    sealed = tmp_path / "sealed.age"
    sealed.write_bytes(seal(visit, {recording.id: MEDIA}, LIBRARY.to_public()))
    opened = open_envelope(sealed, [x25519.Identity.generate(), LIBRARY], tmp_path)
    assert opened.visit == visit
    assert opened.media[recording.id].read_bytes() == MEDIA


def test_sealed_bytes_show_nothing_of_the_visit(tmp_path: Path) -> None:
    recording = create_recording(MEDIA)
    visit = create_visit(uuid4(), recording=recording)
    sealed = seal(visit, {recording.id: MEDIA}, LIBRARY.to_public())
    for plain in (MEDIA[:32], visit.to_json().encode()[:32], str(visit.id).encode(), b"visit.json"):
        assert plain not in sealed


def test_an_envelope_that_does_not_open(tmp_path: Path) -> None:
    visit, _ = create_parts()
    sealed = tmp_path / "sealed.age"
    sealed.write_bytes(pyrage.encrypt(visit.to_json().encode(), [x25519.Identity.generate().to_public()]))
    assert "does not open" in refused(sealed, tmp_path)


@given(data=st.binary(max_size=500))
def test_rubbish_is_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("rubbish")
    (folder / "sealed.age").write_bytes(data)
    refused(folder / "sealed.age", folder)


@given(data=st.binary(max_size=500))
def test_rubbish_inside_a_seal_is_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("rubbish")
    (folder / "sealed.age").write_bytes(pyrage.encrypt(data, [LIBRARY.to_public()]))
    refused(folder / "sealed.age", folder)


def test_a_truncated_envelope(tmp_path: Path) -> None:
    _, parts = create_parts()
    sealed = seal_parts(parts, tmp_path)
    sealed.write_bytes(sealed.read_bytes()[:-20])
    assert "does not open" in refused(sealed, tmp_path)


@pytest.mark.parametrize("version", [0, -1, "1", None])
def test_an_unknown_version(tmp_path: Path, version: object) -> None:
    _, parts = create_parts()
    document = json.loads(parts["visit.json"]) | {"envelope_version": version}
    sealed = seal_parts(parts | {"visit.json": json.dumps(document).encode()}, tmp_path)
    assert "unknown envelope version" in refused(sealed, tmp_path)


def test_a_newer_version_waits_for_an_upgrade(tmp_path: Path) -> None:
    _, parts = create_parts()
    document = json.loads(parts["visit.json"]) | {"envelope_version": 2, "a_field_of_tomorrow": 1}
    sealed = seal_parts(parts | {"visit.json": json.dumps(document).encode()}, tmp_path)
    assert refused(sealed, tmp_path).startswith("newer version")


def test_a_missing_file(tmp_path: Path) -> None:
    _, parts = create_parts()
    media = next(name for name in parts if name.startswith("media/"))
    sealed = seal_parts({"visit.json": parts["visit.json"]}, tmp_path)
    assert refused(sealed, tmp_path) == f"missing file: {media}"


def test_a_missing_visit(tmp_path: Path) -> None:
    assert refused(seal_parts({"other.json": b"{}"}, tmp_path), tmp_path) == "missing file: visit.json"


def test_an_extra_file(tmp_path: Path) -> None:
    _, parts = create_parts()
    assert "extra file: 'media/more.webm'" in refused(seal_parts(parts | {"media/more.webm": b"x"}, tmp_path), tmp_path)


def test_a_wrong_hash(tmp_path: Path) -> None:
    _, parts = create_parts()
    media = next(name for name in parts if name.startswith("media/"))
    assert "wrong hash" in refused(seal_parts(parts | {media: MEDIA[:-1] + b"!"}, tmp_path), tmp_path)


def test_a_wrong_length(tmp_path: Path) -> None:
    _, parts = create_parts()
    media = next(name for name in parts if name.startswith("media/"))
    assert "bytes, not" in refused(seal_parts(parts | {media: MEDIA[:-1]}, tmp_path), tmp_path)


def test_a_bomb_of_zeros(tmp_path: Path) -> None:
    _, parts = create_parts()
    media = next(name for name in parts if name.startswith("media/"))
    sealed = seal_parts(parts | {media: bytes(200 * 2**20)}, tmp_path, zipfile.ZIP_DEFLATED)
    assert sealed.stat().st_size < 2**20
    assert "compressed" in refused(sealed, tmp_path)
    assert sum(file.stat().st_size for file in (tmp_path / "place").rglob("*")) == 0


@pytest.mark.parametrize("is_64", [False, True])
def test_a_list_of_millions_of_parts_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_64: bool
) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *([0] * 16))
    entries = entry * 200_000
    counted, length = (0, 0) if is_64 else (200_000 % 0x10000, len(entries))  # a locator is believed before the end
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 200_000, 200_000, len(entries), 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(entries), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, counted, counted, length, 0, 0)
    plain = entries + (end64 + locator if is_64 else b"") + end
    assert len(zipfile.ZipFile(io.BytesIO(plain)).infolist()) == 200_000, "zipfile would take all of them"
    sealed = tmp_path / "sealed.age"
    sealed.write_bytes(pyrage.encrypt(plain, [LIBRARY.to_public()]))
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert refused(sealed, tmp_path).startswith("ZIP64" if is_64 else "a list of parts larger than 16384 bytes")


def test_what_follows_the_end_of_the_list_is_refused(tmp_path: Path) -> None:
    _, parts = create_parts()
    plain = pyrage.decrypt(seal_parts(parts, tmp_path).read_bytes(), [LIBRARY])
    sealed = tmp_path / "sealed.age"
    commented = bytearray(plain)
    commented[-2:] = b"\x04\0"
    for number, ends in enumerate((plain + b"more", bytes(commented) + b"more", bytes(commented))):
        sealed.write_bytes(pyrage.encrypt(ends, [LIBRARY.to_public()]))
        (tmp_path / str(number)).mkdir()
        assert "does not end as an envelope does" in refused(sealed, tmp_path / str(number))


@pytest.mark.parametrize("name", ["../outside.webm", "media/../../outside.webm", "/outside.webm"])
def test_a_path_that_leaves_the_envelope(tmp_path: Path, name: str) -> None:
    _, parts = create_parts()
    assert "leaves the envelope" in refused(seal_parts(parts | {name: b"x"}, tmp_path), tmp_path)
    assert not list(tmp_path.rglob("outside.webm"))


def test_an_envelope_over_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, parts = create_parts()
    monkeypatch.setattr(envelope, "MAX_SEALED_BYTES", 100)
    assert "larger than 100 bytes" in refused(seal_parts(parts, tmp_path), tmp_path)


def test_a_field_that_nobody_knows_and_no_value_in_the_message(tmp_path: Path) -> None:
    _, parts = create_parts()
    document = json.loads(parts["visit.json"]) | {"nickname": "a-name-that-must-not-be-told"}
    reason = refused(seal_parts(parts | {"visit.json": json.dumps(document).encode()}, tmp_path), tmp_path)
    assert "nickname" in reason
    assert "a-name-that-must-not-be-told" not in reason


def test_words_without_consent_cannot_be_a_visit(tmp_path: Path) -> None:
    _, parts = create_parts()
    document = json.loads(parts["visit.json"]) | {"consents": []}
    reason = refused(seal_parts(parts | {"visit.json": json.dumps(document).encode()}, tmp_path), tmp_path)
    assert "without consent for review" in reason
