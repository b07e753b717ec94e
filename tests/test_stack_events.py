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
