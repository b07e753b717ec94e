"""The rule ``not-require``: no Allow statement of a service requires certain condition keys."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.documents import RawStatement
from remediate.patchset import NotRequire
from remediate.plan.case import Case
from remediate.plan.conditions import Entry, entries, named, remove_entry
from remediate.plan.ownership import holds
from remediate.plan.separate import move_actions
from remediate.plan.wanted import promised
from remediate.policy.conditions import condition_truth
from remediate.policy.document import Condition, Statement, parse_statement
from remediate.policy.match import matches
from remediate.policy.truth import Truth
from remediate.symbolic import text


def ensure_not_required(case: Case, rule: NotRequire) -> None:
    """Remove the conditions; with ``unless: matches-trail`` only where they cannot be shown to match every trail."""
    if rule.when and not holds(rule.when, case):
        return
    # Back to front, so that what is inserted or removed moves no statement that is still to come.
    for raw in reversed(case.allows(rule.service)):
        found = [(entry, _mismatched(case, raw, entry, rule)) for entry in entries(raw) if named(entry.key, rule.conditions)]
        for entry, actions in found:
            if actions == set():
                case.skip("kept", f"{entry.operator} {entry.key} of {raw.label} matches every request it is for, and stays")
        doomed = [entry for entry, actions in found if actions is None]
        apart = set().union(*(actions for _, actions in found if actions))
        if doomed or apart:
            _mend(case, rule, raw, doomed, apart)


def _mend(case: Case, rule: NotRequire, raw: RawStatement, doomed: list[Entry], apart: set[str]) -> None:
    own = case.own(raw, rule.service)
    if own is None:
        return
    for entry in reversed(doomed):
        remove_entry(case.draft, (*own.path, *entry.path[len(raw.path) :]))
        case.note(f"{entry.operator} {entry.key} is removed from {own.label}: {rule.because}")
    if apart:
        moved = move_actions(case, case.again(own), apart, "Describe")
        for entry in reversed([one for one in entries(moved) if named(one.key, rule.conditions)] if moved else []):
            remove_entry(case.draft, entry.path)
            case.note(
                f"{entry.key} is not asked of {', '.join(sorted(apart))}, which {moved and moved.label} allows on its own"
            )


def _mismatched(case: Case, raw: RawStatement, entry: Entry, rule: NotRequire) -> set[str] | None:
    """Return the statement's actions for which the condition must go; None for all of them."""
    if rule.unless is None:
        return None
    listed = raw.data.get("Action")
    actions = [str(one) for one in (listed if isinstance(listed, list) else [listed])]
    failing = {action for action, truth in _truths(case, raw, entry) if truth is not Truth.YES}
    # A condition that fails for actions that can be named one by one is kept for the others.
    apart = {action for action in actions if action.lower() in {one.lower() for one in failing}}
    never_carried = {action for action in apart if action.lower() == "kms:describekey"}
    if failing and {one.lower() for one in failing} <= {one.lower() for one in never_carried} and len(actions) > 1:
        return never_carried
    return None if failing else set()


def _truths(case: Case, raw: RawStatement, entry: Entry) -> Iterator[tuple[str, Truth]]:
    """Yield for each request that the statement is for whether the condition holds."""
    for view in case.views_of(raw):
        if not view.resolver.scenario.admits(entry.guard):
            continue
        statement = parse_statement(view.resolver.value(raw.data), raw.pointer, raw.pointer, 0)
        condition = _condition(view.resolver.value({entry.operator: {entry.key: entry.value}}))
        requests = [one.request for one in promised(view, case.kind)]
        meant = [one for one in requests if _names(statement, one.action)]
        # A statement for requests that are not modelled (grants, say) is judged by those that carry the key.
        for request in meant or [one for one in requests if entry.key.lower() in one.context]:
            truth = condition_truth(condition, request)
            if truth is Truth.UNKNOWN and view.trail is None and not _is_impossible(condition):
                continue  # the trail is in another template: nothing here says that the condition is wrong
            yield request.action, truth


def _condition(written: object) -> Condition:
    shell: dict[str, object] = {name: text("*") for name in ("Principal", "Action", "Resource")}
    parsed = parse_statement({**shell, "Effect": text("Allow"), "Condition": written}, "", "", 0)  # type: ignore[dict-item]
    return parsed.conditions[0]


def _names(statement: Statement, action: str) -> bool:
    return any(matches(one, text(action), ignore_case=True) is Truth.YES for one in statement.actions)


def _is_impossible(condition: Condition) -> bool:
    """Tell whether an exact operator compares with a wildcard, which no ARN of a trail contains."""
    exact = condition.operator.split(":")[-1].removesuffix("IfExists") in {"StringEquals", "StringEqualsIgnoreCase"}
    return exact and all("*" in str(value) or "?" in str(value) for value in condition.values)
