"""Key rotation: which key opens what still waits, and when an old one may go."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyrage
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tables import EnvelopeRow, EnvelopeState, KioskRow
from vertelpaal.durable import remove_durably
from vertelpaal.errors import Conflict
from vertelpaal.keys import KeyFile, find_key_file, key_files

_HEADER_BYTES = 8192
"""An age header to one or two recipients is well within this."""


@dataclass(frozen=True)
class KeyUse:
    """A key, and how many sealed envelopes on the server only it can open."""

    key: KeyFile
    is_current: bool
    waiting: int


def key_uses(keys_folder: Path, current: str, sealed: Sequence[Path]) -> list[KeyUse]:
    """Return every key, oldest first; `current` is the public key that poles are told."""
    return [
        KeyUse(key, key.public_key == current, sum(opens(key, file) is not False for file in sealed))
        for key in key_files(keys_folder)
    ]


def waiting_envelopes(intake: Path, quarantine: Path) -> list[Path]:
    """Return sealed bytes that somebody may still want to open: arriving, waiting, and put aside."""
    return sorted([*intake.glob("*.age"), *intake.glob("*.part"), *quarantine.glob("*.age")])


def opens(key: KeyFile, sealed: Path) -> bool | None:
    """Return whether a key opens an envelope, by its header alone; None while the header has not all arrived."""
    with open(sealed, "rb") as file:
        header = file.read(_HEADER_BYTES)
    try:
        pyrage.decrypt_io(io.BytesIO(header), io.BytesIO(), [key.identity])
    except pyrage.DecryptError:
        is_whole = b"\n--- " in header or len(header) == _HEADER_BYTES
        return False if is_whole else None
    except OSError:
        return True  # the header opened; the rest of the envelope is not here, and was not asked for
    return True


def still_to_come(session: Session, current: str) -> list[str]:
    """Return why something sealed to an older key may still come, a sentence for each pole and upload."""
    reasons = []
    for kiosk in session.scalars(select(KioskRow).where(KioskRow.revoked_at.is_(None)).order_by(KioskRow.id)):
        status = kiosk.status or {}
        if status.get("seals_to") != current:
            reasons.append(f"pole {kiosk.id} in {kiosk.branch.name} has not said that it seals to the new key")
        elif status.get("queue"):
            reasons.append(f"pole {kiosk.id} in {kiosk.branch.name} still holds {status['queue']} envelope(s)")
    arriving = select(EnvelopeRow.visit_id).where(EnvelopeRow.state == EnvelopeState.UPLOADING)
    reasons.extend(f"envelope {visit_id} is arriving" for visit_id in session.scalars(arriving))
    return reasons


def retire(
    session: Session, keys_folder: Path, name: str, current: str, sealed: Sequence[Path], *, lose_answers: bool = False
) -> KeyFile:
    """Remove an old private key from this machine; what is sealed to it cannot be opened here from then on.

    Raises:
        NotFound: there is no such key.
        Conflict: poles seal to it, or something may still need it (which `lose_answers` overrules).
    """
    key = find_key_file(keys_folder, name)
    if key.public_key == current:
        raise Conflict(f"poles seal to {name} now; `vertelpaal keys rotate` makes another")
    waiting = sum(opens(key, file) is not False for file in sealed)
    reasons = still_to_come(session, current)
    if waiting:
        reasons.insert(0, f"{waiting} envelope(s) wait here that only {name} can open")
    if reasons and not lose_answers:
        raise Conflict(f"{name} may still be needed: " + "; ".join(reasons))
    remove_durably(key.file)
    return key
