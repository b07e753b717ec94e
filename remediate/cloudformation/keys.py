"""Finding the key that an expression names, through key id, ARN and alias."""

from __future__ import annotations

from dataclasses import dataclass

from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resources import ALIAS, KEY, of_type, properties
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


def find_key(resolver: Resolver, expression: Plain, chosen: str | None) -> Place | None:
    """Return the key behind an expression, None where the expression has no value; ``chosen`` decides for the user."""
    value = resolver.value(expression)
    if value is None:
        return None
    name = value if isinstance(value, Text) else text(Unknown(str(expression), "any"))
    return _by_name(resolver, name, expression, chosen)


def key_arn(resolver: Resolver, key: Place | None) -> Text | None:
    """Return a key's ARN; for one outside the template, what it is called there."""
    if key is None or key.logical_id is None:
        return key.name if key else None
    return resolver.string({"Fn::GetAtt": [key.logical_id, "Arn"]})


def default_encryption(resolver: Resolver, bucket: Place | None, chosen: str | None) -> tuple[Place | None, bool]:
    """Return the customer key of a bucket's default encryption, and whether S3 Bucket Keys are on."""
    if bucket is None or bucket.logical_id is None:
        return None, False
    written = properties(resolver.data, bucket.logical_id).get("BucketEncryption")
    encryption = resolver.value(written)
    rules = encryption.get("ServerSideEncryptionConfiguration") if isinstance(encryption, dict) else None
    for rule in rules if isinstance(rules, list) else []:
        default = rule.get("ServerSideEncryptionByDefault") if isinstance(rule, dict) else None
        name = default.get("KMSMasterKeyID") if isinstance(default, dict) else None
        if isinstance(rule, dict) and isinstance(name, Text):
            return _by_name(resolver, name, None, chosen), is_true(rule.get("BucketKeyEnabled"))
    return None, False


def is_true(value: Value) -> bool:
    """Tell whether a property's value is true, written as boolean or text."""
    return value is True or (isinstance(value, Text) and (value.known or "").lower() == "true")


def _by_name(resolver: Resolver, name: Text, expression: Plain, chosen: str | None) -> Place:
    keys = [one for one in of_type(resolver.data, KEY) if resolver.exists(one)]
    if chosen in keys:
        return Place(expression, name, chosen)
    target = _behind_alias(resolver, name)
    for one in keys:
        if target in {resolver.string({"Ref": one}), resolver.string({"Fn::GetAtt": [one, "Arn"]})}:
            return Place(expression, target, one)
    return Place(expression, target, None)


def _behind_alias(resolver: Resolver, name: Text) -> Text:
    for alias in of_type(resolver.data, ALIAS):
        alias_name = resolver.string({"Ref": alias})
        if alias_name and name in {alias_name, resolver.arn("kms", alias_name)}:
            return resolver.string(properties(resolver.data, alias).get("TargetKeyId")) or name
    return name
