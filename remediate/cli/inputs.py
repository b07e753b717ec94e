"""Which files the arguments of a command name, and which of them are not templates."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import click
from msgspec import Struct

from remediate import files
from remediate.gitignore import Chain
from remediate.relevance import claims_to_be_template, mentions_cloudformation
from remediate.template import NotTemplate, Unreadable
from remediate.walk import Walk

STDIN = "-"
STDIN_TAKEN = "remediate.stdin-taken"
"""The member of click's context in which an option leaves word that it has read standard input, and which option it is."""


class Input(Struct, frozen=True):
    """A file to check. ``named``: the user named it; otherwise it was found in a folder.

    ``stdin``: it comes from standard input, and ``name`` is what it is called.
    """

    name: str
    named: bool
    stdin: bool = False


class Choice(Struct, frozen=True):
    """Which files are taken.

    ``excluded`` are the user's patterns, to which ``nearer`` adds those for the content of a folder; ``git`` leaves out what
    git ignores. All are about what is found in folders; ``forced``: also about what is named. ``stdin_name`` is what
    standard input is called.
    """

    excluded: Chain = ()
    git: bool = True
    forced: bool = False
    stdin_name: str = STDIN
    nearer: Callable[[str], Chain] = lambda _folder: ()


class Listener(Struct, frozen=True):
    """Who is told of what is not an input: a path that fails, a folder without files, what is left out and why."""

    failed: Callable[[str, OSError], None]
    empty: Callable[[str], None]
    left_out: Callable[[str, str], None] = lambda _path, _why: None


def find(names: Sequence[str], choice: Choice, told: Listener) -> Iterator[Input]:
    """Yield each file once that arguments name or have in their folders. A name with * or ? is a pattern."""
    walk = Walk(told.failed, told.left_out, choice.excluded, choice.git, choice.nearer)
    seen: set[str] = set()
    for name in names:
        for one, real in _found(name, walk, choice, told):
            if real not in seen:
                seen.add(real)
                yield one


def _found(name: str, walk: Walk, choice: Choice, told: Listener) -> Iterator[tuple[Input, str]]:
    if name == STDIN:
        yield Input(choice.stdin_name, named=True, stdin=True), STDIN
        return
    for path in _expanded(name):
        try:
            is_folder = Path(path).is_dir()
            why = walk.is_excluded(path, is_folder=is_folder) if choice.forced else ""
        except OSError as error:
            told.failed(path, error)
            continue
        if why:
            told.left_out(path, why)
        elif not is_folder:
            yield Input(path, named=True), _real(path)
        else:
            count = 0
            for count, one in enumerate(walk.templates_in(path), 1):  # noqa: B007  # the number is wanted behind the loop
                yield Input(one.path, named=False), one.real
            if not count:
                told.empty(path)


def _expanded(name: str) -> list[str]:
    """Return what a pattern matches, for shells that expand none; a name without one, or without a match, as it is."""
    if not _is_pattern(name) or os.path.lexists(name):
        return [name]
    import glob  # few shells leave it to the program

    return sorted(glob.glob(name, recursive=True)) or [name]  # noqa: PTH207  # Path.glob takes no absolute pattern


def _is_pattern(name: str) -> bool:
    return not {*"*?["}.isdisjoint(name)


def is_one_file(names: Sequence[str]) -> bool:
    """Tell whether arguments name one file, and no folder."""
    with contextlib.suppress(OSError):
        return len(names) == 1 and (names[0] == STDIN or not (_is_pattern(names[0]) or Path(names[0]).is_dir()))
    return True


def listed(source: str) -> list[str]:
    """Return the names in a file: one a line or, as by ``git ls-files -z``, with a NUL behind each. Raises OSError."""
    if source == STDIN:
        raw = _standard_input().read()
        click.get_current_context().meta[STDIN_TAKEN] = "--files-from"
    else:
        raw = Path(source).read_bytes()
    names = raw.split(b"\0") if b"\0" in raw else raw.splitlines()
    return [os.fsdecode(name) for name in names if name.strip()]


def _real(name: str) -> str:
    try:
        return os.path.realpath(name)
    except OSError:  # the working folder is gone
        return name


def content(one: Input, limit: int, *, in_place: bool) -> bytes:
    """Return what is in a file or comes from standard input. Raises OSError, and files.TooLarge beyond the limit."""
    if one.stdin:
        return files.read_stream(_standard_input(), limit)
    return files.read(Path(one.name), limit, regular=in_place)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise OSError(0, "standard input is closed")
    context = click.get_current_context(silent=True)
    if context and STDIN_TAKEN in context.meta:
        raise OSError(0, f"standard input was already read for {context.meta[STDIN_TAKEN]}")
    return sys.stdin.buffer


def is_not_template(raw: bytes, error: Unreadable | None) -> bool:
    """Tell whether a file that could not be read as a template is not meant as one; else it is a broken template.

    What can be read, and is something else, may name types (the configuration of a framework does); only the template's own
    first line makes it a template. What cannot be read, or not to its end, is one if it says anything of CloudFormation.
    """
    if isinstance(error, NotTemplate):
        return b"AWSTemplateFormatVersion" not in raw.replace(b"\0", b"")
    return not mentions_cloudformation(raw)


def may_be_large_template(one: Input, head: bytes) -> bool:
    """Tell whether a file over the limit, of which ``head`` was read, has what a template has; a stream may have it."""
    try:
        if one.stdin or not Path(one.name).is_file():
            return True
        import mmap  # only a huge file needs it

        with Path(one.name).open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return claims_to_be_template(content)
    except (OSError, ValueError):
        return claims_to_be_template(head)
