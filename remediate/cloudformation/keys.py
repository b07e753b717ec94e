"""Finding the bucket and the key that an expression names: by reference, by name, by ARN, by alias."""

from __future__ import annotations

from dataclasses import dataclass

from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resources import ALIAS, BUCKET, BUCKET_POLICY, KEY
from remediate.symbolic import Text, Unknown, Value, text
from remediate.template import Plain


@dataclass(frozen=True)
class Place:
    """A bucket or key that is used: ``expression`` as written, ``logical_id`` where it is in the template."""

    expression: Plain
    name: Text
    logical_id: str | None

    @property
    def inside(self) -> bool:
        """Whether the template itself holds it."""
        return self.logical_id is not None


def find_bucket(resolver: Resolver, expression: Plain, chosen: str | None) -> Place | None:
    """Return the bucket behind an expression, None where the expression has no value or an empty one.

    ``chosen`` decides for the user where no bucket, or more than one, has the name.
    """
    name = resolver.string(expression)
    if name is None or name == text():
        return None
    buckets = resolver.existing(BUCKET)
    same = [one for one in buckets if resolver.string({"Ref": one}) == name]
    if chosen in (same or buckets):
        return Place(expression, resolver.string({"Ref": chosen}) or name, chosen)
    referred = [one for one in same if expression == {"Ref": one}]
    return Place(expression, name, next(iter(referred or same), None))


def bucket_policies(resolver: Resolver, bucket: Place | None) -> tuple[str, ...]:
    """Return the bucket policies in the template that are for a bucket."""
    if bucket is None:
        return ()
    policies = resolver.existing(BUCKET_POLICY)
    return tuple(one for one in policies if resolver.string(resolver.property(one, "Bucket")) == bucket.name)


def bucket_arn(resolver: Resolver, bucket: Place | None) -> Text:
    """Return a bucket's ARN."""
    return resolver.arn("s3", bucket.name if bucket else Unknown("the log bucket"))


def find_key(resolver: Resolver, expression: Plain, chosen: str | None) -> Place | None:
    """Return the key behind an expression, None where the expression has no value.

    ``chosen`` decides for the user where no key of the template has the name.
    """
    value = resolver.value(expression)
    if value is None or value == text():
        return None
    name = value if isinstance(value, Text) else text(Unknown(str(expression), "any"))
    return _by_name(resolver, name, expression, chosen)


def key_arn(resolver: Resolver, key: Place | None) -> Text | None:
    """Return a key's ARN; for one outside the template, what it is called there."""
    if key is None or key.logical_id is None:
        return key.name if key else None
    return resolver.string({"Fn::GetAtt": [key.logical_id, "Arn"]})


def default_encryption(resolver: Resolver, bucket: Place | None, chosen: str | None) -> tuple[Place | None, bool]:
    """Return the customer key of a bucket's default encryption, and whether S3 Bucket Keys are on.

    A bucket has one rule. The key that AWS manages (``alias/aws/s3``) is no customer key.
    Source: AWS CloudFormation User Guide, AWS::S3::Bucket ServerSideEncryptionRule.
    """
    if bucket is None or bucket.logical_id is None:
        return None, False
    written = resolver.property(bucket.logical_id, "BucketEncryption")
    rule = _first(_member(resolver.value(written), "ServerSideEncryptionConfiguration"))
    name = _member(_member(rule, "ServerSideEncryptionByDefault"), "KMSMasterKeyID")
    enabled = is_true(_member(rule, "BucketKeyEnabled"))
    if not isinstance(name, Text) or name == text() or str(name).endswith("alias/aws/s3"):
        return None, enabled
    return _by_name(resolver, name, _as_written(resolver, written, name), chosen), enabled


def is_true(value: Value) -> bool:
    """Tell whether a property's value is true, written as boolean or text."""
    return value is True or (isinstance(value, Text) and (value.known or "").lower() == "true")


def _by_name(resolver: Resolver, name: Text, expression: Plain, chosen: str | None) -> Place:
    target = _behind_alias(resolver, name)
    keys = resolver.existing(KEY)
    for one in keys:
        if target in {resolver.string({"Ref": one}), resolver.string({"Fn::GetAtt": [one, "Arn"]})}:
            return Place(expression, target, one)
    return Place(expression, target, chosen if chosen in keys else None)


def _behind_alias(resolver: Resolver, name: Text) -> Text:
    for alias in resolver.existing(ALIAS):
        alias_name = resolver.string({"Ref": alias})
        if alias_name and name in {alias_name, resolver.arn("kms", alias_name)}:
            return resolver.string(resolver.property(alias, "TargetKeyId")) or name
    return name


def _as_written(resolver: Resolver, encryption: Plain, name: Text) -> Plain:
    """Return the expression in ``BucketEncryption`` that gives the key's name."""
    rest = [encryption]
    while rest:
        current = rest.pop()
        if resolver.string(current) == name:
            return current
        rest += current.values() if isinstance(current, dict) else current if isinstance(current, list) else []
    return str(name)


def _member(value: Value, name: str) -> Value:
    return value.get(name) if isinstance(value, dict) else None


def _first(value: Value) -> Value:
    return value[0] if isinstance(value, list) and value else None
