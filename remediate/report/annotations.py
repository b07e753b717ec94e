"""The messages of a report about lines of the original text: for `check`, and for formats that point at lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from remediate.diagnosis import Finding, Level
from remediate.diagnosis.health import DeliveryHealth
from remediate.engine import Report
from remediate.patch_set import Allow, Patch
from remediate.plan import Applied, Skipped
from remediate.plan.outcome import Why
from remediate.report.hints import fix_command, needed_together
from remediate.report.source_map import Place, SourceMap
from remediate.template import tokens

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
_LEFT: dict[Why, Level] = {
    "denied": "error",
    "blocked": "error",
    "review": "warning",
    "obstacle": "warning",
    "outside": "warning",
    "generated": "warning",
    "declined": "warning",
    "invalid": "error",
}
"""The level of each reason for which something remains to do; every other reason is a note."""
_SUMMARY_ONLY: frozenset[Why] = frozenset({"kept", "unselected"})


class Annotation(Struct, frozen=True):
    """A message of a report about a line.

    ``rule`` is the id of a root cause, a patch or a request. ``remedy`` is what fixes it or what the user can do,
    ``paste`` a statement to put elsewhere. ``end_column`` is the one behind the last. ``logical_id`` names the resource,
    ``path`` leads to the place in it, ``patches`` are the ids of the patches that fix it.
    """

    rule: str
    level: Level
    message: str
    line: int = 0
    column: int = 0
    remedy: str = ""
    paste: str = ""
    end_line: int = 0
    end_column: int = 0
    logical_id: str = ""
    path: tuple[str | int, ...] = ()
    patches: tuple[str, ...] = ()


def annotate(report: Report) -> list[Annotation]:
    """Return the problems of a template and what cannot be determined, in the order of the text."""
    return sorted(_annotations(report, SourceMap(report).place), key=lambda one: (one.line, one.column))


def level_of(why: Why) -> Level:
    """Return the level of a reason for which something is as it was."""
    return _LEFT.get(why, "note")


def levels(report: Report) -> list[Level]:
    """Return the level of each annotation. This takes less time than :func:`annotate`, which looks for the lines."""
    return [one.level for one in _annotations(report, lambda _: Place(0, 0, 0, 0))]


def problems_left(report: Report) -> int:
    """Return how many problems are left to the user."""
    return _different([one for one in report.unfixed if one.why != "declined"], report)


def problems_declined(report: Report) -> int:
    """Return how many problems are left because the user declined to have them fixed."""
    return _different([one for one in report.unfixed if one.why == "declined"], report)


def _different(unfixed: Iterable[Skipped], report: Report) -> int:
    """Return how many problems these are. What is unfixed for the same cause is one problem."""
    causes = report.causes()
    spoken = [[cause for cause in causes if _speaks_for(cause, one.subject, one.logical_id)] for one in unfixed]
    return len({one[0] for one in spoken if one}) + sum(not one for one in spoken)


def fails(found: Iterable[Level], level: str) -> bool:
    """Tell whether one of the levels is this one or a worse one; ``never`` matches no level."""
    failing = LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else ()
    return any(one in failing for one in found)


def fixing(cause: Finding, report: Report) -> list[Patch]:
    """Return the patches that fixed a cause: those that removed it, else those that allow its requests in another way."""
    denied = {one.request.id for one in report.verdicts if one.logical_id == cause.logical_id and one.denied}
    # What only does not do what it says is there as before where its requests are allowed in another way.
    still_there = (one for one in report.skipped if one.unfixed or not cause.requests)
    left = any((one.subject, one.reason) == (cause.cause, cause.detail) for one in still_there)
    if left or denied.intersection(cause.requests):
        return []
    patches = [one.patch for one in report.applied if one.logical_id == cause.logical_id and one.patch.id in cause.patches]
    direct = [patch for patch in patches if not _allowed_by(patch)]
    return direct or [
        patch for patch in patches if not cause.requests or any(one.startswith(_allowed_by(patch)) for one in cause.requests)
    ]


def _annotations(report: Report, place: Callable[[tuple[str | int, ...]], Place]) -> list[Annotation]:
    """Return all annotations. Patches and reasons that a root cause already reports have none of their own."""
    causes = report.causes()
    spoken = {(patch.id, cause.logical_id) for cause in causes for patch in fixing(cause, report)}
    # Where a part of what a patch is for is ignored, it is not told as what it is for, but it is not told for itself either.
    partly = {one.what.logical_id for one in report.suppressed}
    near = [cause for cause in causes if report.options.ignore or cause.logical_id in partly]
    spoken |= {(name, cause.logical_id) for cause in near for name in cause.patches}
    remedies = _Remedies(report)
    found = [_of_cause(one, report, remedies) for one in causes]
    found += [
        _of_patch(one, remedies)
        for one in report.applied
        if (one.patch.id, one.logical_id) not in spoken and not _is_of_ignored(one.patch, report)
    ]
    found += [
        _of_skipped(one)
        for one in report.skipped
        if one.why not in _SUMMARY_ONLY and not any(_speaks_for(cause, one.subject, one.logical_id) for cause in causes)
    ]
    found += [_of_delivery(one, report) for one in report.deliveries if one.precautions]
    return [one if one.line else replace(one, **place(one.path)._asdict()) for one in found]


class _Remedies:
    """The commands that fix what a report tells, each found once: many causes have the same patches."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._known: dict[tuple[tuple[str, ...], str], str] = {}

    def fixed_by(self, patches: Iterable[Patch], logical_id: str) -> str:
        """Return the remedy for what patches of a resource fix."""
        ids = tuple(patch.id for patch in patches)
        if (ids, logical_id) not in self._known:
            together = needed_together(self._report, ids, logical_id)
            self._known[ids, logical_id] = f"fixable: `{fix_command(self._report, together)}`"
        return self._known[ids, logical_id]


def _allowed_by(patch: Patch) -> tuple[str, ...]:
    return tuple(request for rule in patch.ensure if isinstance(rule, Allow) for request in rule.denied)


def _of_cause(cause: Finding, report: Report, remedies: _Remedies) -> Annotation:
    patches = fixing(cause, report)
    left = next((one for one in report.skipped if _speaks_for(cause, one.subject, one.logical_id) and one.advice), None)
    remedy = remedies.fixed_by(patches, cause.logical_id) if patches else cause.advice or (left.advice if left else "")
    return Annotation(
        cause.cause,
        cause.level,
        cause.detail,
        remedy=remedy,
        logical_id=cause.logical_id,
        path=cause.path,
        patches=tuple(one.id for one in patches),
    )


def _of_patch(applied: Applied, remedies: _Remedies) -> Annotation:
    message = f"planned change: {'; '.join(applied.notes)}"
    level: Level = "warning" if applied.need == "repair" else "note"
    return Annotation(
        applied.patch.id,
        level,
        message,
        remedy=remedies.fixed_by([applied.patch], applied.logical_id),
        logical_id=applied.logical_id,
        path=tuple(tokens(applied.operations[0].path)),
        patches=(applied.patch.id,),
    )


def _is_of_ignored(patch: Patch, report: Report) -> bool:
    """Tell whether a patch fixes an ignored root cause, which must not reappear under the id of its patch."""
    return bool(report.options.ignore & set(patch.mends))


def _of_delivery(delivery: DeliveryHealth, report: Report) -> Annotation:
    message = f"{delivery.name} has no problems; optional precautions: {', '.join(delivery.precautions)}"
    remedy = f"to apply them: `{fix_command(report, precautions=True)}`"
    path = ("Resources", delivery.name)
    return Annotation("precautions", "note", message, remedy=remedy, logical_id=delivery.name, path=path)


def _of_skipped(skipped: Skipped) -> Annotation:
    return Annotation(
        skipped.subject,
        level_of(skipped.why),
        skipped.reason,
        *(skipped.at or (0, 0)),
        remedy=skipped.advice,
        paste=skipped.paste,
        logical_id=skipped.logical_id,
        path=skipped.path or ("Resources", skipped.logical_id),
        end_line=skipped.at[0] if skipped.at else 0,
        end_column=skipped.at[1] + 1 if skipped.at else 0,
    )


def _speaks_for(cause: Finding, subject: str, logical_id: str) -> bool:
    """Tell whether a cause is about the same as a patch, a request or a reason of a resource."""
    if cause.logical_id != logical_id:
        return False
    return subject == cause.cause or subject in cause.requests or subject in cause.patches
