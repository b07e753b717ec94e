"""Finding the bucket and the key that an expression names: by reference, by name, by ARN, by alias."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from remediate.cloudformation.members import members
from remediate.cloudformation.property_path import property_path
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resource_types import ALIAS, BUCKET, BUCKET_POLICY, KEY
from remediate.partial_string import PartialString, UnknownPart, Value, partial
from remediate.template import Plain

DEFAULT_KEY = property_path(
    "BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID"
)


class Destination(Struct, frozen=True):
    """A bucket or key that is used: ``expression`` as written, ``logical_id`` where it is in the template."""

    expression: Plain
    name: PartialString
    logical_id: str | None

    @property
    def inside(self) -> bool:
        """Whether the template itself holds it."""
        return self.logical_id is not None


class Names:
    """What the buckets, bucket policies, keys and aliases of one scenario are called, read once for all trails."""

    def __init__(self, resolver: Resolver) -> None:
        """Begin with a scenario's resolver; each kind is read when it is first asked for."""
        self.resolver = resolver

    @functools.cached_property
    def buckets(self) -> dict[PartialString, list[str]]:
        """The buckets by their name, each name with all that have it."""
        return self._by(BUCKET, lambda one: self.resolver.string({"Ref": one}))

    @functools.cached_property
    def policies(self) -> dict[PartialString, list[str]]:
        """The bucket policies by the name of the bucket that they are for."""
        return self._by(BUCKET_POLICY, lambda one: self.resolver.string(self.resolver.property(one, "Bucket")))

    @functools.cached_property
    def keys(self) -> dict[PartialString, str]:
        """The keys by their id and by their ARN."""
        found: dict[PartialString, str] = {}
        for one in self.resolver.existing(KEY):
            for name in (self.resolver.string({"Ref": one}), self.resolver.string({"Fn::GetAtt": [one, "Arn"]})):
                if name is not None:
                    found.setdefault(name, one)
        return found

    @functools.cached_property
    def aliases(self) -> dict[PartialString, PartialString]:
        """What each alias of a key stands for, by its name and by its ARN."""
        found: dict[PartialString, PartialString] = {}
        for alias in self.resolver.existing(ALIAS):
            name = self.resolver.string({"Ref": alias})
            target = self.resolver.string(self.resolver.property(alias, "TargetKeyId"))
            if name is not None and target is not None:
                for one in (name, self.resolver.arn("kms", name)):
                    found.setdefault(one, target)
        return found

    def _by(self, kind: str, name_of: Callable[[str], PartialString | None]) -> dict[PartialString, list[str]]:
        found: dict[PartialString, list[str]] = {}
        for one in self.resolver.existing(kind):
            name = name_of(one)
            if name is not None:
                found.setdefault(name, []).append(one)
        return found


def find_bucket(names: Names, expression: Plain, chosen: str | None) -> Destination | None:
    """Return the bucket behind an expression, None where the expression has no value or an empty one.

    ``chosen`` decides for the user where no bucket, or more than one, has the name.
    """
    resolver = names.resolver
    name = resolver.string(expression)
    if name is None or name == partial():
        return None
    same = names.buckets.get(name, [])
    if chosen is not None and chosen in (same or resolver.existing(BUCKET)):
        return Destination(expression, resolver.string({"Ref": chosen}) or name, chosen)
    referred = [one for one in same if expression == {"Ref": one}]
    return Destination(expression, name, next(iter(referred or same), None))


def find_bucket_by_arn(
    names: Names, expression: Plain, chosen: str | None
) -> tuple[Destination | None, PartialString | None]:
    """Return the bucket behind an expression for its ARN, and the folder behind the ARN without the slash at its end.

    A bucket of the template is known by the ARN's name part; both are None where the expression has no value.
    """
    arn = names.resolver.string(expression)
    if arn is None or arn == partial():
        return None, None
    name, folder = _split_arn(arn)
    inside = names.buckets.get(name, [])
    found = (
        chosen if chosen is not None and chosen in (inside or names.resolver.existing(BUCKET)) else next(iter(inside), None)
    )
    return Destination({"Ref": found} if found else expression, name, found), folder


def _split_arn(arn: PartialString) -> tuple[PartialString, PartialString | None]:
    """Return the name and the folder in an ARN of S3; what does not begin as one is all name."""
    pieces = list(arn.parts)
    begun = next((number for number, piece in enumerate(pieces) if isinstance(piece, str) and _S3 in piece), None)
    if begun is not None:
        pieces[: begun + 1] = [str(pieces[begun]).partition(_S3)[2]]
    for number, piece in enumerate(pieces):
        if isinstance(piece, str) and "/" in piece:
            name, _, folder = piece.partition("/")
            return partial(*pieces[:number], name), _without_slash(partial(folder, *pieces[number + 1 :]))
    return partial(*pieces), None


_S3 = ":s3:::"


def _without_slash(folder: PartialString) -> PartialString | None:
    *before, last = folder.parts or ("",)
    return partial(*before, last.removesuffix("/") if isinstance(last, str) else last) if folder.parts else None


def granted_by_acl(resolver: Resolver, bucket: Destination | None, granting: str) -> Literal["", "grants", "may grant"]:
    """Tell whether a bucket of the template has the canned ACL that lets a service write; one that S3 refuses counts too.

    That S3 refuses it is a root cause of its own. Source: Amazon S3 User Guide, Enabling Amazon S3 server access logging.
    """
    if not granting or bucket is None or bucket.logical_id is None:
        return ""
    acl = resolver.value(resolver.property(bucket.logical_id, "AccessControl"))
    if not isinstance(acl, PartialString):
        return ""
    return "may grant" if acl.known is None else "grants" if acl.known == granting else ""


def bucket_policies(names: Names, bucket: Destination | None) -> tuple[str, ...]:
    """Return the bucket policies in the template that are for a bucket."""
    return tuple(names.policies.get(bucket.name, ())) if bucket else ()


def access_log_buckets(resolver: Resolver, bucket: str | None) -> tuple[str, ...]:
    """Return the other buckets of the template to which a bucket logs its own access, and to which these log theirs."""
    found: list[str] = []
    rest = [bucket] if bucket else []
    while rest:
        new = [name for name in access_logged_to(resolver, rest.pop()) if name not in (bucket, *found)]
        found += new
        rest += new
    return tuple(found)


def access_logged_to(resolver: Resolver, bucket: str) -> list[str]:
    """Return the buckets of the template to which a bucket logs its access, which is itself where it names none.

    Source: AWS CloudFormation Template Reference, AWS::S3::Bucket LoggingConfiguration.
    """
    found: list[str] = []
    for outer in members(resolver.property(bucket, "LoggingConfiguration"), ()):
        inner = members(outer.value, ("DestinationBucketName",), outer.guard) if outer.value is not None else ()
        for one in inner:
            if resolver.scenario.admits(one.guard):
                found += [bucket] if one.value is None else _named(resolver, one.value)
    return found


def _named(resolver: Resolver, expression: Plain) -> list[str]:
    """Return the buckets that an expression is the name of: by reference, else every one that is called so."""
    existing = resolver.model.of_type(BUCKET)
    referred = [one for one in existing if expression == {"Ref": one}]
    name = resolver.string(expression)
    if referred or name is None or name == partial():
        return referred
    return [one for one in existing if resolver.string({"Ref": one}) == name]


def bucket_arn(resolver: Resolver, bucket: Destination | None) -> PartialString:
    """Return a bucket's ARN."""
    return resolver.arn("s3", bucket.name if bucket else UnknownPart("the log bucket"))


def find_key(names: Names, expression: Plain, chosen: str | None) -> Destination | None:
    """Return the key behind an expression, None where the expression has no value.

    ``chosen`` decides for the user where no key of the template has the name.
    """
    value = names.resolver.value(expression)
    if value is None or value == partial():
        return None
    name = value if isinstance(value, PartialString) else partial(UnknownPart(str(expression), "any"))
    return _by_name(names, name, expression, chosen)


def key_arn(resolver: Resolver, key: Destination | None) -> PartialString | None:
    """Return a key's ARN; for one outside the template, what it is called there."""
    if key is None or key.logical_id is None:
        return key.name if key else None
    return resolver.string({"Fn::GetAtt": [key.logical_id, "Arn"]})


def default_encryption(names: Names, bucket: Destination | None, chosen: str | None) -> tuple[Destination | None, bool]:
    """Return the customer key of a bucket's default encryption, and whether S3 Bucket Keys are on.

    A bucket has one rule. The key that AWS manages (``alias/aws/s3``) is no customer key.
    Source: AWS CloudFormation User Guide, AWS::S3::Bucket ServerSideEncryptionRule.
    """
    if bucket is None or bucket.logical_id is None:
        return None, False
    resolver = names.resolver
    written = resolver.property(bucket.logical_id, "BucketEncryption")
    rule = _first(_member(resolver.value(written), "ServerSideEncryptionConfiguration"))
    name = _member(_member(rule, "ServerSideEncryptionByDefault"), "KMSMasterKeyID")
    enabled = is_true(_member(rule, "BucketKeyEnabled"))
    if not isinstance(name, PartialString) or name == partial() or str(name).endswith("alias/aws/s3"):
        return None, enabled
    return _by_name(names, name, _as_written(resolver, written, name), chosen), enabled


def is_true(value: Value) -> bool:
    """Tell whether a property's value is true, written as boolean or text."""
    return value is True or (isinstance(value, PartialString) and (value.known or "").lower() == "true")


def _by_name(names: Names, name: PartialString, expression: Plain, chosen: str | None) -> Destination:
    target = names.aliases.get(name, name)
    found = names.keys.get(target)
    return Destination(expression, target, found or (chosen if chosen in names.resolver.existing(KEY) else None))


def _as_written(resolver: Resolver, encryption: Plain, name: PartialString) -> Plain:
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
