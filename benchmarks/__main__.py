"""`make bench`: print a table of what was compared with what."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.transcribing import transcribe_warm_and_by_hand
from benchmarks.uploading import upload_to_intake_and_to_a_bare_view


def main() -> int:
    """Run every comparison; the exit status says nothing of speed, as these machines are noisy."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would hide the table
    sys.stdout.write(f"{Comparison.heading()}\n")
    with tempfile.TemporaryDirectory() as folder:
        for compare in (transcribe_warm_and_by_hand, upload_to_intake_and_to_a_bare_view):
            sys.stdout.write(f"{compare(Path(folder)).line()}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
