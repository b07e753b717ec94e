"""Finding what each source of logs logs through: its bucket, the bucket's policies, the key."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.cloudformation.expression import NO_VALUE, chosen, mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resource_types import BUCKET, BUCKET_POLICY, KEY
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
    find_topic,
    is_true,
    key_arn,
    topic_policies,
)
from remediate.delivery.organization import find_organization_id
from remediate.delivery.requests import SourceFacts, filled
from remediate.delivery.roles import boundary, find_log_group, find_role, log_group_arn, unknown_permissions
from remediate.delivery.service import LogService
from remediate.delivery.services import default_service
from remediate.partial_string import PartialString, UnknownPart, partial
from remediate.template import Plain, TemplateError

_PARTITION = re.compile(r"arn:(aws[a-z-]*):s3:::")
_PSEUDO = {"account": "AccountId", "region": "Region", "partition": "Partition"}


class Given(Struct, frozen=True):
    """What the user says about a template: logical IDs where it is ambiguous, parameter values, the organization."""

    source: str | None = None
    bucket: str | None = None
    key: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    organization_id: str | None = None
    service: LogService = field(default_factory=default_service)


class Located(Struct, frozen=True):
    """Every delivery of a template, which is ``model``.

    ``complete`` is False where conditions had too many combinations to try all. ``parameters`` are the values that the
    user gives, which have no other. ``idle`` are deliveries of sources under conditions under which they are not created:
    nobody asks for their requests, but the policies may be there for strangers.
    """

    model: TemplateModel
    deliveries: tuple[Delivery, ...]
    complete: bool
    service: LogService
    parameters: Mapping[str, str] = field(default_factory=dict)
    idle: tuple[Delivery, ...] = ()


def locate(model: TemplateModel, given: Given) -> Located:
    """Find the logging sets of a template.

    Raises TemplateError where ``given`` names a resource that the template does not have, and where conditions refer to one
    another in a chain of hundreds; both are faults of the template as a whole, so their place is its beginning.
    """
    _check(model, given)
    try:
        return _locate(model, given)
    except RecursionError as error:
        message = "conditions of the template refer to one another in too long a chain: shorten it"
        raise TemplateError(message, 1, 1) from error


def _locate(model: TemplateModel, given: Given) -> Located:
    service = given.service
    relevant = logging_resources(model, service, given.parameters, {one for one in (given.bucket, given.key) if one})
    if not relevant:
        return Located(model, (), complete=True, service=service, parameters=given.parameters)
    given = _with_partition(model, given, relevant)
    conditions: set[str] = set()
    prefixes: set[str] = set()
    for logical_id in relevant:
        conditions |= decisive_conditions(model, service, logical_id)
        if model.type_of(logical_id) == service.source.type:
            prefixes |= mentions(model.properties(logical_id).get(service.source.prefix))
    types = {kind: [name for name in names if name in relevant] for kind, names in model.by_type.items()}
    replaceable = prefixes & model.parameters.keys()
    found = scenarios(model, sorted(conditions), given.parameters, replaceable, bucket_names(model, service, relevant))
    sources = types.get(service.source.type, [])
    organization = _organization(model, given, sources)
    finders = [_Finder(Resolver(model, one, types), given, organization) for one in found.all]
    deliveries = tuple(delivery for finder in finders for delivery in finder.deliveries(sources))
    idle = tuple(delivery for finder in finders for delivery in finder.idle(sources))
    return Located(model, deliveries, found.complete, service, given.parameters, idle)


def _with_partition(model: TemplateModel, given: Given, relevant: Iterable[str]) -> Given:
    """Take the partition from the ARNs of S3 in the logging resources, where all that are written out have the same."""
    if {"AWS::Partition", "AWS::Region"} & given.parameters.keys():
        return given
    found = {one for name in relevant for one in _PARTITION.findall(json.dumps(model.resource(name), default=str))}
    return replace(given, parameters={**given.parameters, "AWS::Partition": found.pop()}) if len(found) == 1 else given


def _organization(model: TemplateModel, given: Given, sources: list[str]) -> Plain:
    """Return the expression for the organization's id where a source may need it."""
    asked = any(given.service.source.organization in model.properties(source) for source in sources)
    return (given.organization_id or find_organization_id(model, given.service)) if asked else None


def _check(model: TemplateModel, given: Given) -> None:
    source = given.service.source
    chosen = ((source.noun, source.type, given.source), ("bucket", BUCKET, given.bucket), ("key", KEY, given.key))
    for role, kind, logical_id in chosen:
        if logical_id is not None and logical_id not in model.of_type(kind):
            known = ", ".join(model.of_type(kind)) or "none"
            raise TemplateError(f"--{role} {logical_id}: the template has no such {kind}; it has: {known}", 1, 1)


class _Finder:
    """Finds the deliveries of one scenario. ``organization`` is the expression for the organization's id."""

    def __init__(self, resolver: Resolver, given: Given, organization: Plain) -> None:
        self.resolver = resolver
        self.given = given
        self.organization = organization
        self.service = given.service
        self.names = Names(resolver)

    @functools.cached_property
    def trusting_keys(self) -> list[str]:
        """The keys whose policy lets the service do something."""
        return trusting(self.resolver, KEY, "key", self.service)

    def deliveries(self, sources: list[str]) -> Iterator[Delivery]:
        if sources:
            existing = self.resolver.existing(self.service.source.type)
            return (self._delivery(name) for name in existing if self.given.source in {None, name})
        return self._central_deliveries()

    def idle(self, sources: list[str]) -> Iterator[Delivery]:
        """Yield what the deliveries of sources would be that are not created under this scenario, where a policy is."""
        for name in sources:
            if not self.resolver.exists(name) and self.given.source in {None, name}:
                delivery = self._delivery(name)
                if any(delivery.policies()):
                    yield delivery

    def _delivery(self, source: str) -> Delivery:
        resolver, names, form = self.resolver, self.names, self.service.source
        bucket = find_bucket(names, self._property(source, form.bucket), self.given.bucket)
        bucket_key, bucket_key_enabled = default_encryption(names, bucket, self.given.key)
        topic = find_topic(names, self._property(source, form.topic))
        own_key = find_key(names, self._property(source, form.key), self.given.key)
        where = {name: resolver.pseudo(f"AWS::{pseudo}") for name, pseudo in _PSEUDO.items()}
        facts = SourceFacts(
            service=self.service,
            name=source,
            arn=filled(form.arn, {**where, "name": self._name(source)}),
            account=where["account"],
            region=where["region"],
            partition=where["partition"],
            bucket_arn=bucket_arn(resolver, bucket),
            prefix=self._prefix(source),
            organization_id=self._organization_id(source),
            key_arn=key_arn(resolver, own_key),
            bucket_key_arn=key_arn(resolver, bucket_key),
            bucket_key_enabled=bucket_key_enabled,
            options=frozenset(option for option, name in form.options.items() if self._is_true(source, name)),
            other_writer=self._has_other_writer(),
            topic_arn=topic.name if topic else None,
        )
        found = Delivery(
            *(resolver, source, bucket, bucket_policies(names, bucket)),
            *(own_key or bucket_key, bucket_key, facts, self.given.parameters),
        )
        return self._with_role(replace(found, topic=topic, topic_policies=topic_policies(names, topic)))

    def _with_role(self, found: Delivery) -> Delivery:
        """Return a delivery with the role that the service assumes, and the log group that it writes to with it."""
        resolver, form, source = self.resolver, self.service.source, str(found.source)
        role = find_role(resolver, self._property(source, form.role))
        group = find_log_group(resolver, self._property(source, form.log_group))
        own = role.logical_id if role else None
        facts = replace(
            found.facts,
            role=own or (str(role.name) if role else ""),
            role_arn=role.name if role else None,
            log_group_arn=log_group_arn(resolver, group),
            other_permissions=unknown_permissions(resolver, own) if own else "",
            boundary=boundary(resolver, own) if own else "",
        )
        return replace(found, facts=facts, role=role, log_group=group)

    def _name(self, source: str) -> PartialString:
        form = self.service.source
        if not form.name:
            return partial(UnknownPart(f"the {form.noun}'s id", "any"))
        return self.resolver.string({"Ref": source}) or partial(UnknownPart(source))

    def _has_other_writer(self) -> bool:
        """Tell whether a role of the template writes before the service does."""
        writer, resolver = self.service.writer, self.resolver
        roles = (resolver.property(one, writer.property) for one in resolver.model.of_type(writer.type)) if writer else ()
        resources = resolver.model.resources.keys()
        return any(mentions(chosen(role, resolver.scenario.conditions).value) & resources for role in roles)

    def _property(self, source: str, name: str) -> Plain:
        """Return a property of the source; NO_VALUE for one that sources of the service do not have."""
        return self.resolver.property(source, name) if name else NO_VALUE

    def _is_true(self, source: str, name: str) -> bool:
        return is_true(self.resolver.value(self._property(source, name)))

    def _prefix(self, source: str) -> PartialString | None:
        prefix = self.resolver.string(self._property(source, self.service.source.prefix))
        return None if prefix is None or prefix.known == "" else prefix

    def _organization_id(self, source: str) -> PartialString | None:
        """Return the organization's id, None for a source of one account; an id that nobody says begins with ``o-`` too.

        Source: AWS Organizations API Reference, Organization, Id. Without it the id could be taken for an account's.
        """
        if not self._is_true(source, self.service.source.organization):
            return None
        found = self.resolver.string(self.organization)
        return found if found is not None and found.parts else partial("o-", UnknownPart("the organization id"))

    def _central_deliveries(self) -> Iterator[Delivery]:
        """Yield a delivery for each bucket and each key that the service may use although no source is here."""
        keys: dict[str, None] = {}
        for policy in trusting(self.resolver, BUCKET_POLICY, "bucket", self.service):
            bucket = find_bucket(self.names, self.resolver.property(policy, "Bucket"), self.given.bucket)
            if self.given.bucket is None or (bucket and bucket.logical_id == self.given.bucket):
                delivery = self._central_delivery(policy, bucket)
                keys |= {delivery.key.logical_id: None} if delivery.key and delivery.key.logical_id else {}
                yield delivery
        for name in self.trusting_keys:
            if name not in keys and self.given.key in {None, name}:
                key = Destination({"Ref": name}, self.resolver.string({"Ref": name}) or partial(UnknownPart(name)), name)
                facts = self._central_facts(None, key)
                yield Delivery(self.resolver, None, None, (), key, None, facts, self.given.parameters)

    def _central_delivery(self, policy: str, bucket: Destination | None) -> Delivery:
        bucket_key, enabled = default_encryption(self.names, bucket, self.given.key)
        usable = bucket_key and bucket_key.logical_id in self.trusting_keys
        key = bucket_key if usable else None
        facts = self._central_facts(bucket, key, bucket_key_enabled=enabled)
        return Delivery(self.resolver, None, bucket, (policy,), key, bucket_key, facts, self.given.parameters)

    def _central_facts(
        self, bucket: Destination | None, key: Destination | None, *, bucket_key_enabled: bool = False
    ) -> SourceFacts:
        noun = self.service.source.noun
        return SourceFacts(
            service=self.service,
            name=f"a {noun} of another template",
            arn=partial(UnknownPart(f"the {noun}'s ARN", "any")),
            account=partial(UnknownPart(f"the {noun}'s account", "digits")),
            region=partial(UnknownPart(f"the {noun}'s Region")),
            partition=self.resolver.pseudo("AWS::Partition"),
            bucket_arn=bucket_arn(self.resolver, bucket),
            prefix=partial(UnknownPart(f"the {noun}'s path", "any")),
            organization_id=None,
            key_arn=key_arn(self.resolver, key),
            bucket_key_arn=None,
            bucket_key_enabled=bucket_key_enabled,
        )
