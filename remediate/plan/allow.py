"""The rule ``allow``: a service may do the actions on the resources."""

from __future__ import annotations

import functools
from dataclasses import replace

from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.expression import NO_VALUE, Alternative, alternatives, as_list, function
from remediate.cloudformation.view import View
from remediate.judge import asked, judge, promised, statements_of
from remediate.patchset import Allow
from remediate.plan.case import Case
from remediate.plan.elements import extend, is_extendable
from remediate.plan.guard import change_guarded, guard_entries, strangers_let_in
from remediate.plan.names import When, when_named
from remediate.plan.replace_resource import replace_refused
from remediate.plan.vocabulary import condition, decided, organization_id
from remediate.plan.wanted import Gap, Wanted, gaps, writable_gaps
from remediate.policy.evaluate import Elements, Outcome, statement_truth
from remediate.policy.match import covers, matches, patterns_meet
from remediate.policy.request import Request
from remediate.policy.truth import Truth
from remediate.symbolic import text
from remediate.template import Plain

_ONE_CONDITION = "name the service in a statement that is under one condition, or under none"


def ensure_allow(case: Case, rule: Allow) -> None:
    """Complete the service's own statement, or add one, where requests of the rule are denied.

    A Deny is not looked at here: no patch changes one, and what it blocks is reported at the end.
    """
    wanted = [gap for gap in gaps(case, rule) if _open(case, gap) and not _stands(case, rule, gap)]
    if wanted and not case.has_statements_everywhere():
        case.skip("obstacle", "its Statement is there under some conditions only, so nothing can be added for the others")
        return
    writable = writable_gaps(case, wanted)
    denied = any(_is_denied(case, one) for gap in writable for one in gap.wanted)
    for gap in writable:
        replace_refused(case, rule, gap, _open(case, gap))
    left = [gap for gap in writable if _open(case, gap) and not _complete(case, rule, gap)]
    left = [gap for gap in left if not _is_left_out(case, rule, gap)]
    if left:
        _add(case, rule, left)
    if wanted and "log-objects" in rule.resources:
        _say_without_organization(case)
    if denied:
        case.needs.add("repair")
    case.allowed |= {one.request.id for gap in wanted if not _open(case, gap) for one in gap.wanted}
    case.still_denied |= {one.request.id for gap in wanted for one in _open(case, gap)}


def _stands(case: Case, rule: Allow, gap: Gap) -> bool:
    """Tell whether a statement names the action and the resource already: what is still undecided stays so."""
    if Outcome.DENIED in (_outcome(case, one.view, one.request.request) for one in gap.wanted):
        return False
    for raw in case.allows(rule.service):
        resource = decided(gap.resource, raw.guard)
        if resource in as_list(raw.data.get("Resource")) and any(covers(action, gap.action) for action in raw.actions):
            return True
    return False


def _is_denied(case: Case, one: Wanted) -> bool:
    """Tell whether a request that a trail surely makes is surely denied."""
    return one.is_made and _outcome(case, one.view, one.request.request) is Outcome.DENIED


def _is_needed(case: Case, view: View, request: Request) -> bool:
    """Tell whether a request is to be allowed: it is denied, or after a review cannot be decided."""
    outcome = _outcome(case, view, request)
    return outcome is Outcome.DENIED or (outcome is Outcome.UNDECIDABLE and _may_doubt(case, view))


def _outcome(case: Case, view: View, request: Request) -> Outcome:
    """Return what the Allow statements say of a request as the document stands now."""
    return judge(case.document, view, request, allows_only=True).outcome


def _may_doubt(case: Case, view: View) -> bool:
    """Tell whether doubt is a reason to change something; about a trail of another template there is nothing but doubt."""
    return case.review and view.trail is not None


def _say_without_organization(case: Case) -> None:
    """Say that the organization's path is missing where its id is known to nobody."""
    if organization_id(case.draft.data, case.given) is not None:
        return
    for view in case.views:
        for one in asked(view, case.kind):
            if "organization" in one.id and _outcome(case, view, one.request) is Outcome.DENIED:
                reason = "the organization's id is not in the template, so its path below AWSLogs/ cannot be written"
                case.skip("denied", reason, "give the organization's id with --organization-id")
                return


def _open(case: Case, gap: Gap) -> list[Wanted]:
    """Return the requests that a gap is for and that are not allowed yet."""
    return [one for one in gap.wanted if _is_needed(case, one.view, one.request.request)]


def _complete(case: Case, rule: Allow, gap: Gap) -> bool:
    """Add the action or the resource to statements that lack only that; tell whether this closes the gap.

    A statement in an ``Fn::If`` serves the views of its branch, so that two branches may be needed.
    """
    chosen: list[tuple[RawStatement, str, Plain]] = []
    left = _open(case, gap)
    for raw in sorted(case.allows(rule.service), key=lambda one: len(one.guard)):
        served = [one for one in left if one.view.resolver.scenario.admits(raw.guard)]
        lacking = _lacking(case, rule, raw, gap, served)
        if lacking:
            chosen.append((raw, *lacking))
            left = [one for one in left if one not in served]
    if left:
        return False
    before, snapshot = case.document, case.snapshot()
    for raw, element, value in chosen:
        extend(case, raw, element, decided(value, raw.guard))
    if strangers_let_in(case, before):  # they get a statement of their own, which is guarded
        case.restore(snapshot)
        return False
    return True


def _lacking(case: Case, rule: Allow, raw: RawStatement, gap: Gap, served: list[Wanted]) -> tuple[str, Plain] | None:
    """Return the one element and value that a statement lacks to allow the requests; None where it is not so."""
    if not served or case.is_shared(raw) or not _concerns(raw, (*rule.actions, *rule.joins)):
        return None
    judged = [
        (statement_truth(statement, one.request.request), one)
        for one in served
        for candidate, statement in statements_of(case.document, one.view)
        if candidate.path == raw.path
    ]
    if not all(_fits(case, elements, one) and not elements.statement.unmodelled for elements, one in judged):
        return None
    if all(one.resource is Truth.YES for one, _ in judged) and is_extendable(raw, "Action"):
        return "Action", gap.action
    # A further resource is for all actions of the statement, so there must be none that CloudTrail does not need.
    if all(one.action is Truth.YES for one, _ in judged) and is_extendable(raw, "Resource") and _is_narrow(case, rule, raw):
        return "Resource", gap.resource
    return None


def _fits(case: Case, elements: Elements, one: Wanted) -> bool:
    """Tell whether a statement's conditions hold for a request, as far as they hold for the statement's other actions.

    A value that the template does not tell is the same for all of them. A key that the request may lack is not.
    """
    if elements.conditions is Truth.UNKNOWN and not _may_doubt(case, one.view):
        return all(len(one.request.request.values_of(condition.key)) == 1 for condition in elements.failing)
    return elements.conditions is Truth.YES


def _is_left_out(case: Case, rule: Allow, gap: Gap) -> bool:
    """Tell whether only conditions that the user wants left alone keep a statement from allowing the requests.

    A statement beside it would get around them.
    """
    own = [raw.path for raw in case.allows(rule.service) if _concerns(raw, (*rule.actions, *rule.joins))]
    for one in _open(case, gap):
        for raw, statement in statements_of(case.document, one.view):
            if raw.path not in own:
                continue
            failing = statement_truth(statement, one.request.request).failing
            if failing and all(case.is_left_out(condition.key) for condition in failing):
                return True
    return False


def _add(case: Case, rule: Allow, left: list[Gap]) -> None:
    """Add a statement to the document, to each branch that needs it where its Statement is an ``Fn::If``."""
    for where in case.lists():
        needed = [gap for gap in left if any(one.view.resolver.scenario.admits(where.guard) for one in _open(case, gap))]
        if needed:
            _add_to(case, rule, needed, where)


def _add_to(case: Case, rule: Allow, left: list[Gap], where: Alternative) -> None:
    neighbour = _neighbour(case, rule, left, where)
    guard = neighbour.guard if neighbour else where.guard
    speaking = when_named(neighbour, [one.view for gap in left for one in gap.wanted])
    if speaking is None:
        case.skip("obstacle", f"the conditions under which it names {rule.service} cannot be written as one", _ONE_CONDITION)
        return
    resources: list[Plain] = []
    for gap in left:
        resource = decided(gap.resource, guard)
        if resource not in resources:
            resources.append(resource)
    actions: list[Plain] = [*dict.fromkeys(gap.action for gap in left)]
    for named, when in _parts(resources):
        statement: dict[str, Plain] = {
            "Sid": rule.sid,
            "Effect": "Allow",
            "Principal": {"Service": rule.service},
            "Action": actions[0] if len(actions) == 1 else actions,
            "Resource": named[0] if len(named) == 1 else named,
        }
        limits = _limits(case, rule, left)
        if limits:
            statement["Condition"] = limits
        place = replace(where, guard=(*where.guard, *when, *speaking))
        change = functools.partial(_insert, case, statement, neighbour, place, _beside(case, left))
        change_guarded(case, rule.guard, change, f"allowing {rule.service} {', '.join(map(str, actions))}")


def _insert(
    case: Case, statement: dict[str, Plain], neighbour: RawStatement | None, place: Alternative, beside: str
) -> list[RawStatement] | None:
    added = case.insert(statement, after=case.again(neighbour) if neighbour else None, where=place)
    if added is None:
        return None
    actions = statement["Action"]
    names = ", ".join(map(str, as_list(actions)))
    service = added.data["Principal"]
    who = service["Service"] if isinstance(service, dict) else service
    case.note(f"{added.label} is added: {who} may {names}{beside}")
    return [added]


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


def _limits(case: Case, rule: Allow, left: list[Gap]) -> dict[str, Plain]:
    """Return the conditions of a new statement: the rule's own and its guard, where that surely holds."""
    views = list({id(one.view): one.view for gap in left for one in gap.wanted}.values())
    limits: dict[str, dict[str, Plain]] = {}
    own = ((operator, key, value) for operator, key, value in condition(rule.condition or {}, case.views))
    guard = ((entry.operator, entry.key, entry.value) for entry in guard_entries(case, rule.guard, views))
    for operator, key, value in (*own, *guard):
        if value is not None:
            limits.setdefault(operator, {})[key] = value
    return {operator: {**keys} for operator, keys in limits.items()}


def _beside(case: Case, left: list[Gap]) -> str:
    """Name the conditions of statements that would allow the requests but for them, and that stay as they are."""
    found: dict[str, None] = {}
    for one in (one for gap in left for one in gap.wanted):
        for raw, statement in statements_of(case.document, one.view):
            elements = statement_truth(statement, one.request.request)
            others = (elements.principal, elements.action, elements.resource)
            if statement.effect == "Allow" and elements.failing and all(truth is Truth.YES for truth in others):
                found |= {f"{failing} of {raw.label}": None for failing in elements.failing}
    return f"; {', '.join(found)} stays, and does not hold for it" if found else ""


def _neighbour(case: Case, rule: Allow, left: list[Gap], where: Alternative) -> RawStatement | None:
    """Return the service's last statement of a list that is in force wherever the new one is needed."""
    views = [one.view for gap in left for one in _open(case, gap) if one.view.resolver.scenario.admits(where.guard)]
    own = [
        raw
        for raw in case.allows(rule.service)
        if raw.path[: len(where.path)] == where.path and all(view.resolver.scenario.admits(raw.guard) for view in views)
    ]
    plain = [raw for raw in own if raw.guard == where.guard]
    return next(reversed(plain or own), None)


def _concerns(raw: RawStatement, actions: tuple[str, ...]) -> bool:
    """Tell whether a statement is about any of the actions, so that another of them belongs into it."""
    meets = (patterns_meet(one.lower(), action.lower()) for one in raw.actions for action in actions)
    return "NotAction" in raw.data or any(meets)


def _is_narrow(case: Case, rule: Allow, raw: RawStatement) -> bool:
    """Tell whether a statement allows only actions of the rule and others that CloudTrail asks for."""
    asked = {one.request.action for view in case.views for one in promised(view, case.kind)}
    return all(
        any(matches(text(name), text(one), ignore_case=True) is Truth.YES for name in (*rule.actions, *rule.joins, *asked))
        for one in raw.actions
    )
