"""Files that could not be checked, for the reports of a run that continued without them."""

from __future__ import annotations

from msgspec import Struct

NOT_CHECKED = "not-checked"
"""What formats that give every finding an id call such a file."""


class Failed(Struct, frozen=True):
    """A file or folder that could not be checked, and why. ``line`` and ``column`` are 0 without a single place."""

    name: str
    message: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``path:line:column: message``, the form that editors and CI logs turn into links."""
        place = f"{self.name}:{self.line}:{self.column}" if self.line else self.name
        return f"{place}: {self.message}"
