"""SARIF 2.1.0, which code-scanning services read.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate import __version__
from remediate.diagnosis import Cause, catalogue
from remediate.engine import Report
from remediate.patch_set import Patch, PatchSet
from remediate.report.annotations import Annotation, annotate
from remediate.report.escape import json_text, uri, visible
from remediate.report.failed import Failed
from remediate.template import Plain

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(reports: Sequence[Report], patch_set: PatchSet, failed: Sequence[Failed] = ()) -> str:
    """Return one SARIF log with one run over all templates; files that could not be checked are among its notifications."""
    found = [(report, finding) for report in reports for finding in annotate(report)]
    described: list[Patch | Cause] = [*catalogue().values(), *patch_set.patches]
    known = {one.id: _rule(one) for one in described}
    others: dict[str, dict[str, Plain]] = {one.rule: {"id": one.rule} for _, one in found if one.rule not in known}
    rules = {**known, **others}
    driver: Plain = {
        "name": "remediate",
        "version": __version__,
        "rules": [*rules.values()],
    }
    results: list[Plain] = [_result(report, finding, list(rules).index(finding.rule)) for report, finding in found]
    invocation: Plain = {"executionSuccessful": not failed, "toolExecutionNotifications": [*map(_notification, failed)]}
    run: Plain = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log: Plain = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(log)


def _rule(one: Patch | Cause) -> dict[str, Plain]:
    return {
        "id": one.id,
        "shortDescription": {"text": one.title},
        "fullDescription": {"text": one.why},
        "helpUri": one.references[0],
    }


def _result(report: Report, finding: Annotation, index: int) -> Plain:
    text = f"{finding.message}; {finding.remedy}" if finding.remedy else finding.message
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": visible(text)},
        "locations": [_location(report.name, finding.line, finding.column)],
    }


def _notification(failed: Failed) -> Plain:
    location = _location(failed.name, failed.line, failed.column)
    return {"level": "error", "message": {"text": visible(failed.message)}, "locations": [location]}


def _location(name: str, line: int, column: int) -> Plain:
    location: dict[str, Plain] = {"artifactLocation": {"uri": uri(name)}}
    if line:
        location["region"] = {"startLine": line, "startColumn": column}
    return {"physicalLocation": location}
