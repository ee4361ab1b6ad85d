"""Everything that can go wrong by name, in one tree.

    VertelpaalError
    ├── SettingsError            a setting is missing, unknown or makes no sense
    ├── InvalidInput             somebody handed us something we cannot accept
    │   ├── InvalidEnvelope      does not open, wrong version, wrong parts, wrong hash
    │   ├── InvalidMedia         no recording we can decode within its limits
    │   ├── InvalidPublication   a questionnaire that no pole could run
    │   └── InvalidBackup        no whole backup that this software can restore
    ├── NotFound                 there is no such thing here
    ├── NotAllowed               a token, session or role does not reach this
    ├── Conflict                 it contradicts what we already hold
    │   ├── WrongOffset          an upload continues at another place than it says
    │   └── DifferentBytes       the same visit arrived before with other bytes
    ├── TooLarge                 over a limit that is written down
    ├── Throttled                too many tries; wait
    ├── StorageFull              no room to keep it safely
    ├── UnfitMachine             the machine under us lacks something, or keeps what it should not
    ├── DoubtedClock             the time of day may be wrong, so nothing goes by its age
    ├── NoSafeDecoding           this machine has no wall to decode a recording behind
    ├── Interrupted              work on a recording was stopped from outside, or got no time
    ├── ModelError               a speech model is missing, incomplete or changed
    └── ServerUnreachable        the library's server cannot be spoken to now

Each error has a `code` for machines, a sentence for people, and the HTTP status it becomes at a web edge.
"""

from __future__ import annotations

from typing import ClassVar


class VertelpaalError(Exception):
    """An error of ours; its text names what is wrong and where."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, **detail: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class SettingsError(VertelpaalError):
    """A setting is missing, unknown or makes no sense."""

    code = "settings"


class InvalidInput(VertelpaalError):
    """Somebody handed us something we cannot accept."""

    code = "invalid"
    status = 422


class InvalidEnvelope(InvalidInput):
    """An envelope that does not open, or does not hold what it says."""

    code = "invalid_envelope"


class InvalidMedia(InvalidInput):
    """A file that is no recording we can decode within its limits."""

    code = "invalid_media"


class InvalidPublication(InvalidInput):
    """A questionnaire that no pole could run."""

    code = "invalid_publication"


class InvalidBackup(InvalidInput):
    """A file that is no whole backup, or one that this software cannot restore."""

    code = "invalid_backup"


class NotFound(VertelpaalError):
    """There is no such thing here."""

    code = "not_found"
    status = 404


class NotAllowed(VertelpaalError):
    """A token, session or role does not reach this."""

    code = "not_allowed"
    status = 401


class Conflict(VertelpaalError):
    """It contradicts what we already hold."""

    code = "conflict"
    status = 409


class WrongOffset(Conflict):
    """An upload continues at another place than it says; `offset` is the true one."""

    code = "wrong_offset"

    def __init__(self, message: str, *, offset: int) -> None:
        super().__init__(message, offset=offset)
        self.offset = offset


class DifferentBytes(Conflict):
    """The same visit arrived before with other bytes."""

    code = "different_bytes"


class TooLarge(VertelpaalError):
    """Over a limit that is written down."""

    code = "too_large"
    status = 413


class Throttled(VertelpaalError):
    """Too many tries; wait, for `retry_after` seconds where that is known."""

    code = "throttled"
    status = 429

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StorageFull(VertelpaalError):
    """No room to keep it safely."""

    code = "storage_full"
    status = 507


class UnfitMachine(VertelpaalError):
    """The machine under us lacks something, or keeps what it should not."""

    code = "unfit_machine"


class DoubtedClock(VertelpaalError):
    """The time of day may be wrong, so nothing goes by its age."""

    code = "doubted_clock"


class NoSafeDecoding(VertelpaalError):
    """This machine has no wall to decode a recording behind; it waits."""

    code = "no_safe_decoding"
    status = 503


class Interrupted(VertelpaalError):
    """Work on a recording was stopped from outside, or got no time; the recording is as good as it was."""

    code = "interrupted"
    status = 503


class ModelError(VertelpaalError):
    """A speech model is missing, incomplete or changed."""

    code = "model"


class ServerUnreachable(VertelpaalError):
    """The library's server cannot be spoken to now."""

    code = "server_unreachable"
    status = 503
