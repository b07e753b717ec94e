"""Files in and out: reading so much and no more, writing without leaving half of one."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, ParamSpec

from remediate.errors import RemediateError
from remediate.signals import held_back

_Arguments = ParamSpec("_Arguments")
_PIECE = 1024 * 1024
_SMALL = 1024


class Changed(RemediateError):
    """The file is not what it was when it was read."""


class TooLarge(RemediateError):
    """The content goes beyond the limit; ``head`` is what was read of it."""

    def __init__(self, head: bytes) -> None:
        """Keep what was read: it may tell what the file is."""
        super().__init__()
        self.head = head


def read(path: Path, limit: int, *, regular: bool = False) -> bytes:
    """Return what is in a file. Raises TooLarge beyond ``limit`` bytes, and OSError.

    ``regular`` refuses a pipe or device, which nobody can write back, instead of waiting for what it gives.
    """
    if regular and not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "not a regular file, so it cannot be changed in place; use --dry-run")
    with path.open("rb", buffering=0) as stream:
        # Most files are much smaller than a piece, and memory that is not used costs time too.
        return read_stream(stream, limit, os.fstat(stream.fileno()).st_size + 1)


def read_stream(stream: BinaryIO, limit: int, expected: int = _PIECE) -> bytes:
    """Return what a stream gives, of ``expected`` bytes. Raises TooLarge beyond ``limit``, and reads no more of it then."""
    pieces: list[bytes] = []
    size = 0
    piece_size = min(max(expected, _SMALL), _PIECE)
    while size <= limit and (piece := stream.read(min(piece_size, limit + 1 - size))):
        pieces.append(piece)
        size += len(piece)
    content = b"".join(pieces)
    if size > limit:
        raise TooLarge(content)
    return content


class Replacement:
    """New content that waits beside a file. ``lost`` is what could not be kept, for people; ``done`` says it is in place."""

    def __init__(self, target: Path, expected: bytes, temporary: Path, lost: tuple[str, ...]) -> None:
        """Keep what is to take whose place."""
        self.lost = lost
        self.done = False
        self._target, self._expected, self._temporary = target, expected, temporary

    def put(self) -> None:
        """Put the content in place at once. Raises Changed and OSError; the file is then unchanged."""
        with held_back():
            _check_same(self._target, self._expected)
            self._temporary.replace(self._target)
            self.done = True


@contextmanager
def replacement(path: Path, expected: bytes, content: bytes) -> Iterator[Replacement]:
    """Write and sync a file's new content to a temporary file beside it, ready to take its place.

    What is not put in place leaves nothing behind. The mode and the owner are kept, and a symbolic link is followed. Raises
    Changed where the file is not ``expected`` any more, and OSError where it cannot be written; the file is then unchanged.
    """
    import secrets  # slow to import, and a dry run needs it not

    # Only a link is resolved: a relative path stays good where the whole one would be too long.
    target = path.resolve() if path.is_symlink() else path
    status = target.stat()
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    _check_same(target, expected)
    # A short name, for a long one of the file may leave no room; and known before the file is there, so that an interrupt
    # at any moment finds what to remove.
    temporary = target.with_name(f".remediate-{secrets.token_hex(8)}")
    try:
        yield Replacement(target, expected, temporary, _written(temporary, content, target, status))
    finally:
        with held_back():
            temporary.unlink(missing_ok=True)


def write(path: Path, expected: bytes, content: bytes) -> None:
    """Replace a file's content at once, as :func:`replacement` does it."""
    with replacement(path, expected, content) as ready:
        ready.put()


def _written(temporary: Path, content: bytes, target: Path, status: os.stat_result) -> tuple[str, ...]:
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    lost = [*_attributes(temporary, target), *_owner(temporary, status)]
    temporary.chmod(status.st_mode & 0o7777)
    if status.st_nlink > 1:
        lost.append(f"the file has {status.st_nlink - 1} other hard link(s), which keep the old content")
    return tuple(lost)


def _owner(temporary: Path, status: os.stat_result) -> list[str]:
    """Give the temporary file the owner and group of the old one; return what only root may do, and so was not done."""
    chown: Callable[[Path, int, int], None] | None = getattr(os, "chown", None)  # Windows has none
    wanted = (("owner", status.st_uid, -1), ("group", -1, status.st_gid)) if chown else ()
    lost = [kind for kind, user, group in wanted if chown and not _is_done(chown, temporary, user, group)]
    return [f"the {kind} of the file could not be preserved" for kind in lost]


def _attributes(temporary: Path, target: Path) -> list[str]:
    """Copy the extended attributes, access control lists among them, where the system has such; return what was not done."""
    lost: list[str] = []
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a file system without any
            copy = ((name, os.getxattr(target, name)) for name in os.listxattr(target))
            lost = [name for name, value in copy if not _is_done(os.setxattr, temporary, name, value)]
    # SELinux labels a file by its folder.
    return [
        f"the extended attribute {name} of the file could not be preserved" for name in lost if name != "security.selinux"
    ]


def _is_done(action: Callable[_Arguments, None], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> bool:
    try:
        action(*args, **kwargs)
    except OSError:
        return False
    return True


def _check_same(target: Path, expected: bytes) -> None:
    if target.read_bytes() != expected:
        raise Changed("the file was modified during the run; run again")
