"""`make bench`: print what was compared with what, how soon the screen answers, and what memory it takes."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.delay import Delay
from benchmarks.memory import Footprint, measure_memory
from benchmarks.showing import show_screens
from benchmarks.transcribing import transcribe_warm_and_by_hand
from benchmarks.uploading import (
    upload_a_first_envelope,
    upload_a_later_envelope,
    upload_a_later_envelope_that_both_check,
)
from benchmarks.workers import two_workers_and_one
from benchmarks.working import work_and_work_by_hand

COMPARISONS = (
    transcribe_warm_and_by_hand,
    two_workers_and_one,
    work_and_work_by_hand,
    upload_a_first_envelope,
    upload_a_later_envelope,
    upload_a_later_envelope_that_both_check,
)


def main() -> int:
    """Run every comparison; the exit status says nothing of speed, as these machines are noisy."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would hide the table
    sys.stdout.write(f"{Comparison.heading()}\n")
    with tempfile.TemporaryDirectory() as folder:
        for compare in COMPARISONS:
            sys.stdout.write(f"{compare(Path(folder)).line()}\n")
            sys.stdout.flush()
        comparison, delays = show_screens(Path(folder))
        lines = [comparison.line(), "", Delay.heading(), *(delay.line() for delay in delays)]
        lines += ["", Footprint.heading(), *(footprint.line() for footprint in measure_memory(Path(folder)))]
        sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
