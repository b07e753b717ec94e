"""Which policies of a role must be there before the service uses it."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.creation_order import Dependencies
from remediate.cloudformation.model import TemplateModel
from remediate.delivery.decide import current_requests, document_for, documented, judge
from remediate.delivery.delivery import Delivery
from remediate.iam.evaluate import Outcome


def late_policies(delivery: Delivery, model: TemplateModel, waiting: Dependencies) -> tuple[str, ...]:
    """Return the resources of the role's policies for which the source must wait, and does not.

    A source that names its role is created after the role and what is part of it. It does not wait for a policy that is a
    resource of its own, and tries the role at once (aws/aws-cdk#1963). Of several that allow a request one is enough.
    """
    found: dict[str, None] = {}
    for holders in _holders(delivery, model):
        if not any(waiting.waits_for(str(delivery.source), one) for one in holders):
            found.setdefault(holders[0])
    return tuple(found)


def _holders(delivery: Delivery, model: TemplateModel) -> Iterator[list[str]]:
    """Yield for each request that is made with the role the resources whose statements allow it."""
    role = delivery.role.logical_id if delivery.role else None
    document = document_for(model, role, "permissions", delivery) if role and delivery.source else None
    for one in (
        documented(current_requests(delivery, "permissions", document.logical_id)) if document and document.readable else ()
    ):
        decision = judge(document, delivery, one.request, allows_only=True)
        if decision.outcome is Outcome.ALLOWED:
            yield [*dict.fromkeys(statement.logical_id for statement in decision.by)]
