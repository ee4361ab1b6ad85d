"""Spoken prompts: one for everything that is said, made once, and replaced by a person's voice where there is one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import av
import pytest

from kiosk.examples import example_journeys
from kiosk.prompt_manifest import MANIFEST, PROMPTS_FOLDER, missing_prompts, speakable_languages
from kiosk.prompts import LONGEST_SECONDS, Prompt, make_prompts, speak, wanted_prompts
from kiosk.sounds import countdown, cue, read_sound, tone, touch, write_opus
from kiosk.stage import render
from kiosk.texts import texts, written_languages
from kiosk.waits import COUNTDOWN_SECONDS
from tests.kiosk_screen.test_stage import SURROUNDINGS, read
from vertelpaal.errors import SettingsError
from vertelpaal.words import Language


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[Prompt]:
    wanted = [
        Prompt("nl", "thanks", "Dank je wel!"),
        Prompt("nl", "countdown", "Drie. Twee. Eén."),
        Prompt("sounds", "cue", ""),
    ]
    monkeypatch.setattr("kiosk.prompts.wanted_prompts", lambda _voices: iter(wanted))
    return wanted


def test_prompts_are_made_once_and_again_only_when_their_text_changes(tmp_path: Path, few: list[Prompt]) -> None:
    assert make_prompts(tmp_path) == (3, 0)
    before = (tmp_path / "nl/thanks.webm").stat().st_mtime_ns
    assert make_prompts(tmp_path) == (0, 3)
    assert (tmp_path / "nl/thanks.webm").stat().st_mtime_ns == before
    few[0] = Prompt("nl", "thanks", "Bedankt!")
    assert make_prompts(tmp_path) == (1, 2)


def test_the_manifest_says_which_prompt_is_which_file(tmp_path: Path, few: list[Prompt]) -> None:
    make_prompts(tmp_path)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert set(manifest) == {"nl/thanks.webm", "nl/countdown.webm", "sounds/cue.webm"}
    entry = manifest["nl/thanks.webm"]
    assert (entry["says"], entry["voice"]) == ("Dank je wel!", "espeak-ng")
    with av.open(str(tmp_path / entry["file"])) as container:
        assert container.streams.audio[0].codec_context.name == "opus"
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples / 48000 == pytest.approx(entry["seconds"], abs=0.05)


def test_a_persons_voice_goes_first(tmp_path: Path) -> None:
    voices = tmp_path / "voices"
    (voices / "nl").mkdir(parents=True)
    write_opus(tone(300, 1.5), voices / "nl" / "thanks.webm")
    spoken = {prompt.file: prompt for prompt in wanted_prompts(voices) if prompt.recording}
    assert set(spoken) == {"nl/thanks.webm"}
    without = next(prompt for prompt in wanted_prompts(None) if prompt.file == "nl/thanks.webm")
    assert spoken["nl/thanks.webm"].made_from != without.made_from


def test_a_recording_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    text = tmp_path / "thanks.wav"
    text.write_text("geen geluid")
    with pytest.raises(SettingsError, match=r"thanks\.wav holds no sound"):
        read_sound(text)


def test_without_espeak_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(SettingsError, match="apt install espeak-ng"):
        speak("Dank je wel!", "nl")


def test_the_countdown_fills_its_seconds_exactly_and_ends_in_a_beep() -> None:
    sound = countdown([tone(200, 0.5), tone(200, 2.0), tone(200, 0.5)])
    assert sound.seconds == COUNTDOWN_SECONDS
    assert max(abs(sample) for sample in sound.samples[-4000:]) > 5000
    assert touch().seconds < cue().seconds < 0.5


def test_the_built_prompts_are_whole_and_short() -> None:
    """The build makes them before the tests run; a missing one is a screen that stays silent."""
    manifest = json.loads((PROMPTS_FOLDER / MANIFEST).read_text())
    assert {prompt.file for prompt in wanted_prompts(None)} == set(manifest)
    assert all((PROMPTS_FOLDER / file).is_file() for file in manifest)
    assert max(entry["seconds"] for entry in manifest.values()) <= LONGEST_SECONDS


def test_every_written_language_has_its_prompts_but_the_one_that_no_computer_speaks() -> None:
    assert set(written_languages()) - set(speakable_languages(PROMPTS_FOLDER)) == {"ti"}
    assert set(missing_prompts("ti", PROMPTS_FOLDER)) == set(texts("ti").prompts)


@pytest.mark.parametrize("language", [language for language in written_languages() if language != "ti"])
def test_every_prompt_that_a_screen_names_is_made(language: Language) -> None:
    """Every control has one, and so has everything that lights up; a choice and a question bring their own."""
    wanted = {f"/prompts/{prompt.file}" for prompt in wanted_prompts(None)}
    for name, journey in example_journeys(language).items():
        rendered = render(journey, SURROUNDINGS)
        page = read(rendered.html)
        assert all(control.attributes.get("data-prompt") for control in page.having("data-action")), name
        named = {
            element.attributes[attribute]
            for attribute in ("data-say", "data-prompt", "data-sentence")
            for element in page.having(attribute)
        }
        spoken = named | ({rendered.prompt} if rendered.prompt else set())
        assert {one for one in spoken if not one.startswith("/files/")} <= wanted, name
