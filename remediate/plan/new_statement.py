"""Adding a statement to a policy: under which conditions, for which resources, and with what guard."""

from __future__ import annotations

import functools

from msgspec.structs import replace

from remediate.cloudformation.expression import NO_VALUE, Alternative, alternatives, as_list, function
from remediate.cloudformation.policies import WrittenStatement
from remediate.delivery.decide import statements_of
from remediate.delivery.texts import principal_text
from remediate.iam.evaluate import statement_truth
from remediate.iam.holders import HOLDERS
from remediate.iam.truth import Truth
from remediate.patch_set import Allow
from remediate.plan.gaps import Gap, still_open
from remediate.plan.guard import change_guarded, guard_entries
from remediate.plan.names import When, when_named
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.vocabulary import condition, decided, service_principal
from remediate.template import Plain

_ONE_CONDITION = "name the service in a statement that is under one condition, or under none"


def add_statements(editor: PolicyEditor, rule: Allow, left: list[Gap]) -> None:
    """Add a statement to the document, to each branch that needs it where its Statement is an ``Fn::If``."""
    for where in editor.lists():
        needed = [
            gap for gap in left if any(one.delivery.resolver.scenario.admits(where.guard) for one in still_open(editor, gap))
        ]
        if needed:
            _add_to(editor, rule, needed, where)


def _add_to(editor: PolicyEditor, rule: Allow, left: list[Gap], where: Alternative) -> None:
    neighbour = _neighbour(editor, rule, left, where)
    guard = neighbour.guard if neighbour else where.guard
    speaking = when_named(editor.allows(rule.service), [one.delivery for gap in left for one in gap.wanted])
    if speaking is None:
        editor.skip(
            "obstacle",
            f"the conditions under which it names {principal_text(rule.service)} cannot be written as one",
            _ONE_CONDITION,
        )
        return
    resources: list[Plain] = []
    for gap in left:
        resource = decided(gap.resource, guard)
        if resource not in resources:
            resources.append(resource)
    actions: list[Plain] = [*dict.fromkeys(gap.action for gap in left)]
    who = f"the role {editor.logical_id}" if editor.of_identity else principal_text(rule.service)
    for named, when in _parts(resources):
        statement = _statement(editor, rule, actions, named, _limits(editor, rule, left))
        place = replace(where, guard=(*where.guard, *when, *speaking))
        change = functools.partial(_insert, editor, statement, neighbour, place, who, _beside(editor, left))
        what = f"allowing {who} {', '.join(map(str, actions))}"
        change_guarded(editor, rule.guard, change, what)


def _statement(
    editor: PolicyEditor, rule: Allow, actions: list[Plain], resources: list[Plain], limits: dict[str, Plain]
) -> dict[str, Plain]:
    """Return a new statement: an identity's own has no principal, a trust policy no resource."""
    itself = HOLDERS[editor.kind].missing == "itself"
    return {
        "Sid": rule.sid,
        "Effect": "Allow",
        **({} if editor.of_identity else {"Principal": {"Service": service_principal(rule.service)}}),
        "Action": actions[0] if len(actions) == 1 else actions,
        **({} if itself else {"Resource": resources[0] if len(resources) == 1 else resources}),
        **({"Condition": limits} if limits else {}),
    }


def _parts(resources: list[Plain]) -> list[tuple[list[Plain], When]]:
    """Return the resources of each new statement, and the conditions under which it is needed.

    S3 and KMS refuse a statement whose only Resource is ``AWS::NoValue``, so that one is under the same conditions.
    """
    if any(not _may_be_absent(resource) for resource in resources):
        return [(resources, ())]
    parts: dict[When, list[Plain]] = {}
    for found in (found for resource in resources for found in alternatives(resource, ())):
        parts.setdefault(found.guard, []).append(found.value)
    return [(named, guard) for guard, named in parts.items()]


def _may_be_absent(expression: Plain) -> bool:
    match function(expression):
        case ("Fn::If", [_, yes, no]):
            return _may_be_absent(yes) or _may_be_absent(no)
    return expression == NO_VALUE


def _insert(
    editor: PolicyEditor,
    statement: dict[str, Plain],
    neighbour: WrittenStatement | None,
    place: Alternative,
    who: str,
    beside: str,
) -> list[WrittenStatement] | None:
    added = editor.insert(statement, after=editor.again(neighbour) if neighbour else None, where=place)
    if added is None:
        return None
    names = ", ".join(map(str, as_list(statement["Action"])))
    editor.note(f"added {added.label}: allows {who} {names}{beside}")
    return [added]


def _limits(editor: PolicyEditor, rule: Allow, left: list[Gap]) -> dict[str, Plain]:
    """Return the conditions of a new statement: the rule's own and its guard, where that surely holds."""
    deliveries = list({id(one.delivery): one.delivery for gap in left for one in gap.wanted}.values())
    limits: dict[str, dict[str, Plain]] = {}
    own = ((operator, key, value) for operator, key, value in condition(rule.condition or {}, editor.deliveries))
    guard = ((entry.operator, entry.key, entry.value) for entry in guard_entries(editor, rule.guard, deliveries))
    for operator, key, value in (*own, *guard):
        if value is not None:
            limits.setdefault(operator, {})[key] = value
    return {operator: {**keys} for operator, keys in limits.items()}


def _beside(editor: PolicyEditor, left: list[Gap]) -> str:
    """Name the conditions of statements that would allow the requests but for them, and that stay as they are."""
    found: dict[str, None] = {}
    for one in (one for gap in left for one in gap.wanted):
        for raw, statement in statements_of(editor.document, one.delivery):
            elements = statement_truth(statement, one.request.request)
            others = (elements.principal, elements.action, elements.resource)
            if statement.effect == "Allow" and elements.failing and all(truth is Truth.YES for truth in others):
                found |= {f"{failing} of {raw.label}": None for failing in elements.failing}
    return f"; {', '.join(found)} is unchanged, and does not hold for it" if found else ""


def _neighbour(editor: PolicyEditor, rule: Allow, left: list[Gap], where: Alternative) -> WrittenStatement | None:
    """Return the service's last statement of a list that is in force wherever the new one is needed."""
    deliveries = [
        one.delivery for gap in left for one in still_open(editor, gap) if one.delivery.resolver.scenario.admits(where.guard)
    ]
    own = [
        raw
        for raw in editor.allows(rule.service)
        if raw.path[: len(where.path)] == where.path
        and all(delivery.resolver.scenario.admits(raw.guard) for delivery in deliveries)
    ]
    plain = [raw for raw in own if raw.guard == where.guard]
    return next(reversed(plain or own), None)
