"""A baseline ignores what is there today, and changes nothing else: byte for byte, and once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from remediate.baseline import baseline
from remediate.cli import main
from remediate.environments import Environment, remediate_for
from remediate.patch_set import load_all
from remediate.plan import Options
from remediate.report.annotations import annotate, fails
from remediate.template import TemplateError
from tests.templates import SOME

ROOT = Path(__file__).parent.parent
ALIASED = """\
Description: Two policies of one kind
Resources:
  Policy: &policy
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub ${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*
  Bucket: {Type: AWS::S3::Bucket}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties: {S3BucketName: !Ref Bucket, IsLogging: true}
Mappings: {Copies: {Of: {It: *policy}}}
"""
GENERATED = """\
Resources:
  Bucket83908E77:
    Type: AWS::S3::Bucket
    Metadata: {"aws:cdk:path": App/Logs/Resource}
  BucketPolicyE9A3008A:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket83908E77
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub ${Bucket83908E77.Arn}/AWSLogs/${AWS::AccountId}/*
    Metadata: {"aws:cdk:path": App/Logs/Policy/Resource}
  Trail022F0CF2:
    Type: AWS::CloudTrail::Trail
    DependsOn: BucketPolicyE9A3008A
    Properties: {S3BucketName: !Ref Bucket83908E77, IsLogging: true}
    Metadata: {"aws:cdk:path": App/Trail/Resource}
"""


@pytest.mark.parametrize("level", ["warning", "note"])
def test_after_a_baseline_nothing_is_found_and_a_second_one_changes_nothing(level: str) -> None:
    sets, environments = load_all("create", ["cloudtrail"]), (Environment("", Options()),)
    changed = 0
    for path in SOME:
        raw = path.read_bytes()
        try:
            found = remediate_for(raw, str(path), sets, environments)
        except TemplateError:
            continue
        done = baseline(raw, found, sets, environments, level, "known")
        after = remediate_for(done.report.to_bytes(), str(path), sets, environments)
        again = baseline(done.report.to_bytes(), after, sets, environments, level, "known")
        told = annotate(after)
        assert not done.left, path
        assert not fails([one.level for one in told], level), (path, told)
        assert not [one for one in told if one.rule in {"unused-ignore", "invalid-ignore"}], path
        assert not after.changed, path
        assert not again.report.changed, path
        assert _only_added(raw, done.report.to_bytes()), path
        changed += done.report.changed
    assert changed > 40


def _only_added(old: bytes, new: bytes) -> bool:
    """Tell whether every byte is still there, in its order."""
    rest = iter(new)
    return all(byte in rest for byte in old)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "t.yaml").write_bytes((ROOT / "examples" / "minimal.yaml").read_bytes().replace(b"\n", b"\r\n"))
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_the_command_writes_and_shows_what_it_writes(folder: Path) -> None:
    before = (folder / "t.yaml").read_bytes()
    planned = run("baseline", "--dry-run", "--reason", "see ticket: 7", "t.yaml")
    assert (planned.exit_code, (folder / "t.yaml").read_bytes()) == (0, before)
    assert planned.stderr == "t.yaml: 2 problems would be ignored at Trail, LogBucketPolicy\n"
    written = run("baseline", "--reason", "see ticket: 7", "t.yaml")
    assert (written.exit_code, written.stdout) == (0, planned.stdout)
    after = (folder / "t.yaml").read_bytes()
    lines = after.split(b"\r\n")
    added = [line for line in lines if line not in before.split(b"\r\n")]
    assert (
        b"\n".join(added)
        == (
            b"    Metadata:\n      remediate:\n        ignore:\n"
            b"          - id: trail-before-policy\n            reason: 'see ticket: 7'\n"
            b"    Metadata:\n      remediate:\n        ignore:\n"
            b"          - id: missing-action\n            reason: 'see ticket: 7'"
        )
        or b'"see ticket: 7"' in after
    )
    assert b"\r\n".join(line for line in lines if line not in added) == before
    assert run("check", "t.yaml").exit_code == 0
    assert run("baseline", "t.yaml").stdout == ""
    assert (folder / "t.yaml").read_bytes() == after


def test_a_new_problem_is_reported_after_a_baseline(folder: Path) -> None:
    run("baseline", "t.yaml")
    file = folder / "t.yaml"
    file.write_bytes(file.read_bytes().replace(b"/AWSLogs/", b"/Logs/"))
    found = run("check", "t.yaml")
    assert found.exit_code == 1
    assert "account-path-not-allowed" in found.stdout


def test_where_the_resource_cannot_be_edited_the_template_has_the_ignore(folder: Path) -> None:
    (folder / "t.yaml").write_text(ALIASED, "utf-8")
    assert run("baseline", "t.yaml", "--reason", "r").exit_code == 0
    text = (folder / "t.yaml").read_text("utf-8")
    assert text.startswith("Description: Two policies of one kind\nMetadata:\n  remediate:\n    ignore:\n")
    assert "resource: Policy\n" in text
    assert run("check", "t.yaml").exit_code == 0


def test_no_ignores_and_a_baseline_exclude_each_other(folder: Path) -> None:
    assert run("baseline", "--no-ignores", "t.yaml").exit_code == 2
    assert b"ignore" not in (folder / "t.yaml").read_bytes()


def test_an_invalid_ignore_is_left_for_the_user(folder: Path) -> None:
    file = folder / "t.yaml"
    file.write_bytes(file.read_bytes().replace(b"  Trail:\r\n", b"  Trail: # remediate: ignore[trail-order]\r\n"))
    done = run("baseline", "t.yaml")
    assert done.exit_code == 1
    assert "t.yaml:5:10: not ignored: ignoring 'trail-order' needs a reason [invalid-ignore]; say why" in done.stderr


def test_a_generated_template_is_changed_where_it_comes_from(folder: Path) -> None:
    (folder / "t.yaml").write_text(GENERATED, "utf-8")
    found = run("check", "t.yaml")
    assert "generated by the AWS CDK: change the construct App/Logs/Policy/Resource" in " ".join(found.stdout.split())
    for command in ("fix", "baseline"):
        assert (run(command, "t.yaml").exit_code, run(command, "t.yaml").stdout) == (1, "")
    assert (folder / "t.yaml").read_text("utf-8") == GENERATED
    assert "change the construct App/Logs/Policy/Resource, or add --generated" in " ".join(
        run("fix", "t.yaml").stderr.split()
    )
    assert run("fix", "--generated", "t.yaml").exit_code == 0
    assert "s3:GetBucketAcl" in (folder / "t.yaml").read_text("utf-8")


def test_a_template_that_sam_built_names_its_source(folder: Path) -> None:
    built = GENERATED.replace('"aws:cdk:path": App/Logs/Policy/Resource', "SamResourceId: LogPolicy")
    (folder / "t.yaml").write_text(built.replace("aws:cdk:path", "other"), "utf-8")
    said = " ".join(run("check", "t.yaml").stdout.split())
    assert "generated by AWS SAM: change the resource LogPolicy in the SAM template" in said
