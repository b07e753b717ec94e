"""What this package raises: every error of its own is a RemediateError."""

from __future__ import annotations


class RemediateError(Exception):
    """Something could not be done; the message says what is wrong and what to do."""


class BadChoice(RemediateError):
    """A value that cannot be meant: an id that nothing has, say. ``option`` names where it was given."""

    def __init__(self, message: str, option: str) -> None:
        """Say what is wrong, and with which option."""
        super().__init__(message)
        self.option = option
