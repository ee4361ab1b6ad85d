"""What stops the setup. It stands apart from the house's own tree, which may not be installable yet."""

from __future__ import annotations


class CannotPrepare(Exception):
    """This machine cannot be made ready; the text says what is missing and what to do about it."""
