"""What a finding tells the user to do is right for the template at hand, and its level and its hint are true."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate import check, fix
from remediate.report.annotations import Annotation

STACK = """\
Parameters: {P: {Type: String, Default: ""}}
Conditions: {C: !Equals [!Ref P, ""]}
Mappings: {M: {us-east-1: {s: cloudtrail.amazonaws.com}, eu-west-1: {s: config.amazonaws.com}}}
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
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub "${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*"
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: "kms:*", Resource: "*"}
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: [kms:GenerateDataKey*, kms:DescribeKey, kms:Decrypt]
            Resource: "*"
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties: {S3BucketName: !Ref Bucket, KMSKeyId: !GetAtt Key.Arn, IsLogging: true}
"""


def changed(*changes: tuple[str, str]) -> str:
    text = STACK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def found(text: str, rule: str, **options: str) -> list[Annotation]:
    return [one for one in check(text, parameters=options) if one.rule == rule]


def test_the_stack_is_healthy() -> None:
    assert not [one for one in check(STACK) if one.level != "note"]


CONDITIONAL = ("    Type: AWS::S3::BucketPolicy\n", "    Type: AWS::S3::BucketPolicy\n    Condition: C\n")
LATE = ("    DependsOn: Policy\n", "")


def test_a_policy_that_may_not_exist_is_not_to_be_in_a_depends_on() -> None:
    (one,) = found(changed(LATE), "trail-before-policy")
    assert one.message == "Trail may be created before Policy: add `DependsOn: Policy`"
    (one,) = found(changed(LATE, CONDITIONAL), "trail-before-policy")
    assert "DependsOn" not in one.message + one.remedy
    assert one.remedy == 'let Trail refer to it where it exists: Metadata: {WaitFor: !If [C, !Ref Policy, ""]}'


def test_a_condition_that_a_bucket_does_not_have_is_not_advised() -> None:
    (one,) = found(changed(CONDITIONAL), "bucket-without-policy")
    assert one.remedy.startswith("Bucket is always there: let its policy have no Condition")
    both = changed(CONDITIONAL, ("Bucket: {Type: AWS::S3::Bucket}", "Bucket: {Type: AWS::S3::Bucket, Condition: Other}"))
    both = both.replace("Conditions: {", "Conditions: {Other: !Equals [!Ref AWS::Region, us-east-1], ")
    assert [one.remedy for one in found(both, "bucket-without-policy")] == [
        "let the policy have the same Condition as Bucket"
    ]


SERVICE = "Principal: {Service: cloudtrail.amazonaws.com}\n            Action: s3:GetBucketAcl"
MAPPED = (SERVICE, SERVICE.replace("cloudtrail.amazonaws.com", "!FindInMap [M, !Ref AWS::Region, s]"))


def test_a_principal_that_may_be_the_service_is_undecided_with_what_settles_it() -> None:
    text = changed(MAPPED)
    assert found(text, "no-statement") == []
    (one,) = found(text, "get-bucket-acl")
    assert (one.level, "(AWS::Region)" in one.remedy) == ("note", True)
    assert found(text, "get-bucket-acl", **{"AWS::Region": "us-east-1"}) == []
    (one,) = found(text, "missing-action", **{"AWS::Region": "eu-west-1"})
    assert one.level == "error"


MISSPELT = ("kms:DescribeKey, kms:Decrypt]", "kms:DescribeKeys, kms:Decrypt, kms:ReEncrypt]")


def test_only_the_misspelt_action_that_a_request_needs_is_an_error_that_the_fix_mends() -> None:
    text = changed(MISSPELT)
    told = {one.message.split(" names ")[1].split(",")[0]: (one.level, one.remedy) for one in found(text, "misspelt-action")}
    assert told == {
        "kms:DescribeKeys": ("error", "fixable: `remediate fix --select cloudtrail-key-access`"),
        "kms:ReEncrypt": ("note", "write kms:ReEncrypt* instead of kms:ReEncrypt"),
    }
    after = fix(text).after
    assert {one.level for one in found(after, "misspelt-action")} == {"note"}


@pytest.mark.parametrize(
    ("written", "said", "advice"),
    [
        (
            "[!Ref Bucket, !GetAtt Bucket.Arn]",
            "is the name of the bucket and no ARN",
            "write arn:aws:s3:::${Bucket} instead",
        ),
        ("[elsewhere, !GetAtt Bucket.Arn]", "is no ARN", "take elsewhere out of statement 1"),
        (
            "['arn:aws:sns:::x', !GetAtt Bucket.Arn]",
            "is not in arn:aws:s3:::${Bucket}",
            "take arn:aws:sns:::x out",
        ),
    ],
)
def test_what_is_no_arn_is_called_that(written: str, said: str, advice: str) -> None:
    (one,) = found(changed(("Resource: !GetAtt Bucket.Arn", f"Resource: {written}")), "foreign-resource")
    assert f", which {said}, so S3 refuses the policy" in one.message
    assert one.remedy.startswith(("fixable", advice))


def test_an_organization_id_stands_in_every_text_as_in_the_template() -> None:
    text = changed(
        ("IsLogging: true", "IsLogging: true, IsOrganizationTrail: true"),
        ("Parameters: {P:", "Parameters: {OrgId: {Type: String}, P:"),
        ("${AWS::AccountId}/*", "${OrgId}/x/*"),
    )
    (left,) = [one.reason for one in fix(text).skipped if one.subject == "put-object-organization"]
    assert "/AWSLogs/${OrgId}/${AWS::AccountId}/" in left
    (one,) = found(text, "organization-path-not-allowed")
    assert "AWSLogs/${OrgId}/${AWS::AccountId}/, the organization's path" in one.message


def test_a_statement_for_another_folder_is_not_blamed_for_its_conditions() -> None:
    case = Path(__file__).parent / "cases" / "all-patches" / "folder-of-another-trail" / "before.yaml"
    assert [one.cause for one in fix(case).findings if one.level == "error"] == ["account-path-not-allowed"]


@pytest.mark.parametrize(("given", "advised"), [(None, True), ("o-a1b2c3d4e5", False)])
def test_the_id_of_the_organization_is_asked_for_where_it_is_not_given(given: str | None, advised: bool) -> None:
    text = changed(("IsLogging: true", "IsLogging: true, IsOrganizationTrail: true"))
    left = [one.advice for one in fix(text, organization_id=given).skipped if one.subject == "put-object-organization"]
    assert left
    assert ("give the organization's id with --organization-id" in left) == advised


def test_a_condition_is_not_blamed_where_another_statement_lacks_nothing() -> None:
    """Whether the bucket is the trail's is not known, and so is all that can be said of the write."""
    partner = """\
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub "${Arn}/AWSLogs/444455556666/*"
            Condition: {StringEquals: {aws:SourceArn: arn:aws:cloudtrail:us-east-1:444455556666:trail/partner}}
"""
    text = changed(("Parameters: {", "Parameters: {Arn: {Type: String}, "), ("  Key:\n", f"{partner}  Key:\n"))
    unknown = text.replace("${Bucket.Arn}/", "${Arn}/")
    assert found(text, "wrong-source-arn") == []
    assert found(unknown, "wrong-source-arn") == []
    assert "cannot determine whether statement 2" in found(unknown, "put-object")[0].message
