"""One line that says how far a long run is, on a terminal only."""

from __future__ import annotations

import os
import sys
import time

from remediate.report.escape import visible
from remediate.report.terminal import limit

_QUICK = 1.0
"""Seconds after which a run is a long one."""
_STEP = 0.1


class Progress:
    """A line on standard error that is written over again and again, and is gone before anything else is written."""

    def __init__(self, *, wanted: bool) -> None:
        """Begin; ``wanted`` False keeps silent, as does a standard error that is no terminal."""
        self._wanted = wanted and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._next = time.monotonic() + _QUICK
        self._shown = False

    def show(self, done: int, total: int, name: str) -> None:
        """Say how many of how many files are done, and which is next."""
        if not self._wanted or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _STEP
        text = f"{done}/{total} files  {name}"
        shown = visible(text).encode("ascii", "replace").decode()
        self._write(f"\r{shown[: (limit() or 80) - 1]}\x1b[K")
        self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # nobody reads it
            self._wanted = False
