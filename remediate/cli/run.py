"""One run over several inputs: reading them, telling what fails, and the exit code that comes of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from remediate import files
from remediate.template import TemplateError, Unreadable
from remediate.verify import Broken

NOTHING_TO_DO, FOUND, FAILED = 0, 1, 2
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_COLORS = {"+": "green", "-": "red", "@": "cyan"}


class Run:
    """One bad file stops no other, and the worst of all decides the exit code."""

    def __init__(self, color: bool | None, quiet: bool) -> None:
        """Begin a run; ``color`` None leaves it to the terminal and to NO_COLOR (https://no-color.org)."""
        self.color = _is_terminal() and not os.environ.get("NO_COLOR") if color is None else color
        self.quiet = quiet
        self.found = False
        self.failed = False
        self._from_folder: set[str] = set()
        self._seen: set[str] = set()

    def inputs(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of every input; what cannot be read is said and passed over."""
        for name in names:
            path = Path(name)
            found = [name]
            if name != "-" and path.is_dir():
                found = [str(one) for one in files.templates_in(path)]
                self._from_folder.update(found)
                if not found:
                    self.say(f"{name}: no *.yaml, *.yml, *.json or *.template file is in this folder")
            for one in found:
                real = os.path.realpath(one) if one != "-" else one
                raw = None if real in self._seen else self._read(one)
                self._seen.add(real)
                if raw is not None:
                    yield one, raw

    def _read(self, name: str) -> bytes | None:
        if name == "-" and sys.stdin is None:
            self.fail("-: standard input is closed")
            return None
        try:
            return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            self.fail(f"{name}: {error.strerror}")
            return None

    def attempt(
        self, name: str, action: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result | None:
        """Do something with one input; None, and said, where it fails. Other files in a folder need be no templates."""
        try:
            return action(*args, **kwargs)
        except Unreadable as error:
            if name not in self._from_folder:
                self.fail(error.located(name))
        except TemplateError as error:
            self.fail(error.located(name))
        except OSError as error:
            self.fail(f"{name}: {error.strerror or error}; the file is as it was")
        except (Broken, files.Changed) as error:
            self.fail(f"{name}: {error}; the file is as it was")
        except Exception as error:  # noqa: BLE001  # a fault of ours in one file must not cost the others their turn
            self.fail(f"{name}: internal error, please report it ({type(error).__name__}: {error}); the file is as it was")
        return None

    def out(self, content: bytes | str) -> None:
        """Write to standard output: bytes as they are, text without what a terminal would obey."""
        raw = content if isinstance(content, bytes) else _visible(content).encode()
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(raw)
            sys.stdout.buffer.flush()
        except OSError as error:
            self.fail(f"standard output: {error.strerror}")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again at its end
            self.exit()

    def diff(self, rendered: str) -> None:
        """Write a diff to standard output, coloured where that is wanted."""
        self.out((_colored(rendered) if self.color else rendered).encode())

    def say(self, text: str) -> None:
        """Say something to people, on standard error."""
        if not self.quiet:
            click.echo(_visible(text), err=True)

    def fail(self, message: str) -> None:
        """Say an error, and end with exit code 2."""
        click.echo(_visible(message), err=True)
        self.failed = True

    def exit(self) -> None:
        """End with the exit code of the run."""
        sys.exit(FAILED if self.failed else FOUND if self.found else NOTHING_TO_DO)


def _visible(text: str) -> str:
    """Write control characters and halves of surrogate pairs, which a template can hold, as their escapes."""
    return "".join(
        one if one.isprintable() or one == "\n" or "\ud800" > one > "\xa0" else one.encode("unicode_escape").decode()
        for one in text
    )


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _colored(rendered: str) -> str:
    def one(line: str) -> str:
        if line.startswith(("--- ", "+++ ")):
            return click.style(line, bold=True)
        return click.style(line, fg=_COLORS[line[0]]) if line[:1] in _COLORS else line

    return "\n".join(one(line) for line in rendered.split("\n"))
