"""A resource whose text cannot take an edit stays as it is, and says so; what is beside it is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from remediate import fix
from remediate.cli import main

SHARED = """\
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement: &statements
          - Sid: Check
            Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:GetBucketAcl
            Resource: "*"
  Other: {Type: AWS::S3::Bucket}
  OtherPolicy:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref Other, PolicyDocument: {Version: "2012-10-17", Statement: *statements}}
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: {IsLogging: true, S3BucketName: !Ref Bucket}
"""


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    file = tmp_path / "shared.yaml"
    file.write_text(SHARED)
    return file


def test_what_can_be_written_is_written(shared: Path) -> None:
    report = fix(shared)
    assert [one.patch.id for one in report.applied] == ["trail-order"]
    assert report.after == SHARED.replace("AWS::CloudTrail::Trail\n", "AWS::CloudTrail::Trail\n    DependsOn: Policy\n")


def test_what_cannot_is_an_obstacle_with_its_place_and_advice(shared: Path) -> None:
    found = [one for one in fix(shared).skipped if one.why == "obstacle"]
    assert {(one.subject, one.logical_id) for one in found} == {("log-delivery", "Policy"), ("bucket-checks", "Policy")}
    for one in found:
        assert one.reason.startswith("line 9: ")
        assert one.reason.endswith("the anchor &statements: an edit would change every alias of it too")
        assert "write the value out" in one.advice


@pytest.mark.parametrize("command", [["check"], ["fix", "--dry-run"], ["simulate"]])
def test_it_is_a_finding_and_not_unreadable_input(shared: Path, command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, str(shared)])
    assert result.exit_code == 1
    assert "s3:PutObject" in result.output
