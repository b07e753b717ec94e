"""The policies of a sampled template, each with what it is for.

Sources: AWS CloudFormation Template Reference, AWS::S3::BucketPolicy, AWS::KMS::Key, AWS::SNS::TopicPolicy,
AWS::SNS::TopicInlinePolicy, AWS::IAM::Role, AWS::IAM::Policy, AWS::IAM::RolePolicy, AWS::IAM::ManagedPolicy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.outside.parts import Policy, items
from tests.outside.sampling import NotSampled, Sampled

Found = Iterator[tuple[str, Any]]
"""The ARN of what a policy is for, and the document."""


def policies(sampled: Sampled, missed: list[str]) -> list[Policy]:
    """Return every policy; what cannot be read is added to ``missed``."""
    found = [*_of_resources(sampled, missed), *_of_roles(sampled, missed)]
    return [*found, *_of_new_topics(sampled, {one.arn for one in found if one.kind == "topic"}, missed)]


def created(sampled: Sampled, kind: str, missed: list[str]) -> Iterator[str]:
    """Yield the resources of a type that are created; one of which this is not known is added to ``missed``."""
    for name, one in sampled.resources.items():
        try:
            if one.get("Type") == kind and sampled.exists(name):
                yield name
        except NotSampled as error:  # noqa: PERF203  # one resource must not cost the rest
            missed.append(f"{name}: {error}")


def _of_resources(sampled: Sampled, missed: list[str]) -> Iterator[Policy]:
    kinds: list[tuple[Any, str, Callable[[Sampled, str], Found]]] = [
        ("bucket", "AWS::S3::BucketPolicy", _of_bucket),
        ("key", "AWS::KMS::Key", _of_key),
        ("topic", "AWS::SNS::TopicPolicy", _of_topics),
        ("topic", "AWS::SNS::TopicInlinePolicy", _of_topic),
        ("role", "AWS::IAM::Role", _of_trust),
    ]
    for kind, resource_type, reader in kinds:
        for name in created(sampled, resource_type, missed):
            sampled.guesses.clear()
            try:
                for arn, written in reader(sampled, name):
                    document = json.loads(written) if isinstance(written, str) else written
                    if isinstance(document, dict):
                        yield Policy(name, kind, arn, _text(document), bool(sampled.guesses))
            except (NotSampled, ValueError, KeyError, TypeError) as error:
                missed.append(f"{name}: {error}")


def _of_bucket(sampled: Sampled, name: str) -> Found:
    yield f"arn:aws:s3:::{sampled.property(name, 'Bucket')}", sampled.property(name, "PolicyDocument")


def _of_key(sampled: Sampled, name: str) -> Found:
    document = sampled.property(name, "KeyPolicy")
    yield sampled.value({"Fn::GetAtt": [name, "Arn"]}), _default_key_policy(sampled) if document is None else document


def _of_topics(sampled: Sampled, name: str) -> Found:
    for arn in items(sampled.property(name, "Topics")):
        yield str(arn), sampled.property(name, "PolicyDocument")


def _of_topic(sampled: Sampled, name: str) -> Found:
    yield str(sampled.property(name, "TopicArn")), sampled.property(name, "PolicyDocument")


def _of_trust(sampled: Sampled, name: str) -> Found:
    yield sampled.value({"Fn::GetAtt": [name, "Arn"]}), sampled.property(name, "AssumeRolePolicyDocument")


def _of_new_topics(sampled: Sampled, governed: set[str], missed: list[str]) -> Iterator[Policy]:
    """Yield the policies that SNS gives topics for which the template has none."""
    for name in created(sampled, "AWS::SNS::Topic", missed):
        sampled.guesses.clear()
        try:
            arn = sampled.value({"Ref": name})
        except NotSampled as error:
            missed.append(f"{name}: {error}")
            continue
        if arn not in governed:
            yield Policy(name, "topic", arn, _text(_default_topic_policy(sampled, arn)), bool(sampled.guesses))


def _of_roles(sampled: Sampled, missed: list[str]) -> Iterator[Policy]:
    for name in created(sampled, "AWS::IAM::Role", missed):
        sampled.guesses.clear()
        try:
            parts = [
                (holder, _text(json.loads(one) if isinstance(one, str) else one)) for holder, one in _held(sampled, name)
            ]
            arn = sampled.value({"Fn::GetAtt": [name, "Arn"]})
            text = json.dumps([json.loads(one) for _, one in parts], sort_keys=True)
            guessed = bool(sampled.guesses) or _has_more(sampled, name)
            yield Policy(name, "permissions", arn, text, guessed, tuple(parts))
        except (NotSampled, ValueError, KeyError, TypeError) as error:
            missed.append(f"{name}: {error}")


def _held(sampled: Sampled, role: str) -> Iterator[tuple[str, Any]]:
    """Yield the identity policies of a role, each with the resource that has it."""
    for one in items(sampled.property(role, "Policies")):
        yield role, one["PolicyDocument"]
    name = sampled.value({"Ref": role})
    attached = items(sampled.property(role, "ManagedPolicyArns"))
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for one in sampled.of_type(kind):
            by_arn = kind == "AWS::IAM::ManagedPolicy" and sampled.value({"Ref": one}) in attached
            if by_arn or name in items(sampled.property(one, "Roles")):
                yield one, sampled.property(one, "PolicyDocument")
    for one in sampled.of_type("AWS::IAM::RolePolicy"):
        if sampled.property(one, "RoleName") == name:
            yield one, sampled.property(one, "PolicyDocument")


def _has_more(sampled: Sampled, role: str) -> bool:
    """Whether a role has a boundary, or a managed policy that the template does not hold."""
    own = {sampled.value({"Ref": one}) for one in sampled.of_type("AWS::IAM::ManagedPolicy")}
    attached = items(sampled.property(role, "ManagedPolicyArns"))
    return sampled.property(role, "PermissionsBoundary") is not None or any(one not in own for one in attached)


def _text(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


def _default_key_policy(sampled: Sampled) -> dict[str, Any]:
    """Return the policy of a key that has none. Source: AWS KMS Developer Guide, Default key policy."""
    root = f"arn:aws:iam::{sampled.account}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _default_topic_policy(sampled: Sampled, topic: str) -> dict[str, Any]:
    """Return the policy that SNS gives a topic. Source: Amazon SNS Developer Guide, Special information for SNS policies."""
    actions = ["Publish", "Subscribe", "AddPermission", "RemovePermission", "DeleteTopic", "SetTopicAttributes"]
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{one}" for one in actions],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": sampled.account}},
    }
    return {"Version": "2008-10-17", "Statement": [statement]}
