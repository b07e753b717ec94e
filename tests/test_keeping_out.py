"""A rule that is not meant to open anything is taken back where what it does as a whole would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from remediate.cloudformation.policies import documents
from remediate.delivery.locate import Given
from remediate.engine import Report, remediate
from remediate.patch_set import Complete, Require, load
from remediate.plan import Options, planner
from remediate.plan.guard import keeping_out
from remediate.plan.policy_editor import PolicyEditor

STACK = Path(__file__).parent.parent / "examples" / "stack.yaml"
OPEN = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*"}


ANY_LOG = {"Fn::Sub": "${Bucket.Arn}/AWSLogs/*"}


UNDECIDED = """\
Resources:
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Elsewhere
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Resource: "*"OTHER}
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:Get*
            Resource: !Sub "${Elsewhere.Arn}/*"
            Condition: {StringEquals: {aws:SourceAccount: "*"}}
"""
"""Its bucket is not in the template, so that no request is decided; only the condition keeps strangers out."""


CHANGED_TWICE = """\
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:GetBucketAcl
            Resource: !GetAtt Bucket.Arn
            Condition:
              StringEqualsIfExists:
                s3:x-amz-server-side-encryption-aws-kms-key-id: !Sub "arn:aws:kms:${AWS::Region}:1:key/a"
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: {S3BucketName: !Ref Bucket, IsLogging: true}
"""
"""One change takes the condition away, which holds for every trail; another allows what goes with the action."""


OPEN_NAME = """\
Parameters:
  Other: {Type: String}
  Another: {Type: String}
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: [config.amazonaws.com, OPEN, cloudtrail.amazonaws.com]}
            Action: s3:PutObject
            Resource: !Sub ${Bucket.Arn}/AWSLogs/*
            Condition: {StringEquals: {aws:SourceOrgID: o-a1b2c3d4e5}}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties: {S3BucketName: !Ref Bucket, IsLogging: true}
"""
"""One of those who share a statement is not known."""


TWO_FOLDERS = """\
Resources:
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource:
              - !Sub "arn:${AWS::Partition}:s3:::${Bucket}/AWSLogs/${AWS::AccountId}"
              - !Sub "${Bucket.Arn}/Config/*"
            Condition: {StringEquals: {aws:SourceArn: []}}
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: {S3BucketName: !Ref Bucket, S3KeyPrefix: logs}
"""
"""One change opens both folders, another makes the first the trail's own."""


EXCLUDED = """\
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:*
            Resource: !GetAtt Bucket.Arn
            Condition: {StringNotEquals: {aws:SourceAccount: "444455556666"}}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties: {S3BucketName: !Ref Bucket, IsLogging: true, IsOrganizationTrail: true}
"""
"""Everybody gets in but one account, and whose account the trail is in cannot be told."""


UNDECIDED_FOLDER = """\
Resources:
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Resource: [!If [IsA, !Sub "${Bucket.Arn}/logs/AWSLogs/${AWS::AccountId}/*", AWS::NoValue]]
            Condition: {DateLessThan: {s3:x-amz-server-side-encryption-aws-kms-key-id: AES256, kms:GrantIsForAWSResource: x}}
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: {S3BucketName: !Ref Bucket}
"""
"""The statement loses a condition, another is added: what the first is about may be a part of what the second is about."""


def opening(editor: PolicyEditor, _rule: Any) -> None:
    """Let every account's trail use the key, once."""
    if editor.kind == "key" and not any(one.data == OPEN for one in editor.document.statements):
        editor.insert({**OPEN})


def run(monkeypatch: pytest.MonkeyPatch, *, review: bool) -> Report:
    monkeypatch.setitem(planner.APPLIED, Complete, keeping_out(opening))
    return remediate(STACK.read_bytes(), "stack.yaml", load("cloudtrail-create"), Options(Given(), review=review))


def test_what_would_let_strangers_in_is_taken_back_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    report = run(monkeypatch, review=False)
    assert not any(one.outsider.deputy for one in report.new_access().found)
    reasons = [one.reason for one in report.skipped if one.subject == "s3-key-use"]
    assert any("would let a trail of another account use kms:Decrypt" in reason for reason in reasons), reasons


def test_after_a_review_it_is_done_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    report = run(monkeypatch, review=True)
    assert any(one.outsider.deputy for one in report.new_access().found)
    notes = [note for one in report.applied if one.patch.id == "s3-key-use" for note in one.notes]
    assert any("lets a trail of another account use kms:Decrypt" in note for note in notes), notes


@pytest.mark.parametrize("other", ["", ", Action: 's3:List*'"], ids=["no action", "another action"])
def test_a_statement_that_is_undecided_for_another_reason_is_no_excuse(other: str) -> None:
    template = UNDECIDED.replace("OTHER", other)
    options = Options(Given(), precautions=True)
    report = remediate(template.encode(), "stack.yaml", load("cloudtrail-create"), options)
    assert report.after == template
    reasons = [one.reason for one in report.skipped if one.subject == "no-fragile-source"]
    assert any("would let a trail of another account use s3:GetObject" in reason for reason in reasons), reasons


def test_who_may_read_the_list_by_an_earlier_change_alone_is_kept_from_the_region() -> None:
    report = remediate(CHANGED_TWICE.encode(), "stack.yaml", load("cloudtrail-create"), Options(Given(), precautions=True))
    assert not any(one.outsider.deputy for one in report.new_access().found)
    added = [one.data for one in documents(report.model_after, "Policy", "bucket")[0].statements]
    assert {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}} in [one.get("Condition") for one in added]


def test_what_cannot_be_read_is_the_same_after_it_has_become_the_item_of_a_list() -> None:
    """Else the statement would seem to let in whom it let in before, which guarantee 6 refuses."""
    case = Path(__file__).parent / "cases" / "bucket-checks" / "dead-condition" / "before.yaml"
    text = case.read_text("utf-8")
    lines = [line for line in text.splitlines(keepends=True) if not line.strip().startswith("- s3:")]
    report = remediate("".join(lines).encode(), "template", load("cloudtrail-documented"), Options(review=True))
    assert "Action:\n" in "".join(lines)
    assert report.changed


@pytest.mark.parametrize("name", ["!Ref Other", "{}", "!If [IsThere, a.amazonaws.com, b.amazonaws.com]"])
def test_who_is_named_by_the_same_expression_before_is_not_let_in_by_a_split(name: str) -> None:
    template = OPEN_NAME.replace("OPEN", name)
    report = remediate(template.encode(), "stack.yaml", load("cloudtrail-documented"), Options(precautions=True))
    assert [one.reason for one in report.skipped if "would let" in one.reason] == []
    shared, own = (one.data for one in documents(report.model_after, "Policy", "bucket")[0].statements[:2])
    assert [shared["Principal"], own["Principal"]] == [
        {
            "Service": [
                "config.amazonaws.com",
                documents(report.model, "Policy", "bucket")[0].statements[0].data["Principal"]["Service"][1],
            ]
        },
        {"Service": "cloudtrail.amazonaws.com"},
    ]


@pytest.mark.parametrize("name", ["Other", "Another"])
def test_who_is_named_by_an_expression_is_let_in_without_the_condition(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``Other`` had a condition before, ``Another`` no statement: neither may come to have this one."""
    added = {"Effect": "Allow", "Principal": {"Service": {"Ref": name}}, "Action": "s3:PutObject", "Resource": ANY_LOG}

    def adding(editor: PolicyEditor, _rule: Any) -> None:
        if not any(one.data == added for one in editor.document.statements):
            editor.insert({**added})

    monkeypatch.setitem(planner.APPLIED, Require, keeping_out(adding))
    template = OPEN_NAME.replace("OPEN", "!Ref Other").encode()
    report = remediate(template, "stack.yaml", load("cloudtrail-documented"), Options(precautions=True))
    assert any("would let a trail of another account use s3:PutObject" in one.reason for one in report.skipped)
    assert not any(one.outsider.deputy for one in report.new_access().found)


def test_a_review_is_of_each_folder_that_a_change_opens() -> None:
    """Else guarantee 6 would hold what was reviewed of one folder alone, and refuse the other."""
    report = remediate(TWO_FOLDERS.encode(), "stack.yaml", load("cloudtrail-create"), Options(review=True))
    opened = [one.outsider for one in report.new_access().found if one.outsider.astray]
    assert [str(one.request.resource).rpartition("/Config/")[2] for one in opened] == ["x"]


def test_an_account_that_is_excluded_by_name_is_not_let_in_with_everybody_else() -> None:
    options = Options(Given(organization_id="o-a1b2c3d4e5"), precautions=True)
    report = remediate(EXCLUDED.encode(), "stack.yaml", load("cloudtrail-documented"), options)
    assert not any(one.outsider.deputy for one in report.new_access().found)
    reasons = [one.reason for one in report.skipped if one.subject == "no-fragile-source"]
    assert any("would let a trail of another account use s3:GetBucketAcl" in reason for reason in reasons), reasons


def test_an_example_of_one_statement_is_no_matter_of_another() -> None:
    """Each change was tried with examples of its own; with those of another one, guarantee 6 would refuse the whole."""
    report = remediate(UNDECIDED_FOLDER.encode(), "stack.yaml", load("cloudtrail-create"), Options(precautions=True))
    assert [one.data.get("Sid") for one in documents(report.model_after, "Policy", "bucket")[0].statements] == [
        None,
        "AWSCloudTrailWrite",
        "AWSCloudTrailAclCheck",
    ]
