"""The formats that hold fixes and the formats for pipelines: what each consumer's published format asks for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from remediate import fix
from remediate.engine import Report
from remediate.patch_set import load
from remediate.report import render
from remediate.report.annotations import annotate
from remediate.report.failed import Failed
from remediate.report.fingerprint import fingerprints
from remediate.report.fixes import Fix, fixes_of, whole_lines
from remediate.template import Edit, Span, read, splice
from tests.templates import CASES, EXAMPLES, some

ROOT = Path(__file__).parent.parent
FIRING = some([one for one in CASES if list(one.parent.glob("after.*"))])
PATCH_SET = load("cloudtrail-create")
FAILED = [Failed("in/locked", "Permission denied"), Failed("bad.yaml", "a tab", 4, 2)]
POSITION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
    "required": ["line"],
}
RANGE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"start": POSITION, "end": POSITION},
    "required": ["start"],
}
LINK = {"type": "string", "pattern": "^https://"}
# Source: reviewdog, proto/rdf/reviewdog.proto, with all that is optional there and used here.
RDJSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["source", "diagnostics"],
    "properties": {
        "source": {"type": "object", "required": ["name", "url"]},
        "diagnostics": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["message", "location", "severity", "code"],
                "properties": {
                    "message": {"type": "string", "minLength": 1},
                    "location": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["path"],
                        "properties": {"path": {"type": "string"}, "range": RANGE},
                    },
                    "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                    "code": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["value"],
                        "properties": {"value": {"type": "string"}, "url": LINK},
                    },
                    "suggestions": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["range", "text"],
                            "properties": {"range": RANGE, "text": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}
# Source: GitLab Docs, Code Quality, Code Quality report format.
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "additionalProperties": False,
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}, "end": {"type": "integer"}},
                    },
                },
            },
        },
    },
}
# Source: junit-10.xsd of Jenkins' xUnit plugin: the attributes and children of each element that is used.
JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "skipped", "system-out"}),
    "skipped": ({"message"}, set()),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


def rendered(style: str, *reports: Report, failed: list[Failed] | None = None) -> Any:
    return json.loads(render(style, reports, PATCH_SET, failed or []))


def index(text: str, line: int, column: int) -> int:
    """Return where a line and column are in a text, as any consumer would find it."""
    starts = [0, *(one.end() for one in re.finditer(r"\r\n|\r|\n", text))]
    return starts[line - 1] + column - 1


def replaced(text: str, replacements: list[Any]) -> str:
    """Do what SARIF asks of who applies a fix."""
    edits = []
    for one in replacements:
        region = one["deletedRegion"]
        span = Span(
            index(text, region["startLine"], region["startColumn"]), index(text, region["endLine"], region["endColumn"])
        )
        edits.append(Edit(span, one["insertedContent"]["text"]))
    return splice(text, edits)


def changes(report: Report) -> list[Any]:
    results = rendered("sarif", report)["runs"][0]["results"]
    return [change for one in results for fix in one.get("fixes", []) for change in fix["artifactChanges"]]


@pytest.mark.parametrize("service", ["cloudtrail", "all"])
@pytest.mark.parametrize("file", [*EXAMPLES, *FIRING], ids=lambda one: str(one.relative_to(ROOT)))
def test_the_fixes_are_the_edits_and_each_is_a_template(file: Path, service: str) -> None:
    report = fix(file, service=service)
    assert splice(report.before, report.edits) == report.after
    found = fixes_of(report)
    assert sorted(one.span for each in found for one in each.edits) == sorted(one.span for one in report.edits)
    assert all(each.edits and each.applied for each in found)
    for each in found:
        read(splice(report.before, each.edits).encode(), "one fix")
    assert {one.patch.id for each in found for one in each.applied} == {one.patch.id for one in report.applied}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda one: one.name)
def test_sarif_replacements_make_the_new_text(file: Path) -> None:
    report = fix(file, service="all")
    found = changes(report)
    assert bool(found) == report.changed
    assert all(change["replacements"] for change in found)
    distinct = {json.dumps(one, sort_keys=True): one for change in found for one in change["replacements"]}
    assert replaced(report.before, list(distinct.values())) == report.after


def test_a_result_has_the_fix_of_its_own_patch_only() -> None:
    report = fix(ROOT / "examples" / "minimal.yaml")
    results = rendered("sarif", report)["runs"][0]["results"]
    fixes = {one["ruleId"]: one["fixes"][0] for one in results}
    titles = {rule: one["description"]["text"] for rule, one in fixes.items()}
    assert titles == {
        "trail-before-policy": "Create the trail after the policies that it needs (trail-order)",
        "missing-action": "Allow CloudTrail to check the log bucket (bucket-checks)",
    }
    (replacement,) = fixes["trail-before-policy"]["artifactChanges"][0]["replacements"]
    region = {"startLine": 7, "startColumn": 1, "endLine": 7, "endColumn": 1}
    text = "    DependsOn: LogBucketPolicy\n"
    assert replacement == {"deletedRegion": region, "insertedContent": {"text": text}}


def test_a_region_ends_where_the_key_or_the_short_value_does() -> None:
    report = fix(ROOT / "examples" / "minimal.yaml")
    regions = [one["locations"][0]["physicalLocation"]["region"] for one in rendered("sarif", report)["runs"][0]["results"]]
    shown = [
        report.before[
            index(report.before, one["startLine"], one["startColumn"]) : index(
                report.before, one["endLine"], one["endColumn"]
            )
        ]
        for one in regions
    ]
    assert shown == ["Trail", "Action: s3:PutObject"]


def test_sarif_explains_every_rule() -> None:
    driver = rendered("sarif", fix(ROOT / "examples" / "stack.yaml"))["runs"][0]["tool"]["driver"]
    assert driver["informationUri"].startswith("https://")
    for rule in driver["rules"]:
        assert rule["help"]["text"]
        assert rule["help"]["markdown"].startswith("**")
        assert rule["helpUri"].startswith("https://")
    assert {"other-service", "trail-before-policy", "trail-order"} <= {one["id"] for one in driver["rules"]}


def test_fingerprints_stay_where_lines_move() -> None:
    text = (ROOT / "examples" / "stack.yaml").read_text("utf-8")
    before, moved = (fingerprints(annotate(fix(one))) for one in (text, f"# a comment\n\n{text}"))
    assert before == moved
    assert len(set(before)) == len(before)


def test_fingerprints_tell_files_and_resources_apart() -> None:
    text = (ROOT / "examples" / "minimal.yaml").read_text("utf-8")
    renamed = text.replace("LogBucketPolicy", "OtherPolicy")
    found = annotate(fix(text))
    assert not set(fingerprints(found)) & set(fingerprints(found, "other.yaml"))
    assert fingerprints(found)[1] != fingerprints(annotate(fix(renamed)))[1]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda one: one.name)
def test_json_edits_are_ranges_of_the_original(file: Path) -> None:
    report = fix(file, service="all")
    edits = rendered("json", report)["templates"][0]["edits"]
    for one in edits:
        for end in (one["start"], one["end"]):
            assert index(report.before, end["line"], end["column"]) == end["offset"]
    spans = [Edit(Span(one["start"]["offset"], one["end"]["offset"]), one["text"]) for one in edits]
    assert splice(report.before, spans) == report.after
    assert {patch for one in edits for patch in one["patches"]} == {one.patch.id for one in report.applied}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda one: one.name)
def test_rdjson_suggestions_are_whole_fixes(file: Path) -> None:
    report = fix(file, service="all")
    written = rendered("rdjson", report, failed=FAILED)
    jsonschema.validate(written, RDJSON)
    lines = report.before.split("\n")
    for one in written["diagnostics"]:
        for suggestion in one.get("suggestions", []):
            first, last = suggestion["range"]["start"]["line"], suggestion["range"]["end"]["line"]
            made = "\n".join([*lines[: first - 1], suggestion["text"], *lines[last:]])
            assert made in {splice(report.before, each.edits) for each in combinations(report)}
    changed = [one for one in written["diagnostics"] if "suggestions" in one]
    assert bool(changed) == report.changed


def combinations(report: Report) -> list[Fix]:
    """Return every fix by itself, and those of two patches that fix one problem together."""
    single = fixes_of(report)
    both = [
        Fix((), tuple(sorted((*a.edits, *b.edits), key=lambda one: one.span))) for a in single for b in single if a is not b
    ]
    return [*single, *both]


def test_rdjson_counts_columns_in_bytes() -> None:
    flow = '{"Resources": {"é": {}, "Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": {"S3BucketName": "x"}}}}'
    (one,) = rendered("rdjson", fix(flow))["diagnostics"]
    assert flow.encode()[one["location"]["range"]["start"]["column"] - 1 :].startswith(b'"Trail"')


WHOLE = {
    "an insertion": ("a\nb\nc", (2, 2, "x\n"), (2, 2, "x\nb")),
    "a replacement over two lines": ("a\nb\nc\nd", (3, 5, "x"), (2, 3, "bx")),
    "a line that goes": ("a\nb\nc", (2, 4, ""), (2, 3, "c")),
    "the last line goes": ("a\nb", (1, 3, ""), (1, 2, "a")),
    "the last line goes, with its end": ("a\nb\n", (2, 4, ""), (1, 2, "a")),
    "behind the last line": ("a\nb\n", (4, 4, "c\n"), (2, 2, "b\nc")),
    "behind a line without end": ("a\nb", (3, 3, "\nc"), (2, 2, "b\nc")),
    "CRLF": ("a\r\nb\r\nc\r\n", (3, 3, "x\r\n"), (2, 2, "x\r\nb")),
    "a line that goes, CRLF": ("a\r\nb\r\nc", (3, 6, ""), (2, 3, "c")),
    "an empty line stays": ("a\n\nb", (2, 2, "x\n"), (2, 2, "x\n")),
}


@pytest.mark.parametrize(("text", "change", "lines"), WHOLE.values(), ids=WHOLE.keys())
def test_whole_lines(text: str, change: tuple[int, int, str], lines: tuple[int, int, str]) -> None:
    assert whole_lines(Fix((), (Edit(Span(*change[:2]), change[2]),)), text) == lines


def test_gitlab_has_the_published_form() -> None:
    reports = [fix(one, service="all") for one in EXAMPLES]
    written = rendered("gitlab", *reports, failed=FAILED)
    jsonschema.validate(written, GITLAB)
    prints = [one["fingerprint"] for one in written]
    assert len(set(prints)) == len(prints) == len(FAILED) + sum(len(annotate(one)) for one in reports)
    assert {one["severity"] for one in written} == {"blocker", "critical", "major", "info"}
    assert written[1]["location"] == {"path": "bad.yaml", "lines": {"begin": 4, "end": 4}}


def suite(*files: Path, fail_on: str = "warning") -> ET.Element:
    reports = [fix(one) for one in files]
    root = ET.fromstring(render("junit", reports, PATCH_SET, FAILED, fail_on={one.name: fail_on for one in reports}))
    for element in root.iter():
        attributes, children = JUNIT[element.tag]
        assert set(element.keys()) == attributes
        assert {one.tag for one in element} <= children
    return root[0]


def test_junit_has_a_test_for_each_template() -> None:
    found = suite(*EXAMPLES)
    assert len(found) == len(EXAMPLES) + len(FAILED)
    assert found.get("tests") == str(len(found))
    assert found.get("errors") == str(len(found.findall("*/error"))) == "2"
    assert found.get("failures") == str(len(found.findall("*/failure")))
    bad = next(one for one in found if str(one.get("name")).endswith("minimal.yaml"))
    assert [(one.tag, one.get("type"), one.get("message")) for one in bad] == [("failure", "error", "1 error, 1 warning")]
    assert ": error: CloudTrail is not allowed s3:GetBucketAcl" in str(bad[0].text)
    healthy = next(one for one in found if str(one.get("name")).endswith("healthy.yaml"))
    assert list(healthy) == []
    assert [one.get("message") for one in found.findall("*/error")] == ["Permission denied", "a tab"]


@pytest.mark.parametrize(("fail_on", "inside"), [("error", ["failure", "system-out"]), ("never", ["system-out"])])
def test_a_junit_test_fails_by_the_severity_of_the_run(fail_on: str, inside: list[str]) -> None:
    found = suite(ROOT / "examples" / "minimal.yaml", fail_on=fail_on)
    assert [one.tag for one in found[-1]] == inside


def test_rdjson_holds_what_failed() -> None:
    first, second = rendered("rdjson", failed=FAILED)["diagnostics"]
    assert (first["location"], first["severity"]) == ({"path": "in/locked"}, "ERROR")
    assert second["location"] == {"path": "bad.yaml", "range": {"start": {"line": 4}}}
    assert [first["message"], second["message"]] == ["Permission denied", "a tab"]


def test_the_json_schema_has_an_address_of_its_own() -> None:
    schema = json.loads((ROOT / "remediate" / "report" / "schema.json").read_text("utf-8"))
    assert schema["$id"].endswith("/remediate/report/schema.json")
