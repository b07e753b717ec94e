"""The rule ``require``: a service's Allow statements for an action carry a condition."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from msgspec.structs import replace

from remediate.cloudformation.policies import WrittenStatement
from remediate.cloudformation.policy_conditions import WrittenCondition, written_conditions
from remediate.delivery.decide import all_possible_requests, entry_truth, statement_at
from remediate.delivery.delivery import Delivery
from remediate.delivery.outsiders import Outsider, outsiders
from remediate.iam.evaluate import statement_truth
from remediate.iam.match import covers
from remediate.iam.truth import Truth
from remediate.patch_set import Require
from remediate.plan.condition_edit import add_condition
from remediate.plan.element_edit import move_actions
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.unmet_conditions import mismatch
from remediate.plan.vocabulary import condition
from remediate.template import Plain


def ensure_required(editor: PolicyEditor, rule: Require) -> None:
    """Add the condition to the service's own statements, splitting shared ones."""
    if not editor.meets(rule.when):
        return
    for raw in editor.upwards(rule.service):
        if (rule.action and not _is_for(raw, rule.action)) or _is_dead(editor, raw):
            continue
        missing = [entry for entry in _missing(editor, raw, rule) if _can_hold(editor, _part(raw, rule), entry)]
        own = _for_action(editor, raw, rule) if missing else None
        for entry in missing if own else ():
            if own and add_condition(editor, editor.again(own), entry.operator, entry.key, entry.value):
                editor.note(f"added {entry} to {own.label}: {rule.because}")


def _is_dead(editor: PolicyEditor, raw: WrittenStatement) -> bool:
    """Tell whether a statement allows nothing that a source asks for: a further condition would change nothing."""
    document = editor.document
    for delivery in editor.deliveries_of(raw):
        statement = statement_at(document, delivery, raw.path)
        requests = all_possible_requests(delivery, editor.kind, editor.logical_id) if statement else ()
        if statement and any(statement_truth(statement, one.request).applies is not Truth.NO for one in requests):
            return False
    return True


def _missing(editor: PolicyEditor, raw: WrittenStatement, rule: Require) -> Iterator[WrittenCondition]:
    """Yield the conditions that a statement does not have, as if they stood in it."""
    present = {entry.key.lower() for entry in written_conditions(raw) if _requires(editor, raw, entry)}
    for operator, key, value in condition(rule.condition, tuple(editor.deliveries_of(raw))):
        if key.lower() not in present:
            yield WrittenCondition((*raw.path, "Condition", operator, key), operator, key, value, raw.guard, raw.version)


def _requires(editor: PolicyEditor, raw: WrittenStatement, entry: WrittenCondition) -> bool:
    """Tell whether a condition asks for something: not for any value, nor for one that every account's source has."""
    operator = entry.operator.split(":")[-1]
    if operator == "Null" or "Not" in operator or operator.endswith("IfExists") or entry.operator.startswith("ForAll"):
        return False
    if entry.key.lower() not in _source_keys(editor):
        return True
    return not any(
        entry_truth(delivery, entry, one.request) is Truth.YES
        for delivery in editor.deliveries_of(raw)
        if delivery.source
        for one in _deputies(delivery)
        if one.policy == editor.kind and delivery.asks_at(editor.kind, editor.logical_id, one.request.resource)
    )


@lru_cache(maxsize=512)
def _deputies(delivery: Delivery) -> tuple[Outsider, ...]:
    """Return the requests that other accounts' sources make by the service."""
    return tuple(one for one in outsiders(delivery.facts) if one.deputy)


def _part(raw: WrittenStatement, rule: Require) -> WrittenStatement:
    """Return a statement as if it were for the rule's action alone, which it will be before it gets the condition."""
    if rule.action is None:
        return raw
    part: list[Plain] = [one for one in raw.actions if one.lower() == rule.action.lower()]
    return replace(raw, data={**raw.data, "Action": part or rule.action})


def _can_hold(editor: PolicyEditor, raw: WrittenStatement, entry: WrittenCondition) -> bool:
    """Tell whether no request of a source would be denied by the condition; say it where one would, or may."""
    if entry.value is None or _may_refuse_sources_elsewhere(editor, raw, entry):
        editor.skip("kept", f"{raw.label} gets no {entry.key}: its {_noun(editor)}s are in other templates")
        return False
    if entry.key.lower() in _source_keys(editor) and any(
        delivery.facts.organization_id is not None for delivery in editor.deliveries_of(raw)
    ):
        editor.skip(
            "kept",
            f"{raw.label} gets no {entry.key}: whose account owns the organization {_noun(editor)} is not in the template",
        )
        return False
    if mismatch(editor, raw, entry, repair=False) or _may_deny_inferred(editor, raw, entry):
        editor.skip("kept", f"{raw.label} gets no {entry.key}: a request that it allows would be denied")
        return False
    return True


def _may_deny_inferred(editor: PolicyEditor, raw: WrittenStatement, entry: WrittenCondition) -> bool:
    """Tell whether a statement allows a request that is only inferred, and would not with the condition."""
    for delivery in editor.deliveries_of(raw):
        statement = statement_at(editor.document, delivery, raw.path)
        inferred = [
            one.request
            for one in all_possible_requests(delivery, editor.kind, editor.logical_id)
            if one.confidence == "inferred"
        ]
        for request in (one for one in inferred if any(covers(action, one.action) for action in raw.actions)):
            allowed = statement is not None and statement_truth(statement, request).applies is not Truth.NO
            if allowed and entry_truth(delivery, entry, request) is Truth.NO:
                return True
    return False


def _may_refuse_sources_elsewhere(editor: PolicyEditor, raw: WrittenStatement, entry: WrittenCondition) -> bool:
    """Tell whether a request of a source of another template may not meet the condition: nothing is known of its ARN."""
    return any(
        entry_truth(delivery, entry, one.request) is not Truth.YES
        for delivery in editor.deliveries_of(raw)
        if delivery.source is None
        for one in all_possible_requests(delivery, editor.kind, editor.logical_id)
        if len(one.request.values_of(entry.key)) == 1 and any(covers(action, one.request.action) for action in raw.actions)
    )


def _for_action(editor: PolicyEditor, raw: WrittenStatement, rule: Require) -> WrittenStatement | None:
    """Return a statement of the service's own for nothing but the action, so that others do not need the condition."""
    if rule.action is None:
        return editor.own(raw, rule.service)
    moved = [one for one in raw.actions if one.lower() == rule.action.lower()]
    if not moved or any(covers(one, rule.action) for one in raw.actions if one not in moved):
        keys = ", ".join(key for keys in rule.condition.values() for key in keys)
        editor.skip(
            "obstacle",
            f"{raw.label} allows more than {rule.action} with one wildcard, so {keys} cannot be required of that alone",
            f"write {rule.action} as an action of its own",
        )
        return None
    own = editor.own(raw, rule.service)
    return move_actions(editor, editor.again(own), moved, "Write") if own else None


def _is_for(raw: WrittenStatement, action: str) -> bool:
    return any(covers(one, action) for one in raw.actions)


def _source_keys(editor: PolicyEditor) -> frozenset[str]:
    """Return the condition keys that tell one account's source from another's."""
    return editor.given.service.source_keys | {"aws:sourceaccount"}


def _noun(editor: PolicyEditor) -> str:
    return editor.given.service.noun
