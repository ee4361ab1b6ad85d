"""CSV that a spreadsheet opens safely: text stays text, and letters stay letters.

RFC 4180 with commas and points. It begins with a byte order mark: without one Excel takes UTF-8 for Windows-1252, and
"café" becomes "cafÃ©". Other readers skip it when told "utf-8-sig".
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

BYTE_ORDER_MARK = "\ufeff"

Cell = str | int | float | bool | None

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def begin_csv(file: TextIO, header: Iterable[str]) -> None:
    """Write the byte order mark and the names of the columns."""
    file.write(BYTE_ORDER_MARK)
    write_row(file, header)


def write_row(file: TextIO, cells: Iterable[Cell]) -> None:
    """Write one row; text that a spreadsheet would run as a formula gets an apostrophe before it."""
    csv.writer(file, lineterminator="\r\n").writerow([_written(cell) for cell in cells])


def escape_formula(text: str) -> str:
    """Return text that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_FORMULA) else text


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return escape_formula(cell) if isinstance(cell, str) else str(cell)
