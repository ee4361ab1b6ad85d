"""The folders of an installed server, with their owners and modes: the commands of the docs work for its account."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from setup.layout import ROOT
from tests.deploy.machine import DEPLOY

FOLDERS = DEPLOY / "server/files/etc/tmpfiles.d/vertelpaal.conf"
HOME = "/var/lib/vertelpaal"
SOMEBODY_ELSE = 61000
"""Owns what the installed machine's root owns; the tests' own account stands for the worker's."""
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown")
"""Modes count for root too without these."""


@dataclass(frozen=True)
class Server:
    """An installed server's folders below a folder."""

    root: Path

    def runs(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours as the worker's account."""
        alone = UNPRIVILEGED if os.geteuid() == 0 else ()
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "VERTELPAAL_HOME": str(self.root) + HOME,
            "VERTELPAAL_WITHDRAWAL_KEY": "w" * 40,
        }
        program = [*alone, sys.executable, "-m", "vertelpaal", *command]
        return subprocess.run(
            program, cwd=self.root, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def does(self, *command: str) -> str:
        """Run a command that must succeed, and return what it said."""
        done = self.runs(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return create_server(tmp_path / "server")


def create_server(root: Path) -> Server:
    """Return an installed server on which nothing was started yet."""
    for line in FOLDERS.read_text(encoding="utf-8").splitlines():
        kind, *told = line.split()
        if kind not in ("d", "f"):
            continue
        place, mode, owner = told[:3]
        made = root / place.lstrip("/")
        made.parent.mkdir(parents=True, exist_ok=True)
        made.mkdir() if kind == "d" else made.touch()
        made.chmod(int(mode, 8))
        if owner == "root" and os.geteuid() == 0:
            os.chown(made, SOMEBODY_ELSE, os.getgid())
    return Server(root)


def migrate(server: Server) -> None:
    """Migrate the database, as the web side does when it starts."""
    code = (
        "from server.config import ServerSettings; from server.database import make_engine; "
        "from server.migrations import migrate; migrate(make_engine(ServerSettings.load().database))"
    )
    environment = {"PYTHONPATH": str(ROOT), "VERTELPAAL_HOME": str(server.root) + HOME}
    secrets = {"VERTELPAAL_WITHDRAWAL_KEY": "w" * 40}
    subprocess.run([sys.executable, "-c", code], env=environment | secrets, check=True, timeout=60)


def test_the_worker_makes_keys_and_changes_them(server: Server) -> None:
    server.does("keys", "new")
    first = server.does("keys", "show")
    server.does("keys", "rotate", "--name", "next")
    assert server.does("keys", "show") != first


def test_backup_and_restore_work_as_the_docs_tell(server: Server) -> None:
    server.does("keys", "new")
    aside = str(server.root / "var/backups/vertelpaal")
    line = server.does("keys", "for-backup", f"{aside}/backup.key").split("VERTELPAAL_BACKUP_KEY=")[1].split()[0]
    migrate(server)
    (server.root / HOME.lstrip("/") / "settings.env").write_text(
        f"VERTELPAAL_BACKUP_KEY={line}\nVERTELPAAL_SERVER_PORT=9\n"  # where nothing answers, also beside `make demo`
    )
    server.does("backup", f"{aside}/night.age")
    said = server.does("restore", f"{aside}/night.age", "--key", f"{aside}/backup.key", "--replace-everything")
    assert (server.root / HOME.lstrip("/") / "settings.from-backup.env").exists(), said


def test_a_lost_server_comes_back_on_a_new_machine_as_the_docs_tell(server: Server, tmp_path: Path) -> None:
    server.does("keys", "new")
    aside = tmp_path / "elsewhere"
    aside.mkdir()
    line = server.does("keys", "for-backup", f"{aside}/backup.key").split("VERTELPAAL_BACKUP_KEY=")[1].split()[0]
    migrate(server)
    home = server.root / HOME.lstrip("/")
    (home / "settings.env").write_text(f"VERTELPAAL_BACKUP_KEY={line}\nVERTELPAAL_SERVER_PORT=9\n")
    server.does("branches", "add", "roden", "Bibliotheek Roden")
    server.does("backup", f"{aside}/night.age")
    new = create_server(tmp_path / "new")
    place = new.root / HOME.lstrip("/")
    shutil.copytree(home / "keys", place / "keys", dirs_exist_ok=True)
    shutil.copy(home / "server/withdrawals", place / "server/withdrawals")
    shutil.copy(home / "settings.env", place / "settings.env")
    new.does("restore", f"{aside}/night.age", "--key", f"{aside}/backup.key")
    assert new.does("keys", "show") == server.does("keys", "show")
    again = new.runs("branches", "add", "roden", "Bibliotheek Roden")
    assert again.returncode == 1, "the branch of the backup is there"
    assert "roden" in again.stderr


def test_a_journal_that_root_put_back_is_told_of_before_anything_changes(server: Server) -> None:
    """Copied by hand it has another mode than the installed one; in the middle of a restore it is too late."""
    journal = server.root / HOME.lstrip("/") / "server/withdrawals"
    check = "import sys; from pathlib import Path; from server.privacy.journal import check_writable; "
    check += "check_writable(Path(sys.argv[1]))"
    alone = UNPRIVILEGED if os.geteuid() == 0 else ()

    def says() -> str:
        command = [*alone, sys.executable, "-c", check, str(journal)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr

    assert says() == "", "the control: as it was installed"
    journal.chmod(0o440)
    assert "Permission denied; let `systemd-tmpfiles --create vertelpaal.conf` set it right" in says()
    assert "\nz /var/lib/vertelpaal/server/withdrawals 0660 root vertelpaal -" in FOLDERS.read_text(encoding="utf-8")


def test_the_worker_moves_nothing_of_root(server: Server) -> None:
    """The control: without the sticky bit the folder's group could put its own settings in place."""
    if os.geteuid() != 0:
        assert "d /var/lib/vertelpaal 1770 root vertelpaal" in FOLDERS.read_text(encoding="utf-8")
        return
    settings = server.root / HOME.lstrip("/") / "settings.env"
    settings.touch()
    os.chown(settings, SOMEBODY_ELSE, os.getgid())
    moved = subprocess.run([*UNPRIVILEGED, "mv", str(settings), f"{settings}.old"], capture_output=True, check=False)
    assert moved.returncode != 0
    settings.parent.chmod(0o770)
    subprocess.run([*UNPRIVILEGED, "mv", str(settings), f"{settings}.old"], capture_output=True, check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to accounts")
def test_systemd_gives_back_to_the_worker_what_root_put_there(tmp_path: Path) -> None:
    """The files of deploy/ by systemd itself: keys, journal, settings and certificate that came from the safe."""
    shutil.copytree(DEPLOY / "server/files/etc", tmp_path / "etc")
    put_back = (
        "var/lib/vertelpaal/keys/old.key",
        "var/lib/vertelpaal/server/withdrawals",
        "etc/vertelpaal/settings.env",
    )
    for name in (*put_back, "etc/vertelpaal/tls/server.key"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("from the safe")
        file.chmod(0o644)
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}"], check=True, capture_output=True)
    with open(tmp_path / "etc/group", "a", encoding="utf-8") as groups:
        groups.write("caddy:x:61001:\n")  # its package makes it
    for _ in range(2):
        tmpfiles = ["systemd-tmpfiles", f"--root={tmp_path}", "--create", "vertelpaal.conf"]
        subprocess.run(tmpfiles, check=True, capture_output=True)
    accounts = {fields[0]: int(fields[2]) for fields in read_fields(tmp_path / "etc/passwd")}
    groups_by_name = {fields[0]: int(fields[2]) for fields in read_fields(tmp_path / "etc/group")}
    worker, house, root = accounts["vertelpaal-worker"], groups_by_name["vertelpaal"], 0
    assert {name: who_may(tmp_path / name) for name in (*put_back, "etc/vertelpaal/tls/server.key")} == {
        "var/lib/vertelpaal/keys/old.key": (worker, house, 0o600),
        "var/lib/vertelpaal/server/withdrawals": (root, house, 0o660),
        "etc/vertelpaal/settings.env": (root, house, 0o640),
        "etc/vertelpaal/tls/server.key": (root, 61001, 0o640),
    }
    assert who_may(tmp_path / "var/lib/vertelpaal/keys") == (worker, house, 0o700)
    assert who_may(tmp_path / "var/lib/vertelpaal/server") == (root, house, 0o2770)
    assert (tmp_path / "var/lib/vertelpaal/settings.env").readlink() == Path("/etc/vertelpaal/settings.env")


def read_fields(file: Path) -> list[list[str]]:
    """Return the fields of each line of a file like /etc/passwd."""
    return [line.split(":") for line in file.read_text(encoding="utf-8").splitlines()]


def who_may(file: Path) -> tuple[int, int, int]:
    """Return owner, group and mode of a file."""
    told = file.stat()
    return told.st_uid, told.st_gid, told.st_mode & 0o7777
