"""What a template itself ignores, for a run that names it and for formats that have a place for it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from remediate.delivery.comparison import Verdict
from remediate.diagnosis import Finding
from remediate.engine import Report
from remediate.plan import Skipped
from remediate.report.annotations import Annotation, level_of
from remediate.report.escape import visible
from remediate.report.source_map import SourceMap


def suppressed(report: Report) -> list[tuple[Annotation, str]]:
    """Return what a template ignores, in its order, each with the reason that it gives."""
    places = SourceMap(report)
    found = [(_annotation(one.what, places), one.ignore.reason) for one in report.suppressed]
    return sorted(found, key=lambda one: (one[0].line, one[0].column))


def ignored_lines(report: Report) -> Iterator[str]:
    """Yield a line for each thing that a template ignores, as `check` prints its problems."""
    for one, reason in suppressed(report):
        yield visible(f"{report.name}:{one.line}:{one.column}: ignored: {one.message} [{one.rule}] ({reason})")


def is_ignored(verdict: Verdict, report: Report) -> bool:
    """Tell whether a template ignores that a request is denied, or what it is denied for."""
    return any(_is_about(one.what, verdict.logical_id, verdict.request.id) for one in report.suppressed)


def _is_about(what: Finding | Skipped, logical_id: str, request_id: str) -> bool:
    if what.logical_id != logical_id:
        return False
    return request_id in what.requests if isinstance(what, Finding) else request_id == what.subject


def _annotation(what: Finding | Skipped, places: SourceMap) -> Annotation:
    """Return what is ignored as an annotation without fixes, for it is not fixed."""
    if isinstance(what, Finding):
        one = Annotation(what.cause, what.level, what.detail, logical_id=what.logical_id, path=what.path)
    else:
        path = what.path or ("Resources", what.logical_id)
        one = Annotation(what.subject, level_of(what.why), what.reason, logical_id=what.logical_id, path=path)
    return replace(one, **places.place(one.path)._asdict())
