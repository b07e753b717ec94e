"""Finding what each source of logs logs through under one scenario: its bucket, the bucket's policies, key and topic."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.cloudformation.expression import chosen, mentions
from remediate.cloudformation.property_path import PropertyPath
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resource_types import BUCKET_POLICY, KEY
from remediate.delivery.candidates import bucket_expression, is_source, sources_of
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
    granted_by_acl,
    is_true,
    key_arn,
)
from remediate.delivery.requests import SourceFacts, filled
from remediate.delivery.roles import boundary, find_log_group, find_role, log_group_arn, unknown_permissions
from remediate.delivery.service import LogService, Source, UsedBy
from remediate.delivery.services import default_service, known_services
from remediate.delivery.topics import find_topic, find_topic_key, notifying
from remediate.partial_string import PartialString, UnknownPart, partial
from remediate.template import Plain

_PSEUDO = {"account": "AccountId", "region": "Region", "partition": "Partition"}
Sources = Mapping[LogService, list[str]]
"""What may be sources, by the service for their kind."""


class Given(Struct, frozen=True):
    """What the user says about a template: logical IDs where it is ambiguous, parameter values, the organization.

    ``used_by``: only what the sources of another service use is looked at.
    """

    source: str | None = None
    bucket: str | None = None
    key: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    organization_id: str | None = None
    service: LogService = field(default_factory=default_service)
    used_by: UsedBy | None = None


class Finder:
    """Finds the deliveries of one scenario."""

    def __init__(self, resolver: Resolver, given: Given, organization: Plain) -> None:
        """Begin with a scenario's resolver; ``organization`` is the expression for the organization's id."""
        self.resolver = resolver
        self.given = given
        self.organization = organization
        self.service = given.service
        self.names = Names(resolver)

    @functools.cached_property
    def trusting_keys(self) -> list[str]:
        """The keys whose policy lets the service do something."""
        return trusting(self.resolver, KEY, "key", self.service)

    def deliveries(self, sources: Sources) -> Iterator[Delivery]:
        """Yield the deliveries of the sources that are created, or of central buckets and keys where there are none."""
        if not any(sources.values()):
            return iter(()) if self.service.shared_principal else self._central_deliveries()
        return (self._delivery(kind, name) for kind, name in self._chosen(sources) if self._is_made(kind, name))

    def idle(self, sources: Sources) -> Iterator[Delivery]:
        """Yield what the deliveries of sources would be that are not created under this scenario, where a policy is."""
        for kind, name in self._chosen(sources):
            if not self._is_made(kind, name):
                delivery = self._delivery(kind, name)
                if any(delivery.policies()):
                    yield delivery

    def _chosen(self, sources: Sources) -> Iterator[tuple[LogService, str]]:
        for kind, names in sources.items():
            yield from ((kind, name) for name in names if self.given.source in {None, name})

    def _is_made(self, kind: LogService, name: str) -> bool:
        return self.resolver.exists(name) and is_source(self.resolver, kind, name)

    def _delivery(self, service: LogService, source: str) -> Delivery:
        resolver, names, form = self.resolver, self.names, service.source
        bucket, folder = self._bucket(form, source)
        bucket_key, bucket_key_enabled = default_encryption(names, bucket, self.given.key)
        topic = find_topic(names, resolver.at(source, form.topic), by_name=form.topic_by_name)
        own_key = find_key(names, resolver.at(source, form.key), self.given.key)
        facts = SourceFacts(
            service=service,
            name=source,
            **self._called(form, source),  # type: ignore[arg-type]  # none of the texts is among these names
            bucket_arn=bucket_arn(resolver, bucket),
            prefix=folder if form.by_arn else self._prefix(form, source),
            organization_id=self._organization_id(form, source),
            key_arn=key_arn(resolver, own_key),
            bucket_key_arn=key_arn(resolver, bucket_key),
            bucket_key_enabled=bucket_key_enabled,
            options=frozenset(option for option, path in form.options.items() if self._is_true(source, path)),
            other_writer=self._has_other_writer(),
            acl=granted_by_acl(resolver, bucket, service.acl_grants),
            topic_arn=topic.name if topic else None,
            topic_key_arn=key_arn(resolver, find_topic_key(names, topic)),
        )
        key = own_key or bucket_key if service.uses_key else None
        found = (resolver, source, bucket, bucket_policies(names, bucket), key, bucket_key)
        return self._beside(notifying(Delivery(*found, facts, self.given.parameters), names, topic))

    def _called(self, form: Source, source: str) -> dict[str, PartialString]:
        """Return what a source is called, and where it is."""
        where = {name: self.resolver.pseudo(f"AWS::{pseudo}") for name, pseudo in _PSEUDO.items()}
        name = self._name(form, source)
        return {**where, "home": where["region"], "source_name": name, "arn": filled(form.arn, {**where, "name": name})}

    def _beside(self, delivery: Delivery) -> Delivery:
        """Return a delivery with what may write the policy of its bucket."""
        writers = self._policy_writers.get(delivery.own_bucket, ()) if delivery.bucket_policies else ()
        return self._with_role(replace(delivery, policy_writers=tuple(writers)))

    def _with_role(self, found: Delivery) -> Delivery:
        """Return a delivery with the role that the service assumes, and the log group that it writes to with it."""
        resolver, form, source = self.resolver, found.service.source, str(found.source)
        role = find_role(resolver, resolver.at(source, form.role))
        group = find_log_group(resolver, resolver.at(source, form.log_group))
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

    @functools.cached_property
    def _policy_writers(self) -> dict[str | None, list[str]]:
        """The sources of other services that may write the policy of a bucket, by the bucket's logical ID."""
        resolver = self.resolver
        found: dict[str | None, list[str]] = {}
        for kind in (kind for one in known_services() if one.writes_policy for kind in one.kinds):
            for name in sources_of(resolver.model, kind) if kind.id != self.service.id else ():
                bucket, _ = self._bucket(kind.source, name)
                if bucket and bucket.logical_id and self._is_made(kind, name):
                    found.setdefault(bucket.logical_id, []).append(name)
        return found

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
        noun = self.service.noun
        return SourceFacts(
            service=self.service,
            name=f"{self.service.a_noun} of another template",
            arn=partial(UnknownPart(f"the {noun}'s ARN", "any")),
            account=partial(UnknownPart(f"the {noun}'s account", "digits")),
            region=partial(UnknownPart(f"the {noun}'s Region")),
            partition=self.resolver.pseudo("AWS::Partition"),
            home=self.resolver.pseudo("AWS::Region"),
            bucket_arn=bucket_arn(self.resolver, bucket),
            prefix=partial(UnknownPart(f"the {noun}'s path", "any")),
            organization_id=None,
            key_arn=key_arn(self.resolver, key),
            bucket_key_arn=None,
            bucket_key_enabled=bucket_key_enabled,
        )
