"""The policies of a role: where a statement for what it may do goes, and who else would get what it allows."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.cloudformation.expression import function
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.role_policies import INLINE
from remediate.delivery.decide import document_for, statements_of
from remediate.delivery.delivery import Delivery
from remediate.iam.statement import VARIABLES_SINCE
from remediate.plan.draft import Draft
from remediate.template import Plain


def add_inline_policy(draft: Draft, role: str, name: str, statement: Plain) -> tuple[str | int, ...] | None:
    """Add a policy with one statement to a role's own; return the statement's path, None where the role takes none.

    It is part of the role, so that whatever names the role is created after it.
    """
    written = draft.model.resource(role).get("Properties")
    if not isinstance(written, dict) or function(written):
        return None
    policy: Plain = {"PolicyName": name, "PolicyDocument": {"Version": VARIABLES_SINCE, "Statement": [statement]}}
    path, policies = ("Resources", role, "Properties", INLINE), written.get(INLINE)
    if policies is None:
        draft.add(path, [policy])
        return (*path, 0, "PolicyDocument", "Statement", 0)
    if not isinstance(policies, list):
        return None
    draft.add((*path, len(policies)), policy)
    return (*path, len(policies), "PolicyDocument", "Statement", 0)


def others_using(model: TemplateModel, role: str, service: str, deliveries: Iterable[Delivery]) -> list[str]:
    """Return who can assume a role besides a service: they get what is allowed to the role."""
    found: dict[str, None] = {}
    for delivery in deliveries:
        document = document_for(model, role, "role", delivery)
        for _, statement in statements_of(document, delivery) if document else ():
            who = statement.principal
            names = [str(one) for one in (*who.services, *who.aws, *(name for _, name in who.others))]
            names += ["anybody"] if who.anyone or who.negated else []
            if statement.effect != "Deny":
                found |= dict.fromkeys(one for one in names if one.lower() != service)
    return list(found)
