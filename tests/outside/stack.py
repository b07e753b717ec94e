"""The logging parts of a sampled template: its policies, its trails with what they log through, and their log groups."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.outside.order import comes_before
from tests.outside.parameters import ORGANIZATION
from tests.outside.parts import LogGroup, Policy, Stack, Trail, true
from tests.outside.policies import created, policies
from tests.outside.refusals import refused
from tests.outside.sampling import NO_VALUE, NotSampled, Sampled


def stack(template: dict[str, Any], parameters: dict[str, str]) -> Stack:
    """Return the logging parts of a template under concrete parameters."""
    sampled = Sampled(template, parameters)
    missed: list[str] = []
    found = policies(sampled, missed)
    trails = list(_trails(sampled, found, missed))
    groups = tuple(_groups(sampled, found, {one.log_group_arn for one in trails}, missed))
    return Stack(tuple(found), tuple(trails), groups, tuple(refused(sampled, found, trails)), tuple(missed))


def _trails(sampled: Sampled, found: list[Policy], missed: list[str]) -> Iterator[Trail]:
    for name in created(sampled, "AWS::CloudTrail::Trail", missed):
        try:
            yield _trail(sampled, name, found)
        except (NotSampled, ValueError, KeyError, TypeError) as error:  # noqa: PERF203  # one trail must not cost the rest
            missed.append(f"{name}: {error}")


def _trail(sampled: Sampled, name: str, found: list[Policy]) -> Trail:
    sampled.guesses.clear()
    arn = sampled.value({"Fn::GetAtt": [name, "Arn"]})
    bucket = sampled.property(name, "S3BucketName")
    if not isinstance(bucket, str):
        raise NotSampled("S3BucketName")
    own = next((one for one in sampled.of_type("AWS::S3::Bucket") if sampled.value({"Ref": one}) == bucket), None)
    default_key, bucket_key = _default_encryption(sampled, own)
    key_arn = _key_arn(sampled, sampled.property(name, "KMSKeyId"))
    topic, topic_key = _topic(sampled, sampled.property(name, "SnsTopicName"))
    role = _text(sampled.property(name, "CloudWatchLogsRoleArn"))
    group = _text(sampled.property(name, "CloudWatchLogsLogGroupArn"))
    arns = {f"arn:aws:s3:::{bucket}", key_arn or default_key, topic, topic_key, *([role] if group else [])}
    used = [one for one in found if one.arn in arns]
    organization = true(sampled.property(name, "IsOrganizationTrail"))
    return Trail(
        logical_id=name,
        arn=arn,
        bucket_arn=f"arn:aws:s3:::{bucket}",
        prefix=str(sampled.property(name, "S3KeyPrefix") or ""),
        key_arn=key_arn,
        default_key_arn=default_key,
        bucket_key=bucket_key,
        organization=organization_of(sampled, used) if organization else None,
        digests=true(sampled.property(name, "EnableLogFileValidation")),
        topic_arn=topic,
        topic_key_arn=topic_key,
        role_arn=role,
        log_group_arn=group,
        policies=tuple(used),
        ordered=all(_waits(sampled, name, one) for one in used if one.kind in {"bucket", "topic"}),
        at_creation=_at_creation(sampled, name, used),
        guessed=bool(sampled.guesses),
        account=sampled.account,
        region=sampled.region,
    )


def _waits(sampled: Sampled, trail: str, policy: Policy) -> bool:
    """Whether a trail is created after a policy; that of a topic which has none comes with the topic."""
    of_topic = sampled.resources[policy.logical_id].get("Type") == "AWS::SNS::Topic"
    return of_topic or comes_before(sampled, policy.logical_id, trail)


def _at_creation(sampled: Sampled, trail: str, used: list[Policy]) -> str:
    """Return the permissions of the trail's role that are there before the trail."""
    parts = [
        json.loads(text)
        for policy in used
        for holder, text in policy.parts
        if holder == policy.logical_id or comes_before(sampled, holder, trail)
    ]
    return json.dumps(parts, sort_keys=True)


def _topic(sampled: Sampled, name: Any) -> tuple[str | None, str | None]:
    """Return the ARN of the topic that a trail names by name or ARN, and of the key that the topic is encrypted with."""
    if not isinstance(name, str) or not name:
        return None, None
    arn = name if name.startswith("arn:") else f"arn:aws:sns:{sampled.region}:{sampled.account}:{name}"
    for topic in sampled.of_type("AWS::SNS::Topic"):
        if sampled.value({"Ref": topic}) == arn:
            return arn, _key_arn(sampled, sampled.property(topic, "KmsMasterKeyId"))
    return arn, None


def _groups(sampled: Sampled, found: list[Policy], used: set[str | None], missed: list[str]) -> Iterator[LogGroup]:
    """Yield the log groups of trails that have a key."""
    for name in created(sampled, "AWS::Logs::LogGroup", missed):
        sampled.guesses.clear()
        try:
            arn, key = sampled.value({"Fn::GetAtt": [name, "Arn"]}), _key_arn(sampled, sampled.property(name, "KmsKeyId"))
        except NotSampled:
            continue
        if arn in used and key:
            own = tuple(one for one in found if one.arn == key)
            guessed = bool(sampled.guesses)
            yield LogGroup(name, arn.removesuffix(":*"), key, own, guessed, sampled.account, sampled.region)


def organization_of(sampled: Sampled, found: list[Policy]) -> str:
    """Return the organization's id that the policies or parameters hold, else a sample."""
    values = [str(sampled.value({"Ref": name})) for name in sampled.template.get("Parameters") or {}]
    written = re.search(r"\bo-[a-z0-9]{10,32}\b", " ".join([*values, *(one.text for one in found)]))
    return written[0] if written else ORGANIZATION


def _default_encryption(sampled: Sampled, bucket: str | None) -> tuple[str | None, bool]:
    """Return the ARN of the key that the bucket encrypts with by default, and whether it has an S3 Bucket Key."""
    rules = sampled.property(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration") if bucket else None
    rule = rules[0] if isinstance(rules, list) and rules and isinstance(rules[0], dict) else {}
    default = rule.get("ServerSideEncryptionByDefault")
    key = default.get("KMSMasterKeyID") if isinstance(default, dict) else None
    arn = None if str(key).endswith("alias/aws/s3") else _key_arn(sampled, key)
    return arn, true(rule.get("BucketKeyEnabled"))


def _key_arn(sampled: Sampled, name: Any) -> str | None:
    """Return the ARN of the key that a property names by id, ARN, alias or the alias's ARN."""
    if name in (None, "", NO_VALUE):
        return None
    base = f"arn:aws:kms:{sampled.region}:{sampled.account}:"
    for alias in sampled.of_type("AWS::KMS::Alias"):
        known = sampled.property(alias, "AliasName")
        if name in {known, f"{base}{known}"}:
            return _key_arn(sampled, sampled.property(alias, "TargetKeyId"))
    return str(name) if str(name).startswith("arn:") else f"{base}{'' if '/' in str(name) else 'key/'}{name}"


def _text(value: Any) -> str | None:
    return str(value) if value else None
