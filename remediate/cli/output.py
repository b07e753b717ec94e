"""The two output streams: what a terminal cannot encode, what cannot be written, and how an interrupted program ends."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import sys
from typing import Any

import click

from remediate.report.escape import visible
from remediate.signals import Stopped

FAILED = 2
_COLORS = {"+": "green", "-": "red", "@": "cyan"}
_READABLE = "remediate.readable"
_ASCII = {"→": "->", "…": "..."}


def code_of(interrupt: KeyboardInterrupt) -> int:
    """Return the exit code of a program that a signal stopped: 128 and the signal's number, which is 2 for an interrupt."""
    return interrupt.code if isinstance(interrupt, Stopped) else 130


def reason(error: OSError) -> str:
    """Return what the system says of an error, without its number."""
    return error.strerror or str(error) or type(error).__name__


def emit(content: bytes | str) -> None:
    """Write to standard output: bytes as they are, text so that the terminal can encode it. Raises OSError."""
    stream = sys.stdout
    if not content:
        return
    if stream is None:
        raise OSError(errno.EBADF, "it is closed")
    raw = content if isinstance(content, bytes) else content.encode(stream.encoding or "utf-8", _READABLE)
    stream.flush()
    stream.buffer.write(raw)
    stream.buffer.flush()


def say(text: str, *, painted: bool = False) -> bool:
    """Write lines to standard error, and tell whether it took them. ``painted``: the tool's own text, with colours."""
    shown = text if painted else "\n".join(map(visible, text.split("\n")))
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    try:
        click.echo(shown.encode(encoding, _READABLE).decode(encoding), err=True, color=painted or None)
    except OSError:  # nobody reads it
        _abandon(sys.stderr)
        return False
    return True


def abandon() -> None:
    """Let what standard output still holds go nowhere, or Python complains of it again at its end."""
    _abandon(sys.stdout)


def wants_color(stream: Any) -> bool:
    """Tell whether to colour what goes to a stream: NO_COLOR and FORCE_COLOR, if not empty, say so, else a terminal does.

    Sources: https://no-color.org and https://force-color.org.
    """
    return not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream))


def is_terminal(stream: Any) -> bool:
    """Tell whether a stream, which may be None, is a terminal."""
    return stream is not None and bool(stream.isatty())


def colored(rendered: str) -> str:
    """Return a diff in colours."""

    def one(line: str) -> str:
        if line.startswith(("--- ", "+++ ")):
            return click.style(line, bold=True)
        return click.style(line, fg=_COLORS[line[0]]) if line[:1] in _COLORS else line

    return "\n".join(one(line) for line in rendered.split("\n"))


def _abandon(stream: Any) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _readable(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write what an encoding does not have in ASCII, as people would, else as its escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_ASCII.get(one) or one.encode("ascii", "backslashreplace").decode() for one in text), error.end


codecs.register_error(_READABLE, _readable)
