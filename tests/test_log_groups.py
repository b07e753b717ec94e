"""CloudWatch log groups with a key: each root cause at its place, no other, and the cures that are only words."""

from __future__ import annotations

from typing import Any

import pytest

from remediate import fix
from remediate.compare import standing_access
from remediate.delivery.error_messages import failure
from remediate.delivery.services import shipped_services
from remediate.engine import Report

HEALTHY = """\
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Account
            Effect: Allow
            Principal: { AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" }
            Action: kms:*
            Resource: "*"
          - Sid: Logs
            Effect: Allow
            Principal:
              Service: !Sub logs.${AWS::Region}.amazonaws.com
            Action: [kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, kms:GenerateDataKey*, kms:Describe*]
            Resource: "*"
            Condition:
              ArnLike:
                kms:EncryptionContext:aws:logs:arn: !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*
  Group:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: /orders/application
      KmsKeyId: !GetAtt Key.Arn
"""
OWN = "!Sub logs.${AWS::Region}.amazonaws.com"
CONTEXT = "!Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*"
NAMED = '!Sub "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/orders/application"'
KEY = "!GetAtt Key.Arn"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
IN_US = {"AWS::Region": "us-east-1"}


def run(changes: list[tuple[str, str]], **options: Any) -> Report:
    text = HEALTHY
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return fix(text, service="log-groups", **options)


def test_the_healthy_template_has_no_cause() -> None:
    report = run([])

    assert (report.findings, report.skipped, report.operations) == ((), (), ())
    assert {one.before.outcome.value for one in report.verdicts} == {"allowed"}
    assert {one.request.id for one in report.verdicts} == {
        *("encrypt", "decrypt", "re-encrypt-from", "re-encrypt-to", "generate-data-key", "describe-key")
    }


@pytest.mark.parametrize(
    ("changes", "cause", "told"),
    [
        pytest.param(
            [(OWN, "events.amazonaws.com")], "no-statement", "no statement for logs.${AWS::Region}", id="no-statement"
        ),
        pytest.param([("kms:GenerateDataKey*, ", "")], "missing-action", "kms:GenerateDataKey (get", id="missing-action"),
        pytest.param(
            [(OWN, "logs.us-east-1.amazonaws.com")], "uncertain-principal", "is that of one Region", id="one-region"
        ),
        pytest.param([(OWN, "logs.amazonaws.com")], "uncertain-principal", "AWS does not document", id="no-region"),
        pytest.param(
            [(OWN, "!Sub logs.${AWS::Region}.amazonaws.com.cn")],
            "uncertain-principal",
            "does not document",
            id="suffix-of-china",
        ),
        pytest.param(
            [(OWN, "logs.us-east-1.amazon.com")], "wrong-principal", "names the principal Service", id="no-service"
        ),
        pytest.param([(f"Service: {OWN}", f"AWS: {OWN}")], "no-statement", "has no statement", id="under-aws"),
        pytest.param([(CONTEXT, "!GetAtt Group.Arn")], "wrong-encryption-context", "has `:*` behind the ARN", id="get-att"),
        pytest.param([("ArnLike", "StringEquals")], "wrong-encryption-context", "compares literally", id="literal-star"),
        pytest.param(
            [(CONTEXT, f'{NAMED[:-1]}-2"')],
            "wrong-encryption-context",
            "names a different log group",
            id="another-log-group",
        ),
        pytest.param([(f"KmsKeyId: {KEY}", "KmsKeyId: !Ref Key")], "key-without-arn", "is the id of Key", id="key-by-id"),
        pytest.param([(f"KmsKeyId: {KEY}", f"KmsKeyId: {ID}")], "key-without-arn", f"is {ID}", id="literal-id"),
        pytest.param([(f"KmsKeyId: {KEY}", "KmsKeyId: alias/a")], "key-without-arn", "the alias alias/a", id="alias"),
        pytest.param(
            [(f"KmsKeyId: {KEY}", "KmsKeyId: alias/aws/logs")], "unusable-key", "which AWS manages", id="aws-managed"
        ),
        pytest.param([("EnableKeyRotation: true", "Enabled: false")], "unusable-key", "has Enabled: false", id="disabled"),
        pytest.param([("EnableKeyRotation: true", "KeySpec: RSA_2048")], "unusable-key", "RSA_2048", id="asymmetric"),
        pytest.param(
            [("EnableKeyRotation: true", "KeyUsage: SIGN_VERIFY")], "unusable-key", "SIGN_VERIFY", id="for-signatures"
        ),
    ],
)
def test_a_cause_is_found(changes: list[tuple[str, str]], cause: str, told: str) -> None:
    report = run(changes)

    assert [one.detail for one in report.findings if one.cause == cause and told in one.detail]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([(CONTEXT, NAMED)], id="the name of the log group"),
        pytest.param([(CONTEXT, NAMED), ("ArnLike", "StringEquals")], id="the name, compared literally"),
        pytest.param([(CONTEXT, NAMED.replace("/orders/application", "/orders/*"))], id="a beginning of the name"),
        pytest.param([("kms:Describe*", "kms:DescribeKey")], id="DescribeKey alone"),
        pytest.param([("kms:ReEncrypt*, ", "")], id="without ReEncrypt, which is not documented to be requested"),
        pytest.param([(", kms:Describe*", "")], id="without DescribeKey, which is not documented to be requested"),
        pytest.param(
            [("[kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, kms:GenerateDataKey*, kms:Describe*]", "kms:*")], id="all"
        ),
        pytest.param([(OWN, "!Sub logs.${AWS::Region}.${AWS::URLSuffix}")], id="the URL suffix"),
        pytest.param([(OWN, f'[!Sub "{OWN[5:]}", events.amazonaws.com]')], id="shared with another service"),
        pytest.param([(KEY, '!Sub "${Key.Arn}"')], id="the ARN with Sub"),
        pytest.param(
            [
                (CONTEXT, CONTEXT.replace("${AWS::Partition}", "aws-us-gov")),
                ("arn:${AWS::Partition}:iam", "arn:aws-us-gov:iam"),
            ],
            id="a partition that is written out everywhere",
        ),
        pytest.param([(f"KmsKeyId: {KEY}\n", "RetentionInDays: 30\n")], id="no key"),
    ],
)
def test_what_works_is_left_alone(changes: list[tuple[str, str]]) -> None:
    report = run(changes)

    assert report.operations == ()
    assert [one for one in report.findings if one.blocking] == []


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        pytest.param((CONTEXT, "!GetAtt Group.Arn"), (CONTEXT, CONTEXT), "policy-waits-for-log-group", id="the pattern"),
        pytest.param((CONTEXT, "!GetAtt Group.Arn"), (CONTEXT, NAMED), "policy-waits-for-log-group", id="the name"),
        pytest.param((KEY, "alias/orders"), (KEY, KEY), "key-without-arn", id="the ARN instead of the alias"),
        pytest.param(
            (KEY, ID),
            (KEY, f'!Sub "arn:${{AWS::Partition}}:kms:${{AWS::Region}}:${{AWS::AccountId}}:key/{ID}"'),
            "key-without-arn",
            id="the ARN around the id",
        ),
        pytest.param((KEY, "alias/aws/logs"), (KEY, KEY), "unusable-key", id="a key of one's own"),
        pytest.param((OWN, "logs.us-east-1.amazonaws.com"), (OWN, OWN), "uncertain-principal", id="the Region of the stack"),
        pytest.param((OWN, "logs.amazonaws.com"), (OWN, OWN), "uncertain-principal", id="with the Region"),
        pytest.param(
            ("EnableKeyRotation: true", "Enabled: false"),
            ("EnableKeyRotation: true", "Enabled: true"),
            "unusable-key",
            id="enabled",
        ),
    ],
)
def test_the_words_of_a_cure_take_the_cause_away(before: tuple[str, str], after: tuple[str, str], cause: str) -> None:
    assert cause in {one.cause for one in run([before]).findings}
    assert cause not in {one.cause for one in run([after]).findings}


def test_a_condition_that_makes_a_circle_is_replaced_and_the_circle_is_gone() -> None:
    report = run([(CONTEXT, "!GetAtt Group.Arn")])

    assert "policy-waits-for-log-group" in {one.cause for one in report.findings}
    assert fix(report.after, service="log-groups").findings == ()
    assert report.after == HEALTHY


def test_a_key_of_another_region_cannot_be_used() -> None:
    arn = f"arn:aws:kms:eu-west-1:111122223333:key/{ID}"
    report = run([(KEY, arn)], parameters=IN_US)

    (found,) = [one for one in report.findings if one.cause == "unusable-key"]
    assert found.detail == "the key of Group is in eu-west-1, the log group in us-east-1"
    assert "unusable-key" not in {one.cause for one in run([(KEY, arn)]).findings}


@pytest.mark.parametrize("patch_set", ["create", "documented"])
def test_no_stranger_gets_in(patch_set: str) -> None:
    broken = [(CONTEXT, "!GetAtt Group.Arn"), ("kms:GenerateDataKey*, ", ""), ("ArnLike", "ArnEquals")]
    report = run(broken, patch_set=patch_set)
    access = report.new_access()

    assert {one.after.outcome.value for one in report.verdicts} == {"allowed"}
    assert access.found == ()
    assert access.asked > 20


def test_log_groups_of_other_accounts_are_kept_out_by_the_documented_set() -> None:
    open_to_all = HEALTHY[: HEALTHY.index("            Condition:")] + HEALTHY[HEALTHY.index("  Group:") :]

    assert fix(open_to_all, service="log-groups").operations == ()
    restricted = fix(open_to_all, service="log-groups", patch_set="documented", precautions=True)
    assert f"kms:EncryptionContext:aws:logs:arn: {CONTEXT}" in restricted.after


def test_an_open_statement_is_told_as_access_of_strangers() -> None:
    open_to_all = HEALTHY[: HEALTHY.index("            Condition:")] + HEALTHY[HEALTHY.index("  Group:") :]
    found = standing_access(fix(open_to_all, service="log-groups"))

    assert {one.outsider.who for one in found.standing} == {"a log group of another account"}


@pytest.mark.parametrize(
    "message",
    [
        "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:us-east-1:1:log-group:a'",
        "The specified KMS Key Id could not be found or is not allowed to be used with LogGroup 'a'",
        "Model validation failed (#/KmsKeyId: failed validation constraint for keyword [pattern])",
        "Value '1234' at 'kmsKeyId' failed to satisfy constraint: Member must satisfy regular expression pattern",
    ],
)
def test_the_messages_of_a_failed_deployment_are_known(message: str) -> None:
    found = failure(message, [one for one in shipped_services() if one.id == "log-groups"])

    assert found is not None
    assert found.policies == ("key",)
