"""Where the reports of a run go: one format to standard output, any number to files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from msgspec import Struct, field

from remediate.cli.output import reason
from remediate.signals import held_back

if TYPE_CHECKING:
    from typing_extensions import Self


class Target(NamedTuple):
    """A format and the file that it goes to, None for standard output; ``option`` asked for it."""

    style: str
    file: str | None
    option: str = "--format"


class IsTemplate(OSError):
    """The file for a report is a template of the run, which would be lost."""


class Outputs(Struct, eq=False):
    """The formats of a run. It is a context: the files are made ready at the beginning, before anything is changed.

    ``first`` is the format of a run without any; what it writes to standard output it writes file by file.
    """

    first: str
    targets: Sequence[Target]
    _files: list[tuple[str, OutputFile]] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def standard(self) -> str | None:
        """The format on standard output, None where all go to files and the first, too, has one by --output-file."""
        return next((one.style for one in self.targets if one.file is None), None)

    @property
    def streams(self) -> bool:
        """Whether the first format goes to standard output, file by file."""
        return self.standard == self.first

    @property
    def is_for_people(self) -> bool:
        """Whether no program reads standard output, so that the closing line is wanted."""
        return self.standard in {self.first, None}

    def __enter__(self) -> Self:
        """Make a temporary file beside each file. Raises click.BadParameter where one cannot be written."""
        with ExitStack() as stack:
            for style, file, option in self.targets:
                if file is not None:
                    self._files.append((style, stack.enter_context(_prepared(file, option))))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was not put in place."""
        self._stack.close()

    def at_the_end(self) -> Iterator[tuple[str, OutputFile | None]]:
        """Yield the formats that are written when all templates are done, with their files, then standard output's."""
        yield from self._files
        if self.standard is not None and not self.streams:
            yield self.standard, None


class OutputFile:
    """A file for a report, whose new content waits beside it."""

    def __init__(self, name: str, target: Path, temporary: Path | None) -> None:
        """Keep the name as it was given, the file that it leads to, and the temporary file, None for a device or pipe."""
        self.name = name
        self._target = target
        self._temporary = temporary

    def put(self, content: bytes, templates: Sequence[str]) -> bool:
        """Write the content and put it in place at once. Raises OSError; a file is then unchanged."""
        if any(_is_same(self._target, name) for name in templates if name != "-"):
            raise IsTemplate(0, "it is one of the templates")
        if self._temporary is None:
            with os.fdopen(os.open(self._target, os.O_WRONLY | os.O_APPEND), "wb") as stream:
                stream.write(content)
            return True
        with self._temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        with held_back():
            self._temporary.replace(self._target)
        return True


def chosen_outputs(first: str, formats: Sequence[Target], output_file: str | None, templates: Sequence[str]) -> Outputs:
    """Return where the reports go. Raises click.BadParameter where two would go to one place, or one over a template."""
    targets = list(formats)
    if not any(one.file is None for one in targets):
        targets.append(Target(first, None))
    if output_file not in {None, "-"}:
        targets = [Target(one.style, output_file, "--output-file") if one.file is None else one for one in targets]
    taken: set[str | None] = set()
    for one in targets:
        place = os.path.realpath(one.file) if one.file is not None else None
        if place in taken:
            where = (
                f"{one.file}" if one.file else "standard output; give the others a file, as in `--format sarif:out.sarif`"
            )
            raise click.BadParameter(f"two formats go to {where}", param_hint=one.option)
        taken.add(place)
        if one.file is not None and any(_is_same(Path(one.file), name) for name in templates if name != "-"):
            raise click.BadParameter(f"{one.file} is one of the templates", param_hint=one.option)
    return Outputs(first, targets)


@contextmanager
def _prepared(name: str, option: str) -> Iterator[OutputFile]:
    import secrets  # slow to import, and most runs write no file

    temporary = None
    try:
        target = Path(name)
        status = target.stat() if target.exists() else None
        if status is None or (stat.S_ISREG(status.st_mode) and not name.startswith("/dev/")):
            target = Path(os.path.realpath(name))
            temporary = target.with_name(f".remediate-{secrets.token_hex(8)}")
            _reserve(target, temporary, status)
        elif stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(21, "it is a folder")
    except OSError as error:
        raise click.BadParameter(f"{name}: cannot be written: {reason(error)}", param_hint=option) from error
    try:
        yield OutputFile(name, target, temporary)
    finally:
        if temporary is not None:
            with held_back():
                temporary.unlink(missing_ok=True)


def _reserve(target: Path, temporary: Path, status: os.stat_result | None) -> None:
    """Make the temporary file, with the mode that the file has or a new one would have."""
    if status is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    if status is not None:
        temporary.chmod(status.st_mode & 0o7777)


def _is_same(target: Path, name: str) -> bool:
    try:
        return target.samefile(name)
    except OSError:  # one of them does not exist
        return False
