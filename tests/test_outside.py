"""What is outside the template is said in words, and the statements to paste hold for every value of the parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from remediate import fix
from remediate.cloudformation.model import TemplateModel
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Given, locate
from remediate.patch_set import Allow, PatchSet, load
from remediate.plan.outside import outside
from remediate.template import read

TEMPLATE = """
Parameters:
  Name: {{ Type: String }}
  Named: {{ Type: String, Default: our-logs }}
  Empty: {{ Type: String, Default: '' }}
  Stored: {{ Type: 'AWS::SSM::Parameter::Value<String>', Default: /logs/bucket }}
  Create: {{ Type: String, AllowedValues: ['yes', 'no'] }}
  Region: {{ Type: String, AllowedValues: [home, away] }}
Mappings:
  Map: {{ logs: {{ Name: mapped-logs }} }}
Conditions:
  CreateBucket: !Equals [!Ref Create, 'yes']
  IsHome: !Equals [!Ref Region, home]
  IsNamed: !Not [!Equals [!Ref Empty, '']]
Resources:
  Trail: {{ Type: AWS::CloudTrail::Trail, Properties: {{ {trail}, IsLogging: true }} }}
  LogBucket: {{ Type: AWS::S3::Bucket, Condition: CreateBucket }}
  Topic: {{ Type: AWS::SNS::Topic }}
  Nested: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: x }} }}
  Maker: {{ Type: 'Custom::Maker', Properties: {{ ServiceToken: x }} }}
"""
BUCKETS = {
    "a parameter": ("!Ref Name", "the parameter Name names it"),
    "a parameter with a default": ("!Ref Named", "the parameter Named names it (by default our-logs)"),
    "a parameter with an empty default": ("!Ref Empty", "the parameter Empty names it"),
    "an entry of the parameter store": (
        "!Ref Stored",
        "the parameter Stored names it, by an entry of the Systems Manager parameter store",
    ),
    "text": ("somewhere-else", "no bucket here has the name somewhere-else"),
    "an export": ("!ImportValue logs", "another stack exports it as logs"),
    "an export by parameter": ("!ImportValue {'Fn::Sub': '${Named}-logs'}", "another stack exports it as ${Named}-logs"),
    "Fn::Sub": ("!Sub 'logs-${AWS::AccountId}'", "no bucket here has the name logs-${AWS::AccountId}"),
    "Fn::Sub of a default": ("!Sub 'x-${Named}'", "no bucket here has the name x-${Named}, with the default of Named"),
    "Fn::Join of an import": ("!Join ['-', [x, !ImportValue y]]", "no bucket here has the name x-${…}"),
    "a mapping": ("!FindInMap [Map, logs, Name]", "the mapping Map names it (mapped-logs)"),
    "a mapping by an unknown key": ("!FindInMap [Map, !Ref Name, Name]", "the mapping Map names it (mapped-logs)"),
    "a parameter of Systems Manager": ("'{{resolve:ssm:/logs:1}}'", "the Systems Manager parameter /logs names it"),
    "a secret": ("'{{resolve:secretsmanager:logs}}'", "the secret logs names it"),
    "an output of a nested stack": (
        "!GetAtt Nested.Outputs.Bucket",
        "the output Bucket of the nested stack Nested names it",
    ),
    "a custom resource": ("!GetAtt Maker.Bucket", "the attribute Bucket of Maker (Custom::Maker) names it"),
    "another kind of resource": ("!Ref Topic", "it refers to Topic, which is not a bucket but AWS::SNS::Topic"),
    "a resource that is not there": ("!Ref Nobody", "it refers to Nobody, which is not in the template"),
    "another function": ("!Select [0, !Ref Name]", "Fn::Select makes its name, which is not evaluated here"),
    "a branch": (
        "!If [CreateBucket, !Ref LogBucket, !Ref Name]",
        "where CreateBucket is false, the parameter Name names it",
    ),
    "a branch of a branch": (
        "!If [CreateBucket, !Ref LogBucket, !If [IsHome, !Ref LogBucket, elsewhere]]",
        "where CreateBucket is false and IsHome is false, no bucket here has the name elsewhere",
    ),
}


def left(trail: str, **given: str) -> list[Any]:
    return [one for one in fix(TEMPLATE.format(trail=trail), parameters=given).skipped if one.why == "outside"]


def pasted(trail: str, subject: str = "bucket-outside", **given: str) -> list[Any]:
    found = {one.paste for one in left(trail, **given) if one.subject == subject}
    assert len(found) == 1
    return json.loads(found.pop())  # type: ignore[no-any-return]


@pytest.mark.parametrize(("written", "expected"), BUCKETS.values(), ids=BUCKETS)
def test_where_a_bucket_is_named(written: str, expected: str) -> None:
    found = [one.reason for one in left(f"S3BucketName: {written}")]
    assert f"the log bucket of Trail is not in the template: {expected}" in found


KEYS = {
    "a parameter": ("!Ref Name", "the parameter Name names it"),
    "an alias": ("alias/logs", "no key here has the name alias/logs"),
    "a branch": (
        "!If [CreateBucket, !Ref Name, !Ref AWS::NoValue]",
        "where CreateBucket is true, the parameter Name names it",
    ),
    "another kind of resource": ("!Ref Topic", "it refers to Topic, which is not a key but AWS::SNS::Topic"),
}


@pytest.mark.parametrize(("written", "expected"), KEYS.values(), ids=KEYS)
def test_where_a_key_is_named(written: str, expected: str) -> None:
    found = [one.reason for one in left(f"S3BucketName: logs, KMSKeyId: {written}") if one.subject == "key-outside"]
    assert found == [f"the key of Trail is not in the template: {expected}"]


ARN = "arn:${AWS::Partition}:s3:::"
PASTED: dict[str, Any] = {
    "a parameter": ("!Ref Name", f"{ARN}${{Name}}"),
    "a parameter with a default": ("!Ref Named", f"{ARN}${{Named}}"),
    "a parameter with an empty default": ("!Ref Empty", f"{ARN}${{Empty}}"),
    "Fn::Sub of a default": ("!Sub 'x-${Named}'", f"{ARN}x-${{Named}}"),
    "a branch": ("!If [CreateBucket, !Ref LogBucket, !Ref Named]", f"{ARN}${{Named}}"),
    "text": ("somewhere-else", f"{ARN}somewhere-else"),
    "an export": ("!ImportValue logs", f"{ARN}${{name of the log bucket}}"),
    "a parameter of Systems Manager": ("'{{resolve:ssm:/logs:1}}'", f"{ARN}${{name of the log bucket}}"),
}


@pytest.mark.parametrize(("written", "expected"), PASTED.values(), ids=PASTED)
def test_the_statements_to_paste_name_parameters(written: str, expected: str) -> None:
    checks, write = pasted(f"S3BucketName: {written}")
    assert checks["Resource"] == expected
    assert write["Resource"] == f"{expected}/AWSLogs/${{AWS::AccountId}}/*"


def test_a_value_of_the_user_stands_in_the_statements() -> None:
    given = {"Named": "ours", "AWS::Partition": "aws-cn", "AWS::AccountId": "111122223333"}
    checks, write = pasted("S3BucketName: !Ref Named, KMSKeyId: !Ref Name", **given)
    assert checks["Resource"] == "arn:aws-cn:s3:::ours"
    assert checks["Condition"] == write["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    (key,) = pasted("S3BucketName: !Ref Named, KMSKeyId: !Ref Name", "key-outside", **given)
    assert key["Condition"] == {"ArnLike": {"aws:SourceArn": "arn:aws-cn:cloudtrail:*:111122223333:trail/*"}}


PREFIXES: dict[str, Any] = {
    "text": ("audit", ["audit/"]),
    "text with a slash at its end": ("audit/", ["audit/", "audit//"]),
    "a parameter": ("!Ref Name", ["${Name}/"]),
    "a parameter with a default": ("!Ref Named", ["${Named}/"]),
    "a parameter that may leave it out": ("!Ref Empty", ["", "${Empty}/"]),
    "none": ("!Ref AWS::NoValue", [""]),
}


@pytest.mark.parametrize(("written", "expected"), PREFIXES.values(), ids=PREFIXES)
def test_the_statements_to_paste_name_the_prefix(written: str, expected: list[str]) -> None:
    _, write = pasted(f"S3BucketName: logs, S3KeyPrefix: {written}")
    resources = write["Resource"] if isinstance(write["Resource"], list) else [write["Resource"]]
    assert resources == [f"{ARN}logs/{prefix}AWSLogs/${{AWS::AccountId}}/*" for prefix in expected]


def test_a_prefix_under_a_condition_has_statements_of_its_own() -> None:
    found = left("S3BucketName: logs, S3KeyPrefix: !If [IsHome, home, away]")
    words = "the log bucket of Trail is not in the template: where IsHome is {}, no bucket here has the name logs"
    assert [
        (one.reason, f"logs/{path}/AWSLogs" in one.paste) for one, path in zip(found, ("home", "away"), strict=True)
    ] == [
        (words.format("true"), True),
        (words.format("false"), True),
    ]


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("OrgId: { Type: String }", "${OrgId}"),
        ("OrgId: { Type: String, Default: o-a1b2c3d4e5 }", "${OrgId}"),
        ("Unit: { Type: String }", "o-${the organization id}"),
    ],
    ids=["a parameter", "a parameter with a default", "nobody says it"],
)
def test_the_statements_to_paste_name_the_organization(parameter: str, expected: str) -> None:
    template = TEMPLATE.format(trail="S3BucketName: logs, IsOrganizationTrail: true")
    (found,) = fix(template.replace("Parameters:\n", f"Parameters:\n  {parameter}\n")).unfixed
    assert json.loads(found.paste)[1]["Resource"][1] == f"{ARN}logs/AWSLogs/{expected}/*"


def test_a_bucket_that_does_not_exist_is_said_once() -> None:
    found = fix(TEMPLATE.format(trail="S3BucketName: !Ref LogBucket")).unfixed
    assert [one.subject for one in found if "LogBucket" in one.reason and "policy" not in one.reason] == ["absent-reference"]


def test_no_bucket_where_the_parameter_is_empty() -> None:
    found = fix(TEMPLATE.format(trail="S3BucketName: !If [IsNamed, !Ref Empty, !Ref AWS::NoValue]")).unfixed
    assert [(one.subject, one.reason) for one in found] == [
        ("trail-without-bucket", "Trail has no S3BucketName where IsNamed is false"),
        (
            "bucket-outside",
            "the log bucket of Trail is not in the template: where IsNamed is true, the parameter Empty names it",
        ),
    ]


def test_what_to_do_with_the_statements_is_said() -> None:
    (found,) = left("S3BucketName: !Ref Name")
    assert found.advice.endswith("replace each ${…} by its value, or wrap the string in Fn::Sub")


SOURCES: dict[str, Any] = {
    "a name": (
        "TrailName: audit, ",
        "StringEquals",
        "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/audit",
    ),
    "a parameter": (
        "TrailName: !Ref Named, ",
        "StringEquals",
        "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/${Named}",
    ),
    "no name": ("", "ArnLike", "arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"),
}


@pytest.mark.parametrize(("name", "operator", "arn"), SOURCES.values(), ids=SOURCES)
def test_the_statements_to_paste_are_those_of_the_patch_set(name: str, operator: str, arn: str) -> None:
    template = TEMPLATE.format(trail=f"{name}S3BucketName: logs, KMSKeyId: !Ref Name")
    said = {one.subject: one for one in fix(template, patch_set="cloudtrail-documented").unfixed}
    checks, write = json.loads(said["bucket-outside"].paste)
    source = {operator: {"aws:SourceArn": arn}}
    assert (checks["Action"], checks["Condition"]) == (["s3:GetBucketAcl"], source)
    acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    assert write["Action"] == ["s3:PutObject"]
    assert write["Condition"] == {**source, "StringEquals": {**acl, **source.get("StringEquals", {})}}
    context = {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"}
    assert [(one["Action"], one["Resource"], one["Condition"]) for one in json.loads(said["key-outside"].paste)] == [
        (["kms:GenerateDataKey*"], "*", {"StringLike": context, **source}),
        (["kms:DescribeKey"], "*", source),
        (["kms:Decrypt"], "*", source),
    ]
    assert said["key-outside"].advice.startswith("see that its policy has these statements, ")


def test_rules_with_the_same_sid_are_one_statement() -> None:
    checks, write = pasted("S3BucketName: logs, KMSKeyId: !Ref Name")
    assert (checks["Sid"], checks["Action"]) == ("AWSCloudTrailAclCheck", ["s3:GetBucketAcl", "s3:GetBucketLocation"])
    assert (write["Sid"], write["Action"]) == ("AWSCloudTrailWrite", ["s3:PutObject"])
    (key,) = pasted("S3BucketName: logs, KMSKeyId: !Ref Name", "key-outside")
    assert key["Action"] == ["kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"]


def in_logs() -> Delivery:
    model = TemplateModel(read(TEMPLATE.format(trail="S3BucketName: logs").encode(), "t").data)
    return locate(model, Given()).deliveries[0]


def test_a_patch_set_without_a_rule_for_it_has_nothing_to_paste() -> None:
    delivery = in_logs()
    bare = PatchSet("own", tuple(one for one in load("cloudtrail-create").patches if one.id == "trail-order"))
    (found,) = outside(delivery, bare)
    assert found.paste == ""
    assert (
        found.advice == "see that its policy lets CloudTrail in, or name the bucket with --bucket if it is in the template"
    )


def test_rules_that_differ_in_more_than_their_actions_have_sids_of_their_own() -> None:
    delivery = in_logs()
    writing = load("create").patch("log-delivery")
    assert writing
    rules = tuple(
        Allow("Same", "cloudtrail.amazonaws.com", (f"s3:{one}",), (one,), ()) for one in ("log-bucket", "log-objects")
    )
    (found,) = outside(delivery, PatchSet("own", (replace(writing, ensure=rules),)))
    assert [one["Sid"] for one in json.loads(found.paste)] == ["Same", "Same2"]
    assert all("Condition" not in one for one in json.loads(found.paste))
