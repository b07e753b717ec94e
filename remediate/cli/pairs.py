"""Which files `compare` puts side by side: two that are named, those of two folders, or files and their state in git."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from remediate import files
from remediate.cli import inputs, output
from remediate.cli.configured import config, excluded_in
from remediate.cli.git import Change, changed_since, commit_of, content_at, is_at
from remediate.cli.inputs import STDIN, Input
from remediate.engine import check_is_cloudformation
from remediate.relevance import claims_to_be_template
from remediate.template import TemplateError, Unreadable, read
from remediate.walk import Walk


class Side(Struct, frozen=True):
    """A state of a template: what messages call it, and what reads it, which returns None where it is not there."""

    name: str
    read: Callable[[], bytes | None]


class Pair(Struct, frozen=True):
    """Two states of a template; ``found``: in a folder, where not all are templates."""

    name: str
    old: Side
    new: Side
    found: bool = False

    def content(self, side: Side) -> bytes | None:
        """Return what one side holds; None where it is not there, or not meant as a template. Raises what reading raises."""
        raw = side.read()
        return None if raw is None or (self.found and _is_something_else(raw, side.name)) else raw


def pairs_of(old: str, new: str, limit: int) -> Iterator[Pair]:
    """Yield the pairs that two arguments name. Raises OSError where one of them cannot be read as a folder."""
    if not (_is_folder(old) and _is_folder(new)):
        yield Pair(new, Side(old, partial(_content, old, limit)), Side(new, partial(_content, new, limit)))
        return
    both = {name: None for folder in (Path(old), Path(new)) for name in sorted(_inside(folder))}
    for name in both:
        path = Path(new, name)
        yield Pair(str(path), _optional(Path(old, name), limit, found=True), _optional(path, limit, found=True), found=True)


def pairs_since(revision: str, names: Sequence[str], limit: int) -> Iterator[Pair]:
    """Yield the files that are named, and those in named folders that differ, with their state at a revision.

    Raises GitFailed where there is no such revision.
    """
    for name in names:
        path = Path(name)
        folder = path if path.is_dir() else path.parent
        commit = commit_of(revision, folder)
        found = folder == path
        for one in _differing(commit, path) if found else [_named(commit, path)]:
            yield _since(revision, commit, one, limit, found=found)


def _differing(commit: str, folder: Path) -> Iterator[Change]:
    """Yield what differs of the files that `check` takes in a folder. One that is taken no more is as good as deleted."""
    changes = changed_since(commit, folder)
    taken = {*_as_configured().names_in(str(folder), (name for one in changes for name in (one.path, one.was)))}
    for one in changes:
        if one.path in taken:
            yield one
        elif one.was in taken:
            yield Change(one.was, one.was)


def _named(commit: str, path: Path) -> Change:
    known = [] if is_at(commit, path) or not path.exists() else changed_since(commit, path.parent)
    return next((one for one in known if one.path == path), Change(path, path))


def _as_configured() -> Walk:
    """Return how `check` walks folders; it has no option here that says so."""
    found = config()
    return Walk(_failed, excluded=found.excluded, git=bool(found.values.get("gitignore", True)), nearer=excluded_in)


def _since(revision: str, commit: str, change: Change, limit: int, *, found: bool) -> Pair:
    def old() -> bytes | None:
        raw = content_at(commit, change.was)
        if raw is None or len(raw) <= limit:
            return raw
        if found and not claims_to_be_template(raw):
            return None
        raise _too_large(limit)

    before = Side(f"{revision}:{os.path.normpath(change.was)}", old)
    return Pair(str(change.path), before, _optional(change.path, limit, found=found), found)


def _content(name: str, limit: int, *, found: bool = False) -> bytes | None:
    one = Input(name, named=not found, stdin=name == STDIN)
    try:
        return inputs.content(one, limit, in_place=False)
    except files.TooLarge as error:
        if found and not inputs.may_be_large_template(one, error.head):  # `check` skips it, too
            return None
        raise _too_large(limit) from error
    except OSError as error:
        raise TemplateError(output.reason(error)) from error


def _optional(path: Path, limit: int, *, found: bool) -> Side:
    return Side(str(path), lambda: _content(str(path), limit, found=found) if path.exists() else None)


def _too_large(limit: int) -> TemplateError:
    return TemplateError(f"larger than {limit >> 20} MB (CloudFormation takes 1 MB); raise the limit with --max-size", 1, 1)


def _is_folder(name: str) -> bool:
    return name != STDIN and Path(name).is_dir()


def _inside(folder: Path) -> Iterator[str]:
    return (Path(one.path).relative_to(folder).as_posix() for one in Walk(_failed).templates_in(str(folder)))


def _failed(_: str, error: OSError) -> None:
    raise error


def _is_something_else(raw: bytes, name: str) -> bool:
    try:
        check_is_cloudformation(read(raw, name))
    except Unreadable as error:
        return inputs.is_not_template(raw, error)
    return False
