"""The diagnostic format of reviewdog, which makes review comments and suggested changes of it.

Source: reviewdog, Reviewdog Diagnostic Format (proto/rdf/reviewdog.proto).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.diagnosis import Level
from remediate.engine import Report
from remediate.patch_set import PatchSet
from remediate.report.annotations import annotate
from remediate.report.escape import json_text, prose, relative
from remediate.report.failed import NOT_CHECKED, Failed
from remediate.report.fixes import fixes_of, fixing_edits, whole_lines
from remediate.report.rules import HOMEPAGE, explained, page
from remediate.template import Plain

_SEVERITIES: dict[Level, str] = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def render(reports: Sequence[Report], patch_set: PatchSet, failed: Sequence[Failed] = ()) -> str:
    """Return a diagnostic for each finding, with its fix as a suggestion, and for each file that could not be checked.

    A fix is one suggestion over all of its lines: nobody can accept half of it, and leave out the new condition, say.
    """
    found: list[Plain] = [one for report in reports for one in _of_template(report, patch_set)]
    source: Plain = {"name": "remediate", "url": HOMEPAGE}
    return json_text({"source": source, "diagnostics": [*map(_failed, failed), *found]})


def _of_template(report: Report, patch_set: PatchSet) -> Iterator[Plain]:
    known, left, lines = explained(patch_set), fixes_of(report), _Lines(report.before)
    for one in annotate(report):
        text = f"{one.message}; {one.remedy}" if one.remedy else one.message
        start: Plain = {"line": one.line, "column": lines.column(one.line, one.column)}
        end: Plain = {"line": one.end_line, "column": lines.column(one.end_line, one.end_column)}
        diagnostic: dict[str, Plain] = {
            "message": prose(text),
            "location": {"path": relative(report.name), "range": {"start": start, "end": end}},
            "severity": _SEVERITIES[one.level],
            "code": {"value": one.rule, "url": page(known.get(one.rule))},
        }
        fix = fixing_edits(report, left, one.patches, one.logical_id)
        if fix:
            # Made once, a change cannot be made again: it is suggested where the first of its findings is.
            left = [other for other in left if not set(other.edits) <= set(fix.edits)]
            first, last, new = whole_lines(fix, report.before)
            diagnostic["suggestions"] = [{"range": {"start": {"line": first}, "end": {"line": last}}, "text": new}]
        yield diagnostic


def _failed(failed: Failed) -> Plain:
    location: dict[str, Plain] = {"path": relative(failed.name)}
    if failed.line:
        location["range"] = {"start": {"line": failed.line}}
    return {
        "message": prose(failed.message),
        "location": location,
        "severity": "ERROR",
        "code": {"value": NOT_CHECKED},
    }


class _Lines:
    """The lines of a text, in which this format counts columns by bytes of UTF-8."""

    def __init__(self, text: str) -> None:
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def column(self, line: int, column: int) -> int:
        """Return the column, from 1, in bytes."""
        return len(self._lines[line - 1][: column - 1].encode("utf-8", "surrogatepass")) + 1
