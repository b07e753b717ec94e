"""One source of logs under one scenario, and all that it logs through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from remediate.cloudformation.policies import documents
from remediate.cloudformation.resolve import Resolver
from remediate.delivery.destinations import Destination
from remediate.delivery.requests import SourceFacts
from remediate.delivery.service import LogService
from remediate.iam.holders import PolicyKind
from remediate.partial_string import PartialString, Value


class Delivery(Struct, frozen=True, eq=False):
    """One source of logs under one scenario, and all that it logs through.

    ``source`` is None for a central logging bucket or key, whose sources are in other templates. ``key`` is the key that
    the service's own requests use, ``bucket_key`` the one of the bucket's default encryption. ``given`` are the parameter
    values that the user gives: every other one that is known may be another at the next deployment.
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
        if self.role and self.role.logical_id:
            yield self.role.logical_id, "role"
            yield self.role.logical_id, "permissions"

    def decides_alone(self, kind: PolicyKind) -> bool:
        """Tell whether one policy decides: of two for one bucket or topic it is not known which is written last."""
        attached = {"bucket": self.bucket_policies, "topic": self.topic_policies}
        return kind not in attached or len(attached[kind]) == 1

    def needed_policies(self) -> tuple[str, ...]:
        """Return the policies in the template that must be there before the source is created."""
        return (*self.bucket_policies, *self.topic_policies)

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


def trusts(principal: Value, service: str) -> bool:
    """Tell whether a statement's principal names a service."""
    services = principal.get("Service") if isinstance(principal, dict) else None
    items = services if isinstance(services, list) else [services]
    return any(isinstance(item, PartialString) and (item.known or "").lower() == service for item in items)


def trusting(resolver: Resolver, kind: str, policy: PolicyKind, service: LogService) -> list[str]:
    """Return the existing resources of a type whose policy lets a service do something."""
    return [name for name in resolver.existing(kind) if _trusts_service(resolver, name, policy, service.principal)]


def _trusts_service(resolver: Resolver, logical_id: str, kind: PolicyKind, principal: str) -> bool:
    return any(
        statement.data.get("Effect") == "Allow" and trusts(resolver.value(statement.data.get("Principal")), principal)
        for document in documents(resolver.model, logical_id, kind)
        for statement in document.statements
        if resolver.scenario.admits(statement.guard)
    )
