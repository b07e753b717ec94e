"""What the Markdown report begins with: a table of all templates, and who else has access now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from remediate.delivery.comparison import worst
from remediate.engine import Report
from remediate.iam.evaluate import Outcome
from remediate.report.access import DEPUTY, DOCUMENTED, also_allowed, held, is_documented, opening_lines
from remediate.report.annotations import LEVELS, levels, problems_declined, problems_left
from remediate.report.escape import cell, code, prose, relative
from remediate.report.failed import Failed
from remediate.report.totals import fixes, several

_HEAD = (
    "template",
    "problems",
    "ignored",
    "fixes",
    "manual action",
    "requests denied before",
    "after",
    "newly allowed access",
)


def lines(reports: Sequence[Report], failed: Sequence[Failed], *, written: bool = True) -> Iterator[str]:
    """Yield the table, the templates without problems, and what is newly allowed; nothing without templates."""
    if not reports and not failed:
        return
    told = told_of(reports)
    clean = [one.name for one in reports if all(one is not other for other in told)]
    rows = [_row(one.name, *_cells(one)) for one in told]
    rows += [_row(one.name, "**not checked**", *("-" for _ in _HEAD[2:])) for one in failed]
    yield "# Summary"
    yield ""
    if not written and any(one.changed for one in reports):
        yield from ("Nothing is written: this report is of the changes that `remediate fix` would make.", "")
    if not rows:
        yield from ("No problems found.", "")
    else:
        yield from (f"| {' | '.join(_HEAD)} |", f"|{'---|' * len(_HEAD)}", *rows, "")
    if clean:
        yield from ("<details>", f"<summary>{several(len(clean), 'template')} without problems</summary>", "")
        yield from (f"- {code(relative(name))}" for name in clean)
        yield from ("", "</details>", "")
    yield from _access([one for one in reports if one.changed])


def told_of(reports: Sequence[Report]) -> list[Report]:
    """Return the reports of templates with a problem, a change or something that they ignore; a single one in any case."""
    return [one for one in reports if len(reports) == 1 or one.changed or one.unfixed or one.suppressed or levels(one)]


def _cells(report: Report) -> Iterator[str]:
    counted = Counter(levels(report))
    yield ", ".join(several(counted[level], level) for level in LEVELS if counted[level]) or "none"
    yield str(len(report.suppressed) or "none")
    yield str(fixes(report) or "none")
    yield f"**{problems_left(report) + problems_declined(report)}**" if report.unfixed else "none"
    verdicts = worst(report.verdicts)
    for outcomes in ([one.before.outcome for one in verdicts], [one.after.outcome for one in verdicts]):
        denied = outcomes.count(Outcome.DENIED)
        yield f"{denied} of {len(outcomes)}" if outcomes else "-"
    found = [*opening_lines(held(report.new_access().found))] if report.changed else []
    yield f"**{len(found)}**" if found else "none"


def _row(name: str, *cells: str) -> str:
    return f"| {' | '.join((cell(code(relative(name))), *cells))} |"


def _access(reports: Sequence[Report]) -> Iterator[str]:
    """Yield who else has access after the fixes, or that nobody has."""
    opened = [(one, held(one.new_access().found)) for one in reports]
    found = [(one, line) for one, access in opened for line in opening_lines(access)]
    also = [(one, line) for one in reports for line in also_allowed(one.new_access().found)]
    asked = sum(one.new_access().asked for one in reports)
    if not reports:
        return
    if not found:
        yield f"**Newly allowed access:** none. {asked} requests by other principals were tested."
    else:
        yield f"**Newly allowed access** (please review; {asked} requests by other principals were tested):"
        yield ""
        yield from (f"- {code(relative(report.name))}: {prose(line)}" for report, line in found)
        if any(one.outsider.deputy for _, access in opened for one in access):
            yield ""
            documented = any(is_documented(report.patch_sets) for report, _ in opened)
            another_set = f"`--patch-set {DOCUMENTED}`, or your own condition on `aws:SourceArn`,"
            yield f"{DEPUTY} {'A condition on `aws:SourceArn`' if documented else another_set} prevents this."
    yield ""
    yield from (f"- {code(relative(report.name))}: {prose(line)}" for report, line in also)
    if also:
        yield ""
