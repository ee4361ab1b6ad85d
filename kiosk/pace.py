"""How much of an envelope goes in one request: a little over a slow line, all of it over a fast one."""

from __future__ import annotations

FIRST_PIECE = 2**20
SMALLEST_PIECE = 2**16
SECONDS_A_PIECE = 10.0


class Pace:
    """Follows the speed of the line; `piece` is the number of bytes that may go next."""

    def __init__(self) -> None:
        self.piece = FIRST_PIECE

    def went(self, sent: int, seconds: float) -> None:
        """Let the next piece take ten seconds; one that was quick makes the next no smaller."""
        fitting = int(sent / max(seconds, 0.001) * SECONDS_A_PIECE)
        self.piece = max(fitting, SMALLEST_PIECE if seconds > SECONDS_A_PIECE else self.piece)

    def broke(self) -> None:
        """Let the next piece be half as large: the line broke under this one."""
        self.piece = max(self.piece // 2, SMALLEST_PIECE)
