"""One run over several inputs: reading them, reporting failures, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

from remediate import files
from remediate.cli import inputs, output
from remediate.cli.inputs import Choice, Input, Listener
from remediate.cli.intake import Intake
from remediate.cli.output import FAILED, colored, is_terminal, wants_color
from remediate.cli.progress import Progress
from remediate.engine import Report
from remediate.errors import RemediateError
from remediate.report.escape import visible
from remediate.report.failed import Failed
from remediate.report.totals import Fixes, Totals
from remediate.template import NotTemplate, TemplateError, TemplateInside, Unreadable

if TYPE_CHECKING:
    from typing_extensions import Self

    from remediate.cli.pool import Workers

NO_PROBLEMS, FOUND = 0, 1
_MB = 1024 * 1024
_NAMED = 3
"""So many of the skipped files are named."""
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class Run:
    """Processes every file; the worst result sets the exit code.

    It is a context: leaving it ends the program.
    """

    @classmethod
    def of(cls, options: dict[str, Any], *, in_place: bool = False) -> Self:
        """Begin a run with what the options say of it, which are taken out of them."""
        return cls(options.pop("color"), options.pop("quiet"), options.pop("max_size"), in_place=in_place)

    def __init__(
        self, color: bool | None, quiet: bool, max_size: int, *, in_place: bool = False, lenient: bool = True
    ) -> None:
        """Begin a run.

        ``color`` None leaves it to the terminal, NO_COLOR and FORCE_COLOR. ``max_size`` is in MB. ``in_place``:
        files are to be changed. ``lenient``: a file that is not a template is skipped and counted.
        """
        self.terminal = is_terminal(sys.stdout)
        self.color = wants_color(sys.stdout) if color is None else color
        self.totals = Totals()
        self._color = color
        self.quiet = quiet
        self.found = False
        self.failures: list[Failed] = []
        self._deaf = False  # what was to be said on standard error could not be
        self._unwritten = False  # a report could not be
        self._max_size = max_size
        self.in_place = in_place
        self._lenient = lenient
        self._skipped: list[Input] = []
        self._current: tuple[Input, bytes] | None = None
        self.verbose = False
        self.progress = Progress(wanted=not quiet)
        self.intake = Intake()
        self._left_out: list[str] = []
        self._workers: list[Workers] = []
        self._changed: list[str] = []
        self._unshown: list[str] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End with the exit code of the run, or say where an interrupt stopped it."""
        for workers in self._workers:
            workers.end()
        if isinstance(error, KeyboardInterrupt):
            self._stop("interrupted", output.code_of(error))
        if kind is None:
            self._end()

    @property
    def reads_stdin(self) -> bool:
        """Whether the input that is worked on comes from standard input, whatever it is called."""
        return self._current is not None and self._current[0].stdin

    def inputs(self, names: Sequence[str], choice: Choice | None = None) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of every input; what cannot be read is reported and skipped."""
        self.find(names, choice or Choice())
        while one := self.intake.next():
            raw = self.read(one)
            if isinstance(raw, bytes):
                with self.current(one, raw):
                    yield one.name, raw
            else:
                raw()
        self.say_skipped()

    def find(self, names: Sequence[str], choice: Choice) -> list[Input]:
        """Find all inputs, which then wait, and return them."""
        return self.intake.find(names, choice, Listener(self._fail_path, self._say_empty, self._say_left_out))

    @contextmanager
    def current(self, one: Input, raw: bytes) -> Iterator[None]:
        """Work on an input: what is said of it goes to its account."""
        self.intake.done(one)
        self._current = one, raw
        yield
        self._current = None

    def read(self, one: Input) -> bytes | Callable[[], None]:
        """Return what is in an input, or what reports that it cannot be read."""
        try:
            return inputs.content(one, self._max_size * _MB, in_place=self.in_place)
        except files.TooLarge as error:
            if self._lenient and not inputs.may_be_large_template(one, error.head):
                return partial(self.skip_other, one, "it has no Resources section")
            limit = f"the file is larger than {self._max_size} MB (CloudFormation takes 1 MB)"
            return partial(self.fail, one.name, f"{limit}; raise the limit with --max-size", 1, 1)
        except MemoryError:
            return partial(self.fail, one.name, "not enough memory to read it")
        except OSError as error:
            return partial(self._fail_path, one.name, error)

    def skip_other(self, one: Input, why: str) -> None:
        """Skip a file that is not a template: with a note if it is the only one that the user named, else it is counted."""
        if self.intake.single:
            self.say(visible(f"{one.name}: not a CloudFormation template ({why}); skipped"))
            return
        self._skipped.append(one)
        self.mention(f"{one.name}: not a CloudFormation template ({why}); skipped")

    def pass_by(self, why: str, *, nested: bool) -> None:
        """Count a template that there is nothing to say of but that it may have nested stacks."""
        self.totals.files += 1
        self.totals.nested += nested
        self.mention(why)

    def say_skipped(self) -> None:
        """Say how many files were skipped, behind the last one, and which that the user named; of many the first."""
        if self._skipped:
            other = "file skipped (not a CloudFormation template)"
            others = "files skipped (not CloudFormation templates)"
            count, names = len(self._skipped), [one.name for one in self._skipped if one.named][:_NAMED]
            rest = f" and {count - len(names)} more" if count > len(names) else ""
            named = f": {', '.join(names)}{rest}" if names else ""
            self.say(visible(f"{count} other {other if count == 1 else others}{named}"))

    def mention(self, text: str) -> None:
        """Say something that only a verbose run says."""
        if self.verbose:
            self.say(visible(text))

    def use(self, workers: Workers) -> None:
        """End worker processes with the run, however it ends."""
        self._workers.append(workers)

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
        except RemediateError as error:
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

    def all_shown(self) -> None:
        """Note that what was changed has been shown."""
        self._unshown.clear()

    def unwritten(self, name: str, error: OSError) -> None:
        """Say that a report could not be written, and end with exit code 2."""
        self._unwritten = True
        self._tell(visible(f"{name}: the report could not be written: {output.reason(error)}"))

    def out(self, content: bytes | str) -> None:
        """Write to standard output: bytes as they are, text as a terminal takes it. What fails here ends the run."""
        self.progress.clear()
        try:
            output.emit(content)
        except OSError as error:
            output.abandon()
            self._stop(f"standard output: {output.reason(error)}", FAILED)

    def diff(self, rendered: str) -> None:
        """Write a diff to standard output, coloured where that is wanted."""
        self.out((colored(rendered) if self.color else rendered).encode("utf-8", "surrogateescape"))

    def say(self, text: str) -> None:
        """Say something to people, on standard error."""
        if text and not self.quiet:
            self._tell(text)

    def close(self, done: Fixes) -> None:
        """Write the closing line over all files to standard error; ``done`` says what became of the fixes."""
        if self.totals.files and not self.quiet:
            color = wants_color(sys.stderr) if self._color is None else self._color
            self.progress.clear()
            line = self.totals.line(done, len(self.failures), color=color)
            self._deaf |= not output.say(line, painted=color)

    def fail(self, name: str, message: str, line: int = 0, column: int = 0) -> None:
        """Say an error of a file, and end with exit code 2."""
        failed = Failed(name, message, line, column)
        self.failures.append(failed)
        self._tell(visible(str(failed)))

    def _skip(self, error: Unreadable) -> bool:
        """Skip a file that is not a template; return whether it was skipped."""
        if not self._lenient or self._current is None or not inputs.is_not_template(self._current[1], error):
            return False
        why = "" if isinstance(error, NotTemplate) else " (it does not mention CloudFormation)"
        text = visible(f"{error.located(self._current[0].name)}; skipped{why}")
        if not self.intake.single:
            self._skipped.append(self._current[0])
        if self.intake.single or isinstance(error, TemplateInside):
            self.say(text)
        else:
            self.mention(text)
        return True

    def _fail_path(self, name: str, error: OSError) -> None:
        self.fail(name, output.reason(error))

    def _say_empty(self, folder: str) -> None:
        left = f" (left out: {', '.join(self._left_out)})" if self._left_out else ""
        self.say(visible(f"{folder}: this folder contains no *.yaml, *.yml, *.json or *.template file{left}"))

    def _say_left_out(self, path: str, why: str) -> None:
        self._left_out.append(path)
        self.mention(f"{path}: left out ({why})")

    def _state(self, name: str) -> str:
        return f"; the file is {'changed' if name in self._changed else 'unchanged'}"

    def _stop(self, why: str, code: int) -> NoReturn:
        """End the run early, and report how far it got."""
        told = [why]
        if self.in_place and self._current and not self.reads_stdin:
            told.append(f"{self._current[0].name}{self._state(self._current[0].name).replace('; the file', '')}")
        if self._unshown:
            told.append(f"changed, but not reported: {', '.join(self._unshown)}")
        if self.intake.left():
            told.append(self.intake.left())
        self._tell(visible("; ".join(told)))
        sys.exit(code)

    def _end(self) -> NoReturn:
        sys.exit(FAILED if self.failures or self._deaf or self._unwritten else FOUND if self.found else NO_PROBLEMS)

    def _tell(self, text: str) -> None:
        self.progress.clear()
        self._deaf |= not output.say(text)
