"""The rule ``separate``: condition keys that only some actions can meet stand on no other."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.entries import Entry, entries
from remediate.judge import asked, documented, judge, statements_of
from remediate.patchset import Separate
from remediate.plan.case import Case
from remediate.plan.conditions import remove_entry
from remediate.plan.elements import move_actions
from remediate.plan.guard import change_guarded
from remediate.plan.mismatch import is_dead, is_hopeless
from remediate.plan.names import named
from remediate.policy.evaluate import Outcome, statement_truth
from remediate.policy.match import matches
from remediate.policy.truth import Truth
from remediate.symbolic import text


def ensure_separate(case: Case, rule: Separate) -> None:
    """Split statements that mix the actions with others, and take the condition keys off the others.

    A statement without the keys stays as it is, and so does one for the actions alone.
    """
    for raw in case.upwards(rule.service):
        dead = _dead(case, rule, raw)
        grants = [one for one in raw.actions if one.lower() in {name.lower() for name in rule.actions}]
        needed = bool(dead) and _is_needed(case, raw)
        if not dead or not (needed or grants) or len(grants) == len(raw.actions) > 0:
            continue
        wide = [one for one in raw.actions if _covers_more(one, rule.actions)]
        if wide or not raw.actions:
            shown = ", ".join(wide) or "what it allows"
            case.skip("kept", f"{raw.label} is not split: {shown} cannot be taken apart without listing all that it means")
            continue
        if _split(case, rule, raw, grants) and needed:
            case.needs.add("repair")


def _split(case: Case, rule: Separate, raw: RawStatement, grants: list[str]) -> bool:
    def change() -> Sequence[RawStatement] | None:
        own = case.own(raw, rule.service)
        if own is None or (grants and move_actions(case, own, grants, "Grants") is None):
            return None
        for entry in _dead(case, rule, case.again(own)):
            remove_entry(case.draft, entry.path)
            case.note(f"{entry} is removed from {own.label}: {rule.because}")
        return [own]

    return change_guarded(case, rule.guard, change, f"removing {', '.join(rule.conditions)} from {raw.label}", "kept")


def _is_needed(case: Case, raw: RawStatement) -> bool:
    """Tell whether a documented request that the statement is for is denied, and only for conditions that can go."""
    for view in case.views_of(raw):
        for one in documented(asked(view, case.kind)):
            if judge(case.document, view, one.request, allows_only=True).outcome is not Outcome.DENIED:
                continue
            for candidate, statement in statements_of(case.document, view):
                elements = statement_truth(statement, one.request)
                fits = elements.action is Truth.YES and elements.resource is not Truth.NO
                if candidate.path == raw.path and fits and not is_hopeless(case, statement, one.request):
                    return True
    return False


def _dead(case: Case, rule: Separate, raw: RawStatement) -> list[Entry]:
    return [one for one in entries(raw) if named(one.key, rule.conditions) and is_dead(case, one)]


def _covers_more(action: str, names: tuple[str, ...]) -> bool:
    return "*" in action and any(matches(text(action), text(name), ignore_case=True) is Truth.YES for name in names)
