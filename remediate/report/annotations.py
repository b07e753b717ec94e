"""What a report says of the original text, line by line: for `check`, and for formats that point at lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from remediate.diagnosis import Finding, Level
from remediate.diagnosis.health import DeliveryHealth
from remediate.engine import Report
from remediate.patch_set import Allow, Patch
from remediate.plan import Applied, Skipped
from remediate.plan.outcome import Why
from remediate.report.source_map import SourceMap
from remediate.template import tokens

LEVELS: tuple[Level, ...] = ("error", "warning", "note")
_LEFT: dict[Why, Level] = {
    "denied": "error",
    "blocked": "error",
    "review": "warning",
    "obstacle": "warning",
    "outside": "warning",
}
"""How bad it is that something is left to do; what leaves nothing to do is a note."""


@dataclass(frozen=True)
class Annotation:
    """Something that a report says of a line.

    ``rule`` is the id of a root cause, a patch or a request. ``remedy`` is what fixes it or what the user can do,
    ``paste`` a statement to put elsewhere.
    """

    rule: str
    level: Level
    message: str
    line: int
    column: int
    remedy: str = ""
    paste: str = ""


def annotate(report: Report) -> list[Annotation]:
    """Return what is wrong and what cannot be told, in the order of the text.

    A patch or a reason that a root cause speaks for already has no line of its own.
    """
    places = SourceMap(report)
    causes = report.causes()
    spoken = {(patch.id, cause.logical_id) for cause in causes for patch in mending(cause, report)}
    found = [_of_cause(one, report, places.of(one.path)) for one in causes]
    found += [
        _of_patch(one, places.of(tuple(tokens(one.operations[0].path))))
        for one in report.applied
        if (one.patch.id, one.logical_id) not in spoken and not _is_of_ignored(one.patch, report)
    ]
    found += [
        _of_skipped(one, places.of(one.path or ("Resources", one.logical_id)))
        for one in report.skipped
        if one.why != "kept" and not any(_speaks_for(cause, one.subject, one.logical_id) for cause in causes)
    ]
    found += [_of_delivery(one, places.of(("Resources", one.name))) for one in report.deliveries if one.precautions]
    return sorted(found, key=lambda one: (one.line, one.column))


def fails(report: Report, level: str) -> bool:
    """Tell whether a report says something of a level or a worse one; ``never`` stands for no level."""
    failing = LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else ()
    return any(annotation.level in failing for annotation in annotate(report))


def mending(cause: Finding, report: Report) -> list[Patch]:
    """Return the patches that mended a cause: what took it away, else what allows its requests otherwise."""
    still = {one.request.id for one in report.verdicts if one.logical_id == cause.logical_id and one.denied}
    left = any((one.subject, one.reason) == (cause.cause, cause.detail) for one in report.unfixed)
    if left or still.intersection(cause.requests):
        return []
    patches = [one.patch for one in report.applied if one.logical_id == cause.logical_id and one.patch.id in cause.patches]
    direct = [patch for patch in patches if not _allowed_by(patch)]
    return direct or [
        patch for patch in patches if not cause.requests or any(one.startswith(_allowed_by(patch)) for one in cause.requests)
    ]


def _mended_by(patches: Iterable[Patch]) -> str:
    return f"`remediate fix` mends it ({', '.join(patch.id for patch in patches)})"


def _allowed_by(patch: Patch) -> tuple[str, ...]:
    return tuple(request for rule in patch.ensure if isinstance(rule, Allow) for request in rule.denied)


def _of_cause(cause: Finding, report: Report, where: tuple[int, int]) -> Annotation:
    patches = mending(cause, report)
    left = next((one for one in report.skipped if _speaks_for(cause, one.subject, one.logical_id) and one.advice), None)
    remedy = _mended_by(patches) if patches else cause.advice or (left.advice if left else "")
    return Annotation(cause.cause, cause.level, cause.detail, *where, remedy)


def _of_patch(applied: Applied, where: tuple[int, int]) -> Annotation:
    message = f"to be changed: {'; '.join(applied.notes)}"
    level: Level = "warning" if applied.need == "repair" else "note"
    return Annotation(applied.patch.id, level, message, *where, _mended_by([applied.patch]))


def _is_of_ignored(patch: Patch, report: Report) -> bool:
    """Tell whether a patch fixes an ignored root cause, which is not to come back under the id of its patch."""
    return bool(report.ignored & set(patch.mends))


def _of_delivery(delivery: DeliveryHealth, where: tuple[int, int]) -> Annotation:
    message = f"{delivery.name} is healthy; as a precaution {', '.join(delivery.precautions)} would change more"
    return Annotation("precautions", "note", message, *where, "`remediate fix --precautions` applies them")


def _of_skipped(skipped: Skipped, where: tuple[int, int]) -> Annotation:
    return Annotation(skipped.subject, _LEFT.get(skipped.why, "note"), skipped.reason, *where, skipped.advice, skipped.paste)


def _speaks_for(cause: Finding, subject: str, logical_id: str) -> bool:
    """Tell whether a cause is about the same as a patch, a request or a reason of a resource."""
    if cause.logical_id != logical_id:
        return False
    return subject == cause.cause or subject in cause.requests or subject in cause.patches
