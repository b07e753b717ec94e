"""Finding what each source of logs logs through: its bucket, the bucket's policies, the key."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.cloudformation.expression import chosen, mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.property_path import PropertyPath
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resource_types import BUCKET, BUCKET_POLICY, KEY
from remediate.cloudformation.scenario import scenarios
from remediate.delivery.candidates import (
    bucket_expression,
    bucket_names,
    decisive_conditions,
    is_source,
    logging_resources,
    sources_of,
)
from remediate.delivery.delivery import Delivery, trusting
from remediate.delivery.destinations import (
    Destination,
    Names,
    bucket_arn,
    bucket_policies,
    default_encryption,
    find_bucket,
    find_bucket_by_arn,
    find_key,
    find_topic,
    is_true,
    key_arn,
    topic_policies,
)
from remediate.delivery.organization import find_organization_id
from remediate.delivery.requests import SourceFacts, filled
from remediate.delivery.service import LogService, Source
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
    sources = {kind: [name for name in sources_of(model, kind) if name in relevant] for kind in service.kinds}
    for kind, names in sources.items():
        prefixes = prefixes.union(*(mentions(model.at(name, kind.source.prefix)) for name in names))
    types = {kind: [name for name in names if name in relevant] for kind, names in model.by_type.items()}
    replaceable = prefixes & model.parameters.keys()
    found = scenarios(model, sorted(conditions), given.parameters, replaceable, bucket_names(model, service, relevant))
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


_Sources = Mapping[LogService, list[str]]
"""What may be sources, by the service for their kind."""


def _organization(model: TemplateModel, given: Given, sources: _Sources) -> Plain:
    """Return the expression for the organization's id where a source may need it."""
    paths = ((name, kind.source.organization) for kind, names in sources.items() for name in names)
    asked = any(model.at(name, path) is not None for name, path in paths)
    return (given.organization_id or find_organization_id(model, given.service)) if asked else None


def _check(model: TemplateModel, given: Given) -> None:
    types, noun = given.service.source_types, given.service.source.noun
    chosen = ((noun, types, given.source), ("bucket", (BUCKET,), given.bucket), ("key", (KEY,), given.key))
    for role, kinds, logical_id in chosen:
        there = [name for kind in kinds for name in model.of_type(kind)]
        if logical_id is not None and logical_id not in there:
            known = ", ".join(there) or "none"
            raise TemplateError(
                f"--{role} {logical_id}: the template has no such {' or '.join(kinds)}; it has: {known}", 1, 1
            )


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

    def deliveries(self, sources: _Sources) -> Iterator[Delivery]:
        if not any(sources.values()):
            return self._central_deliveries()
        return (self._delivery(kind, name) for kind, name in self._chosen(sources) if self._is_made(kind, name))

    def idle(self, sources: _Sources) -> Iterator[Delivery]:
        """Yield what the deliveries of sources would be that are not created under this scenario, where a policy is."""
        for kind, name in self._chosen(sources):
            if not self._is_made(kind, name):
                delivery = self._delivery(kind, name)
                if any(delivery.policies()):
                    yield delivery

    def _chosen(self, sources: _Sources) -> Iterator[tuple[LogService, str]]:
        for kind, names in sources.items():
            yield from ((kind, name) for name in names if self.given.source in {None, name})

    def _is_made(self, kind: LogService, name: str) -> bool:
        return self.resolver.exists(name) and is_source(self.resolver, kind, name)

    def _delivery(self, service: LogService, source: str) -> Delivery:
        resolver, names, form = self.resolver, self.names, service.source
        bucket, folder = self._bucket(form, source)
        bucket_key, bucket_key_enabled = default_encryption(names, bucket, self.given.key)
        topic = find_topic(names, resolver.at(source, form.topic))
        own_key = find_key(names, resolver.at(source, form.key), self.given.key)
        where = {name: resolver.pseudo(f"AWS::{pseudo}") for name, pseudo in _PSEUDO.items()}
        facts = SourceFacts(
            service=service,
            name=source,
            arn=filled(form.arn, {**where, "name": self._name(form, source)}),
            **where,
            home=where["region"],
            bucket_arn=bucket_arn(resolver, bucket),
            prefix=folder if form.by_arn else self._prefix(form, source),
            organization_id=self._organization_id(form, source),
            key_arn=key_arn(resolver, own_key),
            bucket_key_arn=key_arn(resolver, bucket_key),
            bucket_key_enabled=bucket_key_enabled,
            options=frozenset(option for option, path in form.options.items() if self._is_true(source, path)),
            other_writer=self._has_other_writer(),
            topic_arn=topic.name if topic else None,
        )
        found = Delivery(
            *(resolver, source, bucket, bucket_policies(names, bucket)),
            *(own_key or bucket_key, bucket_key, facts, self.given.parameters),
        )
        return replace(found, topic=topic, topic_policies=topic_policies(names, topic))

    def _bucket(self, form: Source, source: str) -> tuple[Destination | None, PartialString | None]:
        """Return the bucket of a source, and the folder that an ARN names with it."""
        expression = bucket_expression(self.resolver.model, form, source)
        if form.by_arn:
            return find_bucket_by_arn(self.names, expression, self.given.bucket)
        return find_bucket(self.names, expression, self.given.bucket), None

    def _name(self, form: Source, source: str) -> PartialString:
        if not form.name:
            return partial(UnknownPart(f"the {form.noun}'s id", "any"))
        return self.resolver.string({"Ref": source}) or partial(UnknownPart(source))

    def _has_other_writer(self) -> bool:
        """Tell whether a role of the template writes before the service does."""
        writer, resolver = self.service.writer, self.resolver
        roles = (resolver.property(one, writer.property) for one in resolver.model.of_type(writer.type)) if writer else ()
        resources = resolver.model.resources.keys()
        return any(mentions(chosen(role, resolver.scenario.conditions).value) & resources for role in roles)

    def _is_true(self, source: str, path: PropertyPath) -> bool:
        return is_true(self.resolver.value(self.resolver.at(source, path)))

    def _prefix(self, form: Source, source: str) -> PartialString | None:
        prefix = self.resolver.string(self.resolver.at(source, form.prefix))
        return None if prefix is None or prefix.known == "" else prefix

    def _organization_id(self, form: Source, source: str) -> PartialString | None:
        """Return the organization's id, None for a source of one account; an id that nobody says begins with ``o-`` too.

        Source: AWS Organizations API Reference, Organization, Id. Without it the id could be taken for an account's.
        """
        if not self._is_true(source, form.organization):
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
            home=self.resolver.pseudo("AWS::Region"),
            partition=self.resolver.pseudo("AWS::Partition"),
            bucket_arn=bucket_arn(self.resolver, bucket),
            prefix=partial(UnknownPart(f"the {noun}'s path", "any")),
            organization_id=None,
            key_arn=key_arn(self.resolver, key),
            bucket_key_arn=None,
            bucket_key_enabled=bucket_key_enabled,
        )
