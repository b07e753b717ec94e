"""What a person reads of a run: a few lines for each file, on standard error."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.diagnosis.health import Health
from remediate.engine import Report
from remediate.plan import Skipped
from remediate.report.escape import visible

_WORDS = {
    "review": "needs review",
    "obstacle": "not fixable here",
    "blocked": "blocked",
    "denied": "still denied",
    "outside": "outside",
    "undecidable": "cannot be told",
    "harmless": "of no effect",
    "kept": "kept",
    "default": "by default",
    "unchecked": "not checked",
}
_WIDTH = 110


def render(report: Report, *, written: bool, details: bool = True) -> str:
    """Return the summary of a report; ``written`` says whether the change is in the file now."""
    return "\n".join(_lines(report, written=written, details=details))


def headline(report: Report, *, written: bool) -> str:
    """Return one line that says what became of a file."""
    name, left = visible(report.name), len(report.unfixed)
    unfixed = f"{left} not fixed" if left else ""
    if report.changed:
        resources = dict.fromkeys(visible(one.logical_id) for one in report.applied)
        count = len({one.patch.id for one in report.applied})
        what = f"{count} patch{'es' if count > 1 else ''} {'changed' if written else 'would change'} {', '.join(resources)}"
        return f"{name}: {what}{f'; {unfixed}' if left else ''}"
    return f"{name}: {unfixed or 'nothing to do'}{_health(report)}"


def _health(report: Report) -> str:
    """Say which deliveries are healthy, where nothing is changed."""
    healthy = [visible(one.name) for one in report.deliveries if one.health is Health.HEALTHY]
    if not healthy:
        return ""
    return f"; {', '.join(healthy)} {'is' if len(healthy) == 1 else 'are'} healthy"


def explained(skipped: Skipped) -> Iterator[str]:
    """Yield the lines that say why something was not changed, and what can be done."""
    where = f" ({skipped.logical_id})" if skipped.logical_id else ""
    yield from wrapped(
        f"{_WORDS[skipped.why]}: {skipped.subject}{where}: {skipped.reason}", "  ! " if skipped.unfixed else "  "
    )
    if skipped.advice:
        yield from wrapped(skipped.advice, "    → ")
    if skipped.paste:
        yield "\n".join(f"      {visible(line)}" for line in skipped.paste.splitlines())


def wrapped(text: str, lead: str) -> Iterator[str]:
    """Yield a text, which may be a template's, in lines of a terminal's width, the first one after a lead."""
    import textwrap  # a quiet run needs it not

    indent = " " * len(lead)
    yield textwrap.fill(
        visible(text), _WIDTH, initial_indent=lead, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _lines(report: Report, *, written: bool, details: bool) -> Iterator[str]:
    yield headline(report, written=written)
    if not details:
        return
    for applied in report.applied:
        yield f"  {applied.patch.id} ({visible(applied.logical_id)}): {visible(applied.patch.title)}"
        for note in applied.notes:
            yield from wrapped(note, "    - ")
    for skipped in report.skipped:
        yield from explained(skipped)
    for one in report.deliveries:
        if one.precautions:
            yield from wrapped(f"{one.name}: --precautions would apply {', '.join(one.precautions)} too", "  ")
