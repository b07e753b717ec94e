"""Finding what each trail logs through: its bucket, the bucket's policies, the key."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resources import (
    BUCKET,
    BUCKET_POLICY,
    KEY,
    TRAIL,
    Data,
    by_type,
    of_type,
    properties,
    resource,
    section,
)
from remediate.cloudformation.scenario import scenarios
from remediate.delivery.candidates import bucket_names, decisive_conditions, logging_resources
from remediate.delivery.delivery import Delivery, trusting
from remediate.delivery.destinations import (
    Destination,
    Names,
    bucket_arn,
    bucket_policies,
    default_encryption,
    find_bucket,
    find_key,
    is_true,
    key_arn,
)
from remediate.delivery.organization import find_organization_id
from remediate.delivery.requests import SourceFacts
from remediate.partial_string import PartialString, UnknownPart, partial
from remediate.template import Plain, TemplateError

_PARTITION = re.compile(r"arn:(aws[a-z-]*):s3:::")
_TYPES = {"trail": TRAIL, "bucket": BUCKET, "key": KEY}


@dataclass(frozen=True)
class Given:
    """What the user says about a template: logical IDs where it is ambiguous, parameter values, the organization."""

    trail: str | None = None
    bucket: str | None = None
    key: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    organization_id: str | None = None


@dataclass(frozen=True)
class Located:
    """Every delivery of a template.

    ``complete`` is False where conditions had too many combinations to try all. ``parameters`` are the values that the
    user gives, which have no other.
    """

    deliveries: tuple[Delivery, ...]
    complete: bool
    parameters: Mapping[str, str] = field(default_factory=dict)


def locate(data: Data, given: Given) -> Located:
    """Find the logging sets of a template.

    Raises TemplateError where ``given`` names a resource that the template does not have, and where conditions refer to one
    another in a chain of hundreds; both are faults of the template as a whole, so their place is its beginning.
    """
    _check(data, given)
    try:
        return _locate(data, given)
    except RecursionError as error:
        message = "conditions of the template refer to one another in too long a chain: shorten it"
        raise TemplateError(message, 1, 1) from error


def _locate(data: Data, given: Given) -> Located:
    relevant = logging_resources(data, given.parameters, {one for one in (given.bucket, given.key) if one})
    if not relevant:
        return Located((), complete=True, parameters=given.parameters)
    given = _with_partition(data, given, relevant)
    conditions: set[str] = set()
    prefixes: set[str] = set()
    for logical_id in relevant:
        conditions |= decisive_conditions(data, logical_id)
        prefixes |= mentions(properties(data, logical_id).get("S3KeyPrefix"))
    types = {kind: [name for name in names if name in relevant] for kind, names in by_type(data).items()}
    replaceable = prefixes & section(data, "Parameters").keys()
    found = scenarios(data, sorted(conditions), given.parameters, replaceable, bucket_names(data, relevant))
    organization = _organization(data, given, types.get(TRAIL, []))
    finders = (_Finder(Resolver(data, one, types), given, organization) for one in found.all)
    deliveries = tuple(delivery for finder in finders for delivery in finder.deliveries(types.get(TRAIL, [])))
    return Located(deliveries, found.complete, given.parameters)


def _with_partition(data: Data, given: Given, relevant: Iterable[str]) -> Given:
    """Take the partition from the ARNs of S3 in the logging resources, where all that are written out have the same."""
    if {"AWS::Partition", "AWS::Region"} & given.parameters.keys():
        return given
    found = {one for name in relevant for one in _PARTITION.findall(json.dumps(resource(data, name), default=str))}
    return replace(given, parameters={**given.parameters, "AWS::Partition": found.pop()}) if len(found) == 1 else given


def _organization(data: Data, given: Given, trails: list[str]) -> Plain:
    """Return the expression for the organization's id where a trail may need it."""
    asked = any("IsOrganizationTrail" in properties(data, trail) for trail in trails)
    return (given.organization_id or find_organization_id(data)) if asked else None


def _check(data: Data, given: Given) -> None:
    for role, kind in _TYPES.items():
        logical_id = getattr(given, role)
        if logical_id is not None and logical_id not in of_type(data, kind):
            known = ", ".join(of_type(data, kind)) or "none"
            raise TemplateError(f"--{role} {logical_id}: the template has no such {kind}; it has: {known}", 1, 1)


class _Finder:
    """Finds the deliveries of one scenario. ``organization`` is the expression for the organization's id."""

    def __init__(self, resolver: Resolver, given: Given, organization: Plain) -> None:
        self.resolver = resolver
        self.given = given
        self.organization = organization
        self.names = Names(resolver)

    @functools.cached_property
    def trusting_keys(self) -> list[str]:
        """The keys whose policy lets CloudTrail do something."""
        return trusting(self.resolver, KEY, "key")

    def deliveries(self, trails: list[str]) -> Iterator[Delivery]:
        if trails:
            return (self._view(name) for name in self.resolver.existing(TRAIL) if self.given.trail in {None, name})
        return self._central_views()

    def _view(self, trail: str) -> Delivery:
        resolver, names = self.resolver, self.names
        bucket = find_bucket(names, resolver.property(trail, "S3BucketName"), self.given.bucket)
        bucket_key, bucket_key_enabled = default_encryption(names, bucket, self.given.key)
        own_key = find_key(names, resolver.property(trail, "KMSKeyId"), self.given.key)
        facts = SourceFacts(
            name=trail,
            arn=resolver.arn("cloudtrail", "trail/", resolver.string({"Ref": trail}) or partial(UnknownPart(trail))),
            account=resolver.pseudo("AWS::AccountId"),
            region=resolver.pseudo("AWS::Region"),
            partition=resolver.pseudo("AWS::Partition"),
            bucket_arn=bucket_arn(resolver, bucket),
            prefix=self._prefix(trail),
            organization_id=self._organization_id(trail),
            key_arn=key_arn(resolver, own_key),
            bucket_key_arn=key_arn(resolver, bucket_key),
            bucket_key_enabled=bucket_key_enabled,
            digests=is_true(resolver.value(resolver.property(trail, "EnableLogFileValidation"))),
        )
        policies = bucket_policies(names, bucket)
        return Delivery(resolver, trail, bucket, policies, own_key or bucket_key, bucket_key, facts, self.given.parameters)

    def _prefix(self, trail: str) -> PartialString | None:
        prefix = self.resolver.string(self.resolver.property(trail, "S3KeyPrefix"))
        return None if prefix is None or prefix.known == "" else prefix

    def _organization_id(self, trail: str) -> PartialString | None:
        """Return the organization's id, None for a trail of one account; an id that nobody says begins with ``o-`` too.

        Source: AWS Organizations API Reference, Organization, Id. Without it the id could be taken for an account's.
        """
        if not is_true(self.resolver.value(self.resolver.property(trail, "IsOrganizationTrail"))):
            return None
        found = self.resolver.string(self.organization)
        return found if found is not None and found.parts else partial("o-", UnknownPart("the organization id"))

    def _central_views(self) -> Iterator[Delivery]:
        """Yield a delivery for each bucket and each key that CloudTrail may use although no trail is here."""
        keys: dict[str, None] = {}
        for policy in trusting(self.resolver, BUCKET_POLICY, "bucket"):
            bucket = find_bucket(self.names, self.resolver.property(policy, "Bucket"), self.given.bucket)
            if self.given.bucket is None or (bucket and bucket.logical_id == self.given.bucket):
                delivery = self._central_view(policy, bucket)
                keys |= {delivery.key.logical_id: None} if delivery.key and delivery.key.logical_id else {}
                yield delivery
        for name in self.trusting_keys:
            if name not in keys and self.given.key in {None, name}:
                key = Destination({"Ref": name}, self.resolver.string({"Ref": name}) or partial(UnknownPart(name)), name)
                facts = self._central_facts(None, key)
                yield Delivery(self.resolver, None, None, (), key, None, facts, self.given.parameters)

    def _central_view(self, policy: str, bucket: Destination | None) -> Delivery:
        bucket_key, enabled = default_encryption(self.names, bucket, self.given.key)
        usable = bucket_key and bucket_key.logical_id in self.trusting_keys
        key = bucket_key if usable else None
        facts = self._central_facts(bucket, key, bucket_key_enabled=enabled)
        return Delivery(self.resolver, None, bucket, (policy,), key, bucket_key, facts, self.given.parameters)

    def _central_facts(
        self, bucket: Destination | None, key: Destination | None, *, bucket_key_enabled: bool = False
    ) -> SourceFacts:
        return SourceFacts(
            name="a trail of another template",
            arn=partial(UnknownPart("the trail's ARN", "any")),
            account=partial(UnknownPart("the trail's account", "digits")),
            region=partial(UnknownPart("the trail's Region")),
            partition=self.resolver.pseudo("AWS::Partition"),
            bucket_arn=bucket_arn(self.resolver, bucket),
            prefix=partial(UnknownPart("the trail's path", "any")),
            organization_id=None,
            key_arn=key_arn(self.resolver, key),
            bucket_key_arn=None,
            bucket_key_enabled=bucket_key_enabled,
        )
