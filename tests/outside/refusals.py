"""What AWS refuses whatever the policies allow, and policies that another log source overtakes.

Sources: Amazon S3 User Guide, Controlling ownership of objects and disabling ACLs for your bucket, Blocking public access,
and Policies and permissions in Amazon S3; Amazon S3 API Reference, CreateBucket; Amazon CloudWatch Logs User Guide, Logs
sent to Amazon S3, and Encrypt log data; AWS CloudTrail User Guide, Sending events to CloudWatch Logs; Amazon SNS Developer
Guide, Encryption at rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.outside.order import comes_before
from tests.outside.parts import Policy, Trail, items, true
from tests.outside.policies import created
from tests.outside.sampling import NotSampled, Sampled

_HARMLESS = {None, "Private", "BucketOwnerFullControl", "BucketOwnerRead"}
_PUBLIC = {"PublicRead", "PublicReadWrite", "AuthenticatedRead"}


def refused(sampled: Sampled, policies: list[Policy], trails: list[Trail]) -> Iterator[str]:
    """Yield what is refused, in words."""
    buckets = [one for one in policies if one.kind == "bucket"]
    for policy in buckets:
        for resource in policy.resources():
            if not _fits(resource, policy.arn):
                yield f"{policy.logical_id}: {resource} is not of the bucket"
        for statement in policy.statements():
            if _is_idle(statement, policy.arn):
                yield f"{policy.logical_id}: no resource of {statement.get('Sid', 'a statement')} is one for its actions"
        if sum(one.arn == policy.arn for one in buckets) > 1:
            yield f"{policy.logical_id}: not the only policy of the bucket"
    yield from _acls(sampled, {one.bucket_arn for one in trails})
    yield from _overtaken(sampled, [one for one in buckets if one.arn in {trail.bucket_arn for trail in trails}])
    for trail in trails:
        yield from _of_trail(sampled, trail)


def _fits(resource: str, bucket_arn: str) -> bool:
    literal = re.split(r"[*?$]", resource)[0]
    if literal != resource and len(literal) <= len(bucket_arn):
        return bucket_arn.startswith(literal)
    return resource == bucket_arn or resource.startswith(f"{bucket_arn}/")


def _is_idle(statement: dict[str, Any], bucket_arn: str) -> bool:
    """Tell whether a statement's actions are for objects alone, and its resources the bucket itself."""
    actions, resources = ([str(one) for one in items(statement.get(name))] for name in ("Action", "Resource"))
    objects = bool(actions) and all(re.fullmatch(r"s3:(Put|Get|Delete)Object", one) for one in actions)
    return objects and bool(resources) and all(one == bucket_arn for one in resources)


def _acls(sampled: Sampled, arns: set[str]) -> Iterator[str]:
    """Yield the ACLs with which S3 does not create the buckets, nor those that take their access logs."""
    names = {f"arn:aws:s3:::{sampled.value({'Ref': one})}": one for one in created(sampled, "AWS::S3::Bucket", [])}
    rest, seen = [*arns], set(arns)
    while rest:
        name = names.get(rest.pop())
        if name is None:
            continue
        try:
            target = f"arn:aws:s3:::{sampled.property(name, 'LoggingConfiguration', 'DestinationBucketName')}"
            if target not in seen:
                seen.add(target)
                rest.append(target)
            yield from _acl(sampled, name)
        except NotSampled:
            continue


def _acl(sampled: Sampled, bucket: str) -> Iterator[str]:
    acl = sampled.property(bucket, "AccessControl")
    rules = sampled.property(bucket, "OwnershipControls", "Rules")
    ownership = rules[0].get("ObjectOwnership") if isinstance(rules, list) and rules else "BucketOwnerEnforced"
    if acl not in _HARMLESS and ownership == "BucketOwnerEnforced":
        yield f"{bucket}: AccessControl {acl} where ACLs are off"
    block = sampled.property(bucket, "PublicAccessBlockConfiguration")
    if acl in _PUBLIC and (block is None or true(block.get("BlockPublicAcls"))):
        yield f"{bucket}: AccessControl {acl} where public ACLs are blocked"


def _overtaken(sampled: Sampled, policies: list[Policy]) -> Iterator[str]:
    """Yield bucket policies that find one in their place, which AWS wrote for a log source that was created first."""
    for name, resource in sampled.resources.items():
        reader = _WRITERS.get(str(resource.get("Type")))
        try:
            arns = set(reader(sampled, name)) if reader and sampled.exists(name) else set()
        except (NotSampled, AttributeError):
            continue
        for policy in policies:
            # Where the policy itself needs the source, nothing can be told of the order.
            if policy.arn in arns and not comes_before(sampled, policy.logical_id, name):
                yield f"{policy.logical_id}: {name} may have had a policy written to the bucket"


def _bucket_of(arn: Any) -> str:
    return str(arn).partition("/")[0]


def _of_flow_log(sampled: Sampled, name: str) -> Iterator[str]:
    if sampled.property(name, "LogDestinationType") == "s3":
        yield _bucket_of(sampled.property(name, "LogDestination"))


def _of_query_log(sampled: Sampled, name: str) -> Iterator[str]:
    yield _bucket_of(sampled.property(name, "DestinationArn"))


def _of_web_acl(sampled: Sampled, name: str) -> Iterator[str]:
    yield from map(_bucket_of, items(sampled.property(name, "LogDestinationConfigs")))


def _of_firewall(sampled: Sampled, name: str) -> Iterator[str]:
    for one in items(sampled.property(name, "LoggingConfiguration", "LogDestinationConfigs")):
        if str(one.get("LogDestinationType")).lower() == "s3":
            yield f"arn:aws:s3:::{one['LogDestination'].get('bucketName')}"


def _of_load_balancer(sampled: Sampled, name: str) -> Iterator[str]:
    found = {one.get("Key"): one.get("Value") for one in items(sampled.property(name, "LoadBalancerAttributes"))}
    if sampled.property(name, "Type") == "network" and true(found.get("access_logs.s3.enabled")):
        yield f"arn:aws:s3:::{found.get('access_logs.s3.bucket')}"


_WRITERS: dict[str, Callable[[Sampled, str], Iterator[str]]] = {
    "AWS::EC2::FlowLog": _of_flow_log,
    "AWS::Route53Resolver::ResolverQueryLoggingConfig": _of_query_log,
    "AWS::WAFv2::LoggingConfiguration": _of_web_acl,
    "AWS::NetworkFirewall::LoggingConfiguration": _of_firewall,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _of_load_balancer,
}


def _of_trail(sampled: Sampled, trail: Trail) -> Iterator[str]:
    role, group = trail.role_arn, trail.log_group_arn
    if (role is None) != (group is None):
        yield f"{trail.logical_id}: one of role and log group without the other"
    if group is not None and not re.fullmatch(rf"arn:aws:logs:{trail.region}:{trail.account}:log-group:[^:*]+:\*", group):
        yield f"{trail.logical_id}: {group} is not the ARN of a log group with :* behind it"
    if str(trail.topic_key_arn).endswith("alias/aws/sns"):
        yield f"{trail.logical_id}: nobody can be let in to the key of the topic"
    for one in created(sampled, "AWS::Logs::LogGroup", []):
        try:
            key, used = sampled.property(one, "KmsKeyId"), sampled.value({"Fn::GetAtt": [one, "Arn"]}) == group
        except NotSampled:
            continue
        if used and key not in (None, "") and not str(key).startswith("arn:"):
            yield f"{one}: KmsKeyId {key} is not the ARN of a key"
