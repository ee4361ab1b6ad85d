"""The catalogue is complete, strict, and agrees with what the libraries know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from faster_whisper.tokenizer import _LANGUAGE_CODES
from faster_whisper.utils import available_models

from models.catalog import ALWAYS_NEEDED, CATALOG_FILE, catalog, read_catalog
from vertelpaal.errors import ModelError, NotFound


def test_it_has_every_model_that_libraries_are_offered() -> None:
    names = {model.name for model in catalog().models}
    assert names == {"tiny", "base", "small", "medium", "large-v3", "large-v3-turbo", "mini"}
    assert names - {"mini"} <= set(available_models())


@pytest.mark.parametrize("model", catalog().models, ids=lambda model: model.name)
def test_every_model_is_pinned_whole_and_licensed(model: object) -> None:
    known = catalog().find(model.name)  # type: ignore[attr-defined]  # pytest gives parameters no type
    assert {file.name for file in known.files} >= ALWAYS_NEEDED
    assert known.licence == ("MIT" if known.repository else "EUPL-1.2")
    if known.repository:
        assert re.fullmatch("[0-9a-f]{40}", known.revision)
    if "large" in known.name:
        assert "preprocessor_config.json" in {file.name for file in known.files}, "or it hears 80 bands of 128"


def test_it_knows_the_languages_that_whisper_knows() -> None:
    known = catalog()
    assert set(known.languages["whisper-v3"]) == set(_LANGUAGE_CODES)
    assert set(known.languages["whisper"]) == set(_LANGUAGE_CODES) - {"yue"}
    assert "ti" not in known.languages["whisper-v3"]


def test_it_chooses_by_the_device() -> None:
    assert catalog().choose("auto", "cpu").name == "small"
    assert catalog().choose("auto", "cuda").name == "large-v3-turbo"
    assert catalog().choose("base", "cuda").name == "base"


def test_an_unknown_name_gets_the_names_there_are() -> None:
    with pytest.raises(NotFound, match="no speech model is called smal; there are: tiny, base, small"):
        catalog().find("smal")


@pytest.mark.parametrize(
    ("was", "becomes", "problem"),
    [
        ('licence = "MIT"', 'licence = "MIT"\ncolour = "red"', "Extra inputs"),
        ("beam_size = 5", 'beam_size = "5"', "integer"),
        ('name = "tokenizer.json"', 'name = "../tokenizer.json"', "pattern"),
        ('name = "tokenizer.json"', 'name = "token.json"', "missing"),
        ('languages = "whisper"', 'languages = "esperanto"', "languages"),
        ('cpu = "small"', 'cpu = "tall"', "choice"),
        ('hub = "https://', 'hub = "http://', "hub"),
        ("[choice]", "[choice", "Expected"),
    ],
)
def test_a_mistake_in_it_is_named(tmp_path: Path, was: str, becomes: str, problem: str) -> None:
    text = CATALOG_FILE.read_text(encoding="utf-8")
    assert was in text
    (tmp_path / "catalog.toml").write_text(text.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(ModelError, match=rf"catalog\.toml: .*{problem}"):
        read_catalog(tmp_path / "catalog.toml")
