"""Which files `compare` puts side by side: two that are named, those of two folders, or files and their state in git."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from remediate import files
from remediate.cli import inputs, output
from remediate.cli.git import changed_since, commit_of, content_at
from remediate.cli.inputs import STDIN, Input
from remediate.compare import File
from remediate.engine import check_is_cloudformation
from remediate.template import TemplateError, Unreadable, read
from remediate.walk import SUFFIXES, Walk


class Pair(Struct, frozen=True):
    """Two states of a template, each read when it is asked for; ``found``: in a folder, where not all are templates."""

    name: str
    old: Callable[[], File | None]
    new: Callable[[], File | None]
    found: bool = False


def pairs_of(old: str, new: str, limit: int) -> Iterator[Pair]:
    """Yield the pairs that two arguments name. Raises OSError where one of them cannot be read as a folder."""
    if not (_is_folder(old) and _is_folder(new)):
        yield Pair(new, lambda: _file(old, limit), lambda: _file(new, limit))
        return
    both = {name: None for folder in (Path(old), Path(new)) for name in sorted(_inside(folder))}
    for name in both:
        yield Pair(str(Path(new, name)), _optional(Path(old, name), limit), _optional(Path(new, name), limit), found=True)


def pairs_since(revision: str, names: Sequence[str], limit: int) -> Iterator[Pair]:
    """Yield the files that are named, and those in named folders that differ, with their state at a revision.

    Raises GitFailed where there is no such revision.
    """
    for name in names:
        path = Path(name)
        folder = path if path.is_dir() else path.parent
        commit = commit_of(revision, folder)
        for one in [path] if folder != path else changed_since(commit, path):
            if folder != path or one.suffix.lower() in SUFFIXES:
                yield _since(revision, commit, one, limit, found=folder == path)


def sides(pair: Pair) -> tuple[File | None, File | None] | None:
    """Read both states; None where neither is there, or is meant as a template. Raises what reading raises."""
    old, new = pair.old(), pair.new()
    if pair.found:
        old, new = (one if one and not _is_something_else(one) else None for one in (old, new))
    return (old, new) if old or new else None


def _since(revision: str, commit: str, path: Path, limit: int, *, found: bool) -> Pair:
    def old() -> File | None:
        raw = content_at(commit, path)
        return None if raw is None else File(f"{revision}:{path}", _limited(raw, limit))

    return Pair(str(path), old, _optional(path, limit), found)


def _file(name: str, limit: int) -> File:
    try:
        return File(name, inputs.content(Input(name, named=True, stdin=name == STDIN), limit, in_place=False))
    except files.TooLarge as error:
        raise _too_large(limit) from error
    except OSError as error:
        raise TemplateError(output.reason(error)) from error


def _optional(path: Path, limit: int) -> Callable[[], File | None]:
    return lambda: _file(str(path), limit) if path.exists() else None


def _limited(raw: bytes, limit: int) -> bytes:
    if len(raw) > limit:
        raise _too_large(limit)
    return raw


def _too_large(limit: int) -> TemplateError:
    return TemplateError(f"larger than {limit >> 20} MB (CloudFormation takes 1 MB); raise the limit with --max-size", 1, 1)


def _is_folder(name: str) -> bool:
    return name != STDIN and Path(name).is_dir()


def _inside(folder: Path) -> Iterator[str]:
    def failed(_: str, error: OSError) -> None:
        raise error

    walk = Walk(failed)
    return (Path(one.path).relative_to(folder).as_posix() for one in walk.templates_in(str(folder)))


def _is_something_else(one: File) -> bool:
    try:
        check_is_cloudformation(read(one.raw, one.name))
    except Unreadable as error:
        return inputs.is_not_template(one.raw, error)
    return False
