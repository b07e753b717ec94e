"""ACLs that S3 refuses of buckets: where they are found, which are mended, and that the words cure the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from remediate import Report, fix
from remediate.cli import main
from remediate.cloudformation.bucket_acl import PUBLIC, bucket_acls
from remediate.cloudformation.members import members
from remediate.cloudformation.model import TemplateModel
from remediate.diagnosis.health import Health
from remediate.patch_set import AddProperty, PatchError, load
from remediate.template import Plain

TEMPLATE = """\
Parameters:
  Stage: { Type: String }
  Acl: { Type: String, Default: LogDeliveryWrite }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  LogBucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: { Status: Enabled }
  LogBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref LogBucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: [s3:GetBucketAcl, s3:GetBucketLocation]
            Resource: !GetAtt LogBucket.Arn
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub ${LogBucket.Arn}/AWSLogs/${AWS::AccountId}/*
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: LogBucketPolicy
    Properties:
      S3BucketName: !Ref LogBucket
      IsLogging: true
"""
PLACE = "VersioningConfiguration: { Status: Enabled }"
ENFORCED = "OwnershipControls: { Rules: [ { ObjectOwnership: BucketOwnerEnforced } ] }"
PREFERRED = ENFORCED.replace("Enforced", "Preferred")
SOMETIMES = f"OwnershipControls: !If [IsProd, {PREFERRED.partition(': ')[2]}, !Ref AWS::NoValue]".replace(
    "Enforced", "Preferred"
)
UNBLOCKED = "PublicAccessBlockConfiguration: { BlockPublicAcls: false }"


def template(*properties: str) -> str:
    return TEMPLATE.replace(PLACE, "\n      ".join((*properties, PLACE)))


def acl(name: str) -> str:
    return f"AccessControl: {name}"


def causes(report: Report) -> list[str]:
    return [one.cause for one in report.causes()]


# What is wrong, and what the words say to write instead.
CURES = {
    "removed, under BucketOwnerEnforced": ([acl("LogDeliveryWrite"), ENFORCED], [ENFORCED]),
    "let in, under BucketOwnerEnforced": ([acl("LogDeliveryWrite"), ENFORCED], [acl("LogDeliveryWrite"), PREFERRED]),
    "removed, for everybody": ([acl("PublicReadWrite")], []),
    "removed, for everybody with an account": ([acl("AuthenticatedRead"), PREFERRED], [PREFERRED]),
    "removed, for EC2": ([acl("AwsExecRead")], []),
    "only where OwnershipControls allow it": (
        [acl("LogDeliveryWrite"), SOMETIMES],
        [acl("!If [IsProd, LogDeliveryWrite, !Ref AWS::NoValue]"), SOMETIMES],
    ),
}


@pytest.mark.parametrize("name", CURES)
def test_the_words_cure_what_no_patch_changes_without_a_review(name: str) -> None:
    wrong, right = CURES[name]
    report = fix(template(*wrong))
    assert causes(report) == ["bucket-acl"]
    assert not report.changed
    assert [one.subject for one in report.unfixed] in (["bucket-acl"], ["no-bucket-acl"])
    assert all(one.advice for one in report.unfixed)
    assert causes(fix(template(*right))) == []


def test_allowed_values_let_the_patch_change_what_a_parameter_decides() -> None:
    report = fix(template(acl("!Ref Acl")))
    assert [(one.subject, one.advice) for one in report.unfixed] == [
        ("bucket-acl", "give Acl AllowedValues, or its value with --parameter")
    ]
    allowed = template(acl("!Ref Acl")).replace("Write }", "Write, AllowedValues: [LogDeliveryWrite, Private] }")
    assert causes(fix(fix(allowed).after)) == []
    assert fix(template(acl("!Ref Acl")), parameters={"Acl": "LogDeliveryWrite"}).changed


@pytest.mark.parametrize("name", sorted(PUBLIC))
@pytest.mark.parametrize("besides", [[], [UNBLOCKED], [PREFERRED], [ENFORCED, UNBLOCKED]])
@pytest.mark.parametrize("patch_set", ["create", "documented"])
@pytest.mark.parametrize("review", [False, True])
def test_no_public_acl_comes_to_work(name: str, besides: list[str], patch_set: str, *, review: bool) -> None:
    report = fix(template(acl(name), *besides), patch_set=patch_set, review=review, precautions=True)
    before: Any = TemplateModel(report.model.data).properties("LogBucket")
    after: Any = TemplateModel(report.data).properties("LogBucket")
    assert after.get("OwnershipControls") == before.get("OwnershipControls")
    assert after.get("AccessControl") in ({None} if review else {name})


def test_a_public_acl_beside_one_for_logs_is_not_let_in() -> None:
    report = fix(template(acl("!If [IsProd, LogDeliveryWrite, PublicRead]")))
    assert not report.changed
    assert [one.subject for one in report.unfixed] == ["no-bucket-acl"]


@pytest.mark.parametrize(
    ("besides", "refused"),
    [
        ([PREFERRED], True),
        ([PREFERRED, UNBLOCKED], False),
        ([PREFERRED, UNBLOCKED.replace("false", "true")], True),
        ([PREFERRED, UNBLOCKED.replace("BlockPublicAcls: false", "BlockPublicPolicy: true")], False),
        ([PREFERRED, UNBLOCKED.replace("false", "!Ref Stage")], False),
    ],
    ids=["nothing said", "turned off", "turned on", "another part said", "not known"],
)
def test_a_public_acl_needs_public_access_too(besides: list[str], refused: bool) -> None:
    assert causes(fix(template(acl("PublicRead"), *besides))) == (["bucket-acl"] if refused else [])


def test_a_bucket_that_takes_access_logs_breaks_the_delivery() -> None:
    logged = template("LoggingConfiguration: { DestinationBucketName: !Ref Access }")
    report = fix(f"{logged}  Access:\n    Type: AWS::S3::Bucket\n    Properties: {{ AccessControl: LogDeliveryWrite }}\n")
    assert {one.name: one.health for one in report.deliveries}["Trail"] is Health.BROKEN
    assert [(one.patch.id, one.logical_id, one.need) for one in report.applied] == [("bucket-ownership", "Access", "repair")]


def test_the_message_of_the_failed_deployment_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text(template(acl("LogDeliveryWrite")), "utf-8")
    message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    shown = CliRunner().invoke(main, ["simulate", str(file), "--error", message])
    assert "InvalidBucketAclWithObjectOwnership: the bucket has an ACL that its object ownership does not" in shown.output
    result = CliRunner().invoke(main, ["fix", str(file), "--error", message])
    assert result.exit_code == 0
    assert "+      OwnershipControls:" in result.stdout


def test_a_selected_patch_for_properties_is_not_about_policies() -> None:
    outside = template(acl("LogDeliveryWrite")) + "  Other:\n    Type: AWS::CloudTrail::Trail\n    Properties: %s\n"
    text = outside % "{ S3BucketName: somewhere-else, IsLogging: true }"
    assert "bucket-outside" in {one.subject for one in fix(text).unfixed}
    report = fix(text, select=["bucket-ownership"])
    assert [one.patch.id for one in report.applied] == ["bucket-ownership"]
    assert report.unfixed == ()


def test_only_deployments_that_are_possible_count() -> None:
    written: dict[str, Plain] = {
        "AccessControl": {"Fn::If": ["A", "LogDeliveryWrite", {"Ref": "AWS::NoValue"}]},
        "OwnershipControls": {"Fn::If": ["A", {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}, {"Ref": "AWS::NoValue"}]},
    }
    data: dict[str, Plain] = {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"A": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
        "Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": written}},
    }
    assert [(one.acl, one.refusal) for one in bucket_acls(TemplateModel(data), "B", {})] == [("LogDeliveryWrite", "")]


def test_more_combinations_than_are_tried_are_not_decided() -> None:
    many: Plain = {"Ref": "AWS::NoValue"}
    for number in range(100):
        many = {"Fn::If": [f"C{number}", "LogDeliveryWrite", many]}
    conditions: dict[str, Plain] = {f"C{number}": {"Fn::Equals": [{"Ref": "P"}, str(number)]} for number in range(100)}
    bucket: Plain = {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": many}}
    found = bucket_acls(TemplateModel({"Conditions": conditions, "Resources": {"B": bucket}}), "B", {})
    assert found[-1].possible is None
    assert not found[-1].refused
    assert all(one.refused for one in found[:-1])


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ({"a": [{"b": 1}]}, [1]),
        ({"a": []}, [None]),
        (None, [None]),
        ("text", [None]),
        ({"Fn::If": ["C", {"a": [{"b": 1}]}, {"Ref": "AWS::NoValue"}]}, [1, None]),
        ({"a": [{"Fn::If": ["C", {"b": 1}, {"b": {"Fn::If": ["C", 2, 3]}}]}]}, [1, 3]),
        ({"a": {"Ref": "P"}}, [{"Ref": "P"}]),
    ],
    ids=["there", "no item", "nothing", "a text", "under a condition", "under one twice", "a function on the way"],
)
def test_members_are_found_whatever_the_conditions_are(expression: Plain, found: list[Plain]) -> None:
    assert [one.value for one in members(expression, ("a", 0, "b"))] == found


def test_a_value_of_a_patch_file_stays_as_it_is() -> None:
    patch = load("create").patch("bucket-ownership")
    assert patch
    rule = patch.ensure[0]
    assert isinstance(rule, AddProperty)
    assert rule.value == {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}


def test_a_patch_for_an_acl_that_is_none_is_refused(tmp_path: Path) -> None:
    shipped = Path(__file__).parent.parent / "patches" / "cloudtrail" / "create" / "12-bucket-ownership.yaml"
    file = tmp_path / "cloudtrail" / "create" / shipped.name
    file.parent.mkdir(parents=True)
    file.write_text(shipped.read_text("utf-8").replace("[LogDeliveryWrite]", "[Private]"), "utf-8")
    with pytest.raises(PatchError, match=r"12-bucket-ownership\.yaml:\d+:\d+: 'Private' is not one of"):
        load("create", tmp_path)
