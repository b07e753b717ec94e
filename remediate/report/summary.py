"""What a person reads of a run: a few lines for each file, on standard error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.delivery.service import LogService
from remediate.engine import Report
from remediate.plan import Skipped
from remediate.report.access import also_allowed, warnings
from remediate.report.annotations import problems_declined, problems_left
from remediate.report.escape import visible
from remediate.report.hints import fix_command
from remediate.report.terminal import limit, wrapped
from remediate.report.totals import Fixes, fixes, health, open_problems, several

_WORDS = {
    "review": "needs review",
    "obstacle": "cannot be edited",
    "blocked": "blocked",
    "denied": "still denied",
    "outside": "not in this template",
    "undecidable": "undetermined",
    "harmless": "note",
    "noted": "note",
    "kept": "kept",
    "default": "parameter default",
    "unchecked": "not checked",
    "unselected": "not selected",
    "generated": "generated",
    "declined": "declined",
    "invalid": "invalid ignore",
    "unused": "unused ignore",
}


def render(report: Report, done: Fixes) -> str:
    """Return the summary of a report; ``done`` says what became of the fixes."""
    return "\n".join(_lines(report, done))


def headline(report: Report, done: Fixes) -> str:
    """Return one line that says what became of a file."""
    name = visible(report.name)
    left = open_problems(problems_left(report), problems_declined(report))
    if report.changed:
        return f"{name}: {_fixes(report, done)}{f'; {left}' if left else ''}"
    if not (report.deliveries or report.verdicts or report.findings or report.skipped):
        return nothing_found(name, report.services)
    if any(one.why == "unselected" for one in report.skipped):
        return f"{name}: {left or 'nothing to do for the selected patches'}"
    ignored = f" ({len(report.suppressed)} ignored)" if report.suppressed else ""
    told = any(one.level != "note" for one in report.causes())
    return f"{name}: {left or ('no fix available' if told else 'no problems found')}{ignored}{health(report)}"


def nothing_found(name: str, services: Sequence[LogService]) -> str:
    """Return the line for a template that services have nothing to do with."""
    return f"{name}: no {', '.join(f'{one.name} {one.noun}' for one in services)}, log bucket policy or key found"


def explained(skipped: Skipped) -> Iterator[str]:
    """Yield the lines that say why something was not changed, and what can be done."""
    place = f"line {skipped.at[0]}" if skipped.at else ""
    where = f" ({', '.join(filter(None, (skipped.logical_id, place)))})" if skipped.logical_id or place else ""
    about = "" if skipped.why == "unselected" else f"{skipped.subject}{where}: "
    yield from wrapped(f"{_WORDS[skipped.why]}: {about}{skipped.reason}", "  ! " if skipped.unfixed else "  ")
    if skipped.advice:
        yield from wrapped(skipped.advice, "    → ")
    yield from (f"      {visible(line)}" for line in skipped.paste.splitlines())


def _fixes(report: Report, done: Fixes) -> str:
    resources = ", ".join(dict.fromkeys(visible(one.logical_id) for one in report.applied))
    number = several(fixes(report), "fix", "fixes")
    if done == "applied":
        return f"{number} applied to {resources}"
    return f"{number} available for {resources}{f' (run `{fix_command(report)}`)' if done == 'available' else ''}"


def _lines(report: Report, done: Fixes) -> Iterator[str]:
    first = headline(report, done)
    yield from wrapped(first, "", "    ") if limit() else [first]
    opened = report.new_access().found if report.changed else ()
    for line in warnings(opened, report.patch_sets):
        yield from wrapped(line, "  ! ")
    for line in also_allowed(opened):
        yield from wrapped(line, "  ")
    for applied in report.applied:
        yield from wrapped(f"{applied.patch.id} ({applied.logical_id}): {applied.patch.title}", "  ", "    ")
        for note in applied.notes:
            yield from wrapped(note, "    - ")
    for skipped in report.skipped:
        yield from explained(skipped)
    for one in report.deliveries:
        if one.precautions:
            yield from wrapped(f"{one.name}: optional precautions: {', '.join(one.precautions)} (add --precautions)", "  ")
