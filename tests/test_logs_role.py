"""The role with which a trail writes to CloudWatch Logs: what is wrong with it, and that the words for a cure are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from remediate import fix
from remediate.cloudformation.model import TemplateModel
from remediate.delivery.error_messages import Evidence, failure
from remediate.delivery.locate import Given, locate
from remediate.delivery.new_access import new_access
from remediate.delivery.requests import requests
from remediate.delivery.services import default_service
from remediate.diagnosis.health import Health
from remediate.engine import Report, remediate
from remediate.patch_set import load
from remediate.plan import Options
from remediate.template import read

CASES = Path(__file__).parent / "cases"
HEALTHY = (CASES / "logs-role-access" / "healthy" / "before.yaml").read_text("utf-8")
GROUP, ROLE = "      CloudWatchLogsLogGroupArn: !GetAtt LogGroup.Arn\n", "      CloudWatchLogsRoleArn: !GetAtt LogRole.Arn\n"
TRUSTED = "              Service: cloudtrail.amazonaws.com\n            Action: sts"
BY_HAND = "CloudWatchLogsLogGroupArn: !Sub arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${LogGroup}"
BUCKET = "  LogBucket:\n    Type: AWS::S3::Bucket\n"
RETAINED = f"{BUCKET}    DeletionPolicy: {{}}\n    Properties: {{{{BucketName: our-logs}}}}\n"
NAMED = ("Resources:\n  LogGroup:\n    Type: AWS::Logs::LogGroup\n", "Resources:\n")


def changed(*changes: tuple[str, str]) -> str:
    template = HEALTHY
    for old, new in changes:
        assert template.count(old) == 1, f"{old!r} stands there {template.count(old)} times"
        template = template.replace(old, new)
    return template


def causes(report: Report) -> list[str]:
    return [one.cause for one in report.causes()]


def outcomes(report: Report) -> dict[str, str]:
    return {one.request.id: one.after.outcome.value for one in report.verdicts if one.kind in {"role", "permissions"}}


def test_a_healthy_role_is_judged_and_left() -> None:
    report = fix(HEALTHY)
    assert not report.changed
    assert causes(report) == []
    assert outcomes(report) == dict.fromkeys(("assume-role", "create-log-stream", "put-log-events"), "allowed")
    assert [one.health for one in report.deliveries] == [Health.HEALTHY]


@pytest.mark.parametrize(
    ("cause", "wrong", "cure"),
    [
        pytest.param("logs-half-configured", (ROLE, ""), (ROLE, ROLE), id="a role is added"),
        pytest.param("logs-half-configured", (GROUP, ""), (GROUP + ROLE, ""), id="or the other is taken away"),
        pytest.param(
            "log-group-arn", (GROUP, GROUP.replace("!GetAtt LogGroup.Arn", "!Ref LogGroup")), (GROUP, GROUP), id="GetAtt"
        ),
        pytest.param(
            "log-group-arn", (GROUP, f"      {BY_HAND}\n"), (GROUP, f"      {BY_HAND}:*\n"), id="the streams at the end"
        ),
        pytest.param(
            "retained-bucket",
            (
                BUCKET,
                RETAINED.format("Retain"),
            ),
            (
                BUCKET,
                RETAINED.format("RetainExceptOnCreate"),
            ),
            id="RetainExceptOnCreate",
        ),
        pytest.param(
            "hard-coded-partition",
            ("              - !Sub ${LogBucket.Arn}/*\n", "              - !Sub arn:aws:s3:::${LogBucket}/*\n"),
            (
                "              - !Sub ${LogBucket.Arn}/*\n",
                "              - !Sub arn:${AWS::Partition}:s3:::${LogBucket}/*\n",
            ),
            id="the partition of the stack",
        ),
    ],
)
def test_the_words_of_a_cure_cure_it(cause: str, wrong: tuple[str, str], cure: tuple[str, str]) -> None:
    # What is told only beside something that fails, or in a template for several partitions, needs one.
    also = {
        "retained-bucket": ("    DependsOn: LogBucketPolicy\n", ""),
        "hard-coded-partition": (
            "    Type: AWS::Logs::LogGroup\n",
            "    Type: AWS::Logs::LogGroup\n    Properties: {LogGroupName: !Ref AWS::Partition}\n",
        ),
    }
    around = [also[cause]] if cause in also else []
    report = fix(changed(wrong, *around))
    (found,) = [one for one in report.causes() if one.cause == cause]
    assert found.advice
    assert cause in {one.subject for one in report.skipped}
    assert (cause in {one.subject for one in report.unfixed}) is (cause not in also)
    assert cause not in causes(fix(changed(cure, *around)))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param("arn:aws:logs:eu-west-1:111122223333:log-group:trail:*", "is in the Region eu-west-1", id="Region"),
        pytest.param(
            "arn:aws:logs:us-east-1:999988887777:log-group:trail:*", "is in the account 999988887777", id="account"
        ),
        pytest.param("trail", "is trail, which is no ARN", id="name"),
        pytest.param("arn:aws:logs:us-east-1:111122223333:log-group:trail", "does not end in :*", id="no streams"),
        pytest.param("arn:aws:logs:us-east-1:111122223333:log-group:trail:*", "", id="right"),
        pytest.param("!ImportValue LogGroup", "", id="not known"),
        pytest.param("!Ref LogGroupArn", "", id="a parameter"),
    ],
)
def test_the_arn_of_a_log_group_outside_the_template(written: str, said: str) -> None:
    template = (
        changed((GROUP, f"      CloudWatchLogsLogGroupArn: {written}\n"))
        .replace(*NAMED)
        .replace("!GetAtt LogGroup.Arn", '"*"')
    )
    template = f"Parameters:\n  LogGroupArn: {{Type: String}}\n{template}"
    report = fix(template, parameters={"AWS::Region": "us-east-1", "AWS::AccountId": "111122223333"})
    found = [one.detail for one in report.causes() if one.cause == "log-group-arn"]
    assert len(found) == bool(said)
    assert all(said in one for one in found)
    assert set(outcomes(report).values()) == {"allowed"}


@pytest.mark.parametrize("given", ["", "arn:aws:logs:us-east-1:111122223333:log-group:trail:*"])
def test_what_a_parameter_leaves_empty_is_not_half_configured(given: str) -> None:
    template = f"Parameters:\n  Group: {{Type: String, Default: '{given}'}}\n" + changed(
        (GROUP, GROUP.replace("!GetAtt LogGroup.Arn", "!Ref Group"))
    )
    assert "logs-half-configured" not in causes(fix(template))


def test_a_role_and_a_log_group_under_the_same_condition_are_whole() -> None:
    off = "!If [Logs, {}, !Ref AWS::NoValue]"
    template = changed(
        (GROUP, GROUP.replace("!GetAtt LogGroup.Arn", off.format("!GetAtt LogGroup.Arn"))),
        (ROLE, ROLE.replace("!GetAtt LogRole.Arn", off.format("!GetAtt LogRole.Arn"))),
    )
    conditions = "Parameters:\n  Logs: {Type: String}\nConditions:\n  Logs: !Equals [!Ref Logs, 'yes']\n"
    template = conditions + template
    report = fix(template)
    assert causes(report) == []
    assert not report.changed


def test_a_misspelt_action_of_the_role_is_told_and_the_right_one_added() -> None:
    report = fix(changed(("logs:CreateLogStream", "logs:CreateLogsStream")))
    assert set(causes(report)) == {"misspelt-action", "logs-role-denied"}
    assert outcomes(report)["create-log-stream"] == "allowed"


def test_a_policy_of_the_role_that_waits_for_the_trail_is_told_with_its_cure() -> None:
    template = (CASES / "trail-order" / "role-policy-that-waits" / "before.yaml").read_text("utf-8")
    (found,) = [one for one in fix(template).unfixed if one.subject == "logs-role-late"]
    assert found.advice == "take the reference to Trail out of RolePolicy, and add `DependsOn: RolePolicy` to Trail"
    cured = template.replace("!GetAtt Trail.Arn", '"*"').replace(
        "Trail\n    Prop", "Trail\n    DependsOn: [RolePolicy]\n    Prop"
    )
    assert "logs-role-late" not in causes(fix(cured))


def test_a_change_for_others_too_takes_a_review() -> None:
    template = changed(
        (TRUSTED, TRUSTED.replace("cloudtrail.amazonaws.com", "[cloudtrail.amazonaws.com, lambda.amazonaws.com]")),
        ("                  - logs:CreateLogStream\n", ""),
    )
    assert not fix(template).changed
    report = fix(template, review=True)
    assert outcomes(report)["create-log-stream"] == "allowed"
    notes = [note for one in report.applied for note in one.notes]
    assert "lambda.amazonaws.com can assume LogRole too" in notes


def test_nobody_gets_into_the_role_with_the_service() -> None:
    report = fix(changed((TRUSTED, TRUSTED.replace("cloudtrail", "ec2"))))
    assert outcomes(report)["assume-role"] == "allowed"
    assert [one for one in report.new_access().found if one.logical_id == "LogRole"] == []


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ("Service: [cloudtrail.amazonaws.com, config.amazonaws.com]", "config.amazonaws.com"),
        ("AWS: '*'", "anybody"),
        ("AWS: '*'", "another account"),
    ],
)
def test_strangers_who_can_assume_the_role_are_told(principal: str, who: str) -> None:
    after = changed((TRUSTED, TRUSTED.replace("Service: cloudtrail.amazonaws.com", principal)))
    old, new = (locate(model(text), Given()) for text in (HEALTHY, after))
    found = [(one.outsider.who, one.outsider.request.action) for one in new_access(old, new).found]
    assert (who, "sts:AssumeRole") in found


def model(text: str) -> TemplateModel:
    return TemplateModel(read(text.encode(), "template").data)


def test_a_role_outside_the_template_is_told_with_what_it_needs() -> None:
    report = fix(changed((ROLE, "      CloudWatchLogsRoleArn: !ImportValue Role\n")))
    told = [one for one in report.unfixed if one.subject == "role-outside"]
    assert ['"Principal"' in one.paste for one in told] == [True, False]
    assert "log-group:${LogGroup}:log-stream:${AWS::AccountId}_CloudTrail_${AWS::Region}*" in told[1].paste
    assert [one.health for one in report.deliveries] == [Health.UNDECIDED]


def test_a_role_that_is_named_by_its_arn_is_found() -> None:
    arn = "!Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/service/trail-role"
    named = "    Properties:\n      RoleName: trail-role\n      Path: /service/\n      AssumeRole"
    report = fix(changed((ROLE, f"      CloudWatchLogsRoleArn: {arn}\n"), ("    Properties:\n      AssumeRole", named)))
    assert set(outcomes(report).values()) == {"allowed"}


@pytest.mark.parametrize(
    ("message", "code", "policies"),
    [
        (
            "Access denied. Check the permissions for your role.",
            "InvalidCloudWatchLogsLogGroupArnException",
            ("permissions",),
        ),
        ("Access denied. Check the trust relationships for your role.", "InvalidCloudWatchLogsRoleArnException", ("role",)),
        ("You must specify a role ARN as well as a log group.", "InvalidCloudWatchLogsLogGroupArnException", ("role",)),
        (
            "Check the log group ARN: CloudTrail can't validate it.",
            "InvalidCloudWatchLogsLogGroupArnException",
            ("role",),
        ),
        (
            "SNS Topic does not exist or the topic policy is incorrect!",
            "InsufficientSnsTopicPolicyException",
            ("topic",),
        ),
        ("The bucket policy already exists on bucket our-logs.", "BucketPolicyExists", ("bucket",)),
        (
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            "InvalidBucketAclWithObjectOwnership",
            ("bucket",),
        ),
        ("Error Code: CloudTrailAccessNotEnabledException", "organization-prerequisite", ()),
        ("Error Code: OrganizationsNotInUseException", "organization-prerequisite", ()),
    ],
)
def test_a_message_is_known(message: str, code: str, policies: tuple[str, ...]) -> None:
    found = failure(f"Resource handler returned message: {message!r}", [default_service()])
    assert found is not None
    assert (found.code, found.policies) == (code, policies)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Check the permissions for your role", [Health.BROKEN]),
        ("OrganizationsNotInUseException", [Health.HEALTHY]),
    ],
)
def test_a_message_about_the_role_counts_for_trails_with_one(message: str, expected: list[Health]) -> None:
    told = failure(message, [default_service()])
    assert told is not None
    options = Options(Given(), evidence=(Evidence(told),))
    report = remediate(HEALTHY.encode(), "template", load("create"), options)
    assert [one.health for one in report.deliveries] == expected
    assert ("error-elsewhere" in {one.subject for one in report.skipped}) is (expected == [Health.HEALTHY])


def test_the_request_with_a_role_is_as_the_role_makes_it() -> None:
    (delivery,) = locate(model(HEALTHY), Given()).deliveries
    assert delivery.role is not None
    facts: Any = replace(delivery.facts, boundary="b", other_permissions="p")
    (one,) = [one for one in requests(facts) if one.id == "put-log-events"]
    assert one.request.principal == "the role LogRole"
    assert (one.request.limit, one.request.fallback) == ("b", "p")
    assert "aws:sourcearn" not in one.request.context
