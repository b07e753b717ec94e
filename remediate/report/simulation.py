"""Each request of the services, before and after the fix, and who else has access: for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.delivery.comparison import Verdict, worst
from remediate.delivery.error_messages import Failure
from remediate.delivery.standing_access import AccessChange
from remediate.engine import Report
from remediate.iam.evaluate import Decision, Outcome
from remediate.iam.holders import PolicyKind
from remediate.plan import Skipped
from remediate.report.access import also_allowed, held, labels, opening_lines, warnings
from remediate.report.escape import visible
from remediate.report.source_map import SourceMap
from remediate.report.terminal import limit, wrapped

_Row = tuple[str, str, str, str]
_HEAD: _Row = ("request", "purpose", "before", "after the fix")


def render(report: Report, failure: Failure | None, standing: AccessChange | None = None) -> str:
    """Return the table of a template; ``failure`` narrows it to the requests that can cause an error.

    ``standing`` is who else gets in by a template that stays as it is.
    """
    return "\n".join(_lines(report, failure, standing)) + "\n"


def shown(report: Report, failure: Failure | None) -> tuple[Verdict, ...]:
    """Return the verdicts that the table shows."""
    verdicts = worst(report.verdicts)
    return tuple(one for one in verdicts if _is_about(failure, one.kind))


def _is_about(failure: Failure | None, kind: PolicyKind) -> bool:
    """Tell whether a failure can be caused by a kind of policy; one that no policy causes narrows nothing."""
    return failure is None or not failure.policies or kind in failure.policies


def left(report: Report, failure: Failure | None) -> Iterator[Skipped]:
    """Yield what remains to be said about the resources in the table."""
    about = {name for one in shown(report, failure) for name in (one.logical_id, one.source)}
    for one in report.skipped:
        if one.why != "kept" and (failure is None or one.logical_id in about):
            yield one


def _lines(report: Report, failure: Failure | None, standing: AccessChange | None) -> Iterator[str]:
    verdicts = shown(report, failure)
    first = f"{visible(report.name)}: {_headline(report, verdicts, failure)}"
    yield from wrapped(first, "", "    ") if limit() else [first]
    if failure:
        yield from wrapped(f"{failure.code}: {failure.meaning}", "  ")
    if report.changed:
        yield from _access(report, failure)
    elif standing and standing.asked:
        yield from _standing(standing, failure)
    if verdicts:
        yield from _table(verdicts)
    yield from _causes(report, failure)


def _headline(report: Report, verdicts: Sequence[Verdict], failure: Failure | None) -> str:
    if not verdicts and failure and report.verdicts:
        return "no policy in this template can cause this error"
    if not verdicts:
        return f"this template has no policy that applies to {report.service_names}"
    denied = [sum(outcome is Outcome.DENIED for outcome in outcomes) for outcomes in _outcomes(verdicts)]
    number = f"{len(verdicts)} {report.service_names} request{'s' if len(verdicts) > 1 else ''}"
    return f"{number}: {denied[0]} denied before the fix, {denied[1]} after"


def _outcomes(verdicts: Sequence[Verdict]) -> tuple[list[Outcome], list[Outcome]]:
    return [one.before.outcome for one in verdicts], [one.after.outcome for one in verdicts]


def _access(report: Report, failure: Failure | None) -> Iterator[str]:
    new_access = report.new_access()
    found = [one for one in new_access.found if _is_about(failure, one.outsider.policy)]
    tested = f"access check: {new_access.asked} requests by other principals tested, {len(held(found))} newly allowed"
    yield from wrapped(tested, "  ")
    for line in (*warnings(found, report.patch_sets), *also_allowed(found)):
        yield from wrapped(line, "    ")


def _standing(standing: AccessChange, failure: Failure | None) -> Iterator[str]:
    found = [one for one in standing.standing if _is_about(failure, one.outsider.policy)]
    yield from wrapped(f"access check: {standing.asked} requests by other principals tested, {len(found)} not denied", "  ")
    for line in opening_lines(found):
        yield from wrapped(line, "    ")


def _table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield a row for each request; where the rows are too wide for the terminal, the outcomes take lines of their own."""
    rows = [_HEAD, *(_row(one) for one in verdicts)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [_padded(row, widths) for row in rows]
    columns = limit()
    narrow = columns is not None and max(map(len, lines)) > columns
    groups = ["", *(f"  {visible(one.source)}, decided by {visible(one.logical_id)}:" for one in verdicts)]
    for row, line, group, previous in zip(rows, lines, groups, ["", *groups], strict=False):
        if group != previous:
            yield group
        yield from _stacked(row) if narrow else [line]


def _padded(row: _Row, widths: Sequence[int]) -> str:
    cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
    return f"    {'  '.join(cells)}  {row[3]}".rstrip()


def _stacked(row: _Row) -> Iterator[str]:
    if row is not _HEAD:
        yield from wrapped(f"{row[0]}: {row[1]}", "    ")
        yield from wrapped(f"before: {row[2]}", "        ")
        yield from wrapped(f"after:  {row[3]}", "        ")


def _causes(report: Report, failure: Failure | None) -> Iterator[str]:
    causes = [one for one in report.causes() if one.blocking and _is_about(failure, one.kind)]
    places = SourceMap(report)
    if causes:
        yield "  causes:"
    for one in sorted(causes, key=lambda one: places.of(one.path)):
        yield from wrapped(f"{report.name}:{places.of(one.path)[0]}: {one.detail} [{one.cause}]", "    - ")


def _row(verdict: Verdict) -> _Row:
    request = verdict.request
    title = request.title if request.confidence == "documented" else f"{request.title} ({request.confidence})"
    return request.request.action, title, _outcome(verdict.before), _outcome(verdict.after)


def _outcome(decision: Decision) -> str:
    if decision.outcome is Outcome.UNDECIDABLE:
        return "undetermined"
    by = labels(decision.by)
    if not by and decision.outcome is Outcome.ALLOWED:
        return f"allowed by {visible(decision.reason)}"
    explained = by and (decision.outcome is Outcome.ALLOWED or decision.explicit)
    return f"{decision.outcome.value} by {visible(by)}" if explained else str(decision.outcome.value)
