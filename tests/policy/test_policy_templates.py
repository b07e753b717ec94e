from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from policy_facts import ALLOW, BUCKET, KEY, KEYED, PLAIN, TRAIL, outcome
from policy_notation import policy, t

from remediate.delivery.requests import SourceFacts
from remediate.delivery.services import default_service

OK, NOT = "allowed", "denied"
SSE = "s3:x-amz-server-side-encryption"

# The stanzas of a key policy, one added to the other. AWS KMS Developer Guide, Condition keys for AWS KMS,
# kms:ViaService and kms:GrantIsForAWSResource; AWS CloudTrail User Guide, Configure AWS KMS key policies for CloudTrail.
VIA = {"kms:ViaService": "s3.${R}.amazonaws.com"}
S3_STANZA = {
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": ["kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
    "Resource": "*",
    "Condition": {"StringEquals": VIA, "Bool": {"kms:GrantIsForAWSResource": True}},
}
GRANT_STANZA = {
    **ALLOW,
    "Action": ["kms:CreateGrant", "kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"],
    "Resource": "*",
    "Condition": {
        "StringEquals": {"kms:ViaService": "cloudtrail.${R}.amazonaws.com"},
        "Bool": {"kms:GrantIsForAWSResource": "true"},
    },
}
CONTEXT = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:${P}:cloudtrail:*:${A:digits}:trail/*"}}
GENERATE = {**ALLOW, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": CONTEXT}
DESCRIBE = {**ALLOW, "Action": "kms:DescribeKey", "Resource": KEY}
DECRYPT = {**ALLOW, "Action": "kms:Decrypt", "Resource": "*"}
GENERATE_ANY = {**ALLOW, "Action": "kms:GenerateDataKey*", "Resource": "*"}
STANZAS = [
    [S3_STANZA, GRANT_STANZA],
    [S3_STANZA, GRANT_STANZA, GENERATE, DESCRIBE],
    [S3_STANZA, GRANT_STANZA, GENERATE, DESCRIBE, DECRYPT],
    [S3_STANZA, GRANT_STANZA, GENERATE_ANY, DESCRIBE, DECRYPT],
]
DEFAULT_KEY = replace(PLAIN, bucket_key_arn=t(KEY))


@pytest.mark.parametrize(
    ("facts", "name", "expected"),
    [
        (KEYED, "generate-data-key", (NOT, OK, OK, OK)),
        (KEYED, "describe-key", (NOT, OK, OK, OK)),
        (KEYED, "decrypt", (NOT, NOT, OK, OK)),
        (DEFAULT_KEY, "generate-data-key-bucket-default", (NOT, NOT, NOT, OK)),
    ],
)
@pytest.mark.parametrize("step", range(4))
def test_stanzas_of_a_key_policy(facts: SourceFacts, name: str, expected: tuple[str, ...], step: int) -> None:
    assert outcome(policy("key", *STANZAS[step]), facts, name) == expected[step]


# AWS CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail, and faults that its troubleshooting names.
ACL = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
OBJECTS = f"{BUCKET}/AWSLogs/${{A:digits}}/*"
PREFIXED = replace(PLAIN, prefix=t("p"))
SLASHED = replace(PLAIN, prefix=t("p/"))
BY_PARAMETER = replace(PLAIN, prefix=t("${Prefix}"))
ORGANIZATION = replace(PLAIN, organization_id=t("${O}"))


def write(resource: Any = OBJECTS, **condition: Any) -> dict[str, Any]:
    return {**ALLOW, "Action": "s3:PutObject", "Resource": resource, "Condition": ACL | condition}


BUCKET_POLICIES: list[tuple[str, SourceFacts, dict[str, Any], str, str]] = [
    ("as documented", PLAIN, write(StringLike={"aws:SourceArn": TRAIL}), "put-object", OK),
    ("whole bucket", PREFIXED, write(f"{BUCKET}/*"), "put-object", OK),
    ("prefix missing", PREFIXED, write(), "put-object", NOT),
    ("prefix by parameter missing", BY_PARAMETER, write(), "put-object", NOT),
    ("prefix not wanted", PLAIN, write(f"{BUCKET}/p/AWSLogs/${{A:digits}}/*"), "put-object", NOT),
    ("prefix as it is", PREFIXED, write([OBJECTS, f"{BUCKET}/p/AWSLogs/${{A:digits}}/*"]), "put-object", OK),
    ("prefix by the same parameter", BY_PARAMETER, write(f"{BUCKET}/${{Prefix}}/AWSLogs/${{A:digits}}/*"), "put-object", OK),
    (
        "prefix by another parameter",
        BY_PARAMETER,
        write(f"{BUCKET}/${{Q}}/AWSLogs/${{A:digits}}/*"),
        "put-object",
        "undecidable",
    ),
    ("star for the prefix", PREFIXED, write(f"{BUCKET}/*/AWSLogs/${{A:digits}}/*"), "put-object", OK),
    ("prefix that ends in a slash, whole bucket", SLASHED, write(f"{BUCKET}/*"), "put-object", OK),
    ("prefix that ends in a slash, below it", SLASHED, write(f"{BUCKET}/p/*"), "put-object", OK),
    ("prefix that ends in a slash, one slash", SLASHED, write(f"{BUCKET}/p/AWSLogs/*"), "put-object", "undecidable"),
    ("prefix that ends in a slash, two slashes", SLASHED, write(f"{BUCKET}/p//AWSLogs/*"), "put-object", "undecidable"),
    (
        "prefix that ends in a slash, both",
        SLASHED,
        write([f"{BUCKET}/p/AWSLogs/*", f"{BUCKET}/p//AWSLogs/*"]),
        "put-object",
        OK,
    ),
    ("prefix that ends in a slash, missing", SLASHED, write(), "put-object", NOT),
    (
        "prefix that ends in a slash, organization",
        replace(SLASHED, organization_id=t("o-1")),
        write(f"{BUCKET}/p/AWSLogs/o-1/*"),
        "put-object-organization",
        "undecidable",
    ),
    ("no star", PLAIN, write(f"{BUCKET}/AWSLogs/${{A:digits}}"), "put-object", NOT),
    ("doubled slash", PLAIN, write(f"{BUCKET}//AWSLogs/${{A:digits}}/*"), "put-object", NOT),
    ("folder in another case", PLAIN, write(f"{BUCKET}/awslogs/${{A:digits}}/*"), "put-object", NOT),
    ("literal account", PLAIN, write(f"{BUCKET}/AWSLogs/111122223333/*"), "put-object", "undecidable"),
    ("literal partition", PLAIN, write("arn:aws:s3:::${B}/AWSLogs/${A:digits}/*"), "put-object", "undecidable"),
    (
        "only log files",
        replace(PLAIN, options=frozenset({"digests"})),
        write(f"{BUCKET}/AWSLogs/${{A:digits}}/CloudTrail/*"),
        "put-object",
        OK,
    ),
    (
        "only log files, digest",
        replace(PLAIN, options=frozenset({"digests"})),
        write(f"{BUCKET}/AWSLogs/${{A:digits}}/CloudTrail/*"),
        "put-object-digest",
        NOT,
    ),
    ("account path of an organization trail", ORGANIZATION, write(), "put-object", OK),
    ("organization path missing", replace(PLAIN, organization_id=t("o-1")), write(), "put-object-organization", NOT),
    ("unknown organization may be named like the account", ORGANIZATION, write(), "put-object-organization", "undecidable"),
    ("organization path alone", ORGANIZATION, write(f"{BUCKET}/AWSLogs/${{O}}/*"), "put-object-organization", OK),
    ("organization path alone, account", ORGANIZATION, write(f"{BUCKET}/AWSLogs/o-1/*"), "put-object", NOT),
    ("organization literal", ORGANIZATION, write(f"{BUCKET}/AWSLogs/o-1/*"), "put-object-organization", "undecidable"),
    ("account condition", PLAIN, write(StringLike={"aws:SourceAccount": "${A:digits}"}), "put-object", OK),
    ("wildcard under an exact operator", PLAIN, write(StringEquals={"aws:SourceArn": TRAIL[:-4] + "*"}), "put-object", NOT),
    ("wildcard under ArnEquals", PLAIN, write(ArnEquals={"AWS:SourceArn": TRAIL[:-4] + "*"}), "put-object", OK),
    ("other trail", PLAIN, write(ArnLike={"aws:SourceArn": TRAIL + "2"}), "put-object", NOT),
    ("other service as source", PLAIN, write(ArnLike={"aws:SourceArn": "arn:${P}:config:*:*:*"}), "put-object", NOT),
    ("trail by parameter", PLAIN, write(ArnLike={"aws:SourceArn": "${Arn:any}"}), "put-object", "undecidable"),
    ("organization of the principal", PLAIN, write(StringLike={"aws:PrincipalOrgID": "*"}), "put-object", NOT),
    ("organization of the source", PLAIN, write(StringLike={"aws:SourceOrgID": "*"}), "put-object", "undecidable"),
    ("address", PLAIN, write(IpAddress={"aws:SourceIp": "203.0.113.0/24"}), "put-object", NOT),
    ("encryption that the trail does not send", PLAIN, write(StringLike={SSE: "aws:kms"}), "put-object", NOT),
    ("encryption that the trail sends", KEYED, write(StringLike={SSE: "aws:kms"}), "put-object", OK),
    ("wrong acl", PLAIN, {**write(), "Condition": {"StringEquals": {"s3:x-amz-acl": "private"}}}, "put-object", NOT),
    ("acl condition on the check", PLAIN, {**write(BUCKET), "Action": "s3:GetBucketAcl"}, "get-bucket-acl", NOT),
    ("check on the bucket", PLAIN, {**ALLOW, "Action": "s3:GetBucketAcl", "Resource": BUCKET}, "get-bucket-acl", OK),
    (
        "check on the objects",
        PLAIN,
        {**ALLOW, "Action": "s3:GetBucketAcl", "Resource": f"{BUCKET}/*"},
        "get-bucket-acl",
        NOT,
    ),
    ("location", PLAIN, {**ALLOW, "Action": "s3:GetBucketAcl", "Resource": BUCKET}, "get-bucket-location", NOT),
    ("location by star", PLAIN, {**ALLOW, "Action": "s3:GetBucket*", "Resource": BUCKET}, "get-bucket-location", OK),
    ("account number as principal", PLAIN, {**write(), "Principal": {"AWS": "113285607260"}}, "put-object", NOT),
    (
        "shared with other services",
        PLAIN,
        {**write(), "Principal": {"Service": ["config.amazonaws.com", "cloudtrail.amazonaws.com"]}},
        "put-object",
        OK,
    ),
]


@pytest.mark.parametrize(
    ("facts", "data", "name", "expected"), [row[1:] for row in BUCKET_POLICIES], ids=[row[0] for row in BUCKET_POLICIES]
)
def test_bucket_policy(facts: SourceFacts, data: dict[str, Any], name: str, expected: str) -> None:
    assert outcome(policy("bucket", data), facts, name) == expected


# AWS CloudTrail User Guide, Configure AWS KMS key policies for CloudTrail.
def use(action: Any = "kms:*", **condition: Any) -> dict[str, Any]:
    return {**ALLOW, "Action": action, "Resource": "*", "Condition": condition}


ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:${P}:iam::${A:digits}:root"}, "Action": "kms:*", "Resource": "*"}
CONTEXT_KEY = "kms:EncryptionContext:aws:cloudtrail:arn"
KEY_POLICIES: list[tuple[str, dict[str, Any], str, str]] = [
    ("only the account", ROOT, "generate-data-key", NOT),
    ("everything", use(), "generate-data-key", OK),
    ("misspelt action", use("kms:GenerateDatakeys*"), "generate-data-key", NOT),
    ("without star", use("kms:GenerateDataKey"), "generate-data-key", OK),
    ("without plaintext", use("kms:GenerateDataKeyWithoutPlaintext"), "generate-data-key", NOT),
    ("describe missing", use("kms:GenerateDataKey*"), "describe-key", NOT),
    ("describe by star", use("kms:Describe*"), "describe-key", OK),
    ("context on describe", use("kms:DescribeKey", StringLike={CONTEXT_KEY: "*"}), "describe-key", NOT),
    (
        "context of the account",
        use(StringLike={CONTEXT_KEY: "arn:*:cloudtrail:*:${A:digits}:trail/*"}),
        "generate-data-key",
        OK,
    ),
    ("context exact", use(StringEquals={CONTEXT_KEY: TRAIL}), "generate-data-key", OK),
    ("context wildcard under exact", use(StringEquals={CONTEXT_KEY: TRAIL[:-4] + "*"}), "generate-data-key", NOT),
    ("context of another trail", use(StringEquals={CONTEXT_KEY: TRAIL + "2"}), "generate-data-key", NOT),
    ("context on decrypt is not known", use(StringLike={CONTEXT_KEY: "*"}), "decrypt", "undecidable"),
    ("context present", use(Null={CONTEXT_KEY: "false"}), "generate-data-key", OK),
    (
        "context keys",
        use(**{"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "aws:s3:arn"}}),
        "generate-data-key",
        OK,
    ),
    ("bucket of the context", use(StringEquals={"kms:EncryptionContext:aws:s3:arn": BUCKET}), "generate-data-key", OK),
    ("via s3", use(StringEquals=VIA), "generate-data-key", NOT),
    ("not via other services", use(StringEqualsIfExists=VIA), "generate-data-key", OK),
    ("grants only", use(Bool={"kms:GrantIsForAWSResource": "true"}), "generate-data-key", NOT),
    ("grants only, describe", use(Bool={"kms:GrantIsForAWSResource": "true"}), "describe-key", NOT),
    ("grants only, decrypt", use(Bool={"kms:GrantIsForAWSResource": "true"}), "decrypt", NOT),
    ("source of the account", use(ArnLike={"aws:SourceArn": "arn:${P}:cloudtrail:*:${A:digits}:trail/*"}), "decrypt", OK),
    ("source account", use(StringEquals={"AWS:SourceAccount": "${A:digits}"}), "describe-key", OK),
    ("account of the caller is not known", use(StringEquals={"kms:CallerAccount": "${A:digits}"}), "decrypt", "undecidable"),
    ("everyone via s3", {**use(StringEquals=VIA), "Principal": {"AWS": "*"}}, "generate-data-key", NOT),
    ("other key", {**use(), "Resource": "arn:${P}:kms:${R}:${A:digits}:alias/logs"}, "describe-key", NOT),
    ("no resource", {**ALLOW, "Action": "kms:*"}, "describe-key", NOT),
]


@pytest.mark.parametrize(
    ("data", "name", "expected"), [row[1:] for row in KEY_POLICIES], ids=[row[0] for row in KEY_POLICIES]
)
def test_key_policy(data: dict[str, Any], name: str, expected: str) -> None:
    assert outcome(policy("key", data), KEYED, name) == expected


# A trail in another template: nothing of it is known, so what depends on it is not decided.
ELSEWHERE = SourceFacts(
    service=default_service(),
    name="a trail elsewhere",
    arn=t("${Trail:any}"),
    account=t("${Account of the trail:digits}"),
    region=t("${Region of the trail}"),
    partition=t("${P}"),
    bucket_arn=t(BUCKET),
    prefix=t("${Path:any}"),
    key_arn=t(KEY),
)


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (write(f"{BUCKET}/*"), "put-object", OK),
        (write(f"{BUCKET}/org/AWSLogs/*"), "put-object", "undecidable"),
        (write(f"{BUCKET}/AWSLogs/111122223333/*"), "put-object", "undecidable"),
        (write(f"{BUCKET}/config/*"), "put-object", "undecidable"),
        (write(f"{BUCKET}/*.log"), "put-object", NOT),
        (write("arn:${P}:s3:::${B}-other/*"), "put-object", NOT),
        (write(f"{BUCKET}/*", ArnLike={"aws:SourceArn": "arn:*:cloudtrail:*:*:trail/*"}), "put-object", "undecidable"),
        (write(f"{BUCKET}/*", StringEquals={"aws:SourceAccount": "111122223333"}), "put-object", "undecidable"),
        (write(f"{BUCKET}/*", StringEquals={"aws:SourceAccount": "o-1"}), "put-object", NOT),
        ({**ALLOW, "Action": "s3:GetBucketAcl", "Resource": BUCKET}, "get-bucket-acl", OK),
        (use(ArnLike={"aws:SourceArn": ["arn:aws:cloudtrail:*:111122223333:trail/*"]}), "describe-key", "undecidable"),
        (use("kms:GenerateDataKey*"), "generate-data-key", OK),
    ],
)
def test_trail_of_another_template(data: dict[str, Any], name: str, expected: str) -> None:
    assert outcome(policy("bucket", data), ELSEWHERE, name) == expected
