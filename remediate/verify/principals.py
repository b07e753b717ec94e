"""Guarantee 4: Deny statements and the statements of other principals are as they were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from remediate.cloudformation.expression import as_list
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import documents
from remediate.cloudformation.possible import possible_strings
from remediate.cloudformation.resolve import Resolver
from remediate.delivery.delivery import possible_name
from remediate.delivery.locate import Located
from remediate.iam.holders import PolicyKind, is_of_identity
from remediate.patch_set import OfResources
from remediate.plan import Plan
from remediate.template import Plain
from remediate.verify.broken import Broken


def check_denies(before: TemplateModel, after: TemplateModel, located: Located) -> None:
    """Check that every Deny statement is there as it was. Raises Broken."""
    for delivery in located.deliveries:
        for logical_id, kind in delivery.policies():
            missing = [deny for deny in _denies(before, logical_id, kind) if deny not in _denies(after, logical_id, kind)]
            if missing:
                raise Broken(4, f"a Deny statement of {logical_id} changed: {missing[0].get('Sid', missing[0])}")


def _denies(model: TemplateModel, logical_id: str, kind: PolicyKind) -> list[dict[str, Plain]]:
    found = (statement.data for one in documents(model, logical_id, kind) for statement in one.statements)
    return [statement for statement in found if statement.get("Effect") != "Allow"]


def check_others(before: TemplateModel, after: TemplateModel, planned: Plan, given: Mapping[str, str]) -> None:
    """Check that each principal that no applied patch names has the statements that it had, and no other. Raises Broken."""
    meant = {possible_name(one, given) for one in _services(planned)}
    resolvers = {policy: delivery.resolver for delivery in planned.located.deliveries for policy in delivery.policies()}
    for (logical_id, kind), resolver in resolvers.items():
        if is_of_identity(kind):
            continue  # it names nobody: who can use it is a matter of the trust policy
        old, new = (_others(model, logical_id, kind, meant, resolver, given) for model in (before, after))
        if old is not None and new is not None and old != new:
            changed = next(iter((old - new) + (new - old)))
            raise Broken(4, f"what {logical_id} says of {changed[0]} changed")


def _others(
    model: TemplateModel, logical_id: str, kind: PolicyKind, meant: set[str], resolver: Resolver, given: Mapping[str, str]
) -> Counter[tuple[str, ...]] | None:
    """Count the statements by principal, without those that patches are for; None for a policy that is not there."""
    found = documents(model, logical_id, kind)
    if not found:
        return None
    return Counter(
        (
            principal,
            str(one.guard),
            json.dumps({key: part for key, part in one.data.items() if key not in {"Sid", "Principal"}}),
        )
        for document in found
        for one in document.statements
        for principal in _principals(one.data.get("Principal", one.data.get("NotPrincipal")), resolver, given)
        if principal not in meant
    )


def _principals(written: Plain, resolver: Resolver, given: Mapping[str, str]) -> Iterator[str]:
    """Yield each principal: a service that has one name under every value by that name, anybody else as it is written."""
    for kind, names in written.items() if isinstance(written, dict) else [("", written)]:
        for name in as_list(names):
            service = possible_strings(resolver, name, given) if kind == "Service" else None
            yield next(iter(service)).lower() if service and len(service) == 1 else json.dumps([kind, name])


def _services(planned: Plan) -> set[str]:
    rules = [rule for one in planned.applied for rule in one.patch.ensure]
    return {rule.service for rule in rules if not isinstance(rule, OfResources)}
