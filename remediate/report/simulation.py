"""Each of CloudTrail's requests, before and after the fix, and who else got in: for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.delivery.comparison import Verdict, worst
from remediate.delivery.error_messages import Failure
from remediate.delivery.new_access import NewAccess
from remediate.engine import Report
from remediate.iam.evaluate import Decision, Outcome
from remediate.plan import Skipped
from remediate.report.escape import visible
from remediate.report.source_map import SourceMap
from remediate.report.summary import wrapped

DOCUMENTED = "cloudtrail-documented"


def render(report: Report, failure: Failure | None) -> str:
    """Return the table of a template; ``failure`` narrows it to the requests that can cause an error."""
    return "\n".join(_lines(report, failure)) + "\n"


def shown(report: Report, failure: Failure | None) -> tuple[Verdict, ...]:
    """Return the verdicts that the table shows."""
    verdicts = worst(report.verdicts)
    return tuple(one for one in verdicts if failure is None or one.kind in failure.policies)


def left(report: Report, failure: Failure | None) -> Iterator[Skipped]:
    """Yield what is left to say of the resources that the table is about."""
    about = {name for one in shown(report, failure) for name in (one.logical_id, one.source)}
    for one in report.skipped:
        if one.why != "kept" and (failure is None or one.logical_id in about):
            yield one


def opening_lines(found: Sequence[NewAccess]) -> Iterator[str]:
    """Yield who has got in, a line for each kind of stranger and policy."""
    grouped: dict[tuple[str, str], list[NewAccess]] = {}
    for one in found:
        grouped.setdefault((one.outsider.who, one.logical_id), []).append(one)
    for (who, logical_id), new_access in grouped.items():
        actions = ", ".join(dict.fromkeys(one.outsider.request.action for one in new_access))
        by = ", ".join(dict.fromkeys(_name(one.by[0].sid, one.by[0].index) for one in new_access if one.by))
        yield f"{who} may now {actions} ({by} of {logical_id})"


def _lines(report: Report, failure: Failure | None) -> Iterator[str]:
    verdicts = shown(report, failure)
    yield visible(report.name)
    if failure:
        yield f"  {failure.code}: {failure.meaning}"
    if not verdicts:
        yield "  no policy in the template decides a request of CloudTrail"
    else:
        rows = [("request", "what for", "before", "after the fix")] + [_row(one) for one in verdicts]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        trails = [""] + [one.source for one in verdicts]
        for row, trail, previous in zip(rows, trails, ["", *trails], strict=False):
            if trail != previous:
                yield f"  {visible(trail)}"
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            yield f"    {'  '.join(padded)}  {row[3]}".rstrip()
    yield from _causes(report, failure)
    if report.changed:
        new_access = report.new_access()
        found = [one for one in new_access.found if failure is None or one.outsider.policy in failure.policies]
        yield f"  requests of strangers: {new_access.asked} tried, {len(found)} newly allowed"
        yield from (f"    {visible(line)}" for line in opening_lines(found))
        if any(one.outsider.deputy for one in found):
            yield f"    keep this door shut with --patch-set {DOCUMENTED}, or with a condition on aws:SourceArn of your own"


def _causes(report: Report, failure: Failure | None) -> Iterator[str]:
    causes = [one for one in report.causes() if one.blocking and (failure is None or one.kind in failure.policies)]
    places = SourceMap(report)
    if causes:
        yield "  why it fails, or may fail, as it is:"
    for one in sorted(causes, key=lambda one: places.of(one.path)):
        yield from wrapped(f"{report.name}:{places.of(one.path)[0]}: {one.detail} [{one.cause}]", "    - ")


def _row(verdict: Verdict) -> tuple[str, str, str, str]:
    request = verdict.request
    title = request.title if request.confidence == "documented" else f"{request.title} ({request.confidence})"
    return request.request.action, title, _outcome(verdict.before), f"{_outcome(verdict.after)}{_place(verdict)}"


def _outcome(decision: Decision) -> str:
    names = ", ".join(dict.fromkeys(_name(one.sid, one.index) for one in decision.by))
    if decision.outcome is Outcome.ALLOWED or decision.explicit:
        return f"{decision.outcome.value} by {visible(names)}"
    return str(decision.outcome.value)


def _place(verdict: Verdict) -> str:
    return f" in {visible(verdict.logical_id)}" if verdict.after.by else ""


def _name(sid: str | None, index: int) -> str:
    return sid or f"statement {index + 1}"
