"""The formats for machines and for pull requests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonpatch
import jsonschema
import pytest

import remediate
from remediate import BadChoice, check, fix, to_dict
from remediate.diagnosis import catalogue
from remediate.engine import Report
from remediate.patch_set import load
from remediate.report import FORMATS, render
from remediate.report import json as json_format
from remediate.report.annotations import annotate
from remediate.template import read
from tests.templates import SOME

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(one for one in (ROOT / "examples").iterdir() if one.suffix in {".yaml", ".json"})
PATCH_SET = load("cloudtrail-create")
OUTSIDE = """\
Parameters: { LogBucketName: { Type: String } }
Resources:
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: { S3BucketName: !Ref LogBucketName, IsLogging: true }
"""
DENY = """\
          - Sid: Network
            Effect: Deny
            Principal: "*"
            Action: s3:PutObject
            Resource: !Sub ${LogBucket.Arn}/*
            Condition: { StringNotEquals: { "aws:SourceVpce": vpce-0a1b2c3d } }
"""


def rendered(style: str, *reports: Report) -> Any:
    return json.loads(render(style, reports, PATCH_SET))


@pytest.mark.parametrize("example", [*EXAMPLES, OUTSIDE], ids=lambda one: getattr(one, "name", "outside"))
def test_json_fits_its_schema(example: Path | str) -> None:
    schema = json.loads(Path(str(json_format.__file__)).with_name("schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(rendered("json", fix(example)), schema)


@pytest.mark.parametrize("path", SOME, ids=lambda one: "/".join(one.parts[-3:]))
def test_json_of_every_service_fits_its_schema(path: Path) -> None:
    schema = json.loads(Path(str(json_format.__file__)).with_name("schema.json").read_text("utf-8"))
    jsonschema.validate(rendered("json", fix(path, service="all", review=True)), schema)


def test_json_names_the_service_that_acts_for_another_account() -> None:
    path = ROOT / "tests" / "cases" / "all-patches" / "central-bucket-incomplete" / "before.yaml"
    openings = rendered("json", fix(path, review=True))["templates"][0]["openings"]
    assert {one["confusedDeputy"] for one in openings} == {"CloudTrail"}


def test_a_report_as_data_is_an_entry_of_the_json_report() -> None:
    report = fix(ROOT / "examples" / "stack.yaml")
    assert to_dict(report) == rendered("json", report)["templates"][0]


def test_json_says_what_denies_and_what_allows() -> None:
    template = rendered("json", fix(ROOT / "examples" / "stack.yaml"))["templates"][0]
    requests = {one["id"]: one for one in template["requests"]}
    write = requests["put-object"]
    assert (write["action"], write["policy"], write["confidence"]) == ("s3:PutObject", "LogBucketPolicy", "documented")
    assert (write["before"]["outcome"], write["after"]["outcome"]) == ("denied", "allowed")
    pointer = "/Resources/LogBucketPolicy/Properties/PolicyDocument/Statement/3"
    assert write["after"]["statements"] == [{"resource": "LogBucketPolicy", "pointer": pointer, "sid": "CloudTrailWrite"}]
    assert {one["after"]["outcome"] for one in template["requests"]} == {"allowed"}


def test_json_says_what_was_wrong_and_what_mended_it() -> None:
    report = fix(ROOT / "examples" / "minimal.yaml")
    order = rendered("json", report)["templates"][0]["causes"][0]
    assert (order["id"], order["resource"], order["pointer"]) == ("trail-before-policy", "Trail", "/Resources/Trail")
    assert (order["line"], order["column"], order["blocking"]) == (5, 3, True)
    assert order["mendedBy"] == ["trail-order"]


def test_json_holds_the_statements_for_a_bucket_outside() -> None:
    left = rendered("json", fix(OUTSIDE))["templates"][0]["notFixed"]
    assert [one["why"] for one in left] == ["outside"]
    actions = [one["Action"] for one in left[0]["statements"]]
    assert actions == [["s3:GetBucketAcl", "s3:GetBucketLocation"], ["s3:PutObject"]]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_json_patch_is_what_the_text_became(example: Path) -> None:
    report = fix(example)
    before, after = (read(text.encode(), example.name).data for text in (report.before, report.after))
    assert jsonpatch.apply_patch(before, rendered("json-patch", report)) == after


def test_json_patches_of_several_files_go_by_name() -> None:
    reports = [fix(one) for one in EXAMPLES]
    assert list(rendered("json-patch", *reports)) == [str(one) for one in EXAMPLES]


def test_sarif_points_at_the_lines() -> None:
    report = fix(ROOT / "examples" / "minimal.yaml")
    run = rendered("sarif", report)["runs"][0]
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert rules == [*catalogue(), *(one.id for one in PATCH_SET.patches)]
    assert [rules[one["ruleIndex"]] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    lines = report.before.splitlines()
    found = []
    for one in run["results"]:
        line = one["locations"][0]["physicalLocation"]["region"]["startLine"]
        found.append((one["ruleId"], one["level"], lines[line - 1].strip()))
    assert found == [
        ("trail-before-policy", "warning", "Trail:"),
        ("missing-action", "error", "Action: s3:PutObject"),
    ]


def test_github_annotations_escape_what_would_end_them() -> None:
    report = fix(OUTSIDE)
    lines = render("github", [report], PATCH_SET).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("::warning file=template,line=3,col=3,title=bucket-outside::the log bucket of Trail")


def test_markdown_has_the_sections_of_a_pull_request() -> None:
    text = render("markdown", [fix(ROOT / "examples" / "stack.yaml")], PATCH_SET)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## What was changed and why",
        "## What remained unchanged",
        "## Why this resolves the failure",
        "## Observable results after deployment",
        "## Notes for future changes",
    ]
    assert "- 72 of 74 resources are unchanged; changed: `LogBucketPolicy`, `LogKey`." in text
    row = "| Trail | `s3:PutObject`: write a log file | `LogBucketPolicy` | **denied** | allowed by `CloudTrailWrite` |"
    assert row in text.splitlines()
    assert "71 requests by other principals were tested" in text
    assert "0 newly allowed" in text
    assert "- line 927, `wrong-source-arn`: StringEquals aws:SourceArn of `CloudTrailAclCheck` contains" in text


def test_markdown_promises_nothing_while_something_is_left() -> None:
    blocked = (ROOT / "examples" / "minimal.yaml").read_text("utf-8").replace("\nOutputs:", f"{DENY}Outputs:")
    text = render("markdown", [fix(blocked)], PATCH_SET)
    assert "**The stack may still fail** until the items marked *Not fixed* in the notes below are resolved." in text
    assert "Expect these only when the items marked *Not fixed* in the notes below are resolved:" in text
    assert "- **Not fixed**: blocking-deny (`LogBucketPolicy`): `Network` denies s3:PutObject" in text


def test_markdown_of_a_healthy_template_is_short() -> None:
    text = render("markdown", [fix(ROOT / "examples" / "healthy.yaml")], PATCH_SET)
    assert "No changes needed." in text
    assert "## What was changed" not in text


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_takes_no_template_at_all(style: str) -> None:
    assert isinstance(render(style, [], PATCH_SET), str)


def test_ids_may_be_one_string() -> None:
    example = ROOT / "examples" / "minimal.yaml"
    assert fix(example, select="bucket-checks").after == fix(example, select=["bucket-checks"]).after
    assert fix(example, select="bucket-checks, trail-order").after == fix(example).after
    assert fix(example, ignore="trail-order").after == fix(example, select="bucket-checks").after


def test_the_name_of_a_file_is_not_taken_for_a_template() -> None:
    with pytest.raises(BadChoice, match=r"pass pathlib.Path\('stack.yaml'\)"):
        fix("stack.yaml")


def test_markdown_on_several_templates_is_about_those_with_problems() -> None:
    healthy, broken = (fix(ROOT / "examples" / f"{name}.yaml", service="all") for name in ("healthy", "minimal"))
    text = render("markdown", [healthy, broken, healthy], PATCH_SET)
    assert "<summary>2 templates without problems</summary>" in text
    assert re.findall(r"^# .*?logging in|^# .*", text, re.MULTILINE) == ["# Summary", "# CloudTrail logging in"]
    assert "AWS Config" not in text
    assert render("markdown", [healthy, healthy], PATCH_SET).startswith("# Summary\n\nNo problems found.\n\n<details>\n")


def test_a_fix_is_one_of_the_service_that_has_it() -> None:
    both, alone = (fix(ROOT / "examples" / "minimal.yaml", service=one) for one in ("all", "cloudtrail"))
    assert {one.remedy for one in annotate(both)} == {
        "fixable: `remediate fix --service cloudtrail --select bucket-checks`",
        "fixable: `remediate fix --service cloudtrail --select trail-order`",
    }
    assert all("--service" not in one.remedy for one in annotate(alone))


def test_the_pull_request_report_of_a_healthy_template_tells_the_access_that_others_have() -> None:
    fixed = fix(fix(ROOT / "examples" / "minimal.yaml").after)
    shown = render("markdown", [fixed], PATCH_SET)
    assert "No changes needed." in shown
    section = shown[shown.index("### Access of others as it stands") : shown.index("## Notes")]
    assert re.search(r"^\d+ requests by other principals were tested .*: 2 not denied\.$", section, re.MULTILINE)
    assert "- CloudTrail on behalf of any other AWS account: s3:PutObject (LogBucketPolicy, `CloudTrailWrite`)\n" in section
    assert "`remediate fix --patch-set documented --precautions` can add it." in section
    documented = fix(fixed.after, patch_set="documented", precautions=True)
    settled = render("markdown", [fix(documented.after)], PATCH_SET)
    assert "confused deputy" not in settled[settled.index("### Access of others as it stands") :]


def test_the_pull_request_report_of_a_change_tells_new_access_alone() -> None:
    shown = render("markdown", [fix(ROOT / "examples" / "minimal.yaml")], PATCH_SET)
    assert "### New access granted to others" in shown
    assert "### Access of others as it stands" not in shown


def test_without_a_policy_there_is_no_access_to_tell() -> None:
    shown = render("markdown", [fix("Resources: {Queue: {Type: AWS::SQS::Queue}}")], PATCH_SET)
    assert "Access of others" not in shown


def test_what_a_report_holds_can_be_named() -> None:
    assert {type(getattr(remediate, name)) for name in remediate.__all__ if name[0].isupper()} >= {type}
    report = fix(ROOT / "examples" / "stack.yaml")
    assert isinstance(report.applied[0], remediate.Applied)
    assert isinstance(report.skipped[0], remediate.Skipped)
    assert isinstance(report.findings[0], remediate.Finding)
    assert isinstance(check(ROOT / "examples" / "stack.yaml")[0], remediate.Annotation)
    with pytest.raises(remediate.TemplateError):
        fix("Resources: [")


@pytest.mark.parametrize("case", ["one-trail-chosen", "bucket-chosen"])
def test_what_is_ambiguous_can_be_said_as_on_the_command_line(case: str) -> None:
    folder = ROOT / "tests" / "cases" / "all-patches" / case
    chosen = json.loads((folder / "options.json").read_text("utf-8"))
    assert fix(folder / "before.yaml", **chosen).after == (folder / "after.yaml").read_text("utf-8")
    assert len(check(folder / "before.yaml", **chosen)) != len(check(folder / "before.yaml"))


@pytest.mark.parametrize("argument", ["source", "bucket", "key"])
def test_a_resource_that_is_not_there_is_an_error(argument: str) -> None:
    with pytest.raises(remediate.TemplateError, match="nope"):
        fix(ROOT / "examples" / "stack.yaml", **{argument: "nope"})  # type: ignore[arg-type]
