"""The rule ``allow``: a service may do the actions on the resources."""

from __future__ import annotations

from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.expression import alternatives
from remediate.patchset import Allow
from remediate.plan.case import Case
from remediate.plan.judge import judge, made, statements_of
from remediate.plan.vocabulary import condition
from remediate.plan.wanted import Gap, gaps
from remediate.policy.evaluate import Outcome, statement_truth
from remediate.policy.truth import Truth
from remediate.template import Plain


def ensure_allow(case: Case, rule: Allow) -> None:
    """Complete the service's own statement, or add one, where CloudTrail's requests are denied.

    A Deny is not looked at here: no patch changes one, and what it blocks is reported at the end.
    """
    if not _fires(case, rule):
        return
    left = [gap for gap in gaps(case, rule) if _is_open(case, gap) and not _complete(case, rule, gap)]
    if left:
        _add(case, rule, left)


def _fires(case: Case, rule: Allow) -> bool:
    outcomes = {
        judge(case.document, view, one.request, allows_only=True).outcome
        for view in case.views
        for one in made(view, case.document.kind)
        if one.id.startswith(rule.denied)
    }
    return Outcome.DENIED in outcomes or (case.review and Outcome.UNDECIDABLE in outcomes)


def _is_open(case: Case, gap: Gap) -> bool:
    outcomes = {judge(case.document, one.view, one.request.request, allows_only=True).outcome for one in gap.wanted}
    return Outcome.DENIED in outcomes or (case.review and Outcome.UNDECIDABLE in outcomes)


def _complete(case: Case, rule: Allow, gap: Gap) -> bool:
    """Add the action or the resource to a statement that lacks only that; tell whether there was one."""
    for raw in case.allows(rule.service):
        if case.is_shared(raw) or raw.guard != case.document.guard or not _concerns(raw, rule.actions):
            continue
        judged = [
            statement_truth(statement, one.request.request)
            for one in gap.wanted
            for candidate, statement in statements_of(case.document, one.view)
            if candidate.path == raw.path
        ]
        if not judged or any(one.conditions is not Truth.YES for one in judged):
            continue
        for element, value, rest in (("Action", gap.action, "resource"), ("Resource", gap.resource, "action")):
            if all(getattr(one, rest) is Truth.YES for one in judged) and extend(case, raw, element, value):
                return True
    return False


def extend(case: Case, raw: RawStatement, element: str, *values: Plain) -> bool:
    """Add values to a statement's ``Action`` or ``Resource``, a string becoming a list; tell whether that was possible."""
    written = raw.data.get(element)
    path = (*raw.path, element)
    if isinstance(written, list):
        for offset, value in enumerate(values):
            case.draft.add((*path, len(written) + offset), value)
    elif written is not None and not any(isinstance(one.value, list) for one in alternatives(written, ())):
        case.draft.replace(path, [written, *values])
    else:
        return False
    case.note(f"{raw.label} gains the {element.lower()} {', '.join(map(_shown, values))}")
    return True


def _add(case: Case, rule: Allow, left: list[Gap]) -> None:
    resources: list[Plain] = []
    for gap in left:
        if gap.resource not in resources:
            resources.append(gap.resource)
    actions: list[Plain] = [*dict.fromkeys(gap.action for gap in left)]
    statement: dict[str, Plain] = {
        "Sid": rule.sid,
        "Effect": "Allow",
        "Principal": {"Service": rule.service},
        "Action": actions[0] if len(actions) == 1 else actions,
        "Resource": resources[0] if len(resources) == 1 else resources,
    }
    if rule.condition:
        statement["Condition"] = {**condition(rule.condition)}
    own = [raw for raw in case.allows(rule.service) if raw.guard == case.document.guard]
    added = case.insert(statement, after=own[-1] if own else None)
    if added:
        case.note(f"{added.label} is added: {rule.service} may {', '.join(map(str, actions))}")


def _concerns(raw: RawStatement, actions: tuple[str, ...]) -> bool:
    """Tell whether a statement is about any of the actions, so that another of them belongs into it."""
    written = raw.data.get("Action")
    names = {str(one).lower() for one in (written if isinstance(written, list) else [written])}
    return bool(names & {action.lower() for action in actions} | names & {"s3:*", "kms:*"})


def _shown(value: Plain) -> str:
    if isinstance(value, dict):
        ((_, argument),) = value.items()
        return ".".join(map(str, argument)) if isinstance(argument, list) else str(argument)
    return str(value)
