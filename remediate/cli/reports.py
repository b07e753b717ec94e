"""From the files of a run to their reports: those that matter are read, by several processes where they are many."""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from remediate.cli.input_options import Work
from remediate.cli.inputs import Input
from remediate.cli.output import emit
from remediate.cli.run import Run
from remediate.cli.settings import Settings, meant, unknown
from remediate.cli.wanted import Configured, Wanted
from remediate.engine import Report
from remediate.environments import remediate_for
from remediate.errors import RemediateError
from remediate.plan import Options
from remediate.relevance import Look, Relevance
from remediate.report.escape import visible
from remediate.report.summary import nothing_found

if TYPE_CHECKING:
    from concurrent.futures import Future

    from remediate.cli.pool import Workers

_FEW = 100
"""So many templates are fixed before other processes are started for the rest: that takes as long as some of them."""
_AHEAD = 4
"""Templates that wait for each process."""
_WAITING = 5000
"""Files that wait for their turn, with those that are done at a look."""


class Done(Struct, frozen=True):
    """A template, what was wanted of it, and what came of that."""

    name: str
    raw: bytes
    wanted: Wanted
    report: Report

    @property
    def options(self) -> Options:
        """The options of the run, in the first of its environments."""
        return self.wanted.environments[0].options


class _Task(Struct, eq=False):
    """An input on its way: its content, or what reports that it has none; then the worker's answer."""

    one: Input
    raw: bytes | Callable[[], None]
    future: Future[bytes] | None = None


def reports(run: Run, work: Work, settings: Settings) -> Iterator[Done]:
    """Yield the report of each template of a run, in order; all others are counted, or reported as failed."""
    run.verbose = work.verbose
    found = run.find(work.names, work.choice)
    if work.listing:
        emit("".join(f"{one.name}\n" for one in found))
        run.intake.forget()
        return
    for one in found:  # what is wrong in a configuration is said before anything is done
        settings.of(one.name)
    yield from _Reports(run, work, settings, len(found)).all()
    run.say_skipped()


class _Reports:
    """The way of all inputs; ``unseen`` are the parameters that no template has had until now.

    ``lacking`` are those of configurations that some template lacks for which they hold, ``had`` those that one has.
    """

    def __init__(self, run: Run, work: Work, settings: Settings, total: int) -> None:
        self.run, self.settings, self.total, self.jobs = run, settings, total, work.jobs
        self.unseen = set(settings.names)
        self.lacking: dict[Configured, set[str]] = {}
        self.had: set[Configured] = set()
        self.begun = self.fixed = 0
        self.workers: Workers | None = None
        self.tasks: deque[_Task] = deque()

    def all(self) -> Iterator[Done]:
        while True:
            while self.has_room() and (one := self.run.intake.next()):
                self.begun += 1
                self.run.progress.show(self.begun, self.total, one.name)
                self.tasks.append(self.begin(one))
            if not self.tasks:
                break
            yield from self.end(self.tasks.popleft())
        for name in sorted(self.unseen) if self.total else ():
            self.run.fail(f"--parameter {name}", "no template of this run has this parameter")
        self.warn()

    def has_room(self) -> bool:
        """Tell whether another input may begin."""
        jobs = min(self.jobs or (_cores() if self.fixed >= _FEW else 1), self.total)
        if jobs > 1 and self.workers is None:
            self.workers = _workers(self.run, jobs)
            self.jobs = 0 if self.workers else 1
        if self.workers is None:
            return not self.tasks
        return len(self.tasks) < _WAITING and sum(one.future is not None for one in self.tasks) < _AHEAD * jobs

    def begin(self, one: Input) -> _Task:
        raw = self.run.read(one)
        if not isinstance(raw, bytes):
            return _Task(one, raw)
        wanted = self.settings.of(one.name)
        look = _relevance(wanted).look(raw)
        if look is Look.OTHER:
            return _Task(one, partial(self.skip_other, one, raw))
        if look is not Look.READ and not one.named:
            self.see(raw, wanted)
            nothing = nothing_found(one.name, wanted.services())
            return _Task(one, partial(self.run.pass_by, nothing, nested=look is Look.NESTED))
        future = None
        if self.workers:
            with suppress(RemediateError):  # what has ended is said of the templates that it had
                future = self.workers.submit(raw, one.name, wanted.patch_sets, wanted.environments)
        return _Task(one, raw, future)

    def end(self, task: _Task) -> Iterator[Done]:
        if not isinstance(task.raw, bytes):
            self.run.intake.done(task.one)
            task.raw()
            return
        wanted = self.settings.of(task.one.name)
        with self.run.current(task.one, task.raw):
            failures = len(self.run.failures)
            report = self.run.attempt(task.one.name, _report, task, wanted)
            self.fixed += 1
            if report is None:
                self.see(task.raw, wanted)
                if len(self.run.failures) == failures:  # it is skipped
                    self.hand_on(task.one, task.raw)
            if report is not None and self.has_parameters(report, wanted):
                yield Done(report.name, task.raw, wanted, report)

    def skip_other(self, one: Input, raw: bytes) -> None:
        self.run.skip_other(one, "it does not mention CloudFormation")
        self.hand_on(one, raw)

    def hand_on(self, one: Input, raw: bytes) -> None:
        """Let standard input that is skipped be the output of a run that writes: an editor puts that in its place."""
        if one.stdin and self.run.in_place:
            self.run.out(raw)

    def see(self, raw: bytes, wanted: Wanted) -> None:
        """Take a template that has no report to have every parameter whose name is in it."""
        self.unseen -= {name for name in self.unseen if name.encode() in raw}
        self.had.update(one for one in wanted.configured if one.name.encode() in raw)

    def has_parameters(self, report: Report, wanted: Wanted) -> bool:
        """Tell whether a template has what must be in it: if it is the only one, every parameter that is named."""
        known = report.model.parameters
        for one in wanted.configured:
            if one.name in known:
                self.had.add(one)
            else:
                self.lacking.setdefault(one, set()).update(known)
        missing = unknown(self.unseen, report.model)
        if self.total == 1 and missing:
            for said in missing:
                self.run.fail(report.name, said)
            self.unseen.clear()
            return False
        self.unseen.difference_update(known)
        return True

    def warn(self) -> None:
        """Warn of parameters in configurations that no template of the run has; another run may be about one that does."""
        for one, known in self.lacking.items():
            if one not in self.had:
                message = f"no template of this run has the parameter {one.name!r}{meant(one.name, sorted(known))}"
                self.run.say(visible(one.warning(message)))


def _report(task: _Task, wanted: Wanted) -> Report:
    if task.future is not None:
        from remediate.cli.pool import result

        found = result(task.future)
        if found is not None:
            return found
    raw = task.raw if isinstance(task.raw, bytes) else b""
    return remediate_for(raw, task.one.name, wanted.patch_sets, wanted.environments)


def _workers(run: Run, jobs: int) -> Workers | None:
    """Return worker processes, None where the system has no means to make some."""
    try:
        from remediate.cli.pool import Workers

        workers = Workers(jobs)
    except (ImportError, NotImplementedError, OSError):  # no semaphores, for example
        return None
    run.use(workers)
    return workers


@functools.lru_cache(maxsize=64)
def _relevance(wanted: Wanted) -> Relevance:
    values = [value for one in wanted.environments for value in one.options.given.parameters.values()]
    return Relevance(wanted.services(), values)


def _cores() -> int:
    """Return how many processors this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # which not every system has
    return len(allowed(0)) if allowed else os.cpu_count() or 1
