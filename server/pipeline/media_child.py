"""The child that decodes a recording: one file in, one remuxed file and a poster out, one JSON line on its output.

Run as `python -m server.pipeline.media_child SOURCE FOLDER NAME LIMITS`. It takes the limits upon itself before it
imports anything that decodes, says `{"invalid": reason}` and ends with 1 for what it does not accept.
"""

from __future__ import annotations

import errno
import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

DISK_TROUBLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
DISK_STATUS = 3
"""The exit status that says: it is the disk, not the recording."""


def restrain(cpu_seconds: int, memory_bytes: int, output_bytes: int) -> None:
    """Take the limits upon this process; there is no way back."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output_bytes, output_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def main(source: Path, folder: Path, name: str) -> int:
    """Inspect and remux one recording; return the exit status."""
    from server.pipeline.remux import DECODING_ERRORS, UnacceptableError, inspect

    try:
        told = inspect(source, folder, name)
    except UnacceptableError as error:
        return _say({"invalid": str(error)}, 1)
    except DECODING_ERRORS as error:
        if getattr(error, "errno", None) in DISK_TROUBLE:
            return _say({"disk": str(error)}, DISK_STATUS)
        return _say({"invalid": f"cannot be decoded: {type(error).__name__}"}, 1)
    return _say(asdict(told), 0)


def _say(document: dict[str, object], status: int) -> int:
    sys.stdout.write(json.dumps(document) + "\n")
    return status


if __name__ == "__main__":
    restrain(**json.loads(sys.argv[4]))
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
