"""Code Quality reports, which GitLab shows in merge requests.

Source: GitLab Docs, Code Quality, Code Quality report format.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.diagnosis import Level
from remediate.engine import Report
from remediate.patch_set import PatchSet
from remediate.report.annotations import Annotation, annotate
from remediate.report.escape import json_text, relative, visible
from remediate.report.failed import NOT_CHECKED, Failed
from remediate.report.fingerprint import fingerprints
from remediate.template import Plain

_SEVERITIES: dict[Level, str] = {"error": "critical", "warning": "major", "note": "info"}


def render(reports: Sequence[Report], _: PatchSet, failed: Sequence[Failed] = ()) -> str:
    """Return an array with an object for each finding, and for each file that could not be checked."""
    found: list[Plain] = [one for report in reports for one in _of_template(report)]
    return json_text([*map(_failed, failed), *found])


def _of_template(report: Report) -> Iterator[Plain]:
    found, path = annotate(report), relative(report.name)
    for one, fingerprint in zip(found, fingerprints(found, path), strict=True):
        text = f"{one.message}; {one.remedy}" if one.remedy else one.message
        yield _issue(text, one.rule, _SEVERITIES[one.level], fingerprint, path, one.line, one.end_line)


def _failed(failed: Failed) -> Plain:
    path = relative(failed.name)
    (fingerprint,) = fingerprints([Annotation(NOT_CHECKED, "error", failed.message)], path)
    line = max(failed.line, 1)
    return _issue(failed.message, NOT_CHECKED, "blocker", fingerprint, path, line, line)


def _issue(text: str, check: str, severity: str, fingerprint: str, path: str, line: int, end: int) -> Plain:
    return {
        "description": visible(text),
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line, "end": end}},
    }
