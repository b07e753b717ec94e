"""What an error message names, and the deliveries that it is then about."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from remediate.cli import main
from remediate.delivery.error_messages import evidence
from remediate.delivery.services import shipped_services

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC = "arn:aws:sns:us-east-1:111122223333:logs"
OF_BUCKET = "Incorrect S3 bucket policy is detected for bucket: {} (Service: CloudTrail, Status Code: 400)"
OF_BOTH = "Insufficient permissions to access S3 bucket {} or KMS key {}."


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (OF_BUCKET.format("logs-a"), ("the bucket logs-a",)),
        (OF_BUCKET.format("logs.a."), ("the bucket logs.a",)),
        (OF_BUCKET.format("…"), ()),
        (OF_BUCKET.format("<bucket>"), ()),
        (OF_BUCKET.format("null"), ()),
        (OF_BOTH.format("logs-a", KEY), ("the bucket logs-a", f"the key {KEY}")),
        (OF_BOTH.format("…", "…"), ()),
        (OF_BOTH.format("logs-a", KEY[-36:]), ("the bucket logs-a", f"the key {KEY[-36:]}")),
        (OF_BOTH.format("logs-a", "alias/logs"), ("the bucket logs-a",)),
        (f"SNS Topic does not exist or the topic policy is incorrect! {TOPIC}", (f"the topic {TOPIC}",)),
    ],
)
def test_what_a_message_names(message: str, named: tuple[str, ...]) -> None:
    found = evidence(message, shipped_services())
    assert found is not None
    assert found.named() == named


def stack(name: str, bucket: str, more: str = "") -> str:
    return f"""\
  {name}:
    Type: AWS::S3::Bucket
    Properties: {bucket}
  Policy{name}:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref {name}
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{Service: cloudtrail.amazonaws.com}}
            Action: s3:GetBucketAcl
            Resource: !GetAtt {name}.Arn
          - Effect: Allow
            Principal: {{Service: cloudtrail.amazonaws.com}}
            Action: s3:PutObject
            Resource: !Sub ${{{name}.Arn}}/AWSLogs/${{AWS::AccountId}}/*
  Trail{name}:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy{name}
    Properties: {{S3BucketName: !Ref {name}, IsLogging: true{more}}}
"""


TEMPLATE = (
    "Parameters: {Name: {Type: String, Default: logs-c}}\nResources:\n"
    + stack("A", "{BucketName: logs-a}")
    + stack("B", "{BucketName: logs-b}", f", KMSKeyId: {KEY}, SnsTopicName: {TOPIC}")
    + stack("C", "{BucketName: !Ref Name}")
    + stack("D", "{Tags: []}")
)


@pytest.mark.parametrize(
    ("message", "changed"),
    [
        (OF_BUCKET.format("logs-a"), "ACD"),
        (OF_BUCKET.format("logs-c"), "CD"),
        (OF_BUCKET.format("…"), "ABCD"),
        (OF_BOTH.format("logs-b", KEY), "B"),
        (OF_BOTH.format("logs-b", KEY[-36:]), "B"),
        (OF_BOTH.format("logs-b", "alias/logs"), "BCD"),
        (OF_BOTH.format("logs-b", KEY.replace("1234abcd", "ffffffff")), ""),
        (f"SNS Topic does not exist or the topic policy is incorrect! {TOPIC}", "B"),
        (f"SNS Topic does not exist or the topic policy is incorrect! {TOPIC}-2", ""),
    ],
)
def test_only_what_uses_or_may_use_what_is_named_counts_as_broken(message: str, changed: str, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(TEMPLATE, "utf-8")
    result = CliRunner().invoke(main, ["fix", "--dry-run", str(tmp_path / "t.yaml"), "--error", message])
    assert [one for one in "ABCD" if f"bucket-checks (Policy{one})" in result.stderr] == [*changed]
    assert ("--error:" in result.stderr) is (not changed)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (OF_BUCKET.format("logs-z"), "no trail in this template uses the bucket logs-z"),
        (OF_BOTH.format("logs-a", KEY), f"no trail in this template uses the bucket logs-a and the key {KEY}"),
        ("Access denied. Check the permissions for your role", "no trail in this template has a role"),
        ("SNS Topic does not exist or the topic policy is incorrect!", "no trail in this template has a topic"),
        ("KMS key is disabled", "no trail in this template has a key"),
        ("BucketAlreadyExists", None),
    ],
)
def test_a_message_that_is_about_nothing_here_gets_its_own_reason(message: str, reason: str | None, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(f"Resources:\n{stack('A', '{BucketName: logs-a}')}", "utf-8")
    result = CliRunner().invoke(main, ["check", str(tmp_path / "t.yaml"), "--error", message])
    told = " ".join(result.stderr.split())
    assert result.exit_code == 0
    if reason is None:
        assert "--error:" not in told
    else:
        assert f"from another version of it: {reason}" in told
