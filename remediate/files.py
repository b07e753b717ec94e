"""Files in and out: finding templates in folders, writing one without ever leaving half of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = frozenset({".yaml", ".yml", ".json", ".template"})
"""What a file in a folder must be called to be looked at; a file that is named outright may be called anything."""


class Changed(Exception):
    """The file is not what it was when it was read."""


def templates_in(path: Path) -> Iterator[Path]:
    """Yield the files below a folder that can be templates, in order, without hidden folders and ``node_modules``."""
    for entry in sorted(path.iterdir()):
        if entry.name.startswith(".") or entry.name == "node_modules":
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from templates_in(entry)
        elif entry.suffix.lower() in SUFFIXES and entry.is_file():
            yield entry


def write(path: Path, expected: bytes, content: bytes) -> None:
    """Replace a file's content at once: a temporary file beside it, synced, takes its place.

    The mode is kept and a symbolic link is followed. Raises Changed where the file is not ``expected`` any more, and
    OSError where it cannot be written; the file is then as it was.
    """
    import tempfile  # slow to import, and a dry run needs it not

    target = path.resolve()
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    _check_same(target, expected)
    status = target.stat()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(content)
            temporary.flush()
            os.fsync(temporary.fileno())
        Path(name).chmod(status.st_mode & 0o7777)
        with contextlib.suppress(PermissionError):  # only root may give a file to someone else
            os.chown(name, status.st_uid, status.st_gid)
        _check_same(target, expected)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _check_same(target: Path, expected: bytes) -> None:
    if target.read_bytes() != expected:
        raise Changed("the file changed while it was worked on; run again")
