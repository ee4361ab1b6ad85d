"""Where apt may not be used, the message is a command to copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from setup import prepare, system
from setup.errors import CannotPrepare
from setup.interpreter import is_sound, newer_python
from setup.progress import Follower
from setup.system import SystemPackage, install, missing


def create_package(name: str, here: bool = False) -> SystemPackage:
    """Return a package that is here or not."""
    return SystemPackage(name, f"makes the {name}", lambda: here)


def test_only_what_is_missing_is_asked_for() -> None:
    packages = [create_package("bell"), create_package("whistle", here=True)]
    assert [package.name for package in missing(packages)] == ["bell"]


def test_without_root_the_message_is_the_command_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(CannotPrepare) as refusal:
        install([create_package("bell"), create_package("whistle")], Follower(tmp_path / "log"), user=1000)
    assert "sudo apt-get update && sudo apt-get install bell whistle" in str(refusal.value)
    assert "makes the bell" in str(refusal.value)
    assert not (tmp_path / "log").exists(), "nothing was run"


def test_without_apt_the_message_names_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CannotPrepare, match="whistle: makes the whistle"):
        install([create_package("whistle")], Follower(tmp_path / "log"), user=0)


def test_as_root_apt_is_run_and_its_result_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(Follower, "run", lambda self, command, notice: commands.append([str(word) for word in command]))
    with pytest.raises(CannotPrepare, match="bell, and what it should bring is still not here"):
        install([create_package("bell")], Follower(tmp_path / "log"), user=0)
    assert [command[-1] for command in commands] == ["update", "bell"]


def test_our_postgresql_starts_no_server_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "postgresql-common" / "createcluster.conf"
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system, "CLUSTER_SETTINGS", settings)
    monkeypatch.setattr(Follower, "run", lambda self, command, notice: None)
    with pytest.raises(CannotPrepare):
        install([create_package("postgresql")], Follower(tmp_path / "log"), user=0)
    assert settings.read_text(encoding="ascii") == "create_main_cluster = false\n"


def test_our_caddy_starts_no_server_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = tmp_path / "system" / "caddy.service"
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system, "CADDY_UNIT", unit)
    monkeypatch.setattr(Follower, "run", lambda self, command, notice: None)
    with pytest.raises(CannotPrepare):
        install([create_package("caddy")], Follower(tmp_path / "log"), user=0)
    assert unit.readlink() == Path("/dev/null")


def test_an_old_python_is_named_with_what_it_should_be() -> None:
    with pytest.raises(CannotPrepare, match=r"needs Python 3\.11 or newer; python3 here is 3\.9"):
        newer_python((3, 9), find=lambda name: None)


def test_an_old_python_hands_over_to_a_newer_one() -> None:
    assert newer_python((3, 10), find={"python3.12": "/opt/python3.12"}.get) == "/opt/python3.12"
    assert newer_python((3, 11), find=lambda name: "/opt/other") is None


def test_a_moved_virtual_environment_is_not_sound(tmp_path: Path) -> None:
    assert not is_sound(tmp_path / "none")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(shutil.which("true") or "/bin/true")
    pip = tmp_path / "bin" / "pip"
    pip.write_text("#!/elsewhere/.venv/bin/python\n", encoding="utf-8")
    assert not is_sound(tmp_path)
    pip.write_text(f"#!{tmp_path}/bin/python\n", encoding="utf-8")
    assert is_sound(tmp_path)


def test_the_demo_needs_neither_browser_nor_postgresql() -> None:
    needed = {package.name for package in prepare.system_packages("demo")}
    assert "espeak-ng" in needed
    assert not needed & {"chromium", "postgresql"}
    assert "browser" not in [step.title for step in prepare.steps("demo")]
    assert "browser" in [step.title for step in prepare.steps("test")]


def test_the_machines_of_a_library_get_their_own_side_alone() -> None:
    titles = {goal: [step.title for step in prepare.steps(goal)] for goal in ("server", "kiosk")}
    assert "spoken prompts" in titles["kiosk"]
    assert "spoken prompts" not in titles["server"]
    assert all("front end and fonts" in steps and "browser" not in steps for steps in titles.values())
    assert {goal: prepare.lock_of(goal) for goal in ("server", "kiosk", "test")} == {
        "server": "server",
        "kiosk": "kiosk",
        "test": "everything",
    }
    assert not {package.name for package in prepare.system_packages("server")} & {"espeak-ng", "chromium", "caddy"}


def test_an_unknown_goal_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare.main(["nonsense"]) == 2
    assert "demo|test|lint" in capsys.readouterr().out
