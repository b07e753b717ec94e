"""One run over several inputs: reading them, reporting failures, and the exit code."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

import click

from remediate import files
from remediate.cli import inputs, output
from remediate.cli.inputs import STDIN, Input
from remediate.cli.output import FAILED
from remediate.cli.outputs import OutputFile, Outputs
from remediate.engine import Report
from remediate.patch_set import PatchSet
from remediate.report import render
from remediate.report.escape import visible
from remediate.report.failed import Failed
from remediate.report.totals import Fixes, Totals
from remediate.template import NotTemplate, TemplateError, Unreadable
from remediate.verify import Broken

if TYPE_CHECKING:
    from typing_extensions import Self

NO_PROBLEMS, FOUND = 0, 1
_MB = 1024 * 1024
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_COLORS = {"+": "green", "-": "red", "@": "cyan"}


class Run:
    """Processes every file; the worst result sets the exit code.

    It is a context: leaving it ends the program.
    """

    def __init__(
        self, color: bool | None, quiet: bool, max_size: int, *, in_place: bool = False, lenient: bool = True
    ) -> None:
        """Begin a run.

        ``color`` None leaves it to the terminal and to NO_COLOR (https://no-color.org). ``max_size`` is in MB. ``in_place``:
        files are to be changed. ``lenient``: a file that is not a template is skipped and counted.
        """
        self.terminal = _is_terminal()
        self.color = self.terminal and not os.environ.get("NO_COLOR") if color is None else color
        self.totals = Totals()
        self._color = color
        self.quiet = quiet
        self.found = False
        self.failures: list[Failed] = []
        self._deaf = False  # what was to be said on standard error could not be
        self._unwritten = False  # a report could not be
        self._max_size = max_size
        self._in_place = in_place
        self._lenient = lenient
        self._skipped = 0
        self._current: tuple[Input, bytes] | None = None
        self._waiting: deque[Input] = deque()
        self._changed: list[str] = []
        self._unshown: list[str] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End with the exit code of the run, or say where an interrupt stopped it."""
        if isinstance(error, KeyboardInterrupt):
            self._stop("interrupted", output.code_of(error))
        if kind is None:
            self._end()

    def inputs(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of every input; what cannot be read is reported and skipped."""
        self._waiting.extend(inputs.find(names, self._fail_path, self._say_empty))
        while self._waiting:
            one = self._waiting.popleft()
            raw = self._read(one)
            if raw is not None:
                self._current = one, raw
                yield one.name, raw
                self._current = None
        if self._skipped:
            many = self._skipped > 1
            other = (
                "other files skipped (not CloudFormation templates)"
                if many
                else "other file skipped (not a CloudFormation template)"
            )
            self.say(f"{self._skipped} {other}")

    def attempt(
        self, name: str, action: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result | None:
        """Do something with one input; where it fails, report that and return None."""
        try:
            return action(*args, **kwargs)
        except Unreadable as error:
            if not self._skip(error):
                self.fail(name, error.message, error.line, error.column)
        except TemplateError as error:
            self.fail(name, error.message, error.line, error.column)
        except OSError as error:
            self.fail(name, f"{output.reason(error)}{self._state(name)}")
        except (Broken, files.Changed) as error:
            self.fail(name, f"{error}{self._state(name)}")
        except MemoryError:
            self.fail(name, f"not enough memory{self._state(name)}")
        except Exception as error:  # noqa: BLE001  # a fault of ours in one file must not stop the others
            problem = f"internal error, please report it ({type(error).__name__}: {error})"
            self.fail(name, f"{problem}{self._state(name)}")
        return None

    def deliver(self, report: Report, raw: bytes, shown: str | None) -> bool:
        """Show what was changed of a file, then put the change in place: nothing is changed that could not be shown.

        ``shown`` None leaves the showing for later. Raises OSError and files.Changed; the file is then unchanged.
        """
        with files.replacement(Path(report.name), raw, report.to_bytes()) as ready:
            if shown is not None:
                self.diff(shown)
            try:
                ready.put()
            finally:
                if ready.done:
                    self._changed.append(report.name)
                    self._unshown += [report.name] if shown is None else []
        for lost in ready.lost:
            self.say(visible(f"{report.name}: warning: {lost}"))
        return True

    def report(
        self,
        outputs: Outputs,
        reports: Sequence[Report],
        patch_set: PatchSet,
        names: Sequence[str],
        fail_on: str = "warning",
    ) -> None:
        """Write the reports of a run in each format that was asked for and is not written yet, files first.

        A report that cannot be rendered does not affect the others, and neither does a file that cannot be written.
        """
        keyed = not inputs.is_one_file(names)
        for style, file in outputs.at_the_end():
            rendered = self._rendered(style, reports, patch_set, keyed, fail_on)
            content = rendered.encode("utf-8", "surrogateescape" if style == "diff" else "backslashreplace")
            if file is None:
                self.out(content)
            else:
                self._write(file, content, reports)
        self._unshown.clear()

    def _write(self, file: OutputFile, content: bytes, reports: Sequence[Report]) -> None:
        try:
            file.put(content, [one.name for one in reports])
        except OSError as error:
            self._unwritten = True
            self._tell(visible(f"{file.name}: the report could not be written: {output.reason(error)}"))

    def _rendered(self, style: str, reports: Sequence[Report], patch_set: PatchSet, keyed: bool, fail_on: str) -> str:
        try:
            return render(style, reports, patch_set, self.failures, keyed=keyed, fail_on=fail_on)
        except Exception:  # noqa: BLE001  # attempt reports which template it is
            sound = [one for one in reports if self.attempt(one.name, render, style, [one], patch_set) is not None]
            return render(style, sound, patch_set, self.failures, keyed=keyed, fail_on=fail_on)

    def out(self, content: bytes | str) -> None:
        """Write to standard output: bytes as they are, text as a terminal takes it. What fails here ends the run."""
        try:
            output.emit(content)
        except OSError as error:
            output.abandon()
            self._stop(f"standard output: {output.reason(error)}", FAILED)

    def diff(self, rendered: str) -> None:
        """Write a diff to standard output, coloured where that is wanted."""
        self.out((_colored(rendered) if self.color else rendered).encode("utf-8", "surrogateescape"))

    def say(self, text: str) -> None:
        """Say something to people, on standard error."""
        if text and not self.quiet:
            self._tell(text)

    def close(self, done: Fixes) -> None:
        """Write the closing line over all files to standard error; ``done`` says what became of the fixes."""
        if self.totals.files and not self.quiet:
            color = _is_colored_terminal() if self._color is None else self._color
            line = self.totals.line(done, len(self.failures), color=color)
            self._deaf |= not output.say(line, painted=color)

    def fail(self, name: str, message: str, line: int = 0, column: int = 0) -> None:
        """Say an error of a file, and end with exit code 2."""
        failed = Failed(name, message, line, column)
        self.failures.append(failed)
        self._tell(visible(str(failed)))

    def _read(self, one: Input) -> bytes | None:
        try:
            return inputs.content(one.name, self._max_size * _MB, in_place=self._in_place)
        except files.TooLarge as error:
            if one.named or not self._lenient or not inputs.is_not_template(error.head, None):
                limit = f"the file is larger than {self._max_size} MB (CloudFormation takes 1 MB)"
                self.fail(one.name, f"{limit}; raise the limit with --max-size", 1, 1)
            else:
                self._skipped += 1
        except MemoryError:
            self.fail(one.name, "not enough memory to read it")
        except OSError as error:
            self._fail_path(one.name, error)
        return None

    def _skip(self, error: Unreadable) -> bool:
        """Skip a file that is not a template, with a note if the user named it; return whether it was skipped."""
        if not self._lenient or self._current is None or not inputs.is_not_template(self._current[1], error):
            return False
        if self._current[0].named:
            why = "" if isinstance(error, NotTemplate) else " (it does not mention CloudFormation)"
            self.say(visible(f"{error.located(self._current[0].name)}; skipped{why}"))
        else:
            self._skipped += 1
        return True

    def _fail_path(self, name: str, error: OSError) -> None:
        self.fail(name, output.reason(error))

    def _say_empty(self, folder: str) -> None:
        self.say(f"{visible(folder)}: this folder contains no *.yaml, *.yml, *.json or *.template file")

    def _state(self, name: str) -> str:
        return f"; the file is {'changed' if name in self._changed else 'unchanged'}"

    def _stop(self, why: str, code: int) -> NoReturn:
        """End the run early, and report how far it got."""
        told = [why]
        if self._in_place and self._current and self._current[0].name != STDIN:
            told.append(f"{self._current[0].name}{self._state(self._current[0].name).replace('; the file', '')}")
        if self._unshown:
            told.append(f"changed, but not reported: {', '.join(self._unshown)}")
        if self._waiting:
            more = f" and {len(self._waiting) - 1} more" if len(self._waiting) > 1 else ""
            told.append(f"not processed: {self._waiting[0].name}{more}")
        self._tell(visible("; ".join(told)))
        sys.exit(code)

    def _end(self) -> NoReturn:
        sys.exit(FAILED if self.failures or self._deaf or self._unwritten else FOUND if self.found else NO_PROBLEMS)

    def _tell(self, text: str) -> None:
        self._deaf |= not output.say(text)


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _is_colored_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _colored(rendered: str) -> str:
    def one(line: str) -> str:
        if line.startswith(("--- ", "+++ ")):
            return click.style(line, bold=True)
        return click.style(line, fg=_COLORS[line[0]]) if line[:1] in _COLORS else line

    return "\n".join(one(line) for line in rendered.split("\n"))
