"""Which files the arguments of a command name, and which of them are not templates."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
from msgspec import Struct

from remediate import files
from remediate.template import NotTemplate, Unreadable

STDIN = "-"
STDIN_TAKEN = "remediate.stdin-taken"
"""The member of click's context in which an option leaves word that it has read standard input."""


_VERSION = re.compile(rb"AWSTemplateFormatVersion")
_CLOUDFORMATION = re.compile(
    rb"""AWSTemplateFormatVersion|AWS::[A-Za-z0-9]+::[A-Za-z0-9]"""
    rb"""|^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?Resources[ \t]*:|["']Resources["'][ \t\r\n]*:""",
    re.MULTILINE,
)


class Input(Struct, frozen=True):
    """A file to check. ``named``: the user named it; otherwise it was found in a folder."""

    name: str
    named: bool


def find(names: Sequence[str], failed: Callable[[str, OSError], None], empty: Callable[[str], None]) -> Iterator[Input]:
    """Yield each file once that arguments name or have in their folders.

    A path that cannot be read is reported to ``failed``, a folder without any file to ``empty``.
    """
    seen: set[str] = set()
    for name in names:
        for one in _found(name, failed, empty):
            real = _real(one.name)
            if real not in seen:
                seen.add(real)
                yield one


def _found(name: str, failed: Callable[[str, OSError], None], empty: Callable[[str], None]) -> Iterator[Input]:
    path = Path(name)
    try:
        is_folder = name != STDIN and path.is_dir()
    except OSError as error:
        failed(name, error)
        return
    if not is_folder:
        yield Input(name, named=True)
        return
    count = 0
    for count, one in enumerate(files.templates_in(path, failed), 1):  # noqa: B007  # the number is wanted behind the loop
        yield Input(str(one), named=False)
    if not count:
        empty(name)


def is_one_file(names: Sequence[str]) -> bool:
    """Tell whether arguments name one file, and no folder."""
    with contextlib.suppress(OSError):
        return len(names) == 1 and (names[0] == STDIN or not Path(names[0]).is_dir())
    return True


def _real(name: str) -> str:
    try:
        return os.path.realpath(name) if name != STDIN else name
    except OSError:  # the working folder is gone
        return name


def content(name: str, limit: int, *, in_place: bool) -> bytes:
    """Return what is in a file or comes from standard input. Raises OSError, and files.TooLarge beyond the limit."""
    if name != STDIN:
        return files.read(Path(name), limit, regular=in_place)
    if sys.stdin is None:
        raise OSError(0, "standard input is closed")
    context = click.get_current_context(silent=True)
    if context and context.meta.get(STDIN_TAKEN):
        raise OSError(0, "standard input was already read for --error")
    return files.read_stream(sys.stdin.buffer, limit)


def is_not_template(raw: bytes, error: Unreadable | None) -> bool:
    """Tell whether a file that could not be read as a template is not meant as one; else it is a broken template.

    What can be read, and is something else, may name types (the configuration of a framework does); only the template's own
    first line makes it a template. What cannot be read, or not to its end, is one if it says anything of CloudFormation.
    UTF-16 and UTF-32 write the letters with zeros between them.
    """
    letters = raw.replace(b"\0", b"")
    return not (_VERSION if isinstance(error, NotTemplate) else _CLOUDFORMATION).search(letters)
