"""How statements are split: the part of a service is written as the statement is."""

from __future__ import annotations

from remediate.delivery.locate import Given
from remediate.engine import remediate
from remediate.patch_set import load
from remediate.plan import Options

SHARED = """\
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Most
            Effect: Allow
            Principal: {Service: [config.amazonaws.com, cloudtrail.amazonaws.com]}
            NotAction: s3:ListBucket
            Resource: "*"
            Condition:
              StringEquals: {"aws:SourceArn": !Sub "arn:aws:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/*"}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties: {IsLogging: true, S3BucketName: !Ref Bucket}
"""


def test_a_statement_with_not_action_keeps_it_and_gets_no_action() -> None:
    only = Options(Given(), select=frozenset({"no-fragile-source"}), review=True)
    after = remediate(SHARED.encode(), "t.yaml", load("cloudtrail-create"), only).after
    assert "Sid: MostCloudTrail" in after
    assert after.count("NotAction: s3:ListBucket") == after.count("Sid: Most") == 2
    assert " Action:" not in after
