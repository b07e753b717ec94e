"""A service whose principal has a Region: how it may be written, and how the statements for it are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from remediate import Report, fix
from remediate.delivery.services import shipped

TEMPLATE = """\
Parameters:
  Home: {{ Type: String, Default: eu-west-1 }}
Resources:
  Bucket: {{ Type: AWS::S3::Bucket }}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Checks
            Effect: Allow
            Principal:
              Service: {principal}
            Action: {actions}
            Resource: !GetAtt Bucket.Arn
            Condition: {{ StringEquals: {{ "aws:SourceAccount": !Ref "AWS::AccountId" }} }}
          - Sid: Write
            Effect: Allow
            Principal:
              Service: {principal}
            Action: s3:PutObject
            Resource: !Sub "${{Bucket.Arn}}/AWSLogs/${{AWS::AccountId}}/Config/*"
  Channel:
    Type: AWS::Config::DeliveryChannel
    DependsOn: Policy
    Properties: {{ S3BucketName: !Ref Bucket }}
"""
OWN = "!Sub config.${AWS::Region}.amazonaws.com"


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the principal of a service has a Region."""
    found = tmp_path_factory.mktemp("patches")
    shutil.copytree(shipped() / "config", found / "config")
    for file in found.rglob("*.yaml"):
        text = file.read_text("utf-8").replace("config.amazonaws.com", "config.{region}.amazonaws.com")
        uncertain = 'uncertain-principals: ["config.amazonaws.com"]\nsource:'
        file.write_text(text.replace("source:", uncertain, 1) if file.stem == "service" else text, "utf-8")
    return found


def run(patches: Path, principal: str, actions: str = "[s3:GetBucketAcl, s3:ListBucket]", **options: Any) -> Report:
    template = TEMPLATE.format(principal=principal, actions=actions)
    return fix(template, service="config", patches=patches, **options)


@pytest.mark.parametrize(
    "principal",
    [
        pytest.param(OWN, id="Sub"),
        pytest.param("config.eu-west-1.amazonaws.com", id="written out, as the Region that the user gives"),
        pytest.param('!Join [".", [config, !Ref "AWS::Region", amazonaws, com]]', id="Join"),
        pytest.param('!Sub "config.${AWS::Region}.${AWS::URLSuffix}"', id="with the URL suffix"),
        pytest.param('[!Sub "config.${AWS::Region}.amazonaws.com", config.us-east-2.amazonaws.com]', id="one of a list"),
    ],
)
def test_the_name_of_the_region_is_recognized(patches: Path, principal: str) -> None:
    report = run(patches, principal, parameters={"AWS::Region": "eu-west-1"})

    assert (report.findings, report.skipped, report.operations) == ((), (), ())


@pytest.mark.parametrize(
    ("principal", "cause", "told"),
    [
        ("config.us-east-2.amazonaws.com", "uncertain-principal", "which is that of one Region"),
        ("config.amazonaws.com", "uncertain-principal", "which AWS does not document"),
        ("config.eu-west-1.amazon.com", "wrong-principal", "names the principal Service: config.eu-west-1.amazon.com"),
    ],
)
def test_another_name_is_told(patches: Path, principal: str, cause: str, told: str) -> None:
    report = run(patches, principal, parameters={"AWS::Region": "eu-west-1"})

    assert {one.cause for one in report.findings} == {cause}
    assert all(told in one.detail for one in report.findings)


def test_a_region_that_is_written_out_is_not_decided_where_the_region_is_open(patches: Path) -> None:
    report = run(patches, "config.us-east-2.amazonaws.com")

    assert {(one.cause, one.level) for one in report.findings} == {("uncertain-principal", "note")}
    assert report.operations == ()
    assert {one.subject for one in report.skipped if one.why == "undecidable"} == {"get-bucket-acl", "put-object"}
    advice = "give its value with --parameter KEY=VALUE (AWS::Region), or let it be changed with --review"
    assert {one.advice for one in report.skipped if one.why == "undecidable"} == {advice}


def test_a_region_that_a_parameter_names_is_not_decided(patches: Path) -> None:
    assert run(patches, '!Sub "config.${Home}.amazonaws.com"').operations == ()


def test_its_own_statement_is_completed(patches: Path) -> None:
    report = run(patches, OWN, "[s3:GetBucketAcl]", precautions=True)

    assert "Action: [s3:GetBucketAcl, s3:ListBucket]" in report.after
    assert report.after.count("AWS::Region") == 2


def test_a_statement_that_is_added_names_the_region_of_the_stack(patches: Path) -> None:
    report = run(patches, "config.us-east-2.amazonaws.com", parameters={"AWS::Region": "eu-west-1"})

    assert report.after.count("Service: !Sub config.${AWS::Region}.amazonaws.com") == 2
    assert any(
        "allows config.${AWS::Region}.amazonaws.com s3:PutObject" in note for one in report.applied for note in one.notes
    )


def test_with_review_a_statement_stands_beside_one_for_a_certain_region(patches: Path) -> None:
    report = run(patches, "config.us-east-2.amazonaws.com", review=True)

    assert report.after.count("Service: !Sub config.${AWS::Region}.amazonaws.com") == 2
    assert report.after.count("Service: config.us-east-2.amazonaws.com") == 2


def test_a_shared_statement_is_split(patches: Path) -> None:
    principal = '[sns.amazonaws.com, !Sub "config.${AWS::Region}.amazonaws.com"]'
    report = run(patches, principal, "[s3:ListBucket]")

    assert "Service: !Sub config.${AWS::Region}.amazonaws.com" in report.after
    assert report.after.count("sns.amazonaws.com") == 2


def test_what_is_wrong_is_said_with_the_region(patches: Path) -> None:
    report = run(patches, "sns.amazonaws.com")

    told = {one.detail for one in report.findings if one.cause == "no-statement"}
    assert told == {"the bucket policy has no statement for config.${AWS::Region}.amazonaws.com"}
