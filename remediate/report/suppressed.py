"""What a template itself ignores, for a run that names it and for formats that have a place for it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from remediate.delivery.comparison import Verdict
from remediate.diagnosis import Finding
from remediate.engine import Report
from remediate.plan import Skipped
from remediate.report.annotations import Annotation, level_of
from remediate.report.escape import code, prose, visible
from remediate.report.source_map import SourceMap
from remediate.suppressions import Ignore


class Ignored(Struct, frozen=True):
    """What a template ignores, as it would be reported, with the ``ignore`` that says why, and where that stands."""

    what: Annotation
    ignore: Ignore
    line: int
    column: int

    @property
    def why(self) -> str:
        """The reason, with the last day on which the ignore counts, if it has one."""
        return f"{self.ignore.reason}{f'; until {self.ignore.until}' if self.ignore.until else ''}"


def suppressed(report: Report) -> list[Ignored]:
    """Return what a template ignores, in its order."""
    if not report.suppressed:
        return []
    places = SourceMap(report)
    found = (
        Ignored(_annotation(one.what, places), one.ignore, *(one.ignore.at or places.of(one.ignore.path)))
        for one in report.suppressed
    )
    return sorted(found, key=lambda one: (one.what.line, one.what.column))


def ignored_lines(report: Report) -> Iterator[str]:
    """Yield a line for each thing that a template ignores, as `check` prints its problems."""
    for ignored in suppressed(report):
        one = ignored.what
        yield visible(f"{report.name}:{one.line}:{one.column}: ignored: {one.message} [{one.rule}] ({ignored.why})")


def ignored_item(ignored: Ignored) -> str:
    """Return an item of a Markdown list, with the reason and the line on which that stands."""
    one, ignore = ignored.what, ignored.ignore
    where = f" ({code(one.logical_id)})" if one.logical_id else ""
    until = f" Until {ignore.until}." if ignore.until else ""
    told = f"line {one.line}, {code(one.rule)}{where}: {prose(one.message)}"
    return f"- {told}. **Reason** (line {ignored.line}): {prose(ignore.reason.rstrip('.'))}.{until}"


def is_ignored(verdict: Verdict, report: Report) -> bool:
    """Tell whether a template ignores that a request is denied, or what it is denied for."""
    logical_id, request_id = verdict.logical_id, verdict.request.id
    by = [one for one in report.suppressed if _is_about(one.what, logical_id, request_id)]
    if any(one.ignore.id == request_id or not isinstance(one.what, Finding) for one in by):
        return True
    return bool(by) and not any(_is_about(one, logical_id, request_id) for one in report.findings)


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
