"""A stamp remembers from what something was made, so that it is made again only when that changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


def fingerprint(*parts: Path | str | bytes) -> str:
    """Return the SHA-256 of all parts in order: of a path its bytes, of text itself."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


@dataclass(frozen=True)
class Stamp:
    """A file beside what was made. Whoever throws that away throws the stamp away with it."""

    path: Path
    fingerprint: str

    def matches(self) -> bool:
        """Tell whether what is there was made from what is here now."""
        return self.path.is_file() and self.path.read_text(encoding="ascii").strip() == self.fingerprint

    def set(self) -> None:
        """Remember it; only after the work is done."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.fingerprint + "\n", encoding="ascii")
