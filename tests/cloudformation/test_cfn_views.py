from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import ALLOW, DENY, found, located, shown, template

from remediate.template import TemplateError

IFS: dict[str, Any] = {
    "bucket": (
        "{S3BucketName: !If [C, !Ref Bucket, !Ref OtherBucket]}",
        [("Trail", "Bucket", ["Policy"], None), ("Trail", "OtherBucket", ["OtherPolicy"], None)],
    ),
    "bucket-or-parameter": (
        "{S3BucketName: !If [C, !Ref Bucket, !Ref Open]}",
        [("Trail", "Bucket", ["Policy"], None), ("Trail", "<${Open}>", [], None)],
    ),
    "key-or-none": (
        "{S3BucketName: !Ref Bucket, KMSKeyId: !If [C, !Ref AWS::NoValue, !Ref Key]}",
        [("Trail", "Bucket", ["Policy"], None), ("Trail", "Bucket", ["Policy"], "Key")],
    ),
}


@pytest.mark.parametrize(("trail", "expected"), IFS.values(), ids=IFS)
def test_each_branch_of_an_if_is_a_view(trail: str, expected: list[Any]) -> None:
    assert [tuple(delivery.values()) for delivery in found(template(trail))] == expected


def test_each_branch_of_a_bucket_name() -> None:
    deliveries = found(template("{S3BucketName: my-logs}", "{BucketName: !If [C, my-logs, !Ref AWS::NoValue]}"))
    assert [delivery["bucket"] for delivery in deliveries] == ["Bucket", "<my-logs>"]


CONDITIONAL = """
Parameters:
  Existing: {Type: String, Default: ''}
Conditions:
  New: !Equals [!Ref Existing, '']
Resources:
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: {S3BucketName: !If [New, !Ref Bucket, !Ref Existing]}
  Bucket: {Type: AWS::S3::Bucket, Condition: New}
  Policy: {Type: AWS::S3::BucketPolicy, Condition: New, Properties: {Bucket: !Ref Bucket}}
"""


def test_conditional_bucket() -> None:
    assert [tuple(delivery.values()) for delivery in found(CONDITIONAL)] == [
        ("Trail", "Bucket", ["Policy"], None),
        ("Trail", "<${Existing}>", [], None),
    ]


@pytest.mark.parametrize(("given", "bucket"), [("", "Bucket"), ("theirs", "<theirs>")], ids=["empty", "named"])
def test_a_given_parameter_decides(given: str, bucket: str) -> None:
    assert [delivery["bucket"] for delivery in found(CONDITIONAL, parameters={"Existing": given})] == [bucket]


def test_a_given_parameter_names_the_bucket() -> None:
    written = template("{S3BucketName: !Ref Open}", "{BucketName: my-logs}")
    assert [delivery["bucket"] for delivery in found(written, parameters={"Open": "my-logs"})] == ["Bucket"]


def test_a_conditional_trail_is_looked_at_where_it_exists() -> None:
    written = template().replace(
        "Trail: {Type: AWS::CloudTrail::Trail,", "Trail: {Type: AWS::CloudTrail::Trail, Condition: C,"
    )
    deliveries = located(written).deliveries
    assert [(delivery.source, delivery.resolver.scenario.conditions["C"]) for delivery in deliveries] == [("Trail", True)]


def test_an_alias_counts_where_it_exists() -> None:
    written = template("{S3BucketName: !Ref Bucket, KMSKeyId: alias/trail}").replace(
        "Alias: {Type: AWS::KMS::Alias,", "Alias: {Type: AWS::KMS::Alias, Condition: C,"
    )
    assert [delivery["key"] for delivery in found(written)] == ["Key", "<alias/trail>"]


def test_conditions_that_decide_nothing_are_not_tried() -> None:
    written = template(bucket="{Tags: !If [C, [{Key: a, Value: b}], !Ref AWS::NoValue]}")
    assert len(located(written).deliveries) == 1


def test_two_trails_on_one_bucket() -> None:
    more = "  Second: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref Bucket}}\n"
    assert [tuple(delivery.values())[:3] for delivery in found(template(more=more))] == [
        ("Trail", "Bucket", ["Policy"]),
        ("Second", "Bucket", ["Policy"]),
    ]


def test_two_policies_of_one_bucket_are_both_named() -> None:
    more = "  Second: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket}}\n"
    assert found(template(more=more))[0]["policies"] == ["Policy", "Second"]


GIVEN: dict[str, Any] = {
    "bucket-the-template-does-not-tell": ("{S3BucketName: !Ref Open}", {"bucket": "OtherBucket"}, "OtherBucket", None),
    "bucket-the-template-tells": ("{S3BucketName: !Ref Bucket}", {"bucket": "OtherBucket"}, "Bucket", None),
    "key-the-template-does-not-tell": (
        "{S3BucketName: !Ref Bucket, KMSKeyId: !Ref Open}",
        {"key": "OtherKey"},
        "Bucket",
        "OtherKey",
    ),
    "key-the-template-tells": ("{S3BucketName: !Ref Bucket, KMSKeyId: !Ref Key}", {"key": "OtherKey"}, "Bucket", "Key"),
    "key-of-a-trail-without": ("{S3BucketName: !Ref Bucket}", {"key": "OtherKey"}, "Bucket", None),
}


@pytest.mark.parametrize(("trail", "given", "bucket", "key"), GIVEN.values(), ids=GIVEN)
def test_what_the_user_says(trail: str, given: dict[str, str], bucket: str, key: str | None) -> None:
    (delivery,) = found(template(trail), **given)
    assert (delivery["bucket"], delivery["key"]) == (bucket, key)


def test_a_chosen_bucket_brings_its_policy() -> None:
    (delivery,) = found(template("{S3BucketName: !ImportValue logs}"), bucket="OtherBucket")
    assert delivery["policies"] == ["OtherPolicy"]


def test_a_chosen_bucket_of_several_with_one_name() -> None:
    more = "  Twin: {Type: AWS::S3::Bucket, Properties: {BucketName: other-logs}}\n"
    written = template("{S3BucketName: other-logs}", more=more)
    assert found(written)[0]["bucket"] == "OtherBucket"
    assert found(written, bucket="Twin")[0]["bucket"] == "Twin"
    more += "  Second: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref Twin}}\n"
    assert [delivery["bucket"] for delivery in found(template("{S3BucketName: other-logs}", more=more))] == [
        "OtherBucket",
        "Twin",
    ]


def test_a_chosen_trail() -> None:
    more = "  Second: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref Bucket}}\n"
    assert [delivery["trail"] for delivery in found(template(more=more), trail="Second")] == ["Second"]


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ("trail", "--trail Nope: the template has no such AWS::CloudTrail::Trail; it has: Trail"),
        ("bucket", "--bucket Nope: the template has no such AWS::S3::Bucket; it has: Bucket, OtherBucket"),
        ("key", "--key Nope: the template has no such AWS::KMS::Key; it has: Key, OtherKey"),
    ],
)
def test_what_the_user_says_must_be_there(role: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        located(template(), **{role: "Nope"})
    assert caught.value.message == message


CENTRAL = f"""
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
        - ServerSideEncryptionByDefault: {{SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt Key.Arn}}
  Policy: {{Type: AWS::S3::BucketPolicy, Properties: {{Bucket: !Ref Bucket, PolicyDocument: {{Statement: [{ALLOW}]}}}}}}
  Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{Statement: [{ALLOW}]}}}}}}
  Loose: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{Statement: [{ALLOW}]}}}}}}
  Unrelated: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{Statement: [{DENY}]}}}}}}
  OtherBucket: {{Type: AWS::S3::Bucket}}
  OtherPolicy:
    Type: AWS::S3::BucketPolicy
    Properties: {{Bucket: !Ref OtherBucket, PolicyDocument: {{Statement: [{DENY}]}}}}
"""


def test_central_bucket_and_keys_without_a_trail() -> None:
    assert [tuple(delivery.values()) for delivery in found(CENTRAL)] == [
        (None, "Bucket", ["Policy"], "Key"),
        (None, None, [], "Loose"),
    ]


def test_facts_of_a_central_bucket_leave_the_trail_open() -> None:
    facts = located(CENTRAL).deliveries[0].facts
    assert str(facts.account) == "${the trail's account}"
    assert str(facts.bucket_arn) == "arn:aws:s3:::${Bucket}"
    assert str(facts.key_arn) == "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"


def test_a_bucket_of_a_parameter_can_be_central() -> None:
    written = f"""
    Parameters: {{Name: {{Type: String}}}}
    Resources:
      Policy: {{Type: AWS::S3::BucketPolicy, Properties: {{Bucket: !Ref Name, PolicyDocument: {{Statement: {ALLOW}}}}}}}
    """
    assert [tuple(delivery.values()) for delivery in found(written)] == [(None, "<${Name}>", ["Policy"], None)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"key": "Loose"}, [("Bucket", "Key"), (None, "Loose")]),
        ({"bucket": "OtherBucket"}, [(None, "Key"), (None, "Loose")]),
    ],
    ids=["key", "bucket"],
)
def test_what_the_user_says_of_central_logging(given: dict[str, str], expected: list[Any]) -> None:
    assert [(delivery["bucket"], delivery["key"]) for delivery in found(CENTRAL, **given)] == expected


NOT_CENTRAL = {
    "deny": "{Effect: Deny, Principal: {Service: cloudtrail.amazonaws.com}, Action: '*', Resource: '*'}",
    "other-service": "{Effect: Allow, Principal: {Service: config.amazonaws.com}, Action: '*', Resource: '*'}",
    "role-only-mentions-it": "{Effect: Allow, Principal: {AWS: '*'}, Action: 'cloudtrail:*', Resource: '*'}",
}


@pytest.mark.parametrize("statement", NOT_CENTRAL.values(), ids=NOT_CENTRAL)
def test_what_is_not_central(statement: str) -> None:
    assert (
        found(f"Resources: {{Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{Statement: [{statement}]}}}}}}}}") == []
    )


PRINCIPALS = {
    "text": "{Service: cloudtrail.amazonaws.com}",
    "list": "{Service: [config.amazonaws.com, cloudtrail.amazonaws.com]}",
    "other-case": "{Service: CloudTrail.amazonaws.com}",
    "sub": '{Service: !Sub "cloudtrail.${AWS::URLSuffix}"}',
    "join": '{Service: !Join [".", [cloudtrail, amazonaws.com]]}',
    "beside-others": "{AWS: '*', Service: cloudtrail.amazonaws.com}",
}


@pytest.mark.parametrize("principal", PRINCIPALS.values(), ids=PRINCIPALS)
def test_principals_of_a_central_key(principal: str) -> None:
    policy = f"{{Statement: [{{Effect: Allow, Principal: {principal}, Action: '*'}}]}}"
    deliveries = found(f"Resources: {{Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {policy}}}}}}}")
    assert [delivery["key"] for delivery in deliveries] == ["Key"]


def test_a_statement_under_a_condition_is_central_where_it_is_in_force() -> None:
    written = f"""
    Parameters: {{P: {{Type: String, Default: ''}}}}
    Conditions: {{C: !Equals [!Ref P, x]}}
    Resources:
      Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{Statement: [!If [C, {ALLOW}, {DENY}]]}}}}}}
    """
    assert [delivery.resolver.scenario.conditions for delivery in located(written).deliveries] == [{"C": True}]


def test_nothing_to_find() -> None:
    nothing = located("Resources: {Bucket: {Type: AWS::S3::Bucket}, Key: {Type: AWS::KMS::Key}}")
    assert (nothing.deliveries, nothing.complete) == ((), True)


def test_too_many_conditions_are_said() -> None:
    names = [f"P{number}" for number in range(7)]
    parts = ", ".join(f"!If [C{name}, a, b]" for name in names)
    written = (
        "Parameters:\n"
        + "".join(f"  {name}: {{Type: String, Default: ''}}\n" for name in names)
        + "Conditions:\n"
        + "".join(f"  C{name}: !Equals [!Ref {name}, '']\n" for name in names)
        + f"Resources: {{Trail: {{Type: AWS::CloudTrail::Trail, Properties: {{S3BucketName: !Join ['', [{parts}]]}}}}}}"
    )
    found_all = located(written)
    assert not found_all.complete
    assert shown(found_all.deliveries[0])["bucket"] == "<aaaaaaa>"
    assert len(found_all.deliveries) == 8
