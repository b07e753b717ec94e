"""No change makes a policy larger than its service takes."""

from __future__ import annotations

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.size import policy_too_large
from remediate.delivery.decide import document_for
from remediate.delivery.locate import Located
from remediate.template import TemplateError, value_at


def check_sizes(located: Located, before: TemplateModel, after: TemplateModel) -> None:
    """Raise TemplateError where a policy is too large after a change and was not before."""
    for delivery in located.deliveries if before is not after else ():
        for logical_id, kind in delivery.policies():
            old, new = (document_for(model, logical_id, kind, delivery) for model in (before, after))
            if new is None or (old is not None and old.statements == new.statements):
                continue
            written = value_at(after.data, new.path)
            problem = policy_too_large(delivery.resolver, written, kind)
            if problem and not (
                old and old.path == new.path and policy_too_large(delivery.resolver, value_at(before.data, old.path), kind)
            ):
                raise TemplateError(f"with the change of {logical_id} {problem}: take statements out of it first", 1, 1)
