"""What a template itself ignores: at which resource, why, until when, and what is said of an ignore that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from click.testing import CliRunner, Result

from remediate import check, fix
from remediate.cli import main
from remediate.diagnosis import Finding
from remediate.engine import Report
from remediate.report.annotations import Annotation, annotate, fails
from tests.templates import SOME
from tests.test_formats import JUNIT

ROOT = Path(__file__).parent.parent
MINIMAL = (ROOT / "examples" / "minimal.yaml").read_text("utf-8")
POLICY = "  LogBucketPolicy:\n    Type: AWS::S3::BucketPolicy\n"
TRAIL = "  Trail:\n    Type: AWS::CloudTrail::Trail\n"
SOON, LATE = "2999-12-31", "2020-01-31"


def metadata(*entries: str) -> str:
    return f"    Metadata: {{remediate: {{ignore: [{', '.join(entries)}]}}}}\n"


def at_policy(*entries: str) -> str:
    return MINIMAL.replace(POLICY, POLICY + metadata(*entries))


def ids(found: list[Annotation], level: str = "warning") -> set[tuple[str, str]]:
    return {(one.rule, one.logical_id) for one in found if fails([one.level], level)}


ORDER = ("trail-before-policy", "Trail")
AS_IT_IS = {("missing-action", "LogBucketPolicy"), ORDER}
ENTRY = "{id: missing-action, reason: the policy of the account allows it}"


def test_without_an_ignore_both_problems_are_reported() -> None:
    assert ids(check(MINIMAL)) == AS_IT_IS


@pytest.mark.parametrize("ignored", ["missing-action", "bucket-checks", "get-bucket-acl"])
def test_a_problem_is_ignored_by_its_cause_its_patch_and_its_request(ignored: str) -> None:
    report = fix(at_policy(f"{{id: {ignored}, reason: known}}"))
    assert ids(annotate(report)) == {ORDER}
    assert [(one.patch.id, one.logical_id) for one in report.applied] == [("trail-order", "Trail")]
    assert len(report.suppressed) == 1


@pytest.mark.parametrize(
    "template",
    [
        pytest.param(at_policy(ENTRY), id="Metadata of the resource"),
        pytest.param(metadata(ENTRY).lstrip() + MINIMAL, id="Metadata of the template"),
        pytest.param(
            metadata("{id: missing-action, reason: r, resource: LogBucketPolicy}").lstrip() + MINIMAL,
            id="Metadata of the template, for one resource",
        ),
        pytest.param(
            MINIMAL.replace("LogBucketPolicy:", "LogBucketPolicy: # remediate: ignore[missing-action] r"), id="beside"
        ),
        pytest.param(MINIMAL.replace(POLICY, f"  # remediate: ignore[missing-action] r\n{POLICY}"), id="above"),
        pytest.param(
            MINIMAL.replace(POLICY, f"# remediate:ignore [missing-action]: r\n  # more\n{POLICY}"), id="further above"
        ),
        pytest.param(
            MINIMAL.replace(POLICY, f"  # remediate: ignore[put-object-digest, missing-action until {SOON}] r\n{POLICY}"),
            id="one of two",
        ),
        pytest.param(MINIMAL.replace(POLICY, f"  # remediate: ignore[missing-action] r\r\n{POLICY}"), id="CRLF"),
        pytest.param(at_policy(f"{{id: missing-action, reason: r, until: {SOON}}}"), id="until a day to come"),
    ],
)
def test_an_ignore_counts(template: str) -> None:
    assert ids(check(template)) == {ORDER}
    assert ids(annotate(fix(template, no_ignores=True))) == AS_IT_IS


def test_an_ignore_in_json_counts() -> None:
    data = json.loads(json.dumps(fix(MINIMAL).model.data))
    assert ids(check(json.dumps(data))) == AS_IT_IS
    data["Resources"]["LogBucketPolicy"]["Metadata"] = {"remediate": {"ignore": [{"id": "missing-action", "reason": "r"}]}}
    assert ids(check(json.dumps(data))) == {ORDER}


def test_an_ignore_holds_at_its_resource_alone() -> None:
    report = fix(metadata("{id: missing-action, reason: r, resource: Trail}").lstrip() + MINIMAL)
    assert ids(annotate(report)) == AS_IT_IS
    assert [one.reason for one in report.skipped if one.why == "unused"] == ["'missing-action' at Trail ignores nothing (r)"]


def test_a_central_bucket_is_acknowledged() -> None:
    central = MINIMAL.replace("!Ref LogBucket\n\n", "!ImportValue central-logs\n\n")
    assert ("bucket-outside", "Trail") in ids(check(central))
    acknowledged = central.replace("  Trail:\n", "  Trail: # remediate: ignore[bucket-outside] the landing zone owns it\n")
    assert not ids(check(acknowledged))


@pytest.mark.parametrize(
    ("template", "place", "message"),
    [
        (at_policy("{id: missing-action}"), (18, 37), "ignoring 'missing-action' needs a reason"),
        (at_policy("{id: missing-action, reason: ' '}"), (18, 37), "ignoring 'missing-action' needs a reason"),
        (at_policy("{id: missing-actoin, reason: r}"), (18, 37), "the id 'missing-actoin' is unknown"),
        (at_policy("{id: invalid-ignore, reason: r}"), (18, 37), "the id 'invalid-ignore' cannot be ignored in a template"),
        (at_policy("{id: missing-action, reason: r, until: soon}"), (18, 37), "until 'soon' is not a date"),
        (at_policy("{id: missing-action, reason: r, until: 2027-02-30}"), (18, 37), "until '2027-02-30' is not a date"),
        (at_policy("{id: missing-action, reason: r, untill: x}"), (18, 69), "an entry of `ignore` has no member 'untill'"),
        (at_policy("{id: missing-action, reason: 7}"), (18, 58), "'reason' is not a string"),
        (at_policy("missing-action"), (18, 37), "an entry of `ignore` is a mapping with `id` and `reason`"),
        (
            MINIMAL.replace(POLICY, POLICY + "    Metadata: {remediate: {ignores: []}}\n"),
            (18, 16),
            "remediate has one member, the list `ignore`",
        ),
        (
            metadata("{id: missing-action, reason: r, resource: Nobody}").lstrip() + MINIMAL,
            (1, 65),
            "there is no resource 'Nobody'",
        ),
        (
            MINIMAL.replace(POLICY, f"  # remediate: ignore[missing-action]\n{POLICY}"),
            (16, 3),
            "ignoring 'missing-action' needs a reason",
        ),
        (
            MINIMAL.replace(POLICY, f"  # remediate: ignore missing-action\n{POLICY}"),
            (16, 3),
            "this comment cannot be understood: remediate: ignore missing-action",
        ),
        (
            MINIMAL.replace("            Effect", "            # remediate: ignore[missing-action] r\n            Effect"),
            (24, 13),
            "this comment is not at a resource, so it ignores nothing",
        ),
        (
            MINIMAL.replace(POLICY, f"  # remediate: ignore[missing-action] r\n\n{POLICY}"),
            (16, 3),
            "this comment is not at a resource, so it ignores nothing",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) and "\n" not in one else "",
)
def test_an_ignore_that_is_wrong_is_an_error_at_its_place(template: str, place: tuple[int, int], message: str) -> None:
    found = check(template)
    assert [(one.line, one.column, one.level, one.message) for one in found if one.rule == "invalid-ignore"] == [
        (*place, "error", message)
    ]
    assert ids(found) - {("invalid-ignore", one.logical_id) for one in found} == AS_IT_IS
    assert any(one.subject == "invalid-ignore" for one in fix(template).unfixed)


@pytest.mark.parametrize(
    "written",
    [
        "Description: 'see # remediate: ignore[nothing] x'",
        'Description: "see\n  # remediate: ignore[nothing] x"',
        "Description: |\n  # remediate: ignore[nothing] x\n",
        "Description: >-\n\n  text\n  # remediate: ignore[nothing] x",
        "Description: a#remediate: ignore[nothing] x".replace(": ignore", ":ignore"),
        "Description: text # not for remediate: ignore this",
    ],
    ids=["single quotes", "double quotes", "a literal", "a folded text", "no blank before", "not at a comment's start"],
)
def test_what_only_looks_like_a_comment_is_none(written: str) -> None:
    template = MINIMAL.replace("Description: The smallest audit trail", written)
    assert template != MINIMAL
    assert ids(check(template), "note") == ids(check(MINIMAL), "note")


def test_a_comment_behind_the_header_of_a_block_is_one() -> None:
    template = MINIMAL.replace("The smallest audit trail", "| # remediate: ignore[missing-action] r\n  text")
    assert [one.line for one in check(template) if one.rule == "invalid-ignore"] == [2]


def test_an_ignore_that_ended_no_longer_counts() -> None:
    found = check(at_policy(f"{{id: missing-action, reason: until the move, until: {LATE}}}"))
    assert ids(found) == AS_IT_IS
    assert [(one.level, one.message) for one in found if one.rule == "outdated-ignore"] == [
        ("note", f"ignoring 'missing-action' ended on {LATE} and no longer counts (until the move)")
    ]


def test_an_ignore_of_what_a_narrower_run_does_not_look_at_is_not_called_unused() -> None:
    template = MINIMAL.replace("Resources:\n", "Resources:\n  Channel: # remediate: ignore[missing-action] r\n" + CHANNEL)
    assert not [one for one in check(template) if one.rule == "unused-ignore"]
    assert [one.logical_id for one in check(template, service="all") if one.rule == "unused-ignore"] == ["Channel"]


CHANNEL = """\
    Type: AWS::Config::DeliveryChannel
    Properties: {S3BucketName: !Ref LogBucket}
"""


def singles() -> Iterator[tuple[Path, str, str]]:
    """Yield each root cause of examples and cases, with its resource."""
    for path in SOME:
        for one in dict.fromkeys((one.cause, one.logical_id) for one in fix(path).findings if one.level != "note"):
            yield path, *one


def ignoring(report: Report, cause: str, logical_id: str) -> str:
    data = json.loads(json.dumps(report.model.data))
    data.setdefault("Metadata", {})["remediate"] = {"ignore": [{"id": cause, "reason": "r", "resource": logical_id}]}
    return json.dumps(data)


def test_what_is_ignored_comes_back_under_no_other_id_and_nothing_else_is_changed_for_it() -> None:
    tried = 0
    for path, cause, logical_id in singles():
        before = fix(path)
        after = fix(ignoring(before, cause, logical_id))
        changed = {(one.patch.id, one.logical_id) for one in after.applied}
        assert ids(annotate(after)) <= ids(annotate(before)) - {(cause, logical_id)}, (path, cause, logical_id)
        assert changed <= {(one.patch.id, one.logical_id) for one in before.applied}, (path, cause, logical_id)
        assert any(isinstance(one.what, Finding) and one.what.cause == cause for one in after.suppressed)
        tried += 1
    assert tried > 40


def test_what_a_run_ignores_comes_back_under_no_other_id_either() -> None:
    tried = set[tuple[Path, str]]()
    for path, cause, _ in singles():
        if (path, cause) not in tried:
            after = fix(path, ignore=[cause])
            others = {one for one in ids(annotate(fix(path))) if one[0] != cause}
            assert ids(annotate(after)) <= others, (path, cause)
            assert not after.suppressed
            tried.add((path, cause))
    assert len(tried) > 40


TWICE_REFUSED = MINIMAL.replace("IsLogging: true", "IsLogging: true\n      S3KeyPrefix: audit").replace(
    "StringEquals:", "StringEquals:\n                aws:SourceArn: arn:aws:cloudtrail:*:*:trail/*"
)


@pytest.mark.parametrize("ignored", ["wrong-source-arn", "prefix-not-allowed"])
def test_a_request_that_is_refused_for_another_cause_too_counts(ignored: str, folder: Path) -> None:
    causes = {"wrong-source-arn", "prefix-not-allowed"}
    assert causes <= {rule for rule, _ in ids(check(TWICE_REFUSED))}
    in_template = TWICE_REFUSED.replace("LogBucketPolicy:", f"LogBucketPolicy: # remediate: ignore[{ignored}] r", 1)
    for report in (fix(TWICE_REFUSED, ignore=ignored), fix(in_template)):
        assert {rule for rule, _ in ids(annotate(report), "error")} & causes == causes - {ignored}
    (folder / "t.yaml").write_text(in_template, "utf-8")
    assert run("simulate", "--ignore", "missing-action,trail-before-policy", "t.yaml").exit_code == 1


def test_the_patch_for_what_a_run_ignores_is_not_told_as_a_remark() -> None:
    """A bucket with a policy under a condition alone: the patch that adds policies says why it adds none."""
    above = "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a]}\nResources:\n"
    text = MINIMAL.replace("Resources:\n", above)
    text = text.replace(POLICY, f"{POLICY}    Condition: C\n")
    assert "bucket-without-policy" in {rule for rule, _ in ids(check(text))}
    found = {rule for rule, _ in ids(check(text, ignore=["bucket-without-policy"]))}
    assert not found & {"bucket-without-policy", "bucket-policy-missing"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_check_counts_what_is_ignored_and_names_it_if_asked(folder: Path) -> None:
    (folder / "t.yaml").write_text(at_policy(ENTRY).replace(TRAIL, f"{TRAIL}    DependsOn: LogBucketPolicy\n"), "utf-8")
    quiet, verbose, all_of_it = run("check"), run("check", "-v"), run("check", "--no-ignores")
    assert (quiet.exit_code, quiet.stdout, all_of_it.exit_code) == (0, "", 1)
    assert quiet.stderr == "1 file checked: no problems found; 1 ignored\n"
    line = "t.yaml:29:13: ignored: CloudTrail is not allowed s3:GetBucketAcl (read the access control list of the bucket)"
    assert f"{line} [missing-action] (the policy of the account allows it)\n" in verbose.stdout
    simulated = run("simulate")
    assert (simulated.exit_code, "2 denied before the fix, 2 after" in simulated.stdout) == (0, True)
    assert "2 denied before the fix, 0 after" in run("simulate", "--no-ignores").stdout


def test_sarif_has_what_is_ignored_as_suppressed(folder: Path) -> None:
    (folder / "t.yaml").write_text(at_policy(ENTRY), "utf-8")
    results = json.loads(run("check", "--format", "sarif").stdout)["runs"][0]["results"]
    assert {one["ruleId"]: one.get("suppressions") for one in results} == {
        "trail-before-policy": None,
        "missing-action": [{"kind": "inSource", "justification": "the policy of the account allows it"}],
    }


UNTIL = f"{{id: missing-action, reason: 'it is replaced | <soon>.', until: {SOON}}}"


def ignoring_all(folder: Path) -> Path:
    file = folder / "t.yaml"
    template = at_policy(UNTIL).replace("  Trail:\n", "  Trail: # remediate: ignore[trail-before-policy] known\n")
    file.write_text(template, "utf-8")
    return file


def test_json_has_what_is_ignored_with_its_reason_and_place(folder: Path) -> None:
    ignoring_all(folder)
    written = json.loads(run("check", "--format", "json").stdout)
    schema = json.loads((ROOT / "remediate" / "report" / "schema.json").read_text("utf-8"))
    jsonschema.validate(written, schema)
    order, action = written["templates"][0]["ignored"]
    assert written["templates"][0]["causes"] == []
    assert (order["id"], order["reason"], order["until"], order["ignore"]) == (
        "trail-before-policy",
        "known",
        None,
        {"line": 5, "column": 10},
    )
    assert action["ignore"] == {"line": 18, "column": 37}
    assert (action["id"], action["resource"], action["level"], action["line"], action["column"]) == (
        "missing-action",
        "LogBucketPolicy",
        "error",
        28,
        13,
    )
    assert (action["reason"], action["until"]) == ("it is replaced | <soon>.", SOON)
    assert action["pointer"] == "/Resources/LogBucketPolicy/Properties/PolicyDocument/Statement/0/Action"


def test_junit_skips_a_test_for_what_is_ignored(folder: Path) -> None:
    ignoring_all(folder)
    root = ET.fromstring(run("check", "--format", "junit").stdout)
    for element in root.iter():
        attributes, children = JUNIT[element.tag]
        assert (set(element.keys()), {one.tag for one in element} - children) == (attributes, set())
    (suite,) = root
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "0",
        "errors": "0",
        "skipped": "2",
    }
    assert [one.get("name") for one in suite] == [
        "t.yaml",
        "t.yaml: trail-before-policy at Trail",
        "t.yaml: missing-action at LogBucketPolicy",
    ]
    assert suite[2][0].get("message") == f"ignored: it is replaced | <soon>.; until {SOON}"
    assert "t.yaml:28:13: error: CloudTrail is not allowed s3:GetBucketAcl" in str(suite[2][0].text)


def test_a_junit_test_is_for_an_id_at_a_resource(folder: Path) -> None:
    twice = at_policy(ENTRY).replace("Action: s3:PutObject", "Action: s3:GetObject")
    (folder / "t.yaml").write_text(twice, "utf-8")
    _, skipped = ET.fromstring(run("check", "--format", "junit").stdout)[0]
    assert skipped.get("name") == "t.yaml: missing-action at LogBucketPolicy"
    assert [line.split(" (")[0] for line in str(skipped[0].text).splitlines()] == [
        f"t.yaml:28:13: error: CloudTrail is not allowed s3:{action}" for action in ("GetBucketAcl", "PutObject")
    ]


def test_the_pull_request_report_says_what_is_ignored_and_why(folder: Path) -> None:
    ignoring_all(folder)
    shown = run("fix", "--dry-run", "--format", "markdown", "t.yaml").stdout
    assert "| `t.yaml` | none | 2 | none |" in shown
    assert "No changes needed, apart from what is ignored." in shown
    section = shown[shown.index("## What is ignored, and why") :]
    assert "- line 5, `trail-before-policy` (`Trail`): Trail may be created" in section
    assert f"**Reason** (line 18): it is replaced &#124; &lt;soon>. Until {SOON}.\n" in section
    assert "## What is ignored" not in run("fix", "--dry-run", "--no-ignores", "--format", "markdown", "t.yaml").stdout


@pytest.mark.parametrize("style", ["gitlab", "rdjson", "github"])
def test_formats_that_cannot_acknowledge_leave_out_what_is_ignored(folder: Path, style: str) -> None:
    ignoring_all(folder)
    assert "missing-action" not in run("check", "--format", style).stdout
    assert "missing-action" in run("check", "--no-ignores", "--format", style).stdout


def test_an_ignore_that_one_environment_needs_is_not_unused(folder: Path) -> None:
    template = MINIMAL.replace("Resources:\n", "Parameters: {Prefix: {Type: String}}\nResources:\n")
    template = template.replace("IsLogging: true", "IsLogging: true\n      S3KeyPrefix: !Ref Prefix")
    template = template.replace("/AWSLogs", "/a/AWSLogs").replace(
        POLICY, f"  # remediate: ignore[prefix-not-allowed] r\n{POLICY}"
    )
    (folder / "t.yaml").write_text(template, "utf-8")
    for name in ("a", "b"):
        (folder / f"{name}.env").write_text(f"Prefix={name}\n", "utf-8")
    used, unused = (
        run("check", "--parameter-file", "a.env", "--parameter-file", "b.env"),
        run("check", "--parameter", "Prefix=a"),
    )
    assert "unused-ignore" not in used.stdout
    assert "'prefix-not-allowed' at LogBucketPolicy ignores nothing (r) [unused-ignore]" in unused.stdout
    assert "1 ignored" in used.stderr


def test_a_problem_that_is_ignored_from_now_on_is_not_called_resolved(folder: Path) -> None:
    (folder / "old.yaml").write_text(MINIMAL, "utf-8")
    (folder / "new.yaml").write_text(at_policy(ENTRY), "utf-8")
    compared = run("compare", "old.yaml", "new.yaml")
    assert compared.exit_code == 0
    assert "no new problems; no new access" in compared.stdout
    assert "  newly ignored by the template:\n    new.yaml:28:13: CloudTrail is not allowed" in compared.stdout
    assert "[missing-action] (the policy of the account allows it)" in " ".join(compared.stdout.split())
    markdown = run("compare", "--format", "markdown", "old.yaml", "new.yaml").stdout
    assert "### Newly ignored problems" in markdown
    assert "**Reason** (line 18): the policy of the account allows it." in markdown
    written = json.loads(run("compare", "--format", "json", "old.yaml", "new.yaml").stdout)
    schema = json.loads((ROOT / "remediate" / "report" / "comparison" / "schema.json").read_text("utf-8"))
    jsonschema.validate(written, schema)
    (ignored,) = written["templates"][0]["problems"]["ignored"]
    assert ignored["reason"] == "the policy of the account allows it"
    assert "newly ignored" not in run("compare", "new.yaml", "new.yaml").stdout


def test_an_ignored_cause_that_becomes_another_one_holds_nothing_back() -> None:
    """What the first run leaves for the ignore is not changed by a second one either."""
    template = """\
Parameters: {P: {Type: String, Default: cloudtrail}}
Resources:
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: !Join [".", [!Ref P, amazonaws.com]]}
            Action: s3:putobject
            Resource: !If [IsA, "${Bucket.Arn}", "AWS::NoValue"]
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: {S3BucketName: !Ref Bucket}
"""
    first = fix(template, ignore="missing-action")
    assert first.changed
    assert not fix(first.after, ignore="missing-action").changed
