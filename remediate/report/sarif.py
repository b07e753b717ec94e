"""SARIF 2.1.0, which code-scanning services read.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath

from remediate import __version__
from remediate.causes import Cause, catalogue
from remediate.engine import Report
from remediate.patchset import Patch, PatchSet
from remediate.report.annotations import Annotation, annotate
from remediate.template import Plain

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(reports: Sequence[Report], patch_set: PatchSet) -> str:
    """Return one SARIF log with one run over all templates."""
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
    run: Plain = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log: Plain = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(one: Patch | Cause) -> dict[str, Plain]:
    return {
        "id": one.id,
        "shortDescription": {"text": one.title},
        "fullDescription": {"text": one.why},
        "helpUri": one.references[0],
    }


def _result(report: Report, finding: Annotation, index: int) -> Plain:
    region: Plain = {"startLine": finding.line, "startColumn": finding.column}
    location: Plain = {"artifactLocation": {"uri": PurePath(report.name).as_posix()}, "region": region}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": f"{finding.message}; {finding.remedy}" if finding.remedy else finding.message},
        "locations": [{"physicalLocation": location}],
    }
