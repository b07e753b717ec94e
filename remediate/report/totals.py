"""The closing line of a run: all files, their problems by severity, and the fixes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from remediate.diagnosis import Level
from remediate.diagnosis.health import Health
from remediate.engine import Report
from remediate.report.annotations import LEVELS, problems_declined, problems_left
from remediate.report.escape import visible
from remediate.report.hints import fix_command
from remediate.report.terminal import painted

Fixes = Literal["applied", "available", "planned"]
"""What became of the fixes: ``available`` names the command that applies them, ``planned`` is a dry run."""
_NAMED = 4
"""So many deliveries are named in a line, or one fewer and the number of the rest."""


class Totals:
    """What a run has counted so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.files = self.nested = 0
        self._delivering = 0
        self._fixes = 0
        self._unfixed = self._declined = 0
        self._ignored = 0
        self._levels: Counter[Level] = Counter()
        self._health = ""  # of the last file
        self._commands: set[str] = set()  # that apply the fixes

    def add(self, report: Report, levels: Iterable[Level]) -> None:
        """Count a file and the levels of its problems."""
        self.files += 1
        self._health = health(report)
        self._delivering += bool(report.deliveries)
        self._fixes += fixes(report)
        self._commands |= {fix_command(report)} if report.changed else set()
        self._unfixed += problems_left(report)
        self._declined += problems_declined(report)
        self._ignored += len(report.suppressed)
        self._levels.update(levels)

    def line(self, done: Fixes, failed: int, *, color: bool) -> str:
        """Return the closing line; ``failed`` is the number of files that could not be checked."""
        counted = [painted(several(self._levels[one], one), one, color=color) for one in LEVELS if self._levels[one]]
        sound = f"no problems found{self._health if self.files == 1 and not failed else ''}"
        parts = [", ".join(counted) or sound]
        if self._fixes:
            parts.append(self._fixed(done))
        if self._unfixed or self._declined:
            parts.append(open_problems(self._unfixed, self._declined))
        if self._ignored:
            parts.append(f"{self._ignored} ignored")
        if failed:
            parts.append(painted(f"{several(failed, 'file')} not checked", "error", color=color))
        if self.nested:
            parts.append(f"nested stacks or stack sets of {several(self.nested, 'file')} not looked into")
        with_delivery = (
            f" ({self._delivering or 'none'} with log delivery)" if self._delivering != 1 or self.files > 1 else ""
        )
        return f"{several(self.files, 'file')} checked{with_delivery}: {'; '.join(parts)}"

    def _fixed(self, done: Fixes) -> str:
        number = several(self._fixes, "fix", "fixes")
        match done:
            case "applied":
                return f"{number} applied"
            case "planned":
                return f"{number} available (dry run, nothing written)"
            case _:
                command = next(iter(self._commands)) if len(self._commands) == 1 else "remediate fix"
                return f'{number} available (run "{command}")'


def health(report: Report) -> str:
    """Name the deliveries that need no change, where nothing is changed or ignored; of many the first."""
    ignored = {one.what.logical_id for one in report.suppressed}
    sound = [one for one in report.deliveries if one.health is Health.HEALTHY and not ignored & {one.name, *one.resources}]
    if not sound:
        return ""
    names = [visible(one.name) for one in sound]
    if len(names) > _NAMED:
        names[_NAMED - 1 :] = [f"{len(names) - _NAMED + 1} more"]
    return f"; {', '.join(names)} {'is' if len(names) == 1 else 'are'} healthy"


def fixes(report: Report) -> int:
    """Return how many patches change a template."""
    return len({one.patch.id for one in report.applied})


def open_problems(manual: int, declined: int) -> str:
    """Return how many problems no patch fixes without the user, and how many the user did not want fixed."""
    said = [f"{several(manual, 'problem')} {'needs' if manual == 1 else 'need'} manual action"] if manual else []
    return "; ".join([*said, *([f"{several(declined, 'problem')} declined"] if declined else [])])


def several(count: int, what: str, plural: str = "") -> str:
    """Return a number with its noun."""
    return f"{count} {what if count == 1 else plural or f'{what}s'}"
