"""The rule ``not-require``: no Allow statement of a service requires certain condition keys."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.cloudformation.policies import WrittenStatement
from remediate.cloudformation.policy_conditions import WrittenCondition, written_conditions
from remediate.cloudformation.substitution import unsubstituted
from remediate.patch_set import NotRequire
from remediate.plan.condition_edit import remove_entry
from remediate.plan.element_edit import move_actions
from remediate.plan.guard import change_guarded
from remediate.plan.names import named
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.unmet_conditions import mismatch


def ensure_not_required(editor: PolicyEditor, rule: NotRequire) -> None:
    """Remove the conditions, but for those that the rule excepts; it is a repair where one of them denies a request."""
    if not editor.meets(rule.when):
        return
    kept: dict[str, list[str]] = {}
    for raw in editor.upwards(rule.service):
        doomed: list[WrittenCondition] = []
        apart: list[str] = []
        repairs = False
        for entry in _concerned(editor, rule, raw):
            denying = mismatch(editor, raw, entry, repair=True)
            wrong = denying or mismatch(editor, raw, entry, repair=False)
            if rule.unless is None:
                doomed.append(entry)
            elif wrong is None:
                kept.setdefault(str(entry), []).insert(0, raw.label)
            elif wrong.apart:
                apart += [one for one in wrong.apart if one not in apart]
            else:
                doomed.append(entry)
            repairs |= denying is not None
        if _remove(editor, rule, raw, doomed, tuple(apart)) and repairs:
            editor.needs.add("repair")
    for condition, labels in kept.items():
        editor.skip("kept", f"kept {condition} of {', '.join(labels)}: {_why_kept(editor)}")


def _concerned(editor: PolicyEditor, rule: NotRequire, raw: WrittenStatement) -> list[WrittenCondition]:
    """Return a statement's conditions that the rule is about; a guard that only lacks its Fn::Sub is not to be lost."""
    found = (entry for entry in written_conditions(raw) if named(entry.key, rule.conditions))
    return [entry for entry in found if not any(unsubstituted(editor.draft.model, entry.value))]


def _remove(
    editor: PolicyEditor, rule: NotRequire, raw: WrittenStatement, doomed: list[WrittenCondition], apart: tuple[str, ...]
) -> bool:
    """Remove the conditions ``doomed`` from a statement, and from the actions ``apart`` all that the rule names.

    Tell whether something was removed.
    """

    def change() -> Sequence[WrittenStatement] | None:
        own = editor.own(raw, rule.service)
        if own is None:
            return None
        for entry in doomed:
            _drop(editor, rule, own, entry, (*own.path, *entry.path[len(raw.path) :]))
        moved = move_actions(editor, editor.again(own), [*apart], "Describe") if apart else None
        for entry in [one for one in written_conditions(moved) if named(one.key, rule.conditions)] if moved else []:
            _drop(editor, rule, moved or own, entry, entry.path)
        return [moved, own] if moved else [own]

    if not doomed and not apart:
        return False
    keys = ", ".join(dict.fromkeys(entry.key for entry in written_conditions(raw) if named(entry.key, rule.conditions)))
    return change_guarded(editor, rule.guard, change, f"removing {keys} from {raw.label}", "kept")


def _drop(
    editor: PolicyEditor, rule: NotRequire, raw: WrittenStatement, entry: WrittenCondition, path: tuple[str | int, ...]
) -> None:
    remove_entry(editor.draft, path)
    editor.note(f"removed {entry} from {raw.label}: {rule.because}")


def _why_kept(editor: PolicyEditor) -> str:
    service = editor.given.service
    if all(delivery.source is None for delivery in editor.deliveries):
        return f"it is for {service.a_noun} of another template, and nothing here shows that it does not match"
    return f"it does not block any {service.noun} in this template"
