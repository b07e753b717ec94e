"""The events of a failed stack: which finding explains them, and what to do after the rollback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from remediate.cli import main
from remediate.delivery.services import shipped_services
from remediate.delivery.stack_events import NotStackEvents, parse

Event = dict[str, Any]
EXAMPLES = Path(__file__).parent.parent / "examples"
DENIED = (
    'Resource handler returned message: "Incorrect S3 bucket policy is detected for bucket: logs '
    '(Service: CloudTrail, Status Code: 400)" (HandlerErrorCode: InvalidRequest)'
)
OF_KEY = "KmsKeyNotFoundException: KMS key was not found"


def event(logical_id: str, status: str, reason: str = "", kind: str = "AWS::CloudTrail::Trail", **more: str) -> Event:
    return {
        "StackId": "arn:stack",
        "StackName": "orders",
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        **more,
    }


def stack(status: str) -> Event:
    return event("orders", status, kind="AWS::CloudFormation::Stack", PhysicalResourceId="arn:stack")


def events(*newest_first: Event) -> str:
    return json.dumps({"StackEvents": newest_first})


def check(text: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", "--stack-events", "-", *arguments], input=text, prog_name="remediate")


def explained(text: str, example: str = "minimal.yaml") -> str:
    result = check(text, str(EXAMPLES / example))
    assert result.exit_code in {0, 1}
    return result.stdout[result.stdout.index("stack events: ") :]


CREATED = stack("CREATE_IN_PROGRESS")


def test_the_finding_that_explains_a_failure_is_named() -> None:
    shown = explained(events(event("Trail", "CREATE_FAILED", DENIED), CREATED))
    assert shown.startswith("stack events: Trail CREATE_FAILED (InsufficientS3BucketPolicyException): ")
    assert "explained by:" in shown
    assert "[no-statement]" in shown or "[missing-action]" in shown
    assert "[trail-before-policy]" in shown


@pytest.mark.parametrize(
    ("failure", "example", "expected"),
    [
        pytest.param(event("Trail", "CREATE_FAILED", "Quota"), "minimal.yaml", "is not one about", id="unknown reason"),
        pytest.param(event("Nobody", "CREATE_FAILED", DENIED), "minimal.yaml", "no template that was", id="not here"),
        pytest.param(event("Trail", "CREATE_FAILED", DENIED), "healthy.yaml", "not explained by this", id="healthy"),
        pytest.param(event("Trail", "CREATE_FAILED", OF_KEY), "minimal.yaml", "Trail has no key in it", id="no key"),
        pytest.param(event("LogBucket", "CREATE_FAILED", DENIED), "healthy.yaml", "nothing here that", id="a bucket"),
        pytest.param(event("LogBucket", "CREATE_FAILED", "logs already exists"), "healthy.yaml", "import it", id="taken"),
        pytest.param(event("Trail", "CREATE_FAILED"), "minimal.yaml", "no reason given", id="no reason"),
    ],
)
def test_what_is_not_explained_is_said(failure: Event, example: str, expected: str) -> None:
    shown = " ".join(explained(events(failure, CREATED), example).split())
    assert expected in shown
    assert "explained by:" not in shown


def test_what_was_only_cancelled_is_left_out() -> None:
    cancelled = event("LogBucketPolicy", "CREATE_FAILED", "Resource creation cancelled")
    assert "LogBucketPolicy" not in explained(events(cancelled, event("Trail", "CREATE_FAILED", "x"), CREATED))
    assert explained(events(cancelled, CREATED)) == "stack events: no resource failed in them\n"


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "aws cloudformation delete-stack --stack-name orders"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name orders"),
        ("UPDATE_ROLLBACK_COMPLETE", "update it with the fixed template"),
    ],
)
def test_what_to_do_after_a_rollback(status: str, advice: str) -> None:
    shown = explained(events(stack(status), event("Trail", "CREATE_FAILED", DENIED), CREATED))
    assert advice in " ".join(shown.split())


def test_a_retained_bucket_blocks_its_name() -> None:
    kept = event("LogBucket", "DELETE_SKIPPED", kind="AWS::S3::Bucket", PhysicalResourceId="orders-logs")
    shown = explained(events(stack("ROLLBACK_COMPLETE"), kept, event("Trail", "CREATE_FAILED", DENIED), CREATED))
    assert "LogBucket (orders-logs) is retained and blocks its name" in " ".join(shown.split())


def test_the_last_operation_that_failed_counts() -> None:
    history = [
        {**one, "Timestamp": f"2026-01-01T00:{10 - number:02}:00+00:00"}
        for number, one in enumerate(
            [
                stack("DELETE_COMPLETE"),
                stack("DELETE_IN_PROGRESS"),
                stack("ROLLBACK_COMPLETE"),
                event("Trail", "CREATE_FAILED", DENIED),
                CREATED,
                event("Old", "CREATE_FAILED", "of an earlier attempt"),
                CREATED,
            ]
        )
    ]
    found = parse(json.dumps({"StackEvents": history[::-1]}), shipped_services())
    assert [one.logical_id for one in found.failed] == ["Trail"]
    assert (found.stack, found.status) == ("orders", "DELETE_COMPLETE")


@pytest.mark.parametrize("text", ["", "no JSON", "{}", '{"StackEvents": [1]}', '{"Stacks": []}', "[" * 100_000])
def test_what_is_something_else_is_a_usage_error(text: str) -> None:
    with pytest.raises(NotStackEvents):
        parse(text, shipped_services())
    result = check(text, str(EXAMPLES / "minimal.yaml"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Invalid value for --stack-events: -: not " in result.stderr


def test_a_format_for_machines_keeps_standard_output() -> None:
    result = check(
        events(event("Trail", "CREATE_FAILED", DENIED), CREATED), "--format", "json", str(EXAMPLES / "minimal.yaml")
    )
    assert json.loads(result.stdout)["templates"]
    assert "explained by:" in result.stderr


def test_standard_input_is_read_once() -> None:
    result = CliRunner().invoke(main, ["check", "--stack-events", "-", "-"], input=events(CREATED))
    assert result.exit_code == 2
    assert "-: standard input was already read for --stack-events" in result.stderr


DELIVERY = """\
  {0}Bucket: {{ Type: AWS::S3::Bucket }}
  {0}Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref {0}Bucket
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {{ Service: cloudtrail.amazonaws.com }}
            Action: s3:GetBucketAcl
            Resource: !GetAtt {0}Bucket.Arn
          - Effect: Allow
            Principal: {{ Service: cloudtrail.amazonaws.com }}
            Action: s3:PutObject
            Resource: !Sub ${{{0}Bucket.Arn}}/AWSLogs/${{AWS::AccountId}}/*
  {0}:
    Type: AWS::CloudTrail::Trail
    DependsOn: {0}Policy
    Properties: {{ S3BucketName: !Ref {0}Bucket, IsLogging: true }}
"""
FAILED = events(stack("ROLLBACK_COMPLETE"), event("Second", "CREATE_FAILED", DENIED), CREATED)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "e.json").write_text(FAILED, "utf-8")
    file = tmp_path / "two.yaml"
    file.write_text("Resources:\n" + DELIVERY.format("First") + DELIVERY.format("Second"), "utf-8")
    return file


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments), prog_name="remediate")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_fix_takes_the_delivery_that_failed_for_broken_and_no_other(two: Path) -> None:
    before = two.read_text("utf-8")
    assert run("fix", "--dry-run", "two.yaml").stdout == ""
    result = run("fix", "--stack-events", "e.json", "two.yaml")
    assert result.exit_code == 0
    first, second = (DELIVERY.format(name) in two.read_text("utf-8") for name in ("First", "Second"))
    assert (first, second, two.read_text("utf-8") == before) == (True, False, False)
    assert [line[1:].strip() for line in result.stdout.splitlines() if line.startswith("+ ")] == [
        "Action:",
        "- s3:GetBucketAcl",
        "- s3:GetBucketLocation",
    ]


@pytest.mark.usefixtures("two")
def test_fix_explains_on_standard_error_whatever_goes_to_standard_output() -> None:
    diff = run("fix", "--dry-run", "--stack-events", "e.json", "two.yaml")
    written = run("fix", "--dry-run", "--stack-events", "e.json", "--format", "json", "two.yaml")
    assert diff.stdout.startswith("--- a/two.yaml\n")
    assert json.loads(written.stdout)["templates"][0]["changed"] is True
    for one in (diff, written):
        assert "stack events: Second CREATE_FAILED (InsufficientS3BucketPolicyException)" in one.stderr
        assert "delete it before you create it again" in " ".join(one.stderr.split())
    assert run("fix", "--list-files", "--stack-events", "e.json", "two.yaml").stderr == ""


@pytest.mark.usefixtures("two")
def test_simulate_shows_what_the_failure_can_be_about_and_explains_it() -> None:
    shown = run("simulate", "--stack-events", "e.json", "two.yaml").stdout
    assert "InsufficientS3BucketPolicyException: the bucket policy denies" in shown
    assert "stack events: Second CREATE_FAILED" in shown
    both = events(event("Second", "CREATE_FAILED", DENIED), event("First", "CREATE_FAILED", OF_KEY), CREATED)
    Path("e.json").write_text(both, "utf-8")
    shown = run("simulate", "--stack-events", "e.json", "two.yaml").stdout
    assert "6 CloudTrail requests" in shown


@pytest.mark.usefixtures("two")
def test_events_of_another_template_change_nothing() -> None:
    Path("e.json").write_text(events(event("Nobody", "CREATE_FAILED", DENIED), CREATED), "utf-8")
    result = run("fix", "--stack-events", "e.json", "two.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no template that was checked has this resource" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("command", ["check", "fix --dry-run", "simulate"])
def test_a_message_about_a_key_that_no_trail_has_is_said_to_be_of_another_template(command: str) -> None:
    said = "this error (KmsKeyNotFoundException) is from another template, or from another version of it"
    told = " ".join(run(*command.split(), "--error", OF_KEY, "two.yaml").stderr.split())
    assert f"! --error: {said}: no trail in this template has a key" in told
    assert said not in " ".join(run(*command.split(), "--error", DENIED, "two.yaml").stderr.split())
    assert said not in " ".join(run(*command.split(), "--error", OF_KEY, str(EXAMPLES / "stack.yaml")).stderr.split())
    Path("none.yaml").write_text("Resources: {Queue: {Type: AWS::SQS::Queue}}\n", "utf-8")
    told = " ".join(run(*command.split(), "--error", DENIED, "none.yaml").stderr.split())
    assert "there is no trail in this template" in told
