"""SARIF 2.1.0, which code-scanning services read.

Sources: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; GitHub Docs, SARIF support for code
scanning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from remediate import __version__
from remediate.diagnosis import Cause, catalogue
from remediate.engine import Report
from remediate.patch_set import Patch, PatchSet
from remediate.report.annotations import Annotation, annotate
from remediate.report.escape import json_text, message, prose, uri
from remediate.report.failed import Failed
from remediate.report.fingerprint import fingerprints
from remediate.report.fixes import Fix, fixes_of, fixing_edits
from remediate.report.rules import HOMEPAGE, explained, page
from remediate.report.suppressed import suppressed
from remediate.template import Edit, Plain, line_and_column

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_FINGERPRINT = "ruleAndPointer/v1"


def render(reports: Sequence[Report], patch_set: PatchSet, failed: Sequence[Failed] = ()) -> str:
    """Return one SARIF log with one run over all templates; files that could not be checked are among its notifications."""
    found = [(report, _annotations(report)) for report in reports]
    rules = _rules(patch_set, [one for _, annotations in found for one, _ in annotations])
    driver: Plain = {
        "name": "remediate",
        "version": __version__,
        "informationUri": HOMEPAGE,
        "rules": [*rules.values()],
    }
    places = {rule: index for index, rule in enumerate(rules)}
    results: list[Plain] = [one for report, annotations in found for one in _results(report, annotations, places)]
    invocation: Plain = {"executionSuccessful": not failed, "toolExecutionNotifications": [*map(_notification, failed)]}
    base: Plain = {"description": {"text": "The working directory of the run, as a rule the root of the repository."}}
    run: Plain = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "originalUriBaseIds": {_ROOT: base},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log: Plain = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(log)


def _annotations(report: Report) -> list[tuple[Annotation, str]]:
    """Return what is reported, and behind it what is ignored, with the reason."""
    return [*((one, "") for one in annotate(report)), *((one.what, one.why) for one in suppressed(report))]


def _rules(patch_set: PatchSet, found: Iterable[Annotation]) -> dict[str, Plain]:
    """Return the root causes, the patches, and what else the results are about."""
    known = explained(patch_set)
    ids = dict.fromkeys([*catalogue(), *(one.id for one in patch_set.patches), *(one.rule for one in found)])
    return {name: _rule(name, known.get(name)) for name in ids}


def _rule(name: str, one: Patch | Cause | None) -> Plain:
    title, why = (one.title, one.why) if one else (name, f"`remediate explain {name}` explains it.")
    links = one.references if one else ()
    rule: dict[str, Plain] = {
        "id": name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": why},
        "helpUri": page(one),
        "help": {
            "text": "\n".join([f"{title}. {why}", *links]),
            "markdown": "\n".join([f"**{prose(title)}**", "", prose(why), "", *(f"- <{link}>" for link in links)]),
        },
    }
    if "-" in name:  # else it would say the same as the id, which SARIF does not want (section 3.49.7)
        rule["name"] = "".join(part.capitalize() for part in name.split("-"))
    if isinstance(one, Cause):
        rule["defaultConfiguration"] = {"level": one.level}
    return rule


def _results(report: Report, found: Sequence[tuple[Annotation, str]], rules: dict[str, int]) -> Iterable[Plain]:
    """Yield a result for each annotation; one with a reason is suppressed, which is what the template says it is for."""
    fixes = fixes_of(report)
    for (one, reason), fingerprint in zip(found, fingerprints(one for one, _ in found), strict=True):
        text = f"{one.message}; {one.remedy}" if one.remedy else one.message
        result: dict[str, Plain] = {
            "ruleId": one.rule,
            "ruleIndex": rules[one.rule],
            "level": one.level,
            "message": {"text": message(text), "markdown": prose(text)},
            "locations": [_location(report.name, one.line, one.column, one.end_line, one.end_column)],
            "partialFingerprints": {_FINGERPRINT: fingerprint},
        }
        fix = fixing_edits(report, fixes, one.patches, one.logical_id)
        if fix:
            result["fixes"] = [_fix(fix, report)]
        if reason:
            result["suppressions"] = [{"kind": "inSource", "justification": message(reason)}]
        yield result


def _fix(fix: Fix, report: Report) -> Plain:
    replacements: list[Plain] = [_replacement(one, report.before) for one in fix.edits]
    change: Plain = {"artifactLocation": _artifact(report.name), "replacements": replacements}
    return {"description": {"text": message(fix.title)}, "artifactChanges": [change]}


def _replacement(edit: Edit, text: str) -> Plain:
    (line, column), (end_line, end_column) = (line_and_column(text, place) for place in edit.span)
    region: dict[str, Plain] = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}


def _notification(failed: Failed) -> Plain:
    location = _location(failed.name, failed.line, failed.column)
    return {"level": "error", "message": {"text": message(failed.message)}, "locations": [location]}


def _location(name: str, line: int, column: int, end_line: int = 0, end_column: int = 0) -> Plain:
    location: dict[str, Plain] = {"artifactLocation": _artifact(name)}
    if line:
        region: dict[str, Plain] = {"startLine": line, "startColumn": column}
        if end_line:
            region |= {"endLine": end_line, "endColumn": end_column}
        location["region"] = region
    return {"physicalLocation": location}


def _artifact(name: str) -> Plain:
    """Return where a file is: below the working directory where its URI is relative."""
    where = uri(name)
    return {"uri": where} if where.startswith("file:") else {"uri": where, "uriBaseId": _ROOT}
