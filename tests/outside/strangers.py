"""Concrete requests that nobody means to allow: of other accounts, services and people, and of CloudTrail elsewhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.outside.asking import CLOUDTRAIL, FILE, Asked, as_role, as_service, context_keys, headers, own, paths
from tests.outside.parameters import ACCOUNT, REGION
from tests.outside.parts import Policy, Trail

STRANGER = "999988887777"
_DELIVERY, _BALANCING = "delivery.logs.amazonaws.com", "logdelivery.elasticloadbalancing.amazonaws.com"
_OTHER_SERVICES = ("config.amazonaws.com", _DELIVERY, _BALANCING, "logging.s3.amazonaws.com", "sns.amazonaws.com")
_STRANGE_ORGANIZATION = "o-zzzz999999"
_FOLDERS = 12
_SOURCES = {
    "AWS::Config::DeliveryChannel": ["config.amazonaws.com"],
    "AWS::EC2::FlowLog": [_DELIVERY],
    "AWS::Route53Resolver::ResolverQueryLoggingConfig": [_DELIVERY],
    "AWS::WAFv2::LoggingConfiguration": [_DELIVERY],
    "AWS::NetworkFirewall::LoggingConfiguration": [_DELIVERY],
    "AWS::ElasticLoadBalancing::LoadBalancer": [_BALANCING],
    "AWS::ElasticLoadBalancingV2::LoadBalancer": [_BALANCING, _DELIVERY],
}


def outsiders(policy: Policy, trails: list[Trail], folders: list[str]) -> Iterator[Asked]:
    """Yield requests on a policy's bucket, key, topic or role, or with a role, that nobody means to allow.

    ``folders`` are the path patterns that any statement names, before or after.
    """
    if policy.kind == "bucket":
        yield from _at_bucket(policy, trails, folders[:_FOLDERS])
    elif policy.kind == "key":
        yield from _at_key(policy, trails)
    elif policy.kind == "topic":
        yield from _at_topic(policy, trails)
    elif policy.kind == "role":
        yield from _at_role(policy)
    else:
        yield from _with_role(policy, trails)


def at_home(template: dict[str, Any]) -> frozenset[str]:
    """Return the services other than CloudTrail that write logs for a resource of the template."""
    resources = [one for one in template["Resources"].values() if isinstance(one, dict)]
    found = {principal for one in resources for principal in _SOURCES.get(str(one.get("Type")), [])}
    logging = any(
        "LoggingConfiguration" in (one.get("Properties") or {}) for one in resources if one.get("Type") == "AWS::S3::Bucket"
    )
    return frozenset(found | ({"logging.s3.amazonaws.com"} if logging else set()))


def _strange_trails(trails: list[Trail]) -> Iterator[str]:
    """Yield trails of another account: of any name, and of the name that a trail here has."""
    names = {one.arn.rpartition("/")[2]: None for one in trails}
    for region, name in itertools.chain(
        [(REGION, "somebody-else"), ("eu-west-1", "other")], ((REGION, one) for one in names)
    ):
        yield f"arn:aws:cloudtrail:{region}:{STRANGER}:trail/{name}"


def _deputy(trail_arn: str) -> dict[str, Any]:
    """Return the context of CloudTrail that acts for another account's trail: the confused deputy."""
    return as_service(CLOUDTRAIL, STRANGER, trail_arn) | {"aws:SourceOrgID": _STRANGE_ORGANIZATION}


def _at_bucket(policy: Policy, trails: list[Trail], folders: list[str]) -> Iterator[Asked]:
    paths = [*dict.fromkeys([*_their_paths(trails), *(_concrete(one, STRANGER) for one in folders)])]
    for source in _strange_trails(trails):
        who, context = "another account's trail", _deputy(source)
        for action in ("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"):
            yield Asked(who, CLOUDTRAIL, action, policy.arn, context)
        for path in paths:
            for one in _any_headers(trails):
                yield Asked(who, CLOUDTRAIL, "s3:PutObject", f"{policy.arn}/{path}", context | one)
    yield from _astray(policy, trails)
    for who, principal, context in _others():
        own = ACCOUNT if context.get("aws:SourceAccount") == ACCOUNT else STRANGER
        for action in ("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket", "s3:PutBucketPolicy"):
            yield Asked(who, principal, action, policy.arn, context)
        for path in [*_their_paths(trails), *(_concrete(one, own) for one in folders)]:
            # Elastic Load Balancing need not say for whom it writes; its path tells (Access logs, Access log files).
            if principal == _BALANCING and own not in path:
                continue
            for action in ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"):
                sent = next(_any_headers(trails)) if action == "s3:PutObject" else {}
                yield Asked(who, principal, action, f"{policy.arn}/{path}", context | sent)


def _their_paths(trails: list[Trail]) -> Iterator[str]:
    yield f"AWSLogs/{STRANGER}/{FILE}"
    yield f"AWSLogs/{ACCOUNT}/{FILE}"
    yield f"AWSLogs/{_STRANGE_ORGANIZATION}/{STRANGER}/{FILE}"
    yield "somewhere/else.json.gz"
    for prefix in dict.fromkeys(one.prefix for one in trails if one.prefix):
        yield f"{prefix}/AWSLogs/{STRANGER}/{FILE}"


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
        starred = [f"{root}AWSLogs/{ACCOUNT}/{FILE}"] if trail.prefix and "*" in trail.prefix else []
        for path in (
            "somewhere/else.json.gz",
            f"{root}AWSLogs/{STRANGER}/{FILE}",
            f"{root}AWSLogs/file",
            f"other/{root}AWSLogs/x",
            *starred,
        ):
            yield replace(own(trail, "s3:PutObject", f"{policy.arn}/{path}", headers(trail)), who="CloudTrail, elsewhere")
        log_file = f"{policy.arn}/{paths(trail)['put-object']}"
        for action in ("s3:GetObject", "s3:DeleteObject", "s3:PutObjectAcl"):
            yield replace(own(trail, action, log_file), who="CloudTrail, what it never does")
        for action in ("s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:DeleteBucket"):
            yield replace(own(trail, action, policy.arn), who="CloudTrail, what it never does")


def _others() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield who else there is, with the context of each."""
    for service in _OTHER_SERVICES:
        for account in (STRANGER, ACCOUNT):
            source = f"arn:aws:{service.partition('.')[0]}:{REGION}:{account}:sample"
            yield f"{service} for {account}", service, as_service(service, account, source)
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
    topics = [
        *dict.fromkeys([*(one.topic_arn for one in trails if one.topic_arn), f"arn:aws:sns:{REGION}:{STRANGER}:theirs"])
    ]
    yield from _log_groups(policy)
    for source in _strange_trails(trails):
        who, context = "another account's trail", _deputy(source)
        encryption = [
            {},
            *(context_keys({"aws:cloudtrail:arn": source, "aws:s3:arn": f"{one}/{FILE}"}) for one in buckets),
        ]
        encryption += [context_keys({"aws:s3:arn": f"{one}/{FILE}"}) for one in buckets]
        encryption += [context_keys({"aws:sns:topicArn": one}) for one in topics]
        for action in ("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt", "kms:Encrypt"):
            for one in encryption:
                yield Asked(who, CLOUDTRAIL, action, policy.arn, context | one)
        for action in ("kms:DescribeKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant", "kms:PutKeyPolicy"):
            yield Asked(who, CLOUDTRAIL, action, policy.arn, context)
    for trail in trails:
        for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CreateGrant"):
            yield replace(own(trail, action, policy.arn), who="CloudTrail, what it never does")
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
                with_context = context_keys({"aws:s3:arn": f"{buckets[0]}/{FILE}"}) if action != "kms:DescribeKey" else {}
                yield Asked(who, principal, action, policy.arn, context | through | with_context)


def _log_groups(policy: Policy) -> Iterator[Asked]:
    """Yield what CloudWatch Logs asks for the log groups of other accounts."""
    for region in (REGION, "eu-west-1"):
        arn, principal = f"arn:aws:logs:{region}:{STRANGER}:log-group:theirs", f"logs.{region}.amazonaws.com"
        context = as_service(principal, STRANGER, arn) | context_keys({"aws:logs:arn": arn})
        for action in ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"):
            yield Asked("another account's log group", principal, action, policy.arn, context)


def _at_topic(policy: Policy, trails: list[Trail]) -> Iterator[Asked]:
    actions = ("sns:Publish", "sns:Subscribe", "sns:SetTopicAttributes")
    for source in _strange_trails(trails):
        for action in actions:
            yield Asked("another account's trail", CLOUDTRAIL, action, policy.arn, _deputy(source))
    for trail in (one for one in trails if one.topic_arn == policy.arn):
        for action in ("sns:Subscribe", "sns:AddPermission", "sns:DeleteTopic", "sns:SetTopicAttributes"):
            yield replace(own(trail, action, policy.arn), who="CloudTrail, what it never does")
    for who, principal, context in _others():
        for action in actions:
            yield Asked(who, principal, action, policy.arn, context)


def _at_role(policy: Policy) -> Iterator[Asked]:
    """Yield who else may want a role. A trail has a role of its own account only, so that another account's is none."""
    for who, principal, context in _others():
        yield Asked(who, principal, "sts:AssumeRole", policy.arn, context)


def _with_role(policy: Policy, trails: list[Trail]) -> Iterator[Asked]:
    """Yield what the role of a trail is not for: other log groups, other accounts', and other actions."""
    for trail in (one for one in trails if one.role_arn == policy.arn):
        for account in (trail.account, STRANGER):
            group = f"arn:aws:logs:{trail.region}:{account}:log-group:somebody-elses"
            for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
                yield as_role(trail, action, f"{group}:log-stream:{trail.account}_CloudTrail_{trail.region}")
        for action in ("logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:GetLogEvents"):
            yield as_role(trail, action, f"{str(trail.log_group_arn).removesuffix(':*')}:log-stream:any")
        yield as_role(trail, "s3:GetObject", f"{trail.bucket_arn}/any")


def _concrete(pattern: str, account: str) -> str:
    """Return a path that a pattern matches."""
    path = pattern[:-1] + FILE if pattern.endswith("*") else pattern
    path = re.sub(r"\$\{aws:(?:SourceAccount|PrincipalAccount)\}", account, path, flags=re.IGNORECASE)
    return path.replace("*", "any").replace("?", "a")
