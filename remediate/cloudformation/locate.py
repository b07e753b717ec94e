"""Finding what each trail logs through: its bucket, the bucket's policies, the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from remediate.cloudformation.closure import logging_resources
from remediate.cloudformation.documents import Kind, documents
from remediate.cloudformation.expression import conditions_of, mentions
from remediate.cloudformation.keys import Place, default_encryption, find_key, is_true, key_arn
from remediate.cloudformation.organization import find_organization_id
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resources import (
    BUCKET,
    BUCKET_POLICY,
    KEY,
    TRAIL,
    Data,
    of_type,
    properties,
    resource,
    section,
)
from remediate.cloudformation.scenario import scenarios
from remediate.policy.cloudtrail import TrailFacts
from remediate.symbolic import Text, Unknown, Value, text
from remediate.template import Plain, TemplateError

CLOUDTRAIL = "cloudtrail.amazonaws.com"
_TYPES = {"trail": TRAIL, "bucket": BUCKET, "key": KEY}


@dataclass(frozen=True)
class Given:
    """What the user says about a template: logical IDs where it is ambiguous, parameter values, the organization."""

    trail: str | None = None
    bucket: str | None = None
    key: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    organization_id: str | None = None


@dataclass(frozen=True, eq=False)
class View:
    """One trail under one scenario, and all that it logs through.

    ``trail`` is None for a central logging bucket or key, whose trails are in other templates. ``key`` is the key that
    CloudTrail's own requests use, ``bucket_key`` the one of the bucket's default encryption.
    """

    resolver: Resolver
    trail: str | None
    bucket: Place | None
    bucket_policies: tuple[str, ...]
    key: Place | None
    bucket_key: Place | None
    facts: TrailFacts


@dataclass(frozen=True)
class Located:
    """Every view of a template. ``complete`` is False where conditions had too many combinations to try all."""

    views: tuple[View, ...]
    complete: bool


def locate(data: Data, given: Given) -> Located:
    """Find the logging sets of a template.

    Raises TemplateError where ``given`` names a resource that the template does not have.
    """
    for role, kind in _TYPES.items():
        logical_id = getattr(given, role)
        if logical_id is not None and logical_id not in of_type(data, kind):
            known = ", ".join(of_type(data, kind)) or "none"
            raise TemplateError(f"--{role} {logical_id}: the template has no such {kind}; it has: {known}")
    relevant = logging_resources(data)
    if not relevant:
        return Located((), complete=True)
    conditions: set[str] = set()
    prefixes: set[str] = set()
    for logical_id in relevant:
        one = resource(data, logical_id)
        conditions |= conditions_of(dict(one))
        if isinstance(one.get("Condition"), str):
            conditions.add(str(one["Condition"]))
        prefixes |= mentions(properties(data, logical_id).get("S3KeyPrefix")) & section(data, "Parameters").keys()
    found = scenarios(data, sorted(conditions), given.parameters, sorted(prefixes))
    views = [view for one in found.all for view in _views(Resolver(data, one), relevant, given)]
    return Located(tuple(views), found.complete)


def trusts(principal: Value, service: str) -> bool:
    """Tell whether a statement's principal names a service."""
    services = principal.get("Service") if isinstance(principal, dict) else None
    items = services if isinstance(services, list) else [services]
    return any(isinstance(item, Text) and (item.known or "").lower() == service for item in items)


def _views(resolver: Resolver, relevant: frozenset[str], given: Given) -> Iterator[View]:
    trails = [name for name in of_type(resolver.data, TRAIL) if given.trail in {None, name}]
    existing = [name for name in trails if resolver.exists(name)]
    for name in existing:
        yield _view(resolver, name, given)
    if not trails:
        yield from _central_views(resolver, relevant, given)


def _view(resolver: Resolver, trail: str, given: Given) -> View:
    bucket = _bucket(resolver, resolver.property(trail, "S3BucketName"), given)
    bucket_key, bucket_key_enabled = default_encryption(resolver, bucket, given.key)
    own_key = find_key(resolver, resolver.property(trail, "KMSKeyId"), given.key)
    region, account = resolver.pseudo("AWS::Region"), resolver.pseudo("AWS::AccountId")
    organization = resolver.value(resolver.property(trail, "IsOrganizationTrail"))
    facts = TrailFacts(
        name=trail,
        arn=resolver.arn("cloudtrail", "trail/", resolver.string({"Ref": trail}) or text(Unknown(trail))),
        account=account,
        region=region,
        partition=resolver.pseudo("AWS::Partition"),
        bucket_arn=_bucket_arn(resolver, bucket),
        prefix=_prefix(resolver, trail),
        organization_id=_organization_id(resolver, given) if is_true(organization) else None,
        key_arn=key_arn(resolver, own_key),
        bucket_key_arn=key_arn(resolver, bucket_key),
        bucket_key_enabled=bucket_key_enabled,
        digests=is_true(resolver.value(resolver.property(trail, "EnableLogFileValidation"))),
    )
    key = own_key or bucket_key
    return View(resolver, trail, bucket, _policies_of(resolver, bucket), key, bucket_key, facts)


def _central_views(resolver: Resolver, relevant: frozenset[str], given: Given) -> Iterator[View]:
    """Yield a view for each bucket and each key that CloudTrail may use although no trail is here."""
    seen_keys: set[str] = set()
    for policy in (name for name in of_type(resolver.data, BUCKET_POLICY) if name in relevant):
        if resolver.exists(policy) and _trusts_cloudtrail(resolver, policy, "bucket"):
            bucket = _bucket(resolver, resolver.property(policy, "Bucket"), given)
            bucket_key, enabled = default_encryption(resolver, bucket, given.key)
            usable = bucket_key and bucket_key.logical_id and _trusts_cloudtrail(resolver, bucket_key.logical_id, "key")
            key = bucket_key if usable else None
            if key and key.logical_id:
                seen_keys.add(key.logical_id)
            facts = _central_facts(resolver, bucket, key, bucket_key_enabled=enabled)
            yield View(resolver, None, bucket, (policy,), key, bucket_key, facts)
    for name in (name for name in of_type(resolver.data, KEY) if name in relevant and name not in seen_keys):
        if resolver.exists(name) and _trusts_cloudtrail(resolver, name, "key"):
            key = Place({"Ref": name}, resolver.string({"Ref": name}) or text(Unknown(name)), name)
            yield View(resolver, None, None, (), key, None, _central_facts(resolver, None, key, bucket_key_enabled=False))


def _central_facts(resolver: Resolver, bucket: Place | None, key: Place | None, *, bucket_key_enabled: bool) -> TrailFacts:
    return TrailFacts(
        name="a trail of another template",
        arn=text(Unknown("the trail's ARN", "any")),
        account=text(Unknown("the trail's account", "digits")),
        region=text(Unknown("the trail's Region")),
        partition=resolver.pseudo("AWS::Partition"),
        bucket_arn=_bucket_arn(resolver, bucket),
        prefix=text(Unknown("the trail's path", "any")),
        organization_id=None,
        key_arn=key_arn(resolver, key),
        bucket_key_arn=None,
        bucket_key_enabled=bucket_key_enabled,
    )


def _bucket(resolver: Resolver, expression: Plain, given: Given) -> Place | None:
    name = resolver.string(expression)
    if name is None:
        return None
    buckets = [one for one in of_type(resolver.data, BUCKET) if resolver.exists(one)]
    if given.bucket in buckets:
        return Place(expression, resolver.string({"Ref": given.bucket}) or name, given.bucket)
    same = [one for one in buckets if resolver.string({"Ref": one}) == name]
    referred = [one for one in same if expression == {"Ref": one}]
    return Place(expression, name, next(iter(referred or same), None))


def _policies_of(resolver: Resolver, bucket: Place | None) -> tuple[str, ...]:
    if bucket is None:
        return ()
    policies = (one for one in of_type(resolver.data, BUCKET_POLICY) if resolver.exists(one))
    return tuple(one for one in policies if resolver.string(resolver.property(one, "Bucket")) == bucket.name)


def _bucket_arn(resolver: Resolver, bucket: Place | None) -> Text:
    return resolver.arn("s3", bucket.name if bucket else Unknown("the log bucket"))


def _prefix(resolver: Resolver, trail: str) -> Text | None:
    prefix = resolver.string(resolver.property(trail, "S3KeyPrefix"))
    return None if prefix is None or prefix.known == "" else prefix


def _organization_id(resolver: Resolver, given: Given) -> Text:
    if given.organization_id:
        return text(given.organization_id)
    expression = find_organization_id(resolver.data)
    return (resolver.string(expression) if expression is not None else None) or text(Unknown("the organization id"))


def _trusts_cloudtrail(resolver: Resolver, logical_id: str, kind: Kind) -> bool:
    return any(
        statement.data.get("Effect") == "Allow" and trusts(resolver.value(statement.data.get("Principal")), CLOUDTRAIL)
        for document in documents(resolver.data, logical_id, kind)
        for statement in document.statements
        if resolver.scenario.admits(statement.guard)
    )
