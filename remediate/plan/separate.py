"""The rule ``separate``: some actions stand in a statement of their own under a condition that only they can meet."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.cloudformation.documents import RawStatement
from remediate.patchset import Separate
from remediate.plan.case import Case
from remediate.plan.conditions import Entry, entries, remove_entry
from remediate.plan.require import add_condition
from remediate.plan.vocabulary import condition
from remediate.policy.match import matches
from remediate.policy.truth import Truth
from remediate.symbolic import Text, text
from remediate.template import Plain


def ensure_separate(case: Case, rule: Separate) -> None:
    """Split statements that mix the actions with others, and take the condition's keys off the others."""
    for raw in reversed(case.allows(rule.service)):
        actions = _actions(raw)
        if any(_covers_more(action, rule.actions) for action in actions):
            continue  # `kms:*` cannot be taken apart without listing what else it allows
        grants = {one for one in actions if one.lower() in {name.lower() for name in rule.actions}}
        dead = [one for one in entries(raw) if one.key.lower() in _keys(rule)]
        if grants and grants == set(actions):
            _limit(case, rule, raw)
        elif grants or dead:
            _split(case, rule, raw, grants)


def move_actions(case: Case, raw: RawStatement, actions: Iterable[str], suffix: str) -> RawStatement | None:
    """Move actions of a statement to a copy behind it; return the copy, or the statement where it has no other action."""
    moved = [one for one in _actions(raw) if one in set(actions)]
    rest = [one for one in _actions(raw) if one not in set(actions)]
    if not rest:
        return raw
    value: Plain = moved[0] if len(moved) == 1 else [*moved]
    for action in moved:
        case.draft.remove((*raw.path, "Action", _actions(case.again(raw)).index(action)))
    return case.insert({**raw.data, "Action": value}, after=raw, suffix=suffix)


def _split(case: Case, rule: Separate, raw: RawStatement, grants: set[str]) -> None:
    own = case.own(raw, rule.service)
    if own is None:
        return
    if grants:
        apart = move_actions(case, own, grants, "Grants")
        if apart is None:
            return
        case.note(f"{', '.join(sorted(grants))} leaves {own.label} for {apart.label}, a statement of its own")
        _limit(case, rule, apart)
    for entry in reversed([one for one in entries(case.again(own)) if one.key.lower() in _keys(rule)]):
        remove_entry(case.draft, entry.path)
        case.note(f"{entry.operator} {entry.key} is removed from {own.label}: {rule.because}")


def _limit(case: Case, rule: Separate, raw: RawStatement) -> None:
    """Put the statement under the condition, where it is not already."""
    for operator, keys in condition(rule.condition).items():
        for key, value in keys.items() if isinstance(keys, dict) else ():
            present = [one for one in entries(case.again(raw)) if one.key.lower() == key.lower()]
            wrong = [one for one in present if _differs(case, one, value)]
            for entry in reversed(wrong):
                remove_entry(case.draft, entry.path)
                case.note(f"{entry.operator} {entry.key} of {raw.label} had another service's value")
            if len(wrong) == len(present) and add_condition(case, case.again(raw), operator, key, value):
                case.note(f"{raw.label} is limited by {operator} {key}")


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


def _actions(raw: RawStatement) -> list[str]:
    written = raw.data.get("Action")
    return [one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str)]


def _covers_more(action: str, names: tuple[str, ...]) -> bool:
    return "*" in action and any(matches(text(action), text(name), ignore_case=True) is Truth.YES for name in names)


def _keys(rule: Separate) -> set[str]:
    return {key.lower() for keys in rule.condition.values() for key in keys}
