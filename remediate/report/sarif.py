"""SARIF 2.1.0, which code-scanning services read.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath

from remediate import __version__
from remediate.engine import Report
from remediate.patchset import Patch, PatchSet
from remediate.report.places import Finding, findings
from remediate.template import Plain

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(reports: Sequence[Report], patch_set: PatchSet) -> str:
    """Return one SARIF log with one run over all templates."""
    found = [(report, finding) for report in reports for finding in findings(report)]
    known = {patch.id: _rule(patch) for patch in patch_set.patches}
    others: dict[str, dict[str, Plain]] = {one.rule: {"id": one.rule} for _, one in found if one.rule not in known}
    rules = {**known, **others}
    driver: Plain = {
        "name": "remediate",
        "version": __version__,
        "rules": [*rules.values()],
    }
    results: list[Plain] = [_result(report, finding, list(rules).index(finding.rule)) for report, finding in found]
    run: Plain = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log: Plain = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(patch: Patch) -> dict[str, Plain]:
    return {
        "id": patch.id,
        "shortDescription": {"text": patch.title},
        "fullDescription": {"text": patch.why},
        "helpUri": patch.references[0],
    }


def _result(report: Report, finding: Finding, index: int) -> Plain:
    region: Plain = {"startLine": finding.line, "startColumn": finding.column}
    location: Plain = {"artifactLocation": {"uri": PurePath(report.name).as_posix()}, "region": region}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location}],
    }
