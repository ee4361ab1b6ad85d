"""`vertelpaal models evaluate` hears a folder of recordings and says how well, by group of speakers."""

from __future__ import annotations

import json
import random
import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.command import command
from models.evaluate import evaluate, find_spoken
from models.mini.recipe.exam import draw_tasks, lay_out
from models.mini.recipe.sentences import DUTCH, HELD_OUT
from models.mini.recipe.speak import UNHEARD_VOICES, draw
from models.mini.recipe.speak import say as say_clip
from server.speech.transcriber import ModelIdentity, Transcript, transcript_of
from tests.speech.spoken import record, silence, spoken
from vertelpaal.errors import InvalidInput, NotFound

COFFEE = "De koffie is te duur."
LIFT = "De lift was kapot."
STAFF = "De medewerkers zijn erg vriendelijk."


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VERTELPAAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERTELPAAL_DEVICE", "cpu")
    monkeypatch.setenv("VERTELPAAL_MODEL", "mini")
    return tmp_path


class Parrot:
    """A transcriber that hears the same whatever is said, and listens to no sound."""

    identity = ModelIdentity("parrot", "0" * 64)

    def __init__(self, says: str) -> None:
        self._says = says

    def supports(self, language: str) -> bool:
        return True

    def transcribe(self, media: Path, language: str | None) -> Transcript:
        transcript = transcript_of((), language="nl", language_probability=1, model=self.identity)
        return replace(transcript, text=self._says)


def create_folder(folder: Path, **texts: str) -> Path:
    """Make a folder of recordings nobody listens to, with these texts; `__` in a name is a slash."""
    for name, text in texts.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".wav").write_bytes(b"")
        file.with_suffix(".txt").write_text(text, encoding="utf-8")
    return folder


def say(sentence: str, target: Path, *, voice: str = "nl", written: str | None = None) -> None:
    """Record a sentence as WebM or WAV, and write beside it what was said (or what is claimed)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".wav":
        with wave.open(str(target), "wb") as writer:
            writer.setparams((1, 2, 22050, 0, "NONE", ""))
            writer.writeframes(spoken(sentence, voice=voice).tobytes())
    else:
        record(spoken(sentence, voice=voice), target)
    target.with_suffix(".txt").write_text(written or sentence, encoding="utf-8")


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(command, ["evaluate", str(folder), *words])


def test_known_sentences_are_heard_without_an_error(tmp_path: Path) -> None:
    say(COFFEE, tmp_path / "in" / "a.webm")
    say(LIFT, tmp_path / "in" / "b.wav", voice="nl+f2")
    done = run(tmp_path / "in", "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["model"], len(found["sha256"]), found["unreadable"]) == ("mini", 64, [])
    assert [score["group"] for score in found["scores"]] == ["without a group", "total"]
    assert (found["scores"][-1]["words"], found["scores"][-1]["word_error_rate"]) == (9, 0)


@pytest.mark.proof
def test_the_mini_model_hears_answers_of_eight_seconds_in_voices_it_was_never_trained_on(tmp_path: Path) -> None:
    utterances = draw(DUTCH[::3], "nl", UNHEARD_VOICES, 3, seed=3) + draw(HELD_OUT, "nl", UNHEARD_VOICES, 1, seed=4)
    with ThreadPoolExecutor(2) as voices:
        said = list(voices.map(say_clip, utterances))
    new = [clip for clip in said if clip.sentence in HELD_OUT]
    known = [clip for clip in said if clip.sentence not in HELD_OUT]
    lay_out(list(draw_tasks(known, new, random.Random(8))), tmp_path / "exam")
    done = run(tmp_path / "exam", "--format", "json")
    assert done.exit_code == 0, done.output
    scores = {score["group"]: score for score in json.loads(done.stdout)["scores"]}
    print({group: (score["recordings"], round(score["word_error_rate"], 3)) for group, score in scores.items()})
    assert scores["sentence"]["word_error_rate"] <= 0.03
    assert scores["new-combination"]["word_error_rate"] <= 0.03
    assert scores["answer-8s"]["word_error_rate"] <= 0.12


def test_a_wrong_text_is_caught_word_by_word(tmp_path: Path) -> None:
    say(COFFEE, tmp_path / "in" / "a.webm", written="De thee was niet te duur.")
    score = json.loads(run(tmp_path / "in", "--format", "json").stdout)["scores"][-1]
    assert (score["words"], score["substitutions"], score["deletions"], score["insertions"]) == (6, 2, 1, 0)
    assert score["word_error_rate"] == 0.5
    assert score["interval"] is None


def test_the_table_tells_groups_apart_and_no_word_of_what_was_said(tmp_path: Path) -> None:
    say(STAFF, tmp_path / "in" / "men" / "a.webm", voice="nl+m1")
    say(LIFT, tmp_path / "in" / "women" / "a.webm", voice="nl+f2", written="De trap was kapot.")
    done = run(tmp_path / "in")
    assert done.exit_code == 0, done.output
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert lines["men"][1:5] == ["1", "1", "5", "0.0"]
    assert lines["women"][1:5] == ["1", "1", "4", "25.0"]
    assert lines["total"][1:5] == ["2", "2", "9", "11.1"]
    assert not {"kapot", "trap", "medewerkers"} & set(done.output.lower().replace(".", " ").split())


def test_what_cannot_be_read_is_named_left_out_and_ends_with_status_1(tmp_path: Path) -> None:
    say(LIFT, tmp_path / "in" / "good.webm")
    (tmp_path / "in" / "bad.webm").write_bytes(b"no recording at all")
    (tmp_path / "in" / "bad.txt").write_text(COFFEE)
    done = run(tmp_path / "in")
    assert done.exit_code == 1
    assert "not counted: bad.webm" in done.stderr
    assert "1 of 2 recordings could not be read" in done.stderr
    assert done.stdout.splitlines()[-1].split()[:4] == ["total", "1", "1", "4"]


def test_silence_has_lost_every_word(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    record(silence(3), tmp_path / "in" / "a.webm")
    (tmp_path / "in" / "a.txt").write_text(COFFEE)
    score = json.loads(run(tmp_path / "in", "--format", "json").stdout)["scores"][-1]
    assert (score["deletions"], score["word_error_rate"]) == (5, 1)


def test_speakers_are_told_by_a_table(tmp_path: Path) -> None:
    folder = create_folder(tmp_path / "in", a=COFFEE, b=COFFEE, c=LIFT)
    (folder / "speakers.csv").write_text("file,group,speaker\na.wav,young,An\nb.wav,young,An\nc.wav,old,Bo\n")
    found = evaluate(find_spoken(folder), Parrot(COFFEE), "nl", random.Random(0))
    old, young, total = found.scores
    assert (young.group, young.recordings, young.speakers, young.counts.rate) == ("young", 2, 1, 0)
    assert (old.group, old.recordings, old.counts.rate) == ("old", 1, 1)
    assert (total.recordings, total.speakers) == (3, 2)
    assert total.interval == (0, 1), "a draw holds An alone, Bo alone, or both"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.wav": ""}, r"1 files without a text beside: a\.wav"),
        ({"a.wav": "", "a.txt": "Ja.", "b.txt": "Nee."}, r"1 files without a recording beside: b\.txt"),
        ({"a.wav": "", "a.txt": "Ja.", "speakers.csv": "naam,groep\n"}, "needs the columns file and group"),
        ({"a.wav": "", "a.txt": "Ja.", "speakers.csv": "file,group\nx.wav,y\n"}, r"not there: x\.wav"),
        ({f"{name}.wav": "" for name in range(7)}, r"7 files without a text beside: 0\.wav, .*4\.wav …"),
    ],
    ids=["no text", "no recording", "a table without its columns", "a table of other files", "many"],
)
def test_a_folder_that_does_not_fit_is_refused_before_anything_is_heard(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(InvalidInput, match=reason):
        find_spoken(tmp_path)


def test_an_empty_folder_holds_no_recording(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    done = run(tmp_path / "in")
    assert isinstance(done.exception, NotFound)
    assert "no recording" in str(done.exception)


def test_texts_without_words_are_nothing_to_count(tmp_path: Path) -> None:
    folder = create_folder(tmp_path / "in", a="…")
    with pytest.raises(InvalidInput, match="nothing to count"):
        evaluate(find_spoken(folder), Parrot("Ja."), "nl", random.Random(0))


def test_a_model_that_is_not_here_is_named(tmp_path: Path) -> None:
    folder = create_folder(tmp_path / "in", a=COFFEE)
    done = run(folder, "--model", "small")
    assert isinstance(done.exception, NotFound)
    assert "the speech model small is not here" in str(done.exception)


def test_a_language_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    say("Ja.", tmp_path / "in" / "a.wav")
    done = run(tmp_path / "in", "--language", "ti")
    assert isinstance(done.exception, InvalidInput)
