"""The rule ``allow``: a service may do the actions on the resources."""

from __future__ import annotations

from remediate.cloudformation.expression import as_list
from remediate.cloudformation.policies import WrittenStatement
from remediate.delivery.decide import all_possible_requests, requests_for_open_prefix, statements_of
from remediate.diagnosis.folders import is_for_another_folder
from remediate.iam.evaluate import Elements, Outcome, statement_truth
from remediate.iam.match import covers, patterns_meet
from remediate.iam.truth import Truth
from remediate.patch_set import Allow
from remediate.plan.element_edit import extend, is_extendable
from remediate.plan.gaps import Gap, Wanted, gaps, is_narrow, may_doubt, outcome_of, still_open, writable_gaps
from remediate.plan.guard import outsiders_let_in
from remediate.plan.new_statement import add_statements
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.replace_resource import replace_refused
from remediate.plan.role_policy import others_using
from remediate.plan.vocabulary import decided, organization_id
from remediate.template import Plain


def ensure_allow(editor: PolicyEditor, rule: Allow) -> None:
    """Complete the service's own statement, or add one, where requests of the rule are denied.

    A Deny is not looked at here: no patch changes one, and what it blocks is reported at the end.
    """
    every = [*gaps(editor, rule)]
    wanted = [gap for gap in every if still_open(editor, gap) and not _stands(editor, rule, gap)]
    if wanted and not editor.has_statements_everywhere():
        editor.skip("obstacle", "its Statement is there under some conditions only, so nothing can be added for the others")
        editor.still_denied |= {one.request.id for gap in wanted for one in still_open(editor, gap)}
        return
    if wanted and _is_for_others(editor, rule):
        editor.still_denied |= {one.request.id for gap in wanted for one in still_open(editor, gap)}
        return
    writable = writable_gaps(editor, wanted)
    denied = any(_is_denied(editor, one) for gap in writable for one in gap.wanted)
    replace_refused(editor, rule, every, writable)
    left = [gap for gap in writable if still_open(editor, gap) and not _complete(editor, rule, gap)]
    left = [gap for gap in left if not _is_left_out(editor, rule, gap)]
    if left:
        add_statements(editor, rule, left)
    if wanted and "log-objects" in rule.resources:
        _say_without_organization(editor)
    if denied:
        editor.needs.add("repair")
    editor.allowed |= {one.request.id for gap in wanted if not still_open(editor, gap) for one in gap.wanted}
    editor.still_denied |= {one.request.id for gap in wanted for one in still_open(editor, gap)}
    editor.still_denied |= _out_of_reach(editor, rule) if wanted else set()


def _out_of_reach(editor: PolicyEditor, rule: Allow) -> set[str]:
    """Return the ids of requests that none of the rule's resources can name, such as one on what another stack exports."""
    asked = {action.lower() for action in rule.actions}
    return {
        one.id
        for delivery in editor.deliveries
        for one in all_possible_requests(delivery, editor.kind, editor.logical_id)
        if one.id in rule.denied and any(covers(action, one.request.action) for action in asked)
        if outcome_of(editor, delivery, one.request) is Outcome.DENIED
    }


def _is_for_others(editor: PolicyEditor, rule: Allow) -> bool:
    """Tell, and say, whether others than the service would get what an identity is allowed, which takes a review."""
    if not editor.of_identity:
        return False
    others = others_using(editor.draft.model, editor.logical_id, rule.service, editor.deliveries)
    if others and not editor.review:
        reason = f"{', '.join(others)} can assume {editor.logical_id} too, and would be allowed {', '.join(rule.actions)}"
        editor.skip("review", reason, f"give {rule.service} a role of its own, or apply the change with --review")
    elif others:
        editor.note(f"{', '.join(others)} can assume {editor.logical_id} too")
    return bool(others) and not editor.review


def _stands(editor: PolicyEditor, rule: Allow, gap: Gap) -> bool:
    """Tell whether a statement names the action and the resource already: what is still undecided stays so."""
    if Outcome.DENIED in (outcome_of(editor, one.delivery, one.request.request) for one in gap.wanted):
        return False
    for raw in editor.allows(rule.service):
        resource = decided(gap.resource, raw.guard)
        if resource in as_list(raw.data.get("Resource")) and any(covers(action, gap.action) for action in raw.actions):
            return True
    return False


def _is_denied(editor: PolicyEditor, one: Wanted) -> bool:
    """Tell whether a request that a source surely makes is surely denied."""
    return one.is_made and outcome_of(editor, one.delivery, one.request.request) is Outcome.DENIED


def _say_without_organization(editor: PolicyEditor) -> None:
    """Say that the organization's path is missing where its id is known to nobody."""
    if organization_id(editor.draft.original, editor.given) is not None:
        return
    for delivery in editor.deliveries:
        for one in requests_for_open_prefix(delivery, editor.kind, editor.logical_id):
            if "organization" in one.id and outcome_of(editor, delivery, one.request) is Outcome.DENIED:
                reason = "the organization's id is not in the template, so its path below AWSLogs/ cannot be written"
                editor.skip("denied", reason, "give the organization's id with --organization-id")
                return


def _complete(editor: PolicyEditor, rule: Allow, gap: Gap) -> bool:
    """Add the action or the resource to statements that lack only that; tell whether this closes the gap.

    A statement in an ``Fn::If`` serves the deliveries of its branch, so that two branches may be needed.
    """
    chosen: list[tuple[WrittenStatement, str, Plain]] = []
    left = still_open(editor, gap)
    for raw in sorted(editor.allows(rule.service), key=lambda one: len(one.guard)):
        served = [one for one in left if one.delivery.resolver.scenario.admits(raw.guard)]
        lacking = _lacking(editor, rule, raw, gap, served)
        if lacking:
            chosen.append((raw, *lacking))
            left = [one for one in left if one not in served]
    if left:
        return False
    before, snapshot = editor.document, editor.snapshot()
    for raw, element, value in chosen:
        extend(editor, raw, element, decided(value, raw.guard))
    if outsiders_let_in(editor, before):  # they get a statement of their own, which is guarded
        editor.restore(snapshot)
        return False
    return True


def _lacking(
    editor: PolicyEditor, rule: Allow, raw: WrittenStatement, gap: Gap, served: list[Wanted]
) -> tuple[str, Plain] | None:
    """Return the one element and value that a statement lacks to allow the requests; None where it is not so."""
    if not served or editor.is_shared(raw) or not _concerns(raw, (*rule.actions, *rule.joins)):
        return None
    judged = [
        (statement_truth(statement, one.request.request), one)
        for one in served
        for candidate, statement in statements_of(editor.document, one.delivery)
        if candidate.path == raw.path
    ]
    if not all(_fits(editor, elements, one) and not elements.statement.unmodelled for elements, one in judged):
        return None
    if all(one.resource is Truth.YES for one, _ in judged) and is_extendable(raw, "Action"):
        return "Action", gap.action
    # A further resource is for all actions of the statement, so there must be none that the service does not need. What
    # may be the guard of somebody else's folder stays that.
    if (
        all(one.action is Truth.YES for one, _ in judged)
        and not any(
            elements.conditions is not Truth.YES and is_for_another_folder(one.delivery, *editor.place, elements.statement)
            for elements, one in judged
        )
        and is_extendable(raw, "Resource")
        and is_narrow(editor, rule, raw)
    ):
        return "Resource", gap.resource
    return None


def _fits(editor: PolicyEditor, elements: Elements, one: Wanted) -> bool:
    """Tell whether a statement's conditions hold for a request, as far as they hold for the statement's other actions.

    A value that the template does not tell is the same for all of them. A key that the request may lack is not.
    """
    if elements.conditions is Truth.UNKNOWN and not may_doubt(editor, one.delivery):
        return all(len(one.request.request.values_of(condition.key)) == 1 for condition in elements.failing)
    return elements.conditions is Truth.YES


def _is_left_out(editor: PolicyEditor, rule: Allow, gap: Gap) -> bool:
    """Tell whether only conditions that the user wants left alone keep a statement from allowing the requests.

    A statement beside it would get around them.
    """
    own = [raw.path for raw in editor.allows(rule.service) if _concerns(raw, (*rule.actions, *rule.joins))]
    for one in still_open(editor, gap):
        for raw, statement in statements_of(editor.document, one.delivery):
            if raw.path not in own:
                continue
            failing = statement_truth(statement, one.request.request).failing
            if failing and all(editor.is_left_out(condition.key) for condition in failing):
                return True
    return False


def _concerns(raw: WrittenStatement, actions: tuple[str, ...]) -> bool:
    """Tell whether a statement is about any of the actions, so that another of them belongs into it."""
    meets = (patterns_meet(one.lower(), action.lower()) for one in raw.actions for action in actions)
    return "NotAction" in raw.data or any(meets)
