"""The small resolver that the judges use, with values worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.outside.parameters import samples
from tests.outside.reading import read
from tests.outside.sampling import NO_VALUE, NotSampled, Sampled
from tests.outside.stack import stack

TEMPLATE = """\
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Prefix: {Type: String, Default: ''}
  Accounts: {Type: CommaDelimitedList, Default: '111111111111, 222222222222'}
  Owner: {Type: String, AllowedPattern: '[0-9]{12}'}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /path/of/it}
Mappings:
  Names: {us-east-1: {log: east-logs}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  HasPrefix: !Not [!Equals [!Ref Prefix, '']]
  Both: !And [!Condition IsProd, Condition: HasPrefix]
  Either: !Or [!Condition IsProd, !Condition HasPrefix]
Resources:
  Logs: {Type: 'AWS::S3::Bucket'}
  Named: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Sub '${AWS::AccountId}-logs'}}
  Key: {Type: 'AWS::KMS::Key'}
  Trail: {Type: 'AWS::CloudTrail::Trail', Condition: IsProd, Properties: {TrailName: main, S3BucketName: !Ref Logs}}
"""

VALUES: list[tuple[str, Any]] = [
    ("!Ref AWS::Region", "us-east-1"),
    ("!Ref AWS::NoValue", NO_VALUE),
    ("!Ref Stage", "dev"),
    ("!Ref Owner", "444455556666"),
    ("!Ref Stored", "sample-stored"),
    ("!Ref Accounts", ["111111111111", "222222222222"]),
    ("!Ref Logs", "stack-logs-abc123"),
    ("!GetAtt Logs.Arn", "arn:aws:s3:::stack-logs-abc123"),
    ("!GetAtt Named.Arn", "arn:aws:s3:::111122223333-logs"),
    ("!GetAtt Trail.Arn", "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"),
    ("!Sub '${Named.Arn}/AWSLogs/${!aws:x}/*'", "arn:aws:s3:::111122223333-logs/AWSLogs/${aws:x}/*"),
    ("!Sub ['${A}-${Stage}', {A: !Ref Named}]", "111122223333-logs-dev"),
    ("!Join ['/', [a, !Ref Stage, !Ref AWS::NoValue]]", "a/dev"),
    ("!If [IsProd, yes-it-is, !Ref AWS::NoValue]", NO_VALUE),
    ("[a, !If [IsProd, b, !Ref AWS::NoValue], c]", ["a", "c"]),
    ("{a: !If [HasPrefix, b, !Ref AWS::NoValue], c: !If [Either, 1, 2], d: !If [Both, 1, 2]}", {"c": 2, "d": 2}),
    ("!FindInMap [Names, !Ref AWS::Region, log]", "east-logs"),
    ("!Select [1, !Split ['-', a-b-c]]", "b"),
    ("!ImportValue central-bucket", "imported-central-bucket"),
    ("'{{resolve:ssm:/x}}/y'", "sample-resolved/y"),
]


def template(expression: str = "1") -> dict[str, Any]:
    found = read(f"{TEMPLATE}Outputs: {{It: {{Value: {expression}}}}}\n")
    assert found
    return found


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[one for one, _ in VALUES])
def test_an_expression_has_its_value(expression: str, expected: Any) -> None:
    data = template(expression)
    assert Sampled(data, next(samples(data))).value(data["Outputs"]["It"]["Value"]) == expected


def test_what_is_made_up_is_known_to_be() -> None:
    sampled = Sampled(template(), next(samples(template())))
    sampled.value({"Ref": "Named"})
    assert sampled.guesses == set()
    sampled.value({"Fn::GetAtt": ["Key", "Arn"]})
    assert sampled.guesses == {"Key"}


def test_what_is_not_modelled_is_no_value() -> None:
    with pytest.raises(NotSampled):
        Sampled(template(), next(samples(template()))).value({"Fn::Transform": {}})


def test_every_value_that_a_condition_or_a_list_names_is_tried() -> None:
    tried = {(one["Stage"], one["Prefix"]) for one in samples(template())}
    assert tried == {("dev", ""), ("prod", ""), ("dev", "sample-prefix")}


def test_a_resource_is_there_where_its_condition_holds() -> None:
    found = {values["Stage"]: [one.arn for one in stack(template(), values).trails] for values in samples(template())}
    assert found == {"dev": [], "prod": ["arn:aws:cloudtrail:us-east-1:111122223333:trail/main"]}


def test_a_key_without_a_policy_has_that_of_every_new_key() -> None:
    (policy,) = stack(template(), next(samples(template()))).policies
    assert policy.documents[0]["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
