"""Concrete requests that CloudTrail makes for a trail, and CloudWatch Logs for a log group that a trail writes to.

Sources: AWS CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail; Configure AWS KMS key policies for CloudTrail;
How AWS CloudTrail uses AWS KMS; Amazon SNS topic policy for CloudTrail; Role policy document for CloudTrail to use
CloudWatch Logs for monitoring; Amazon CloudWatch Logs User Guide, Encrypt log data in CloudWatch Logs using AWS KMS; IAM
User Guide, AWS global condition context keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.outside.parameters import ACCOUNT, REGION
from tests.outside.parts import LogGroup, Policy, Trail

CLOUDTRAIL = "cloudtrail.amazonaws.com"
FILE = "CloudTrail/us-east-1/2030/01/01/file_20300101T0000Z_example.json.gz"


@dataclass(frozen=True)
class Asked:
    """A concrete request. ``who`` is for people; ``account`` owns the bucket, key, topic or role."""

    who: str
    principal: str
    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict, hash=False)
    account: str = ACCOUNT

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.who}: {self.action} on {self.resource}"


INFERRED = frozenset({"get-bucket-location", "generate-data-key-bucket-default", "re-encrypt-from", "re-encrypt-to"})
"""Requests that AWS does not document."""


def documented(source: Trail | LogGroup, policy: Policy) -> dict[str, list[Asked]]:
    """Return the requests for a source that a policy decides, by id, each in every form that AWS leaves open."""
    if isinstance(source, LogGroup):
        return _of_group(source)
    kinds = {
        "bucket": _at_bucket,
        "key": _at_key,
        "topic": _at_topic,
        "role": _at_role,
        "permissions": _with_permissions,
    }
    found = kinds[policy.kind](source, policy)
    return {name: [form for one in forms for form in _open_forms(one)] for name, forms in found.items()}


def own(trail: Trail, action: str, resource: str, context: dict[str, Any] | None = None) -> Asked:
    """Return a request that CloudTrail makes for a trail."""
    service = as_service(CLOUDTRAIL, trail.account, trail.arn) | {"aws:RequestedRegion": trail.region}
    return Asked("CloudTrail", CLOUDTRAIL, action, resource, service | (context or {}))


def as_service(service: str, account: str, source: str) -> dict[str, Any]:
    """Return the context of a service that acts for a resource of an account."""
    return {
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": service,
        "aws:PrincipalServiceNamesList": [service],
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
        "aws:RequestedRegion": REGION,
        "aws:SourceAccount": account,
        "aws:SourceArn": source,
        "s3:TlsVersion": "1.2",
    }


def as_role(trail: Trail, action: str, resource: str) -> Asked:
    """Return a request that CloudTrail makes with the role of a trail."""
    context = {
        "aws:PrincipalArn": trail.role_arn,
        "aws:PrincipalAccount": trail.account,
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": trail.region,
    }
    return Asked("the role", str(trail.role_arn), action, resource, context, trail.account)


def context_keys(pairs: dict[str, str]) -> dict[str, Any]:
    """Return the condition keys of an encryption context."""
    found: dict[str, Any] = {f"kms:EncryptionContext:{key}": value for key, value in pairs.items()}
    return found | {"kms:EncryptionContextKeys": list(pairs)}


def paths(trail: Trail) -> dict[str, str]:
    """Return a path that CloudTrail writes to, for each request that writes one."""
    root, file = f"{trail.prefix}/AWSLogs/" if trail.prefix else "AWSLogs/", FILE.replace(REGION, trail.region)
    found = {"put-object": f"{root}{trail.account}/{file}"}
    if trail.organization:
        root += f"{trail.organization}/"
        found["put-object-organization"] = f"{root}{trail.account}/{file}"
    if trail.digests:
        found["put-object-digest"] = f"{root}{trail.account}/{file.replace('CloudTrail/', 'CloudTrail-Digest/')}"
    return found


def headers(trail: Trail) -> dict[str, Any]:
    """Return the headers with which CloudTrail writes."""
    found = {"s3:x-amz-acl": "bucket-owner-full-control"}
    if trail.key_arn is None:
        return found | {"s3:x-amz-server-side-encryption": "AES256"}
    return found | {
        "s3:x-amz-server-side-encryption": "aws:kms",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": trail.key_arn,
    }


def _open_forms(asked: Asked) -> Iterator[Asked]:
    """Yield a request in the forms between which AWS does not decide: the TLS version, the service's own address."""
    for version, address in (("1.2", None), ("1.3", "52.94.5.10")):
        context = asked.context | {"s3:TlsVersion": version} | ({"aws:SourceIp": address} if address else {})
        yield replace(asked, context=context)


def _at_bucket(trail: Trail, policy: Policy) -> dict[str, list[Asked]]:
    found = {
        "get-bucket-acl": [own(trail, "s3:GetBucketAcl", policy.arn)],
        "get-bucket-location": [own(trail, "s3:GetBucketLocation", policy.arn)],
    }
    for name, path in paths(trail).items():
        found[name] = [own(trail, "s3:PutObject", f"{policy.arn}/{path}", headers(trail))]
    return found


def _at_key(trail: Trail, policy: Policy) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = {}
    if policy.arn == trail.key_arn:
        found["generate-data-key"] = [own(trail, "kms:GenerateDataKey", policy.arn, _encryption_context(trail))]
        found["describe-key"] = [own(trail, "kms:DescribeKey", policy.arn)]
        if trail.bucket_key:
            found["decrypt"] = [own(trail, "kms:Decrypt", policy.arn, one) for one in ({}, _encryption_context(trail))]
    elif policy.arn == trail.default_key_arn and trail.key_arn is None:
        context = context_keys({"aws:s3:arn": _encrypted(trail)})
        found["generate-data-key-bucket-default"] = [own(trail, "kms:GenerateDataKey", policy.arn, context)]
    if policy.arn == trail.topic_key_arn and trail.topic_arn:
        context = context_keys({"aws:sns:topicArn": trail.topic_arn})
        # Whether CloudTrail asks for the key itself, or SNS on its behalf, is not documented.
        forms = [context, context | {"kms:ViaService": f"sns.{trail.region}.amazonaws.com"}]
        for name, action in (("topic-generate-data-key", "kms:GenerateDataKey"), ("topic-decrypt", "kms:Decrypt")):
            found[name] = [own(trail, action, policy.arn, one) for one in forms]
    return found


def _at_topic(trail: Trail, policy: Policy) -> dict[str, list[Asked]]:
    return {"publish": [own(trail, "sns:Publish", policy.arn)]}


def _at_role(trail: Trail, policy: Policy) -> dict[str, list[Asked]]:
    asked = own(trail, "sts:AssumeRole", policy.arn)
    # The guide says that these two are not supported here, not what becomes of a condition on them.
    bare = {key: one for key, one in asked.context.items() if key not in {"aws:SourceArn", "aws:SourceAccount"}}
    return {"assume-role": [asked, replace(asked, context=bare)]}


def _with_permissions(trail: Trail, policy: Policy) -> dict[str, list[Asked]]:
    assert policy.kind == "permissions"
    group = str(trail.log_group_arn).removesuffix(":*")
    found = {}
    for suffix, start in (("", ""), *([("-organization", f"{trail.organization}_")] if trail.organization else [])):
        stream = f"{group}:log-stream:{start}{trail.account}_CloudTrail_{trail.region}"
        found[f"create-log-stream{suffix}"] = [as_role(trail, "logs:CreateLogStream", stream)]
        found[f"put-log-events{suffix}"] = [as_role(trail, "logs:PutLogEvents", stream)]
    return found


def _of_group(group: LogGroup) -> dict[str, list[Asked]]:
    """Return the requests for a log group; whether they name a source beside the encryption context is open."""
    principal = f"logs.{group.region}.amazonaws.com"
    context = as_service(principal, group.account, group.arn) | {"aws:RequestedRegion": group.region}
    context |= context_keys({"aws:logs:arn": group.arn})
    bare = {key: one for key, one in context.items() if key not in {"aws:SourceArn", "aws:SourceAccount"}}
    actions = {
        "encrypt": "kms:Encrypt",
        "decrypt": "kms:Decrypt",
        "generate-data-key": "kms:GenerateDataKey",
        "re-encrypt-from": "kms:ReEncryptFrom",
        "re-encrypt-to": "kms:ReEncryptTo",
    }
    return {
        name: [Asked("CloudWatch Logs", principal, action, group.key_arn, one) for one in (context, bare)]
        for name, action in actions.items()
    }


def _encrypted(trail: Trail) -> str:
    return trail.bucket_arn if trail.bucket_key else f"{trail.bucket_arn}/{paths(trail)['put-object']}"


def _encryption_context(trail: Trail) -> dict[str, Any]:
    return context_keys({"aws:cloudtrail:arn": trail.arn, "aws:s3:arn": _encrypted(trail)})
