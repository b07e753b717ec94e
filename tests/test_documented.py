"""The patch set ``cloudtrail-documented``: the policies that AWS documents, which keep the confused deputy out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from remediate import fix
from remediate.engine import Report
from remediate.template import read

EXAMPLES = Path(__file__).parent.parent / "examples"
DOCUMENTED = "cloudtrail-documented"
EVERY_TRAIL = {"Fn::Sub": "arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"}


def statements(report: Report, logical_id: str, document: str) -> dict[str, Any]:
    data: Any = read(report.after.encode(), report.name).data
    found = data["Resources"][logical_id]["Properties"][document]["Statement"]
    return {one["Sid"]: one for one in found}


@pytest.mark.parametrize(
    "name", ["healthy.yaml", "minimal.yaml", "organization.yaml", "sam.yaml", "stack.json", "stack.yaml", "topic.yaml"]
)
def test_cloudtrail_gets_in_and_nobody_else(name: str) -> None:
    report = fix(EXAMPLES / name, patch_set=DOCUMENTED)
    documented = [one for one in report.verdicts if one.request.confidence != "inferred"]
    assert {one.after.outcome.value for one in documented} == {"allowed"}
    assert report.unfixed == ()
    if report.changed:
        new_access = report.new_access()
        assert new_access.found == ()
        assert new_access.asked > 20
    assert not fix(report.after, patch_set=DOCUMENTED).changed


def test_the_default_set_opens_no_door() -> None:
    new_access = fix(EXAMPLES / "stack.yaml").new_access()
    assert new_access.found == ()
    assert new_access.asked > 20


def test_a_trail_without_a_name_is_limited_to_the_account() -> None:
    bucket = statements(fix(EXAMPLES / "stack.yaml", patch_set=DOCUMENTED), "LogBucketPolicy", "PolicyDocument")
    assert bucket["CloudTrailAclCheck"]["Action"] == "s3:GetBucketAcl"
    assert bucket["CloudTrailAclCheck"]["Condition"] == {"ArnLike": {"aws:SourceArn": EVERY_TRAIL}}
    assert bucket["CloudTrailWrite"]["Condition"] == {
        "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"},
        "ArnLike": {"aws:SourceArn": EVERY_TRAIL},
    }


def test_the_key_statements_are_those_of_the_documentation() -> None:
    key = statements(fix(EXAMPLES / "stack.yaml", patch_set=DOCUMENTED), "LogKey", "KeyPolicy")
    source = {"ArnLike": {"aws:SourceArn": EVERY_TRAIL}}
    context = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": EVERY_TRAIL}}
    assert (key["CloudTrailEncryption"]["Action"], key["CloudTrailEncryption"]["Condition"]) == (
        ["kms:GenerateDataKey*"],
        {**context, **source},
    )
    assert (key["AllowCloudTrailAccess"]["Action"], key["AllowCloudTrailAccess"]["Condition"]) == ("kms:DescribeKey", source)
    assert (key["AllowCloudTrailDecryptTrail"]["Action"], key["AllowCloudTrailDecryptTrail"]["Condition"]) == (
        "kms:Decrypt",
        source,
    )


TEMPLATE = """\
Parameters: { TrailName: { Type: String } }
Resources:
  Bucket: { Type: AWS::S3::Bucket }
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Sid: Check
            Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:GetBucketAcl
            Resource: !GetAtt Bucket.Arn
          - Sid: Write
            Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub '${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*'
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: BucketPolicy
    Properties: { TrailName: !Ref TrailName, S3BucketName: !Ref Bucket, IsLogging: true }
"""


def test_a_trail_with_a_name_is_named() -> None:
    bucket = statements(fix(TEMPLATE, patch_set=DOCUMENTED, precautions=True), "BucketPolicy", "PolicyDocument")
    arn = {"Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/${TrailName}"}
    assert bucket["Check"]["Condition"] == {"StringEquals": {"aws:SourceArn": arn}}
    assert bucket["Write"]["Condition"] == {
        "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": arn},
    }


def test_a_name_under_a_condition_only_is_no_name() -> None:
    named = 'Conditions: { Named: !Not [ !Equals [ !Ref TrailName, "" ] ] }\n' + TEMPLATE.replace(
        "{ TrailName: !Ref TrailName,", "{ TrailName: !If [ Named, !Ref TrailName, !Ref AWS::NoValue ],"
    )
    bucket = statements(fix(named, patch_set=DOCUMENTED, precautions=True), "BucketPolicy", "PolicyDocument")
    assert bucket["Check"]["Condition"] == {"ArnLike": {"aws:SourceArn": EVERY_TRAIL}}


def test_a_central_bucket_gets_no_source_for_it_is_not_known() -> None:
    central = TEMPLATE[: TEMPLATE.index("  Trail:\n")]
    report = fix(central, patch_set=DOCUMENTED, precautions=True)
    bucket = statements(report, "BucketPolicy", "PolicyDocument")
    assert "Condition" not in bucket["Check"]
    assert "gets no aws:SourceArn: its trails are in other templates" in " ".join(one.reason for one in report.skipped)


@pytest.mark.parametrize(
    "condition",
    [
        "{ 'Null': { 'aws:SourceArn': 'false' } }",
        "{ StringNotEquals: { 'aws:SourceArn': 'arn:aws:cloudtrail:us-east-1:111122223333:trail/x' } }",
        "{ ArnLikeIfExists: { 'aws:SourceArn': !Sub 'arn:aws:cloudtrail:*:${AWS::AccountId}:trail/*' } }",
    ],
    ids=["any value", "not one", "if it exists"],
)
def test_a_condition_that_asks_for_nothing_is_no_source(condition: str) -> None:
    template = TEMPLATE.replace(
        "Resource: !GetAtt Bucket.Arn", f"Resource: !GetAtt Bucket.Arn\n            Condition: {condition}"
    )
    report = fix(template, patch_set=DOCUMENTED, precautions=True)
    bucket = statements(report, "BucketPolicy", "PolicyDocument")
    arn = {"Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/${TrailName}"}
    assert bucket["Check"]["Condition"]["StringEquals"] == {"aws:SourceArn": arn}
    assert not fix(report.after, patch_set=DOCUMENTED, precautions=True).changed


def test_a_healthy_template_is_left_alone() -> None:
    assert not fix(TEMPLATE, patch_set=DOCUMENTED).changed


def test_a_source_that_every_account_has_is_replaced() -> None:
    written = "Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:cloudtrail:*:*:trail/*' } }"
    template = TEMPLATE.replace("TrailName: !Ref TrailName, ", "").replace(
        "Resource: !GetAtt Bucket.Arn", f"Resource: !GetAtt Bucket.Arn\n            {written}"
    )
    report = fix(template, patch_set=DOCUMENTED, precautions=True)
    bucket = statements(report, "BucketPolicy", "PolicyDocument")
    assert bucket["Check"]["Condition"] == {"ArnLike": {"AWS:SourceArn": EVERY_TRAIL}}
    assert not fix(report.after, patch_set=DOCUMENTED, precautions=True).changed


def test_a_central_key_is_left_alone_for_its_trails_are_not_known() -> None:
    central = """\
Resources:
  LogKey:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: "kms:GenerateDataKey*"
            Resource: "*"
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: kms:DescribeKey
            Resource: "*"
"""
    report = fix(central, patch_set=DOCUMENTED, precautions=True)
    assert "gets no kms:EncryptionContext:aws:cloudtrail:arn: its trails are in other templates" in str(report.skipped)
    assert "kms:EncryptionContext" not in report.after
