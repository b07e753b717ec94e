"""The rule ``separate``: some actions stand in a statement of their own under a condition that only they can meet."""

from __future__ import annotations

from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.entries import Entry, entries
from remediate.patchset import Separate
from remediate.plan.case import Case
from remediate.plan.conditions import remove_entry
from remediate.plan.elements import move_actions
from remediate.plan.mismatch import is_dead
from remediate.plan.require import add_condition
from remediate.plan.vocabulary import condition
from remediate.policy.match import matches
from remediate.policy.truth import Truth
from remediate.symbolic import Text, text
from remediate.template import Plain


def ensure_separate(case: Case, rule: Separate) -> None:
    """Split statements that mix the actions with others, and take the condition's keys off the others."""
    for raw in case.upwards(rule.service):
        actions = raw.actions
        wide = [one for one in actions if _covers_more(one, rule.actions)]
        if wide or not actions:
            shown = ", ".join(wide) or "what it allows"
            case.skip("kept", f"{raw.label} is not split: {shown} cannot be taken apart without listing all that it means")
            continue
        grants = [one for one in actions if one.lower() in {name.lower() for name in rule.actions}]
        if grants and len(grants) == len(actions):
            _limit(case, rule, raw)
        elif grants or _dead(case, rule, raw):
            _split(case, rule, raw, grants)


def _split(case: Case, rule: Separate, raw: RawStatement, grants: list[str]) -> None:
    own = case.own(raw, rule.service)
    if own is None:
        return
    if grants:
        apart = move_actions(case, own, grants, "Grants")
        if apart is None:
            return
        _limit(case, rule, apart)
    for entry in _dead(case, rule, case.again(own)):
        remove_entry(case.draft, entry.path)
        case.note(f"{entry} is removed from {own.label}: {rule.because}")


def _dead(case: Case, rule: Separate, raw: RawStatement) -> list[Entry]:
    return [one for one in entries(raw) if one.key.lower() in _keys(rule) and is_dead(case, one)]


def _limit(case: Case, rule: Separate, raw: RawStatement) -> None:
    """Put a statement under the condition, where it is not already."""
    limits = condition(rule.condition, case.views)
    wanted = [(operator, key, value) for operator, key, value in limits if not _stands(case, raw, key, value)]
    own = case.own(raw, rule.service) if wanted else None
    for operator, key, value in wanted if own else ():
        if own is None:
            return
        wrong = [one for one in entries(case.again(own)) if one.key.lower() == key.lower()]
        if len(wrong) == 1 and wrong[0].operator == operator:
            case.draft.replace(wrong[0].path, value)
            case.note(f"{operator} {wrong[0].key} of {own.label} now has CloudTrail's value: its own was another service's")
            continue
        for entry in wrong:
            remove_entry(case.draft, entry.path)
            case.note(f"{entry} is removed from {own.label}: no grant for CloudTrail has its value")
        if add_condition(case, case.again(own), operator, key, value):
            case.note(f"{own.label} is limited by {operator} {key}")


def _stands(case: Case, raw: RawStatement, key: str, value: Plain) -> bool:
    """Tell whether a statement has the condition key with a value that may be the wanted one."""
    present = [one for one in entries(raw) if one.key.lower() == key.lower()]
    return bool(present) and not all(_differs(case, one, value) for one in present)


def _differs(case: Case, entry: Entry, value: Plain) -> bool:
    """Tell whether a condition's value surely is another one, under every view."""
    for view in case.views:
        wanted = view.resolver.string(value)
        found = view.resolver.value(entry.value)
        values = [
            one if isinstance(one, Text) else text(str(one).lower())
            for one in (found if isinstance(found, list) else [found])
        ]
        if wanted is None or any(matches(one, wanted) is not Truth.NO for one in values):
            return False
    return True


def _covers_more(action: str, names: tuple[str, ...]) -> bool:
    return "*" in action and any(matches(text(action), text(name), ignore_case=True) is Truth.YES for name in names)


def _keys(rule: Separate) -> set[str]:
    return {key.lower() for keys in rule.condition.values() for key in keys}
