"""One source of logs under one scenario, and all that it logs through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from remediate.cloudformation.policies import documents
from remediate.cloudformation.possible import REGION
from remediate.cloudformation.property_path import PropertyPath, place_of
from remediate.cloudformation.resolve import Resolver
from remediate.delivery.destinations import Destination, access_log_buckets
from remediate.delivery.requests import SourceFacts, filled, principal_of
from remediate.delivery.service import LogService
from remediate.iam.holders import PolicyKind
from remediate.iam.match import matches
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, Value
from remediate.template import Plain


class Delivery(Struct, frozen=True, eq=False):
    """One source of logs under one scenario, and all that it logs through.

    ``source`` is None for a central logging bucket or key, whose sources are in other templates. ``key`` is the key that
    the service's own requests use, ``bucket_key`` the one of the bucket's default encryption, ``topic_key`` that of the
    topic. ``given`` are the parameter values that the user gives: every other one that is known may be another at the next
    deployment. ``policy_writers`` are sources of other services that deliver to the same bucket, and may write its policy
    themselves.
    """

    resolver: Resolver
    source: str | None
    bucket: Destination | None
    bucket_policies: tuple[str, ...]
    key: Destination | None
    bucket_key: Destination | None
    facts: SourceFacts
    given: Mapping[str, str] = field(default_factory=dict)
    topic: Destination | None = None
    topic_policies: tuple[str, ...] = ()
    policy_writers: tuple[str, ...] = ()
    topic_key: Destination | None = None
    role: Destination | None = None
    log_group: Destination | None = None

    @property
    def service(self) -> LogService:
        """The service that delivers the logs."""
        return self.facts.service

    @property
    def own_bucket(self) -> str | None:
        """The logical ID of the log bucket, None where it is not in the template."""
        return self.bucket.logical_id if self.bucket else None

    def policies(self) -> Iterator[tuple[str, PolicyKind]]:
        """Yield the resources in the template whose policies decide the delivery's requests."""
        for policy in self.bucket_policies:
            yield policy, "bucket"
        if self.key and self.key.logical_id:
            yield self.key.logical_id, "key"
        for policy in self.topic_policies:
            yield policy, "topic"
        topic_key = self.topic_key.logical_id if self.topic_key else None
        if topic_key and not (self.key and self.key.logical_id == topic_key):
            yield topic_key, "key"
        if self.role and self.role.logical_id:
            yield self.role.logical_id, "role"
            yield self.role.logical_id, "permissions"

    def asks_at(self, kind: PolicyKind, logical_id: str, resource: PartialString) -> bool:
        """Tell whether the policy of ``logical_id`` decides a request for a resource: a topic may have another key."""
        topic_key = self.facts.topic_key_arn
        if kind != "key" or topic_key is None:
            return True
        return (resource == topic_key) == (self.topic_key is not None and self.topic_key.logical_id == logical_id)

    def decides_alone(self, kind: PolicyKind) -> bool:
        """Tell whether one policy decides: of two for one bucket or topic it is not known which is written last."""
        attached = {"bucket": self.bucket_policies, "topic": self.topic_policies}
        return kind not in attached or len(attached[kind]) == 1

    def needed_policies(self) -> tuple[str, ...]:
        """Return the policies in the template that must be there before the source is created.

        A service that fails in silence looks at none of them then.
        """
        return () if self.service.silent else (*self.bucket_policies, *self.topic_policies)

    def attached_policies(self) -> tuple[str, ...]:
        """Return the policies of the bucket and the topic in the template."""
        return (*self.bucket_policies, *self.topic_policies)

    def trusts(self, principal: Plain, form: str = "") -> bool:
        """Tell whether a statement's principal, as written, names a service: by the form of its name, or this one."""
        return trusts(self.resolver.value(principal), principal_of(self.facts, form or self.service.principal))

    def access_log_buckets(self) -> tuple[str, ...]:
        """Return the buckets in the template that the log bucket logs its own access to, directly or through another."""
        return access_log_buckets(self.resolver, self.own_bucket)

    def place(self, path: PropertyPath) -> tuple[str | int, ...]:
        """Return the JSON-pointer tokens of a property of the source."""
        source, conditions = str(self.source), self.resolver.scenario.conditions
        return ("Resources", source, "Properties", *place_of(self.resolver.model.properties(source), path, conditions))

    def object_ownership(self) -> str | None:
        """Return the object ownership of the log bucket, None where the template does not say it."""
        if self.own_bucket is None:
            return None
        controls = self.resolver.value(self.resolver.property(self.own_bucket, "OwnershipControls"))
        rules = controls.get("Rules") if isinstance(controls, dict) else None
        for rule in rules if isinstance(rules, list) else []:
            ownership = rule.get("ObjectOwnership") if isinstance(rule, dict) else None
            if isinstance(ownership, PartialString):
                return ownership.known
        return None


def trusts(principal: Value, service: PartialString) -> bool:
    """Tell whether a statement's principal surely names a service."""
    services = principal.get("Service") if isinstance(principal, dict) else None
    items = services if isinstance(services, list) else [services]
    names = (item for item in items if isinstance(item, PartialString))
    return any(matches(name, service, wildcards=False, ignore_case=True) is Truth.YES for name in names)


def possible_name(form: str, given: Mapping[str, str]) -> str:
    """Return a service principal as ``possible_strings`` lists it, in lower case; ``given`` are parameters of the user."""
    return form.format(region=given.get("AWS::Region", REGION)).lower()


def trusting(resolver: Resolver, kind: str, policy: PolicyKind, service: LogService) -> list[str]:
    """Return the existing resources of a type whose policy lets a service do something."""
    name = filled(service.principal, {"region": resolver.pseudo("AWS::Region")})
    return [one for one in resolver.existing(kind) if _trusts_service(resolver, one, policy, name)]


def _trusts_service(resolver: Resolver, logical_id: str, kind: PolicyKind, principal: PartialString) -> bool:
    return any(
        statement.data.get("Effect") == "Allow" and trusts(resolver.value(statement.data.get("Principal")), principal)
        for document in documents(resolver.model, logical_id, kind)
        for statement in document.statements
        if resolver.scenario.admits(statement.guard)
    )
