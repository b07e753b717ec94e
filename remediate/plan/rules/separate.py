"""The rule ``separate``: condition keys that only some actions can meet stand on no other."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.cloudformation.policies import WrittenStatement
from remediate.cloudformation.policy_conditions import WrittenCondition, written_conditions
from remediate.delivery.decide import documented, judge, requests_for_open_prefix, statements_of
from remediate.iam.evaluate import Outcome, statement_truth
from remediate.iam.match import matches
from remediate.iam.truth import Truth
from remediate.partial_string import partial
from remediate.patch_set import Separate
from remediate.plan.condition_edit import remove_entry
from remediate.plan.element_edit import move_actions
from remediate.plan.guard import change_guarded
from remediate.plan.names import named
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.unmet_conditions import is_dead, is_hopeless


def ensure_separate(editor: PolicyEditor, rule: Separate) -> None:
    """Split statements that mix the actions with others, and take the condition keys off the others.

    A statement without the keys stays as it is, and so does one for the actions alone.
    """
    for raw in editor.upwards(rule.service):
        dead = _dead(editor, rule, raw)
        grants = [one for one in raw.actions if one.lower() in {name.lower() for name in rule.actions}]
        needed = bool(dead) and _is_needed(editor, raw)
        if not dead or not (needed or grants) or len(grants) == len(raw.actions) > 0:
            continue
        wide = [one for one in raw.actions if _covers_more(one, rule.actions)]
        if wide or not raw.actions:
            shown = ", ".join(wide) or "what it allows"
            editor.skip("kept", f"{raw.label} is not split: {shown} cannot be taken apart without listing all that it means")
            continue
        if _split(editor, rule, raw, grants) and needed:
            editor.needs.add("repair")


def _split(editor: PolicyEditor, rule: Separate, raw: WrittenStatement, grants: list[str]) -> bool:
    def change() -> Sequence[WrittenStatement] | None:
        own = editor.own(raw, rule.service)
        if own is None or (grants and move_actions(editor, own, grants, "Grants") is None):
            return None
        for entry in _dead(editor, rule, editor.again(own)):
            remove_entry(editor.draft, entry.path)
            editor.note(f"removed {entry} from {own.label}: {rule.because}")
        return [own]

    return change_guarded(editor, rule.guard, change, f"removing {', '.join(rule.conditions)} from {raw.label}", "kept")


def _is_needed(editor: PolicyEditor, raw: WrittenStatement) -> bool:
    """Tell whether a documented request that the statement is for is denied, and only for conditions that can go."""
    for delivery in editor.deliveries_of(raw):
        for one in documented(requests_for_open_prefix(delivery, editor.kind, editor.logical_id)):
            if judge(editor.document, delivery, one.request, allows_only=True).outcome is not Outcome.DENIED:
                continue
            for candidate, statement in statements_of(editor.document, delivery):
                elements = statement_truth(statement, one.request)
                fits = elements.action is Truth.YES and elements.resource is not Truth.NO
                if candidate.path == raw.path and fits and not is_hopeless(editor, statement, one.request):
                    return True
    return False


def _dead(editor: PolicyEditor, rule: Separate, raw: WrittenStatement) -> list[WrittenCondition]:
    return [one for one in written_conditions(raw) if named(one.key, rule.conditions) and is_dead(editor, one)]


def _covers_more(action: str, names: tuple[str, ...]) -> bool:
    return "*" in action and any(matches(partial(action), partial(name), ignore_case=True) is Truth.YES for name in names)
