"""The rule ``require``: a service's Allow statements for an action carry a condition."""

from __future__ import annotations

from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.expression import function
from remediate.patchset import Require
from remediate.plan.case import Case
from remediate.plan.conditions import entries
from remediate.plan.elements import actions_of, move_actions
from remediate.plan.ownership import holds
from remediate.plan.vocabulary import condition
from remediate.policy.match import matches
from remediate.policy.truth import Truth
from remediate.symbolic import text
from remediate.template import Plain


def ensure_required(case: Case, rule: Require) -> None:
    """Add the condition to the service's own statements, splitting shared ones."""
    if not holds(rule.when, case):
        return
    for raw in case.upwards(rule.service):
        if not _is_for(raw, rule.action):
            continue
        present = {entry.key.lower() for entry in entries(raw)}
        missing = [
            (operator, key, value)
            for operator, keys in condition(rule.condition).items()
            for key, value in (keys.items() if isinstance(keys, dict) else ())
            if key.lower() not in present
        ]
        own = _for_action(case, raw, rule) if missing else None
        for operator, key, value in missing if own else ():
            if own and add_condition(case, case.again(own), operator, key, value):
                case.note(f"{own.label} requires {operator} {key}, for the bucket uses ACLs")


def _for_action(case: Case, raw: RawStatement, rule: Require) -> RawStatement | None:
    """Return a statement of the service's own for nothing but the action, so that others do not need the condition."""
    moved = [one for one in actions_of(raw) if one.lower() == rule.action.lower()]
    if not moved:
        keys = ", ".join(key for keys in rule.condition.values() for key in keys)
        case.skip(
            "obstacle",
            f"{raw.label} allows more than {rule.action} with one wildcard, so {keys} cannot be required of that alone",
            f"write {rule.action} as an action of its own",
        )
        return None
    own = case.own(raw, rule.service)
    return move_actions(case, case.again(own), moved, "Write") if own else None


def add_condition(case: Case, raw: RawStatement, operator: str, key: str, value: Plain) -> bool:
    """Add one condition key to a statement; False, and said, where the form of its conditions forbids it."""
    written = raw.data.get("Condition")
    if written is None:
        case.draft.add((*raw.path, "Condition"), {operator: {key: value}})
        return True
    keys = written.get(operator) if isinstance(written, dict) else None
    if not isinstance(written, dict) or function(written) or function(keys):
        case.skip("obstacle", f"the Condition of {raw.label} comes from an intrinsic function, so {key} is not added")
        return False
    if isinstance(keys, dict):
        case.draft.add((*raw.path, "Condition", operator, key), value)
    else:
        case.draft.add((*raw.path, "Condition", operator), {key: value})
    return True


def _is_for(raw: RawStatement, action: str) -> bool:
    return any(matches(text(one), text(action), ignore_case=True) is Truth.YES for one in actions_of(raw))
