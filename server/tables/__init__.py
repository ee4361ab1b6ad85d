"""The server's tables, a file per noun; importing this package knows them all."""

from server.tables.activities import ActivityRow
from server.tables.base import Base
from server.tables.envelopes import BYTES_ARE_GONE, EnvelopeRow, EnvelopeState
from server.tables.events import ClockRow, LiveEventRow, WorkerRow
from server.tables.places import BranchRow, KioskRow, PairingRow
from server.tables.publications import FileRow, PublicationRow
from server.tables.recordings import RecordingRow, RecordingState, TranscriptRow
from server.tables.staff import StaffRow, StaffSessionRow
from server.tables.visits import AnswerRow, ConsentRow, VisitRow
from server.tables.withdrawals import TombstoneRow

__all__ = [
    "BYTES_ARE_GONE",
    "ActivityRow",
    "AnswerRow",
    "Base",
    "BranchRow",
    "ClockRow",
    "ConsentRow",
    "EnvelopeRow",
    "EnvelopeState",
    "FileRow",
    "KioskRow",
    "LiveEventRow",
    "PairingRow",
    "PublicationRow",
    "RecordingRow",
    "RecordingState",
    "StaffRow",
    "StaffSessionRow",
    "TombstoneRow",
    "TranscriptRow",
    "VisitRow",
    "WorkerRow",
]
