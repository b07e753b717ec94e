"""Signals: a run that is stopped says so, leaves no temporary file, and ends with 128 and the signal's number.

Nothing slow is imported here: this is what the command loads first.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = [signal.SIGINT, signal.SIGTERM]
if sys.platform != "win32":
    _STOPPING.append(signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal asks the program to end; ``code`` is the exit code that says which one."""

    def __init__(self, number: int) -> None:
        """Keep the signal's number."""
        super().__init__()
        self.code = 128 + number


def end_at_once() -> None:
    """Let an interrupt end the program as long as there is nothing to clean up: while the modules are imported."""
    signal.signal(signal.SIGINT, _end)


def raise_stopped() -> None:
    """Let interrupt, termination and hang-up raise Stopped; what the caller ignores (``nohup``) stays ignored."""
    for number in _STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)


def raise_nothing() -> None:
    """Let a worker process pass over an interrupt, which the whole group gets, and end silently at a termination."""
    for number in _STOPPING:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold signals back for the moment that must not be torn apart; they take effect behind it."""
    if sys.platform == "win32":  # which has no mask
        yield
    else:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(number: int, _: FrameType | None) -> None:
    os.write(2, b"interrupted: nothing was changed\n")
    os._exit(128 + number)


def _raise(number: int, _: FrameType | None) -> None:
    raise Stopped(number)
