"""A model comes in whole or not at all, whatever the line does."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from models.catalog import Catalog
from models.fetch import Fetcher, _alone, free_bytes
from models.hub import Hub
from models.store import InstalledModel, find_model, verify
from tests.models.hub_stand_in import CONTENTS, Manners, create_catalog, hub_stand_in
from vertelpaal.errors import Conflict, ModelError, StorageFull

SIZE = len(CONTENTS["model.bin"])


class Library:
    """Somebody who wants the model `small`, and a hub with manners of its own."""

    def __init__(self, folder: Path, address: str, manners: Manners) -> None:
        self.folder, self.address, self.manners = folder, address, manners
        self.known: Catalog = create_catalog()
        self.free = 10**12
        self.pauses: list[float] = []
        self.gained: list[int] = []

    def fetches(self) -> InstalledModel:
        with requests.Session() as session:
            fetcher = Fetcher(Hub(self.address, session), self.pauses.append, lambda _: self.free)
            return fetcher.fetch(self.known.find("small"), self.folder, self.gained.append, known=self.known)

    def has(self) -> bool:
        return find_model(self.folder, "small", "cpu", known=self.known) is not None

    def asked_for(self, name: str) -> list[str | None]:
        return [span for path, span in self.manners.asked if path == f"/storage/{name}"]


@pytest.fixture
def manners() -> Manners:
    return Manners()


@pytest.fixture
def library(tmp_path: Path, manners: Manners) -> Iterator[Library]:
    with hub_stand_in(manners) as address:
        yield Library(tmp_path / "models", address, manners)


def test_a_model_is_fetched_verified_and_found(library: Library) -> None:
    installed = library.fetches()
    assert library.has()
    verify(installed)
    assert (installed.folder / "model.bin").read_bytes() == CONTENTS["model.bin"]
    assert sum(library.gained) == sum(len(content) for content in CONTENTS.values())
    assert [path.name for path in library.folder.iterdir()] == ["small"]


def test_the_hub_is_asked_for_the_pinned_revision(library: Library) -> None:
    library.fetches()
    assert library.manners.asked[0][0] == f"/Systran/faster-whisper-small/resolve/{'53' * 20}/config.json"


def test_a_cut_line_is_resumed_where_it_stopped(library: Library, manners: Manners) -> None:
    manners.cut_after = [10**9, 1_200_000, 700_000]
    installed = library.fetches()
    spans = library.asked_for("model.bin")
    assert spans[0] is None
    assert len(spans) == 3
    offsets = [int(str(span).removeprefix("bytes=").removesuffix("-")) for span in spans[1:]]
    assert 0 < offsets[0] < offsets[1] < SIZE
    assert (installed.folder / "model.bin").read_bytes() == CONTENTS["model.bin"]
    assert sum(library.gained) == sum(len(content) for content in CONTENTS.values())


def test_a_line_that_stays_cut_leaves_no_model_and_the_next_try_goes_on(library: Library, manners: Manners) -> None:
    manners.cut_after = [10**9, 1_200_000, *[0] * 20]
    with pytest.raises(ModelError, match=r"model\.bin did not come in whole.*try again"):
        library.fetches()
    assert not library.has()
    manners.cut_after = []
    manners.asked.clear()
    library.fetches()
    assert library.has()
    assert library.asked_for("config.json") == [], "what was whole is not fetched again"
    assert [str(span).startswith("bytes=") for span in library.asked_for("model.bin")] == [True]


def test_a_storage_without_ranges_starts_over(library: Library, manners: Manners) -> None:
    manners.cut_after = [10**9, 1_200_000]
    manners.ignores_ranges = True
    installed = library.fetches()
    assert (installed.folder / "model.bin").read_bytes() == CONTENTS["model.bin"]
    assert sum(library.gained) == sum(len(content) for content in CONTENTS.values())


def test_a_busy_hub_is_asked_again_after_a_pause(library: Library, manners: Manners) -> None:
    manners.busy_times = 2
    library.fetches()
    assert library.has()
    assert library.pauses == [2.0, 4.0]


def test_a_file_with_another_hash_is_refused_and_removed(library: Library, manners: Manners) -> None:
    manners.contents["model.bin"] = bytes(SIZE)
    with pytest.raises(ModelError, match=r"model\.bin.*SHA-256"):
        library.fetches()
    assert not library.has()
    manners.contents["model.bin"] = CONTENTS["model.bin"]
    library.fetches()
    assert library.has()


def test_a_file_of_another_length_is_refused(library: Library, manners: Manners) -> None:
    manners.contents["model.bin"] = CONTENTS["model.bin"] + b"more"
    with pytest.raises(ModelError, match=r"another model\.bin than the catalogue"):
        library.fetches()
    assert not library.has()


def test_a_file_that_changed_between_two_tries_is_refused(library: Library, manners: Manners) -> None:
    manners.cut_after = [10**9, 1_200_000, *[0] * 20]
    with pytest.raises(ModelError):
        library.fetches()
    manners.cut_after = []
    manners.contents["model.bin"] = CONTENTS["model.bin"] + b"more"
    with pytest.raises(ModelError, match=r"another model\.bin than the catalogue"):
        library.fetches()
    assert not library.has()


@pytest.mark.parametrize("status", [401, 404])
def test_a_hub_that_does_not_have_it_says_so(library: Library, manners: Manners, status: int) -> None:
    manners.status = status
    with pytest.raises(ModelError, match=rf"does not give config\.json \(status {status}\)"):
        library.fetches()
    assert not library.has()


def test_the_login_page_of_a_network_is_no_model(library: Library, manners: Manners) -> None:
    manners.login_page = True
    with pytest.raises(ModelError, match="sign in"):
        library.fetches()
    assert not library.has()


@pytest.mark.parametrize("address", ["http://storage.invalid/model.bin", "ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_a_redirect_to_an_address_that_is_not_https_is_not_followed(
    library: Library, manners: Manners, address: str
) -> None:
    manners.redirect_to = address
    with pytest.raises(ModelError, match="no https address"):
        library.fetches()


def test_a_hub_that_keeps_redirecting_is_left(library: Library, manners: Manners) -> None:
    manners.redirect_to = "/round/and/round/config.json"
    with pytest.raises(ModelError, match="redirects more than"):
        library.fetches()


def test_a_hub_over_plain_http_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no https address"):
        Library(tmp_path, "http://hub.invalid", Manners()).fetches()


def test_a_disk_without_room_is_told_before_anything_is_fetched(library: Library) -> None:
    library.free = 100 << 20
    with pytest.raises(StorageFull, match="small needs"):
        library.fetches()
    assert library.manners.asked == []
    assert list(library.folder.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_is_left_empty(library: Library) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, before[1]))
    try:
        with pytest.raises(StorageFull, match=r"no room for model\.bin"):
            library.fetches()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(library.folder.iterdir()) == []


def test_two_cannot_fetch_into_one_folder(library: Library) -> None:
    library.folder.mkdir()
    with _alone(library.folder), pytest.raises(Conflict, match="already"):
        library.fetches()


def test_the_room_on_a_disk_is_known(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
