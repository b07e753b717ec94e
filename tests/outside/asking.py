"""Concrete requests: those that CloudTrail makes for a trail, and those that nobody means to allow.

Sources: AWS CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail; Configure AWS KMS key policies for CloudTrail;
How AWS CloudTrail uses AWS KMS; IAM User Guide, AWS global condition context keys; The confused deputy problem.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.outside.parameters import ACCOUNT, REGION
from tests.outside.stack import Policy, Trail

STRANGER = "999988887777"
_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_OTHER_SERVICES = ("config.amazonaws.com", "delivery.logs.amazonaws.com", "logging.s3.amazonaws.com", "sns.amazonaws.com")
_FILE = "CloudTrail/us-east-1/2030/01/01/file_20300101T0000Z_example.json.gz"
_STRANGE_ORGANIZATION = "o-zzzz999999"
_FOLDERS = 12


@dataclass(frozen=True)
class Asked:
    """A concrete request. ``who`` is for people; ``account`` owns the bucket or key."""

    who: str
    principal: str
    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict, hash=False)
    account: str = ACCOUNT

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.who}: {self.action} on {self.resource}"


def documented(trail: Trail, policy: Policy) -> dict[str, list[Asked]]:
    """Return the requests of a trail that a policy decides, by id, each in every form that AWS leaves open."""
    found: dict[str, list[Asked]] = {}
    if policy.kind == "bucket":
        found["get-bucket-acl"] = [_own(trail, "s3:GetBucketAcl", trail.bucket_arn)]
        found["get-bucket-location"] = [_own(trail, "s3:GetBucketLocation", trail.bucket_arn)]
        for name, path in _paths(trail).items():
            found[name] = [_own(trail, "s3:PutObject", f"{trail.bucket_arn}/{path}", _headers(trail))]
    elif policy.arn == trail.key_arn:
        found["generate-data-key"] = [_own(trail, "kms:GenerateDataKey", policy.arn, _encryption_context(trail))]
        found["describe-key"] = [_own(trail, "kms:DescribeKey", policy.arn)]
        if trail.bucket_key:
            found["decrypt"] = [_own(trail, "kms:Decrypt", policy.arn, one) for one in ({}, _encryption_context(trail))]
    elif policy.arn == trail.default_key_arn and trail.key_arn is None:
        context = _context_keys({"aws:s3:arn": _encrypted(trail)})
        found["generate-data-key-bucket-default"] = [_own(trail, "kms:GenerateDataKey", policy.arn, context)]
    return {name: [form for one in forms for form in _open_forms(one)] for name, forms in found.items()}


INFERRED = frozenset({"get-bucket-location", "generate-data-key-bucket-default"})
"""Requests that AWS does not document."""


def outsiders(policy: Policy, trails: list[Trail], folders: list[str]) -> Iterator[Asked]:
    """Yield requests on a policy's bucket or key that nobody means to allow.

    ``folders`` are the path patterns that any statement names, before or after.
    """
    if policy.kind == "bucket":
        yield from _at_bucket(policy, trails, folders[:_FOLDERS])
    else:
        yield from _at_key(policy, trails)


def _own(trail: Trail, action: str, resource: str, context: dict[str, Any] | None = None) -> Asked:
    service = _as_service(_CLOUDTRAIL, trail.account, trail.arn) | {"aws:RequestedRegion": trail.region}
    return Asked("CloudTrail", _CLOUDTRAIL, action, resource, service | (context or {}))


def _as_service(service: str, account: str, source: str) -> dict[str, Any]:
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


def _open_forms(asked: Asked) -> Iterator[Asked]:
    """Yield a request in the forms between which AWS does not decide: the TLS version, the service's own address."""
    for version, address in (("1.2", None), ("1.3", "52.94.5.10")):
        context = asked.context | {"s3:TlsVersion": version} | ({"aws:SourceIp": address} if address else {})
        yield replace(asked, context=context)


def _paths(trail: Trail) -> dict[str, str]:
    root, file = f"{trail.prefix}/AWSLogs/" if trail.prefix else "AWSLogs/", _FILE.replace(REGION, trail.region)
    found = {"put-object": f"{root}{trail.account}/{file}"}
    if trail.organization:
        root += f"{trail.organization}/"
        found["put-object-organization"] = f"{root}{trail.account}/{file}"
    if trail.digests:
        found["put-object-digest"] = f"{root}{trail.account}/{file.replace('CloudTrail/', 'CloudTrail-Digest/')}"
    return found


def _headers(trail: Trail) -> dict[str, Any]:
    found = {"s3:x-amz-acl": "bucket-owner-full-control"}
    if trail.key_arn is None:
        return found | {"s3:x-amz-server-side-encryption": "AES256"}
    return found | {
        "s3:x-amz-server-side-encryption": "aws:kms",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": trail.key_arn,
    }


def _encrypted(trail: Trail) -> str:
    return trail.bucket_arn if trail.bucket_key else f"{trail.bucket_arn}/{_paths(trail)['put-object']}"


def _encryption_context(trail: Trail) -> dict[str, Any]:
    return _context_keys({"aws:cloudtrail:arn": trail.arn, "aws:s3:arn": _encrypted(trail)})


def _context_keys(pairs: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {f"kms:EncryptionContext:{key}": value for key, value in pairs.items()}
    return found | {"kms:EncryptionContextKeys": list(pairs)}


def _strange_trails(trails: list[Trail]) -> Iterator[str]:
    """Yield trails of another account: of any name, and of the name that a trail here has."""
    names = {one.arn.rpartition("/")[2]: None for one in trails}
    for region, name in itertools.chain(
        [(REGION, "somebody-else"), ("eu-west-1", "other")], ((REGION, one) for one in names)
    ):
        yield f"arn:aws:cloudtrail:{region}:{STRANGER}:trail/{name}"


def _deputy(trail_arn: str) -> dict[str, Any]:
    """Return the context of CloudTrail that acts for another account's trail: the confused deputy."""
    return _as_service(_CLOUDTRAIL, STRANGER, trail_arn) | {"aws:SourceOrgID": _STRANGE_ORGANIZATION}


def _at_bucket(policy: Policy, trails: list[Trail], folders: list[str]) -> Iterator[Asked]:
    paths = [*dict.fromkeys([*_their_paths(trails), *(_concrete(one, STRANGER) for one in folders)])]
    for source in _strange_trails(trails):
        who, context = "another account's trail", _deputy(source)
        for action in ("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"):
            yield Asked(who, _CLOUDTRAIL, action, policy.arn, context)
        for path in paths:
            for headers in _any_headers(trails):
                yield Asked(who, _CLOUDTRAIL, "s3:PutObject", f"{policy.arn}/{path}", context | headers)
    yield from _astray(policy, trails)
    for who, principal, context in _others():
        own = ACCOUNT if context.get("aws:SourceAccount") == ACCOUNT else STRANGER
        for action in ("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket", "s3:PutBucketPolicy"):
            yield Asked(who, principal, action, policy.arn, context)
        for path in [*_their_paths(trails), *(_concrete(one, own) for one in folders)]:
            for action in ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"):
                headers = next(_any_headers(trails)) if action == "s3:PutObject" else {}
                yield Asked(who, principal, action, f"{policy.arn}/{path}", context | headers)


def _their_paths(trails: list[Trail]) -> Iterator[str]:
    yield f"AWSLogs/{STRANGER}/{_FILE}"
    yield f"AWSLogs/{ACCOUNT}/{_FILE}"
    yield f"AWSLogs/{_STRANGE_ORGANIZATION}/{STRANGER}/{_FILE}"
    yield "somewhere/else.json.gz"
    for prefix in dict.fromkeys(one.prefix for one in trails if one.prefix):
        yield f"{prefix}/AWSLogs/{STRANGER}/{_FILE}"


def _any_headers(trails: list[Trail]) -> Iterator[dict[str, Any]]:
    base = {"s3:x-amz-acl": "bucket-owner-full-control"}
    yield base | {"s3:x-amz-server-side-encryption": "AES256"}
    for key in dict.fromkeys(one.key_arn for one in trails if one.key_arn):
        yield base | {
            "s3:x-amz-server-side-encryption": "aws:kms",
            "s3:x-amz-server-side-encryption-aws-kms-key-id": key,
        }


def _astray(policy: Policy, trails: list[Trail]) -> Iterator[Asked]:
    """Yield what CloudTrail never does for a trail of the template itself: writes elsewhere, reads, deletes."""
    for trail in trails:
        if trail.bucket_arn != policy.arn:
            continue
        # The evaluator takes a star in the resource of a *request* for a wildcard, so a name that has one cannot be asked of
        # it. A letter in its place can, and shows whether the policy takes the star of the prefix for a wildcard.
        root = f"{trail.prefix.replace('*', 'x')}/" if trail.prefix else ""
        starred = [f"{root}AWSLogs/{ACCOUNT}/{_FILE}"] if trail.prefix and "*" in trail.prefix else []
        for path in (
            "somewhere/else.json.gz",
            f"{root}AWSLogs/{STRANGER}/{_FILE}",
            f"{root}AWSLogs/file",
            f"other/{root}AWSLogs/x",
            *starred,
        ):
            yield replace(_own(trail, "s3:PutObject", f"{policy.arn}/{path}", _headers(trail)), who="CloudTrail, elsewhere")
        log_file = f"{policy.arn}/{_paths(trail)['put-object']}"
        for action in ("s3:GetObject", "s3:DeleteObject", "s3:PutObjectAcl"):
            yield replace(_own(trail, action, log_file), who="CloudTrail, what it never does")
        for action in ("s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:DeleteBucket"):
            yield replace(_own(trail, action, policy.arn), who="CloudTrail, what it never does")


def _others() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield who else there is, with the context of each."""
    for service in _OTHER_SERVICES:
        for account in (STRANGER, ACCOUNT):
            source = f"arn:aws:{service.partition('.')[0]}:{REGION}:{account}:sample"
            yield f"{service} for {account}", service, _as_service(service, account, source)
    for principal in (
        f"arn:aws:iam::{STRANGER}:root",
        f"arn:aws:iam::{STRANGER}:role/role",
        f"arn:aws:iam::{ACCOUNT}:role/other",
    ):
        account = principal.split(":")[4]
        yield (
            principal,
            principal,
            {
                "aws:PrincipalArn": principal,
                "aws:PrincipalAccount": account,
                "aws:PrincipalIsAWSService": "false",
                "aws:SecureTransport": "true",
                "aws:ViaAWSService": "false",
                "aws:SourceIp": "198.51.100.7",
                "kms:CallerAccount": account,
                "s3:TlsVersion": "1.2",
            },
        )
    yield "anybody", "anonymous", {"aws:SecureTransport": "true", "aws:SourceIp": "198.51.100.7", "s3:TlsVersion": "1.2"}


def _at_key(policy: Policy, trails: list[Trail]) -> Iterator[Asked]:
    buckets = [*dict.fromkeys([*(one.bucket_arn for one in trails), "arn:aws:s3:::their-bucket"])]
    for source in _strange_trails(trails):
        who, context = "another account's trail", _deputy(source)
        encryption = [
            {},
            *(_context_keys({"aws:cloudtrail:arn": source, "aws:s3:arn": f"{one}/{_FILE}"}) for one in buckets),
        ]
        encryption += [_context_keys({"aws:s3:arn": f"{one}/{_FILE}"}) for one in buckets]
        for action in ("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt", "kms:Encrypt"):
            for one in encryption:
                yield Asked(who, _CLOUDTRAIL, action, policy.arn, context | one)
        for action in ("kms:DescribeKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant", "kms:PutKeyPolicy"):
            yield Asked(who, _CLOUDTRAIL, action, policy.arn, context)
    for trail in trails:
        for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CreateGrant"):
            yield replace(_own(trail, action, policy.arn), who="CloudTrail, what it never does")
    for who, principal, context in _others():
        for action in (
            "kms:GenerateDataKey",
            "kms:DescribeKey",
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:CreateGrant",
            "kms:PutKeyPolicy",
        ):
            for via in (None, f"s3.{REGION}.amazonaws.com"):
                through = (
                    {"kms:ViaService": via, "kms:CallerAccount": context["kms:CallerAccount"]}
                    if via and "kms:CallerAccount" in context
                    else {}
                )
                if via and not through:
                    continue
                with_context = _context_keys({"aws:s3:arn": f"{buckets[0]}/{_FILE}"}) if action != "kms:DescribeKey" else {}
                yield Asked(who, principal, action, policy.arn, context | through | with_context)


def _concrete(pattern: str, account: str) -> str:
    """Return a path that a pattern matches."""
    path = pattern[:-1] + _FILE if pattern.endswith("*") else pattern
    path = re.sub(r"\$\{aws:(?:SourceAccount|PrincipalAccount)\}", account, path, flags=re.IGNORECASE)
    return path.replace("*", "any").replace("?", "a")
