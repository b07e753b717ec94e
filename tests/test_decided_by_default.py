"""The default of a parameter is not its value: where it decides a request, that is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from remediate import fix
from remediate.cli import main
from remediate.plan import Skipped

TEMPLATE = """\
Parameters:
  Name: {{Type: String, Default: my-logs{allowed}}}
  Unused: {{Type: String, Default: my-logs}}
  Retention: {{Type: Number, Default: 30}}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {{BucketName: !Ref Name, Tags: [{{Key: days, Value: !Ref Retention}}]}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{Service: cloudtrail.amazonaws.com}}
            Action: [s3:GetBucketAcl, s3:PutObject]
            Resource: {resource}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties: {{IsLogging: true, S3BucketName: !Ref Bucket}}
"""
LITERAL = '["arn:aws:s3:::my-logs", "arn:aws:s3:::my-logs/*"]'
BY_NAME = '[!Sub "arn:aws:s3:::${Name}", !Sub "arn:aws:s3:::${Name}/*"]'


def said(text: str, **parameters: str) -> list[Skipped]:
    return [one for one in fix(text, parameters=parameters).skipped if one.why == "default"]


def test_a_default_that_decides_is_named_with_the_requests() -> None:
    (one,) = said(TEMPLATE.format(resource=LITERAL, allowed=""))
    assert (one.subject, one.logical_id) == ("default-value", "Policy")
    assert one.reason == 'get-bucket-acl, put-object are decided for Name = "my-logs", which is only its default'
    assert "--parameter Name=" in one.advice


def test_one_that_changes_nothing_is_not() -> None:
    assert said(TEMPLATE.format(resource=BY_NAME, allowed="")) == []


def test_one_that_the_user_gives_or_that_has_no_other_value_is_not() -> None:
    assert said(TEMPLATE.format(resource=LITERAL, allowed=""), Name="my-logs") == []
    assert said(TEMPLATE.format(resource=LITERAL, allowed=", AllowedValues: [my-logs]")) == []


@pytest.mark.parametrize("command", [["check"], ["fix", "--dry-run"], ["simulate"]])
def test_every_command_says_it_and_none_fails_for_it(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(TEMPLATE.format(resource=LITERAL, allowed=""))
    result = CliRunner().invoke(main, [*command, str(file)])
    assert result.exit_code == 0
    assert "which is only its default" in " ".join(result.output.split())


PREFIXED = """\
Parameters:
  Folder: {{Type: String, Default: {default}}}
Resources:
  Bucket: {{Type: AWS::S3::Bucket}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{Service: cloudtrail.amazonaws.com}}
            Action: s3:GetBucketAcl
            Resource: !GetAtt Bucket.Arn
          - Effect: Allow
            Principal: {{Service: cloudtrail.amazonaws.com}}
            Action: s3:PutObject
            Resource: !Sub "${{Bucket.Arn}}/audit/AWSLogs/${{AWS::AccountId}}/*"
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties: {{IsLogging: true, S3BucketName: !Ref Bucket, S3KeyPrefix: !Ref Folder}}
"""


def test_a_default_for_which_a_request_was_denied_is_named_although_the_fix_allows_it() -> None:
    text = PREFIXED.format(default="other")
    assert "prefix-not-allowed" in {one.cause for one in fix(text).causes()}
    assert [one.reason for one in said(text)] == ['put-object is decided for Folder = "other", which is only its default']
    assert said(text, Folder="other") == []


def test_only_what_settles_a_path_is_asked_for() -> None:
    (one,) = (one for one in fix(PREFIXED.format(default="audit")).skipped if one.why == "undecidable")
    assert "(Folder)" in one.advice
    without = PREFIXED.format(default="audit").replace(", Default: audit", "")
    by_region = without.replace("AccountId}/*", "AccountId}/CloudTrail/us-east-1/*")
    (one,) = (one for one in fix(by_region).skipped if one.why == "undecidable")
    assert "(AWS::Region, Folder)" in one.advice
