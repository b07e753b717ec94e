"""The rule ``require``: a service's Allow statements for an action carry a condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.entries import Entry, entries
from remediate.cloudformation.view import View
from remediate.judge import TRAIL_KEYS, entry_truth, promised, statement_at
from remediate.patchset import Require
from remediate.plan.case import Case
from remediate.plan.conditions import add_condition
from remediate.plan.elements import move_actions
from remediate.plan.mismatch import mismatch
from remediate.plan.vocabulary import condition
from remediate.policy.evaluate import statement_truth
from remediate.policy.match import covers
from remediate.policy.strangers import Stranger, strangers
from remediate.policy.truth import Truth
from remediate.template import Plain

_OF_THE_TRAIL = TRAIL_KEYS | {"aws:sourceaccount"}
"""The condition keys that tell one account's trail from another's."""


def ensure_required(case: Case, rule: Require) -> None:
    """Add the condition to the service's own statements, splitting shared ones."""
    if not case.meets(rule.when):
        return
    for raw in case.upwards(rule.service):
        if (rule.action and not _is_for(raw, rule.action)) or _is_dead(case, raw):
            continue
        missing = [entry for entry in _missing(case, raw, rule) if _can_hold(case, _part(raw, rule), entry)]
        own = _for_action(case, raw, rule) if missing else None
        for entry in missing if own else ():
            if own and add_condition(case, case.again(own), entry.operator, entry.key, entry.value):
                case.note(f"{own.label} requires {entry}: {rule.because}")


def _is_dead(case: Case, raw: RawStatement) -> bool:
    """Tell whether a statement allows nothing that a trail asks for: a further condition would change nothing."""
    document = case.document
    for view in case.views_of(raw):
        statement = statement_at(document, view, raw.path)
        requests = promised(view, case.kind) if statement else ()
        if statement and any(statement_truth(statement, one.request).applies is not Truth.NO for one in requests):
            return False
    return True


def _missing(case: Case, raw: RawStatement, rule: Require) -> Iterator[Entry]:
    """Yield the conditions that a statement does not have, as if they stood in it."""
    present = {entry.key.lower() for entry in entries(raw) if _requires(case, raw, entry)}
    for operator, key, value in condition(rule.condition, tuple(case.views_of(raw))):
        if key.lower() not in present:
            yield Entry((*raw.path, "Condition", operator, key), operator, key, value, raw.guard, raw.version)


def _requires(case: Case, raw: RawStatement, entry: Entry) -> bool:
    """Tell whether a condition asks for something: not for any value, nor for one that every account's trail has."""
    operator = entry.operator.split(":")[-1]
    if operator == "Null" or "Not" in operator or operator.endswith("IfExists") or entry.operator.startswith("ForAll"):
        return False
    if entry.key.lower() not in _OF_THE_TRAIL:
        return True
    return not any(
        entry_truth(view, entry, one.request) is Truth.YES
        for view in case.views_of(raw)
        if view.trail
        for one in _deputies(view)
        if one.policy == case.kind
    )


@lru_cache(maxsize=512)
def _deputies(view: View) -> tuple[Stranger, ...]:
    """Return the requests that other accounts' trails make by CloudTrail."""
    return tuple(one for one in strangers(view.facts) if one.deputy)


def _part(raw: RawStatement, rule: Require) -> RawStatement:
    """Return a statement as if it were for the rule's action alone, which it will be before it gets the condition."""
    if rule.action is None:
        return raw
    part: list[Plain] = [one for one in raw.actions if one.lower() == rule.action.lower()]
    return replace(raw, data={**raw.data, "Action": part or rule.action})


def _can_hold(case: Case, raw: RawStatement, entry: Entry) -> bool:
    """Tell whether no request of a trail would be denied by the condition; say it where one would, or may."""
    if entry.value is None or _may_refuse_trails_elsewhere(case, raw, entry):
        case.skip("kept", f"{raw.label} gets no {entry.key}: its trails are in other templates")
        return False
    if entry.key.lower() in _OF_THE_TRAIL and any(view.facts.organization_id is not None for view in case.views_of(raw)):
        case.skip(
            "kept", f"{raw.label} gets no {entry.key}: whose account owns the organization trail is not in the template"
        )
        return False
    if mismatch(case, raw, entry, repair=False) or _may_deny_inferred(case, raw, entry):
        case.skip("kept", f"{raw.label} gets no {entry.key}: a request that it allows would be denied")
        return False
    return True


def _may_deny_inferred(case: Case, raw: RawStatement, entry: Entry) -> bool:
    """Tell whether a statement allows a request that is only inferred, and would not with the condition."""
    for view in case.views_of(raw):
        statement = statement_at(case.document, view, raw.path)
        inferred = [one.request for one in promised(view, case.kind) if one.confidence == "inferred"]
        for request in (one for one in inferred if any(covers(action, one.action) for action in raw.actions)):
            allowed = statement is not None and statement_truth(statement, request).applies is not Truth.NO
            if allowed and entry_truth(view, entry, request) is Truth.NO:
                return True
    return False


def _may_refuse_trails_elsewhere(case: Case, raw: RawStatement, entry: Entry) -> bool:
    """Tell whether a request of a trail of another template may not meet the condition: nothing is known of its ARN."""
    return any(
        entry_truth(view, entry, one.request) is not Truth.YES
        for view in case.views_of(raw)
        if view.trail is None
        for one in promised(view, case.kind)
        if len(one.request.values_of(entry.key)) == 1 and any(covers(action, one.request.action) for action in raw.actions)
    )


def _for_action(case: Case, raw: RawStatement, rule: Require) -> RawStatement | None:
    """Return a statement of the service's own for nothing but the action, so that others do not need the condition."""
    if rule.action is None:
        return case.own(raw, rule.service)
    moved = [one for one in raw.actions if one.lower() == rule.action.lower()]
    if not moved or any(covers(one, rule.action) for one in raw.actions if one not in moved):
        keys = ", ".join(key for keys in rule.condition.values() for key in keys)
        case.skip(
            "obstacle",
            f"{raw.label} allows more than {rule.action} with one wildcard, so {keys} cannot be required of that alone",
            f"write {rule.action} as an action of its own",
        )
        return None
    own = case.own(raw, rule.service)
    return move_actions(case, case.again(own), moved, "Write") if own else None


def _is_for(raw: RawStatement, action: str) -> bool:
    return any(covers(one, action) for one in raw.actions)
