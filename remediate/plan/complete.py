"""The rule ``complete``: an Allow statement that a service already has gains actions."""

from __future__ import annotations

from remediate.cloudformation.expression import as_list
from remediate.patchset import Complete
from remediate.plan.case import Case
from remediate.plan.elements import extend, is_extendable
from remediate.policy.match import covers
from remediate.template import Plain


def ensure_complete(case: Case, rule: Complete) -> None:
    """Add the actions that no statement of the service has to its first one; a service without one gets none."""
    statements = case.allows(rule.service)
    written: list[Plain] = []
    for raw in statements:
        actions = raw.data.get("Action")
        written += as_list(actions)
    missing = [action for action in rule.actions if not any(isinstance(one, str) and covers(one, action) for one in written)]
    if not statements or not missing:
        return
    first = next((one for one in statements if not case.is_shared(one)), statements[0])
    if not is_extendable(first, "Action"):
        case.skip("obstacle", f"the actions of {first.label} are written so that none can be added")
        return
    own = case.own(first, rule.service)
    if own:
        extend(case, own, "Action", *missing)
