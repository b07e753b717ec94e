from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from policy_facts import ALLOW, BUCKET, KEY, KEYED, PLAIN, by_id
from policy_notation import policy

from remediate.delivery.requests import requests
from remediate.iam.evaluate import evaluate

# Deny statements on s3:PutObject: (condition, outcome with AES256, with aws:kms, without the header).
# IAM User Guide, AWS global condition context keys; Amazon S3 User Guide, Bucket policy examples using condition keys; IAM
# User Guide, Establish permissions guardrails using data perimeters (the exception for AWS services).
SSE = "s3:x-amz-server-side-encryption"
KEY_ID = "s3:x-amz-server-side-encryption-aws-kms-key-id"
SPARED = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
OK, NOT = "allowed", "denied"
DENIES: list[tuple[str, dict[str, Any], tuple[str, str, str]]] = [
    ("tls only", {"Bool": {"aws:SecureTransport": "false"}}, (OK, OK, OK)),
    ("tls only, boolean", {"Bool": {"aws:SecureTransport": False}}, (OK, OK, OK)),
    ("tls 1.2", {"NumericLessThan": {"s3:TlsVersion": 1.2}}, (OK, OK, OK)),
    ("kms only", {"StringNotEquals": {SSE: "aws:kms"}}, (NOT, OK, NOT)),
    ("kms only, if exists", {"StringNotEqualsIfExists": {SSE: "aws:kms"}}, (NOT, OK, NOT)),
    ("AES256 only", {"StringNotEquals": {SSE: "AES256"}}, (OK, NOT, NOT)),
    ("some encryption", {"StringNotEquals": {SSE: ["AES256", "aws:kms"]}}, (OK, OK, NOT)),
    ("header required", {"Null": {SSE: "true"}}, (OK, OK, NOT)),
    ("other key", {"StringNotEquals": {KEY_ID: "arn:${P}:kms:${R}:${A:digits}:key/1-${K}"}}, (NOT, NOT, NOT)),
    ("other key, if exists", {"StringNotEqualsIfExists": {KEY_ID: "arn:aws:s3:::x"}}, (NOT, NOT, NOT)),
    ("this key", {"StringNotEquals": {KEY_ID: KEY}}, (NOT, OK, NOT)),
    ("this key where a key is named", {"StringNotEquals": {KEY_ID: KEY}, "Null": {KEY_ID: "false"}}, (OK, OK, OK)),
    ("customer keys", {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}, (OK, OK, OK)),
    ("organization", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, (NOT, NOT, NOT)),
    ("organization, if exists", {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, (NOT, NOT, NOT)),
    ("organization by parameter", {"StringNotEquals": {"aws:PrincipalOrgID": "${O}"}}, (NOT, NOT, NOT)),
    ("organization but services", {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}, **SPARED}, (OK, OK, OK)),
    (
        "organization but services, bool",
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:PrincipalIsAWSService": False}},
        (OK, OK, OK),
    ),
    (
        "organization but via services",
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}, "BoolIfExists": {"aws:ViaAWSService": "false"}},
        (NOT, NOT, NOT),
    ),
    ("endpoint", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, (NOT, NOT, NOT)),
    ("endpoint by parameter", {"StringNotEquals": {"aws:sourceVpce": "${V}"}}, (NOT, NOT, NOT)),
    ("endpoint but services", {"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}, **SPARED}, (OK, OK, OK)),
    ("network", {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, (NOT, NOT, NOT)),
    ("account", {"StringNotEquals": {"aws:PrincipalAccount": "${A:digits}"}}, (NOT, NOT, NOT)),
    ("account but services", {"StringNotEqualsIfExists": {"aws:PrincipalAccount": "1"}, **SPARED}, (OK, OK, OK)),
    ("address", {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, (NOT, NOT, NOT)),
    ("address, if exists", {"NotIpAddressIfExists": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}}, (NOT, NOT, NOT)),
    ("address but services", {"NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}, **SPARED}, (OK, OK, OK)),
    ("bad address", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, (OK, OK, OK)),
    ("acl", {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, (OK, OK, OK)),
    ("public acl", {"StringEquals": {"s3:x-amz-acl": ["public-read", "public-read-write"]}}, (OK, OK, OK)),
    ("public grant", {"StringLike": {"s3:x-amz-grant-read": "*AllUsers*"}}, (OK, OK, OK)),
    ("tag", {"StringNotEquals": {"aws:PrincipalTag/team": "security"}}, (NOT, NOT, NOT)),
    ("other account's trail", {"StringNotEquals": {"aws:SourceAccount": "${A:digits}"}}, (OK, OK, OK)),
    ("other trail", {"ArnNotLike": {"aws:SourceArn": "arn:${P}:cloudtrail:*:${A:digits}:trail/*"}}, (OK, OK, OK)),
    ("other trail name", {"ArnNotLike": {"aws:SourceArn": "arn:${P}:cloudtrail:*:*:trail/other"}}, (NOT, NOT, NOT)),
    ("Region", {"StringNotEquals": {"aws:RequestedRegion": "${R}"}}, (OK, OK, OK)),
    ("source organization", {"StringNotEquals": {"aws:SourceOrgID": "o-1"}}, ("undecidable",) * 3),
    ("role ids", {"StringNotLike": {"aws:userId": "AROAEXAMPLE:*"}}, ("undecidable",) * 3),
]


@pytest.mark.parametrize("header", ["AES256", "aws:kms", "none"])
@pytest.mark.parametrize(("name", "condition", "expected"), DENIES, ids=[row[0] for row in DENIES])
def test_deny_on_put_object(name: str, condition: dict[str, Any], expected: tuple[str, str, str], header: str) -> None:
    asked = by_id(requests(KEYED if header == "aws:kms" else PLAIN))["put-object"].request
    if header == "none":
        context = {key: given for key, given in asked.context.items() if key != SSE}
        asked = replace(asked, context=context, absent=asked.absent | {SSE})
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/*", "Condition": condition}
    decision = evaluate(policy("bucket", {**ALLOW, "Action": "s3:PutObject", "Resource": f"{BUCKET}/*"}, deny), asked)
    assert decision.outcome.value == expected[["AES256", "aws:kms", "none"].index(header)], f"{name}: {decision.reason}"
    assert decision.explicit is (decision.outcome.value == NOT)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
            "belongs to no account of a customer, so aws:PrincipalOrgID is",
        ),
        (
            {"StringNotEquals": {"aws:SourceVpce": "v"}},
            "does not call through a VPC endpoint of a customer, so aws:SourceVpce",
        ),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "does not call from an address of the customer"),
    ],
)
def test_reason_of_a_deny_says_why_the_key_is_so(condition: dict[str, Any], expected: str) -> None:
    deny = {"Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}
    decision = evaluate(policy("bucket", deny), by_id(requests(PLAIN))["put-object"].request)
    assert decision.reason.startswith('statement "Guard" of Policy denies s3:PutObject (cloudtrail.amazonaws.com ')
    assert expected in decision.reason
