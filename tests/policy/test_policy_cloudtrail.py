from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from policy_facts import BUCKET, KEY, KEYED, PLAIN, TRAIL, by_id
from policy_notation import t

from remediate.delivery.requests import ServiceRequest, SourceFacts, possible_requests, requests
from remediate.partial_string import partial

# AWS CloudTrail User Guide, Finding your CloudTrail log files.
FILE = "CloudTrail/${R}/2030/01/01/${A:digits}_CloudTrail_${R}_20300101T0000Z_example.json.gz"
DIGEST = "CloudTrail-Digest/${R}/2030/01/01/${A:digits}_CloudTrail-Digest_${R}_20300101T0000Z_example.json.gz"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"put-object": f"/AWSLogs/${{A:digits}}/{FILE}"}),
        ({"prefix": t("p")}, {"put-object": f"/p/AWSLogs/${{A:digits}}/{FILE}"}),
        (
            {"organization_id": t("o-1")},
            {
                "put-object": f"/AWSLogs/${{A:digits}}/{FILE}",
                "put-object-organization": f"/AWSLogs/o-1/${{A:digits}}/{FILE}",
            },
        ),
        (
            {"prefix": t("${Prefix}"), "organization_id": t("${O}"), "options": frozenset({"digests"})},
            {
                "put-object": f"/${{Prefix}}/AWSLogs/${{A:digits}}/{FILE}",
                "put-object-organization": f"/${{Prefix}}/AWSLogs/${{O}}/${{A:digits}}/{FILE}",
                "put-object-digest": f"/${{Prefix}}/AWSLogs/${{O}}/${{A:digits}}/{DIGEST}",
            },
        ),
        (
            {"options": frozenset({"digests"})},
            {"put-object": f"/AWSLogs/${{A:digits}}/{FILE}", "put-object-digest": f"/AWSLogs/${{A:digits}}/{DIGEST}"},
        ),
    ],
)
def test_objects_written(changes: dict[str, Any], expected: dict[str, str]) -> None:
    made = [one for one in requests(replace(PLAIN, **changes)) if one.is_write]
    assert {one.id: one.request.resource for one in made} == {name: t(BUCKET + key) for name, key in expected.items()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["put-object"]),
        ({"prefix": t("p")}, ["put-object", "put-object-plain"]),
        ({"organization_id": t("o-1")}, ["put-object", "put-object-organization"]),
        (
            {"prefix": t("p"), "organization_id": t("o-1")},
            ["put-object", "put-object-organization", "put-object-plain", "put-object-organization-plain"],
        ),
    ],
)
def test_possible_objects(changes: dict[str, Any], expected: list[str]) -> None:
    assert [one.id for one in possible_requests(replace(PLAIN, **changes)) if one.is_write] == expected


def test_possible_objects_without_prefix_are_below_the_account_and_the_organization() -> None:
    made = by_id(possible_requests(replace(PLAIN, prefix=t("p"), organization_id=t("o-1"))))
    assert made["put-object-plain"].request.resource == t(f"{BUCKET}/AWSLogs/${{A:digits}}/{FILE}")
    assert made["put-object-organization-plain"].request.resource == t(f"{BUCKET}/AWSLogs/o-1/${{A:digits}}/{FILE}")


BUCKET_REQUESTS = ["get-bucket-acl", "get-bucket-location", "put-object"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, BUCKET_REQUESTS),
        ({"key_arn": t(KEY)}, [*BUCKET_REQUESTS, "generate-data-key", "describe-key"]),
        (
            {"key_arn": t(KEY), "bucket_key_enabled": True},
            [*BUCKET_REQUESTS, "generate-data-key", "describe-key", "decrypt"],
        ),
        ({"key_arn": t(KEY), "bucket_key_arn": t(KEY)}, [*BUCKET_REQUESTS, "generate-data-key", "describe-key"]),
        ({"bucket_key_arn": t(KEY)}, [*BUCKET_REQUESTS, "generate-data-key-bucket-default"]),
        ({"bucket_key_enabled": True}, BUCKET_REQUESTS),
    ],
)
def test_requests_made(changes: dict[str, Any], expected: list[str]) -> None:
    assert [one.id for one in requests(replace(PLAIN, **changes))] == expected


def test_all_three_key_requests_are_given_for_verification() -> None:
    facts = replace(PLAIN, key_arn=t(KEY))
    assert [one.id for one in of_key(possible_requests(facts))] == ["generate-data-key", "describe-key", "decrypt"]
    assert [one.id for one in of_key(requests(facts))] == ["generate-data-key", "describe-key"]
    assert of_key(possible_requests(PLAIN)) == []


def test_with_the_default_key_of_the_bucket_all_key_requests_are_inferred() -> None:
    found = of_key(possible_requests(replace(PLAIN, bucket_key_arn=t(KEY))))
    assert [one.id for one in found] == ["generate-data-key-bucket-default", "describe-key", "decrypt"]
    assert {one.confidence for one in found} == {"inferred"}


def of_key(made: tuple[ServiceRequest, ...]) -> list[ServiceRequest]:
    return [one for one in made if one.policy == "key"]


def test_each_request_names_its_policy_its_confidence_and_its_source() -> None:
    facts = replace(KEYED, organization_id=t("o-1"))
    assert {one.id: (one.policy, one.confidence) for one in requests(facts)} == {
        "get-bucket-acl": ("bucket", "documented"),
        "get-bucket-location": ("bucket", "inferred"),
        "put-object": ("bucket", "documented"),
        "put-object-organization": ("bucket", "indirect"),
        "generate-data-key": ("key", "documented"),
        "describe-key": ("key", "documented"),
        "decrypt": ("key", "documented"),
    }
    (default,) = of_key(requests(replace(PLAIN, bucket_key_arn=t(KEY))))
    assert default.confidence == "inferred"
    assert all(one.source and one.title for one in requests(facts))


@pytest.mark.parametrize(("facts", "expected"), [(PLAIN, "AES256"), (KEYED, "aws:kms")])
def test_encryption_header(facts: SourceFacts, expected: str) -> None:
    asked = by_id(requests(facts))["put-object"].request
    assert facts.sse == expected
    assert asked.context["s3:x-amz-server-side-encryption"] == partial(expected)
    assert asked.values_of("s3:x-amz-server-side-encryption-aws-kms-key-id") == (facts.key_arn,)


# (key, its possible values) in every request. IAM User Guide, AWS global condition context keys.
@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("aws:SecureTransport", (t("true"),)),
        ("aws:PrincipalIsAWSService", (t("true"),)),
        ("aws:PrincipalServiceName", (t("cloudtrail.amazonaws.com"),)),
        ("aws:ViaAWSService", (t("false"),)),
        ("AWS:SourceArn", (t(TRAIL),)),
        ("aws:SourceAccount", (t("${A:digits}"),)),
        ("aws:RequestedRegion", (t("${R}"),)),
        ("aws:PrincipalOrgID", (None,)),
        ("aws:PrincipalOrgPaths", (None,)),
        ("aws:PrincipalAccount", (None,)),
        ("aws:PrincipalTag/team", (None,)),
        ("aws:SourceVpc", (None,)),
        ("aws:SourceVpce", (None,)),
        ("aws:VpcSourceIp", (None,)),
        ("aws:CalledVia", (None,)),
        ("kms:GrantIsForAWSResource", (None,)),
    ],
)
def test_context_of_every_request(key: str, values: tuple[Any, ...]) -> None:
    for one in requests(KEYED):
        assert one.request.values_of(key) == values, one.id


@pytest.mark.parametrize("key", ["aws:SourceOrgID", "aws:SourceOrgPaths", "aws:userid", "aws:CurrentTime"])
def test_keys_that_are_not_modelled_may_be_absent(key: str) -> None:
    for one in requests(KEYED):
        values = one.request.values_of(key)
        assert values[0] is None, one.id
        assert len(values) == 2, one.id


@pytest.mark.parametrize(
    ("facts", "name", "key", "values"),
    [
        (KEYED, "generate-data-key", "kms:EncryptionContext:aws:cloudtrail:arn", (t(TRAIL),)),
        (KEYED, "generate-data-key", "kms:EncryptionContext:aws:s3:arn", (t(BUCKET),)),
        (
            replace(KEYED, bucket_key_enabled=False),
            "generate-data-key",
            "kms:EncryptionContext:aws:s3:arn",
            (t(f"{BUCKET}/AWSLogs/${{A:digits}}/{FILE}"),),
        ),
        (KEYED, "generate-data-key", "kms:EncryptionContext:other", (None,)),
        (KEYED, "generate-data-key", "kms:ViaService", (None,)),
        (KEYED, "describe-key", "kms:EncryptionContext:aws:cloudtrail:arn", (None,)),
        (KEYED, "describe-key", "kms:ViaService", (None,)),
        (KEYED, "decrypt", "kms:ViaService", (None,)),
        (
            replace(PLAIN, bucket_key_arn=t(KEY)),
            "generate-data-key-bucket-default",
            "kms:EncryptionContext:aws:cloudtrail:arn",
            (None,),
        ),
        (KEYED, "put-object", "s3:x-amz-acl", (t("bucket-owner-full-control"),)),
        (KEYED, "put-object", "s3:x-amz-grant-read", (None,)),
        (KEYED, "put-object", "s3:TlsVersion", (t("1.2"), t("1.3"))),
        (KEYED, "get-bucket-acl", "s3:x-amz-acl", (None,)),
    ],
)
def test_context_of_one_request(facts: SourceFacts, name: str, key: str, values: tuple[Any, ...]) -> None:
    assert by_id(requests(facts))[name].request.values_of(key) == values
