from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import found, located, shown, template

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resolve import Resolver
from remediate.delivery.locate import Given, locate
from remediate.diagnosis.resources import structure_findings
from remediate.partial_string import UnknownPart, partial

BUCKETS: dict[str, Any] = {
    "ref": ("!Ref Bucket", "{}", "!Ref Bucket", "Bucket"),
    "ref-of-named-bucket": ("!Ref Bucket", "{BucketName: my-logs}", "!Ref Bucket", "Bucket"),
    "literal-name": ("my-logs", "{BucketName: my-logs}", "!Ref Bucket", "Bucket"),
    "policy-by-literal-name": ("!Ref Bucket", "{BucketName: my-logs}", "my-logs", "Bucket"),
    "parameter-default-is-the-name": ("!Ref Name", "{BucketName: my-logs}", "!Ref Bucket", "Bucket"),
    "name-by-parameter-default": ("my-logs", "{BucketName: !Ref Name}", "!Ref Name", "Bucket"),
    "same-parameter": ("!Ref Open", "{BucketName: !Ref Open}", "!Ref Bucket", "Bucket"),
    "sub": ('!Sub "${Bucket}"', "{}", '!Sub "${Bucket}"', "Bucket"),
    "sub-with-account": (
        '!Sub "logs-${AWS::AccountId}"',
        '{BucketName: !Join ["-", [logs, !Ref AWS::AccountId]]}',
        "!Ref Bucket",
        "Bucket",
    ),
    "sub-of-parameter": ('!Sub "my-${Open}"', '{BucketName: !Sub "my-${Open}"}', '!Sub "my-${Open}"', "Bucket"),
    "join": ('!Join ["-", [my, logs]]', "{BucketName: my-logs}", "!Ref Bucket", "Bucket"),
    "find-in-map": ("!FindInMap [Map, logs, Name]", "{BucketName: my-logs}", "!Ref Bucket", "Bucket"),
    "select-split-of-arn": ('!Select [5, !Split [":", !GetAtt Bucket.Arn]]', "{}", "!Ref Bucket", "Bucket"),
    "select-split-of-literal": ('!Select [1, !Split ["/", "x/my-logs"]]', "{BucketName: my-logs}", "!Ref Bucket", "Bucket"),
    "same-import": ("!ImportValue logs", "{BucketName: !ImportValue logs}", "!Ref Bucket", "Bucket"),
}


@pytest.mark.parametrize(("trail", "bucket", "policy", "expected"), BUCKETS.values(), ids=BUCKETS)
def test_bucket_and_its_policy(trail: str, bucket: str, policy: str, expected: str) -> None:
    deliveries = found(template(f"{{S3BucketName: {trail}}}", bucket, policy))
    assert deliveries == [{"trail": "Trail", "bucket": expected, "policies": ["Policy"], "key": None}]


OUTSIDE = {
    "parameter": ("!Ref Open", "<${Open}>"),
    "literal": ("elsewhere", "<elsewhere>"),
    "import": ("!ImportValue logs", '<${{"Fn::ImportValue": "logs"}}>'),
    "dynamic-reference": ("'{{resolve:ssm:/logs}}'", "<${{{resolve:ssm:/logs}}}>"),
    "missing": ("!Ref AWS::NoValue", None),
    "resource-of-other-type": ("!Ref Key", "<${Key}>"),
}


@pytest.mark.parametrize(("trail", "expected"), OUTSIDE.values(), ids=OUTSIDE)
def test_bucket_outside_the_template(trail: str, expected: str | None) -> None:
    deliveries = found(template(f"{{S3BucketName: {trail}}}", "{BucketName: my-logs}"))
    assert deliveries == [{"trail": "Trail", "bucket": expected, "policies": [], "key": None}]


EMPTY = "Empty: {Type: String, Default: ''}"
EMPTY_NAMES: dict[str, Any] = {
    "of-a-bucket-elsewhere": ("!Ref Empty", "{}", "!Ref Empty", "<${Empty}>", ["Policy"], "arn:aws:s3:::${Empty}"),
    "of-a-bucket-by-sub": ("!Sub '${Empty}'", "{}", "!Ref Empty", "<${Empty}>", ["Policy"], "arn:aws:s3:::${Empty}"),
    "of-the-bucket": (
        "!Ref Bucket",
        "{BucketName: !Ref Empty}",
        "!Ref Empty",
        "Bucket",
        ["Policy"],
        "arn:aws:s3:::${Empty}",
    ),
    "written-out": ("''", "{}", "!Ref Bucket", None, [], "arn:aws:s3:::${the log bucket}"),
    "written-out-in-the-bucket": (
        "!Ref Bucket",
        "{BucketName: ''}",
        "!Ref Bucket",
        "Bucket",
        ["Policy"],
        "arn:aws:s3:::${Bucket}",
    ),
}


@pytest.mark.parametrize(("trail", "bucket", "policy", "expected", "policies", "arn"), EMPTY_NAMES.values(), ids=EMPTY_NAMES)
def test_an_empty_default_is_no_name(
    trail: str, bucket: str, policy: str, expected: str | None, policies: list[str], arn: str
) -> None:
    written = template(f"{{S3BucketName: {trail}}}", bucket, policy).replace("Open: {", f"{EMPTY}\n  Open: {{")
    (delivery,) = located(written).deliveries
    assert (shown(delivery)["bucket"], shown(delivery)["policies"]) == (expected, policies)
    assert str(delivery.facts.bucket_arn) == arn


def test_a_bucket_name_is_empty_where_a_condition_asks_for_it() -> None:
    parameters = "Parameters: {Empty: {Type: String, Default: ''}}\nConditions: {IsEmpty: !Equals [!Ref Empty, '']}\n"
    properties = "{S3BucketName: !Ref Empty, S3KeyPrefix: !If [IsEmpty, a, b]}"
    written = f"Resources: {{Trail: {{Type: AWS::CloudTrail::Trail, Properties: {properties}}}}}"
    assert [delivery["bucket"] for delivery in found(parameters + written)] == [None, "<${Empty}>"]
    assert [delivery["bucket"] for delivery in found(parameters + written, parameters={"Empty": ""})] == [None]


def test_policy_of_a_bucket_outside_the_template() -> None:
    (delivery,) = found(template("{S3BucketName: !Ref Open}", "{}", "!Ref Open"))
    assert (delivery["bucket"], delivery["policies"]) == ("<${Open}>", ["Policy"])


KEYS = {
    "none": ("", "{}", None),
    "ref": ("!Ref Key", "{}", "Key"),
    "get-att-arn": ("!GetAtt Key.Arn", "{}", "Key"),
    "get-att-key-id": ("!GetAtt Key.KeyId", "{}", "Key"),
    "sub": ('!Sub "${Key.Arn}"', "{}", "Key"),
    "sub-arn": ('!Sub "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"', "{}", "Key"),
    "join-arn": (
        '!Join [":", [arn, aws, kms, !Ref AWS::Region, !Ref AWS::AccountId, !Sub "key/${Key}"]]',
        "{}",
        "Key",
    ),
    "ref-alias": ("!Ref Alias", "{}", "Key"),
    "alias-name": ("alias/trail", "{}", "Key"),
    "alias-arn": ('!Sub "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:alias/trail"', "{}", "Key"),
    "alias-of-arn": ("!Ref ArnAlias", "{}", "Key"),
    "empty-parameter": ("!Ref KeyParameter", "{}", None),
    "other-alias": ("alias/other", "{}", "<alias/other>"),
    "parameter": ("!Ref Open", "{}", "<${Open}>"),
    "other-region": (
        '!Sub "arn:aws:kms:us-east-1:${AWS::AccountId}:key/${Key}"',
        "{}",
        "<arn:aws:kms:us-east-1:${AWS::AccountId}:key/${Key}>",
    ),
    "bucket-default": (
        "",
        "{ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt Key.Arn}}",
        "Key",
    ),
    "bucket-default-by-alias": (
        "",
        "{ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: alias/trail}}",
        "Key",
    ),
    "bucket-default-of-aws": (
        "",
        "{ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: alias/aws/s3}}",
        None,
    ),
    "bucket-default-s3": ("", "{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}", None),
    "trail-key-before-bucket-default": (
        "!Ref OtherKey",
        "{ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms', KMSMasterKeyID: !GetAtt Key.Arn}}",
        "OtherKey",
    ),
}


@pytest.mark.parametrize(("trail", "rule", "expected"), KEYS.values(), ids=KEYS)
def test_key(trail: str, rule: str, expected: str | None) -> None:
    own = f", KMSKeyId: {trail}" if trail else ""
    bucket = f"{{BucketEncryption: {{ServerSideEncryptionConfiguration: [{rule}]}}}}"
    (delivery,) = found(template(f"{{S3BucketName: !Ref Bucket{own}}}", bucket))
    assert (delivery["bucket"], delivery["key"]) == ("Bucket", expected)


def test_default_key_outside_says_how_it_is_written() -> None:
    rule = "{ServerSideEncryptionByDefault: {KMSMasterKeyID: !ImportValue key}, BucketKeyEnabled: true}"
    bucket = f"{{BucketEncryption: {{ServerSideEncryptionConfiguration: [{rule}]}}}}"
    (delivery,) = located(template(bucket=bucket)).deliveries
    assert delivery.bucket_key is not None
    assert delivery.bucket_key.expression == {"Fn::ImportValue": "key"}
    assert delivery.facts.bucket_key_enabled
    assert delivery.facts.key_arn is None
    assert str(delivery.facts.bucket_key_arn) == '${{"Fn::ImportValue": "key"}}'


def test_a_bucket_key_counts_for_the_trails_own_key_too() -> None:
    bucket = "{BucketEncryption: {ServerSideEncryptionConfiguration: [{BucketKeyEnabled: true}]}}"
    (delivery,) = located(template("{S3BucketName: !Ref Bucket, KMSKeyId: !Ref Key}", bucket)).deliveries
    assert delivery.facts.bucket_key_enabled
    assert str(delivery.facts.key_arn) == "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"


FACTS: dict[str, Any] = {
    "arn-with-name": ("TrailName: audit", "arn", "arn:aws:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/audit"),
    "arn-without-name": ("IsLogging: true", "arn", "arn:aws:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/${Trail}"),
    "prefix": ("S3KeyPrefix: logs", "prefix", "logs"),
    "empty-prefix": ("S3KeyPrefix: ''", "prefix", "None"),
    "no-prefix": ("IsLogging: true", "prefix", "None"),
    "organization": ("IsOrganizationTrail: true", "organization_id", "o-${the organization id}"),
    "organization-as-text": ("IsOrganizationTrail: 'true'", "organization_id", "o-${the organization id}"),
    "no-organization": ("IsOrganizationTrail: false", "organization_id", "None"),
    "digests": ("EnableLogFileValidation: true", "options", "frozenset({'digests'})"),
    "bucket-arn": ("IsLogging: true", "bucket_arn", "arn:aws:s3:::${Bucket}"),
}


@pytest.mark.parametrize(("written", "name", "expected"), FACTS.values(), ids=FACTS)
def test_facts(written: str, name: str, expected: str) -> None:
    (delivery,) = located(template(f"{{S3BucketName: !Ref Bucket, {written}}}")).deliveries
    assert str(getattr(delivery.facts, name)) == expected


def test_organization_id_from_the_user() -> None:
    (delivery,) = located(template("{IsOrganizationTrail: true}"), organization_id="o-a1b2c3d4e5").deliveries
    assert str(delivery.facts.organization_id) == "o-a1b2c3d4e5"


def test_organization_id_from_a_parameter() -> None:
    written = template("{IsOrganizationTrail: true}").replace("Open: {", "OrgId: {Type: String}\n  Open: {")
    (delivery,) = located(written).deliveries
    assert delivery.facts.organization_id == partial("o-", UnknownPart("OrgId", begins="o-"))


def test_a_prefix_parameter_is_tried_with_its_default_and_with_another_value() -> None:
    deliveries = located(template("{S3BucketName: !Ref Bucket, S3KeyPrefix: !Ref Name}")).deliveries
    assert [str(delivery.facts.prefix) for delivery in deliveries] == ["my-logs", "${Name}"]


def many(number: int) -> dict[str, Any]:
    """Return a template with so many trails, each with a bucket, a policy, a key and an alias of its own."""
    resources: dict[str, Any] = {}
    for one in range(number):
        bucket, key = {"Ref": f"Bucket{one}"}, {"Ref": f"Key{one}"}
        policy = {"Bucket": bucket, "PolicyDocument": {"Statement": []}}
        trail = {"S3BucketName": bucket, "KMSKeyId": f"alias/logs{one}"}
        alias = {"AliasName": f"alias/logs{one}", "TargetKeyId": key}
        resources[f"Trail{one}"] = {"Type": "AWS::CloudTrail::Trail", "DependsOn": f"Policy{one}", "Properties": trail}
        resources[f"Bucket{one}"] = {"Type": "AWS::S3::Bucket"}
        resources[f"Policy{one}"] = {"Type": "AWS::S3::BucketPolicy", "Properties": policy}
        resources[f"Key{one}"] = {"Type": "AWS::KMS::Key"}
        resources[f"Alias{one}"] = {"Type": "AWS::KMS::Alias", "Properties": alias}
    return {"Resources": resources}


def test_the_work_grows_with_the_number_of_trails(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def counted(function: Any) -> Any:
        def inner(*args: Any) -> Any:
            nonlocal calls
            calls += 1
            return function(*args)

        return inner

    monkeypatch.setattr(Resolver, "value", counted(Resolver.value))
    monkeypatch.setattr("remediate.cloudformation.creation_order.mentions", counted(mentions))
    work = []
    for number in (20, 40):
        template = TemplateModel(many(number))
        calls = 0
        result = locate(template, Given())
        assert [*structure_findings(result, template)] == []
        assert [delivery.key.logical_id for delivery in result.deliveries if delivery.key] == [
            f"Key{one}" for one in range(number)
        ]
        work.append(calls)
    assert work[1] <= 2.1 * work[0]
