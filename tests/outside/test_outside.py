"""Every template before and after, judged by an evaluator that is not our own (see the package)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.outside import judging
from tests.outside.evaluator import PACKAGES, VARIABLE, Evaluator, unavailable
from tests.outside.inputs import Input, everything, shipped
from tests.outside.judging import differences, health, opened
from tests.outside.known import known_differences, unexplained
from tests.outside.tool import PATCH_SETS, Fixed, Told, fixed

INPUTS = list(everything())
KNOWN_FILES = sorted({row.file for row in known_differences()})
CASES = [one for one in shipped() if one.path.stem == "before" and list(one.path.parent.glob("after.*"))]


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    if reason := unavailable():
        pytest.skip(reason)
    made = Evaluator()
    yield made
    made.close()


def test_the_evaluator_is_there_where_it_must_be() -> None:
    """Where the variable is set, nothing may be skipped unseen."""
    if os.environ.get(VARIABLE):
        assert unavailable() is None


def test_the_gate_installs_the_version_that_is_pinned_here() -> None:
    gate = (Path(__file__).parents[2] / ".ci" / "run").read_text("utf-8")
    assert [one for one in PACKAGES if one not in gate] == []


@pytest.mark.parametrize("patch_set", PATCH_SETS)
@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one.name)
def test_the_evaluator_finds_nothing_wrong(evaluator: Evaluator, one: Input, patch_set: str) -> None:
    """No stranger is let in, a healthy template stays as it is, and the verdicts are the evaluator's."""
    result = fixed(one.raw, one.name, patch_set, one.told)
    if result is not None and result.before != result.after:
        assert list(map(str, opened(evaluator, result.before, result.after))) == []
        assert health(evaluator, result.before) != "healthy"
    found, _ = differences(evaluator, one.raw, one.name, patch_set, one.told)
    assert list(map(str, unexplained(one.name, found))) == []


@pytest.mark.parametrize("file", KNOWN_FILES)
def test_a_known_difference_is_still_one(evaluator: Evaluator, file: str) -> None:
    one = next((one for one in INPUTS if one.name == file), None)
    if one is None:
        pytest.skip("the corpus is not here")
    found = [each for name in PATCH_SETS for each in differences(evaluator, one.raw, one.name, name, one.told)[0]]
    rows = [row for row in known_differences() if row.file == file]
    assert [row for row in rows if not any(row.covers(file, each) for each in found)] == []


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_no_case_expects_that_a_stranger_is_let_in(evaluator: Evaluator, one: Input) -> None:
    unshown = b"IsOrganizationTrail: true" in one.raw or b"AWS::CloudTrail::Trail" not in one.raw
    if unshown and b'"review": true' in _options(one):
        return  # the account of such a trail cannot be shown, so a person decides whom it lets in
    after = next(one.path.parent.glob("after.*")).read_text("utf-8-sig")
    assert list(map(str, opened(evaluator, one.raw.decode("utf-8-sig"), after, others_at_home=True))) == []


def _options(one: Input) -> bytes:
    file = one.path.with_name("options.json")
    return file.read_bytes() if file.exists() else b""


TEMPLATE = """\
Resources:
  Logs:
    Type: AWS::S3::Bucket
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:GetBucketAcl
            Resource: !GetAtt Logs.Arn
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub ${Logs.Arn}/AWSLogs/${AWS::AccountId}/*
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties:
      IsLogging: true
      S3BucketName: !Ref Logs
"""
GUARD = "            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}\n"


def test_a_guard_that_goes_is_seen(evaluator: Evaluator) -> None:
    found = opened(evaluator, TEMPLATE, TEMPLATE.replace(GUARD, ""))
    assert {(one.asked.who, one.asked.action) for one in found} == {
        ("another account's trail", "s3:GetBucketAcl"),
        ("another account's trail", "s3:PutObject"),
    }


@pytest.mark.parametrize(
    ("old", "new", "who"),
    [
        (
            "cloudtrail.amazonaws.com",
            "[cloudtrail.amazonaws.com, config.amazonaws.com]",
            "config.amazonaws.com for 111122223333",
        ),
        (
            "{Service: cloudtrail.amazonaws.com}",
            "{AWS: 'arn:aws:iam::111122223333:role/other'}",
            "arn:aws:iam::111122223333:role/other",
        ),
        ("/AWSLogs/${AWS::AccountId}/*", "/*", "CloudTrail, elsewhere"),
        ("Action: s3:PutObject", "Action: s3:*Object", "CloudTrail, what it never does"),
    ],
)
def test_whoever_gets_in_is_seen(evaluator: Evaluator, old: str, new: str, who: str) -> None:
    before = TEMPLATE.replace(GUARD, "")
    assert who in {one.asked.who for one in opened(evaluator, before, before.replace(old, new))}


def test_everybody_is_seen(evaluator: Evaluator) -> None:
    public = TEMPLATE.replace(GUARD, "").replace("{Service: cloudtrail.amazonaws.com}", "'*'")
    assert {"anybody", "arn:aws:iam::999988887777:root"} <= {one.asked.who for one in opened(evaluator, TEMPLATE, public)}


def test_the_region_is_no_door_for_who_reads_the_grants(evaluator: Evaluator) -> None:
    before = TEMPLATE.replace(GUARD, "", 1)
    after = before.replace("Action: s3:GetBucketAcl", "Action: [s3:GetBucketAcl, s3:GetBucketLocation]")
    assert opened(evaluator, before, after) == []


IDLE = """\
          - {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: s3:PutObject, Resource: !GetAtt Logs.Arn}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", "healthy"),
        ("    DependsOn: Policy\n", "", "broken"),
        ("Action: s3:PutObject", "Action: s3:GetObject", "broken"),
        ("!GetAtt Logs.Arn", "!Ref Logs", "broken"),
        ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "outside"),
        ("AWS::CloudTrail::Trail", "AWS::SNS::Topic", "elsewhere"),
        ("DependsOn: Policy", "Condition: Nowhere", "unknown"),
        ("!Ref AWS::AccountId", "'111122223333'", "broken"),
        (
            "Resource: !Sub ${Logs.Arn}/AWSLogs/${AWS::AccountId}/*",
            "Resource: [!GetAtt Logs.Arn, !Sub '${Logs.Arn}/*']",
            "healthy",
        ),
        ("Statement:\n", f"Statement:\n{IDLE}", "broken"),
    ],
)
def test_health(evaluator: Evaluator, old: str, new: str, expected: str) -> None:
    assert health(evaluator, TEMPLATE.replace(old, new)) == expected


def test_a_wrong_verdict_is_seen(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    def turned(raw: bytes, name: str, patch_set: str, told: Told | None = None) -> Fixed | None:
        found = fixed(raw, name, patch_set, told)
        assert found
        return replace(found, verdicts=dict.fromkeys(found.verdicts, ("denied", "undecidable")))

    named = TEMPLATE.replace("    Type: AWS::S3::Bucket\n", "    Type: AWS::S3::Bucket\n    Properties: {BucketName: b}\n")
    named = named.replace("      IsLogging: true\n", "      IsLogging: true\n      TrailName: t\n")
    assert differences(evaluator, named.encode(), "template", PATCH_SETS[0], Told())[0] == []
    monkeypatch.setattr(judging, "fixed", turned)
    found, compared = differences(evaluator, named.encode(), "template", PATCH_SETS[0], Told())
    assert compared == 6
    assert {(one.request, one.when, one.ours, one.theirs) for one in found} >= {
        ("get-bucket-acl", "before", "denied", "allowed"),
        ("put-object", "after", "undecidable", "allowed"),
    }


LEGS = (
    TEMPLATE.replace("DependsOn: Policy\n", "DependsOn: [Policy, TopicPolicy, Rights]\n")
    + """\
      SnsTopicName: !GetAtt Topic.TopicName
      CloudWatchLogsLogGroupArn: !GetAtt Group.Arn
      CloudWatchLogsRoleArn: !GetAtt Role.Arn
  TopicKey: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [
    {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com},
     Action: [kms:GenerateDataKey*, kms:Decrypt], Resource: '*',
     Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}}]}}}
  Topic: {Type: AWS::SNS::Topic, Properties: {KmsMasterKeyId: !Ref TopicKey}}
  TopicPolicy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Statement: [
    {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: sns:Publish, Resource: !Ref Topic,
     Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}}]}}}
  GroupKey: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [
    {Effect: Allow, Principal: {Service: !Sub 'logs.${AWS::Region}.amazonaws.com'}, Resource: '*',
     Action: [kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, kms:GenerateDataKey*, kms:Describe*],
     Condition: {ArnLike: {kms:EncryptionContext:aws:logs:arn: !Sub 'arn:aws:logs:*:${AWS::AccountId}:log-group:*'}}}]}}}
  Group: {Type: AWS::Logs::LogGroup, Properties: {KmsKeyId: !GetAtt GroupKey.Arn}}
  Role: {Type: AWS::IAM::Role, Properties: {
    AssumeRolePolicyDocument: {Statement: [
      {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: sts:AssumeRole}]},
    Policies: [{PolicyName: streams, PolicyDocument: {Statement: [
      {Effect: Allow, Action: logs:CreateLogStream, Resource: !GetAtt Group.Arn}]}}]}}
  Rights: {Type: AWS::IAM::Policy, Properties: {PolicyName: events, Roles: [!Ref Role], PolicyDocument: {Statement: [
    {Effect: Allow, Action: logs:PutLogEvents, Resource: !GetAtt Group.Arn}]}}}
"""
)
BUCKET = "    Type: AWS::S3::Bucket\n"
FLOW_LOG = "  Flow: {Type: AWS::EC2::FlowLog, Properties: {LogDestinationType: s3, LogDestination: !GetAtt Logs.Arn}}\n"
PUBLIC = """\
    Properties:
      AccessControl: PublicRead
      OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}
"""
BROKEN_LEGS = {
    "topic policy for another action": ("Action: sns:Publish", "Action: sns:Subscribe"),
    "topic policy for another topic": ("Resource: !Ref Topic,", "Resource: !Sub '${Topic}-2',"),
    "topic without a policy": ("Topics: [!Ref Topic]", "Topics: [!Sub '${Topic}-2']"),
    "topic policy too late": ("[Policy, TopicPolicy, Rights]", "[Policy, Rights]"),
    "topic key without Decrypt": ("[kms:GenerateDataKey*, kms:Decrypt]", "[kms:GenerateDataKey*]"),
    "topic key for another context": (
        "{aws:SourceAccount: !Ref AWS::AccountId}}}]}}}\n  Topic:",
        "{kms:EncryptionContext:aws:sns:topicArn: other}}}]}}}\n  Topic:",
    ),
    "topic with the key of AWS": ("KmsMasterKeyId: !Ref TopicKey", "KmsMasterKeyId: alias/aws/sns"),
    "trust for another service": (
        "{Service: cloudtrail.amazonaws.com}, Action: sts:",
        "{Service: ec2.amazonaws.com}, Action: sts:",
    ),
    "trust with a condition that may be unmet": (
        "Action: sts:AssumeRole",
        "Action: sts:AssumeRole, Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}",
    ),
    "role without one of its actions": ("Action: logs:CreateLogStream", "Action: logs:GetLogEvents"),
    "role for another log group": (
        "Action: logs:PutLogEvents, Resource: !GetAtt Group.Arn",
        "Action: logs:PutLogEvents, Resource: 'arn:aws:logs:*:*:log-group:other:*'",
    ),
    "permissions of nobody": ("Roles: [!Ref Role]", "Roles: [somebody]"),
    "permissions too late": ("[Policy, TopicPolicy, Rights]", "[Policy, TopicPolicy]"),
    "log group without a role": ("      CloudWatchLogsRoleArn: !GetAtt Role.Arn\n", ""),
    "log group without its tail": (
        "LogGroupArn: !GetAtt Group.Arn",
        "LogGroupArn: 'arn:aws:logs:us-east-1:111122223333:log-group:g'",
    ),
    "log group's key by its id": ("KmsKeyId: !GetAtt GroupKey.Arn", "KmsKeyId: !Ref GroupKey"),
    "log group's key for another Region": ("'logs.${AWS::Region}.amazonaws.com'", "logs.eu-west-1.amazonaws.com"),
    "log group's key without Encrypt": ("[kms:Encrypt, kms:Decrypt,", "[kms:Decrypt,"),
    "log group's key for another account": ("'arn:aws:logs:*:${AWS::AccountId}:log-group:*'", "arn:aws:logs:*:1:*"),
    "an ACL where ACLs are off": (BUCKET, f"{BUCKET}    Properties: {{AccessControl: LogDeliveryWrite}}\n"),
    "a public ACL where they are blocked": (BUCKET, BUCKET + PUBLIC),
    "a flow log that is there before the policy": ("  Topic: {", FLOW_LOG + "  Topic: {"),
}


def test_a_trail_with_all_its_legs_is_healthy(evaluator: Evaluator) -> None:
    assert health(evaluator, LEGS) == "healthy"
    fixed_one = fixed(LEGS.encode(), "template", PATCH_SETS[0])
    assert fixed_one
    assert fixed_one.before == fixed_one.after


@pytest.mark.parametrize(("old", "new"), BROKEN_LEGS.values(), ids=BROKEN_LEGS)
def test_a_broken_leg_is_seen(evaluator: Evaluator, old: str, new: str) -> None:
    assert old in LEGS
    assert health(evaluator, LEGS.replace(old, new)) == "broken"


@pytest.mark.parametrize(("old", "new"), BROKEN_LEGS.values(), ids=BROKEN_LEGS)
def test_the_tool_agrees_on_a_broken_leg(evaluator: Evaluator, old: str, new: str) -> None:
    raw = LEGS.replace(old, new).encode()
    assert list(map(str, differences(evaluator, raw, "template", PATCH_SETS[0], Told())[0])) == []


def test_every_leg_is_compared(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    def turned(raw: bytes, name: str, patch_set: str, told: Told | None = None) -> Fixed | None:
        found = fixed(raw, name, patch_set, told)
        assert found
        return replace(found, verdicts=dict.fromkeys(found.verdicts, ("denied", "denied")))

    monkeypatch.setattr(judging, "fixed", turned)
    found, _ = differences(evaluator, LEGS.encode(), "template", PATCH_SETS[0], Told())
    assert {(one.policy, one.request) for one in found if one.policy != "Policy"} == {
        *(("TopicPolicy", "publish"), ("TopicKey", "topic-generate-data-key"), ("TopicKey", "topic-decrypt")),
        *(("Role", "assume-role"), ("Role", "create-log-stream"), ("Role", "put-log-events")),
        *(("GroupKey", name) for name in ("encrypt", "decrypt", "generate-data-key", "re-encrypt-from", "re-encrypt-to")),
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "Resource: !Ref Topic,\n     Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}",
            "Resource: !Ref Topic",
            ("another account's trail", "sns:Publish"),
        ),
        ("Action: sns:Publish", "Action: 'sns:*'", ("CloudTrail, what it never does", "sns:Subscribe")),
        (
            "Principal: {Service: cloudtrail.amazonaws.com}, Action: sns:",
            "Principal: '*', Action: sns:",
            ("config.amazonaws.com for 111122223333", "sns:Publish"),
        ),
        ("{Service: cloudtrail.amazonaws.com}, Action: sts:", "'*', Action: sts:", ("anybody", "sts:AssumeRole")),
        (
            "Action: logs:PutLogEvents, Resource: !GetAtt Group.Arn",
            "Action: logs:PutLogEvents, Resource: '*'",
            ("the role", "logs:PutLogEvents"),
        ),
        ("Action: logs:CreateLogStream, ", "Action: 'logs:*', ", ("the role", "logs:GetLogEvents")),
        (
            "'arn:aws:logs:*:${AWS::AccountId}:log-group:*'",
            "'arn:aws:logs:*:*:log-group:*'",
            ("another account's log group", "kms:Encrypt"),
        ),
        (
            "Resource: '*',\n     Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}",
            "Resource: '*'",
            ("another account's trail", "kms:Decrypt"),
        ),
    ],
)
def test_whoever_gets_in_by_a_leg_is_seen(evaluator: Evaluator, old: str, new: str, expected: tuple[str, str]) -> None:
    assert old in LEGS
    assert expected in {(one.asked.who, one.asked.action) for one in opened(evaluator, LEGS, LEGS.replace(old, new))}
