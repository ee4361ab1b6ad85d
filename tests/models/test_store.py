"""What is installed is a whole model, or none."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from models.carry import carry
from models.catalog import Catalog, catalog
from models.store import MANIFEST, find_installed, find_model, identify, overall_sha256, verify
from tests.models.hub_stand_in import CONTENTS, create_catalog
from vertelpaal.errors import ModelError, NotFound


@pytest.fixture
def known() -> Catalog:
    return create_catalog()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A folder with the model `small`, as somebody brings it along."""
    folder = tmp_path / "stick"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    (folder / "README.md").write_text("not part of the model")
    return folder


def test_a_model_is_carried_in_verified_and_found(tmp_path: Path, stick: Path, known: Catalog) -> None:
    gained: list[int] = []
    installed = carry(stick, identify(stick, known=known), tmp_path / "models", gained.append, known=known)
    verify(installed)
    assert find_model(tmp_path / "models", "auto", "cpu", known=known) == installed
    assert sum(gained) == sum(len(content) for content in CONTENTS.values())
    assert not (installed.folder / "README.md").exists()
    assert installed.languages == {"nl"}


def test_what_is_missing_is_told_by_name(tmp_path: Path, stick: Path, known: Catalog) -> None:
    (stick / "tokenizer.json").unlink()
    (stick / "vocabulary.txt").unlink()
    with pytest.raises(ModelError, match=r"missing: tokenizer\.json, vocabulary\.txt"):
        carry(stick, known.find("small"), tmp_path / "models", print, known=known)


def test_a_changed_file_is_not_carried_in(tmp_path: Path, stick: Path, known: Catalog) -> None:
    (stick / "config.json").write_bytes(CONTENTS["config.json"].replace(b"3", b"4"))
    with pytest.raises(ModelError, match=r"config\.json is changed"):
        carry(stick, known.find("small"), tmp_path / "models", print, known=known)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_folder_without_weights_is_no_model(tmp_path: Path, stick: Path, known: Catalog) -> None:
    with pytest.raises(NotFound, match=r"no model\.bin"):
        identify(tmp_path, known=known)
    (stick / "model.bin").write_bytes(b"other")
    with pytest.raises(NotFound, match="no model in the catalogue"):
        identify(stick, known=known)


def test_without_a_model_there_is_none(tmp_path: Path, known: Catalog) -> None:
    assert find_model(tmp_path / "models", "auto", "cpu", known=known) is None


def test_a_folder_without_its_manifest_is_no_model(tmp_path: Path, stick: Path, known: Catalog) -> None:
    installed = carry(stick, known.find("small"), tmp_path / "models", lambda _: None, known=known)
    (installed.folder / MANIFEST).unlink()
    assert find_model(tmp_path / "models", "small", "cpu", known=known) is None


def test_a_truncated_file_is_noticed_at_once_and_a_changed_byte_on_verifying(
    tmp_path: Path, stick: Path, known: Catalog
) -> None:
    installed = carry(stick, known.find("small"), tmp_path / "models", lambda _: None, known=known)
    weights = installed.folder / "model.bin"
    weights.write_bytes(b"x" + CONTENTS["model.bin"][1:])
    assert find_model(tmp_path / "models", "small", "cpu", known=known) == installed
    with pytest.raises(ModelError, match=r"model\.bin is changed or damaged"):
        verify(installed)
    weights.write_bytes(b"x")
    with pytest.raises(ModelError, match=r"model\.bin is incomplete"):
        find_model(tmp_path / "models", "small", "cpu", known=known)
    assert isinstance(find_installed(tmp_path / "models", known=known)["small"], ModelError)


def test_a_changed_manifest_is_noticed(tmp_path: Path, stick: Path, known: Catalog) -> None:
    installed = carry(stick, known.find("small"), tmp_path / "models", lambda _: None, known=known)
    manifest = installed.folder / MANIFEST
    manifest.write_text(manifest.read_text().replace(installed.files[0].sha256, "0" * 64))
    with pytest.raises(ModelError, match="does not agree with itself"):
        find_model(tmp_path / "models", "small", "cpu", known=known)


def test_importing_again_replaces_a_damaged_model(tmp_path: Path, stick: Path, known: Catalog) -> None:
    model = known.find("small")
    installed = carry(stick, model, tmp_path / "models", lambda _: None, known=known)
    (installed.folder / "model.bin").write_bytes(b"x")
    verify(carry(stick, model, tmp_path / "models", lambda _: None, known=known))
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["small"]


def test_the_mini_model_comes_with_the_code_and_is_whole(tmp_path: Path) -> None:
    mini = find_model(tmp_path, "mini", "cpu")
    assert mini is not None
    verify(mini)
    assert mini.files == tuple(sorted(catalog().find("mini").files, key=lambda file: file.name))


def test_the_hash_over_a_model_is_what_sha256sum_makes_of_it(tmp_path: Path) -> None:
    mini = find_model(tmp_path, "mini", "cpu")
    assert mini is not None
    names = sorted(file.name for file in mini.files)
    lines = subprocess.run(["sha256sum", *names], cwd=mini.folder, capture_output=True, check=True).stdout
    assert mini.sha256 == overall_sha256(mini.files) == hashlib.sha256(lines).hexdigest()
