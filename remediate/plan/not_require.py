"""The rule ``not-require``: no Allow statement of a service requires certain condition keys."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.causes.substitution import unsubstituted
from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.entries import Entry, entries
from remediate.patchset import NotRequire
from remediate.plan.case import Case
from remediate.plan.conditions import remove_entry
from remediate.plan.elements import move_actions
from remediate.plan.guard import change_guarded
from remediate.plan.mismatch import mismatch
from remediate.plan.names import named


def ensure_not_required(case: Case, rule: NotRequire) -> None:
    """Remove the conditions, but for those that the rule excepts; it is a repair where one of them denies a request."""
    if not case.meets(rule.when):
        return
    kept: dict[str, list[str]] = {}
    for raw in case.upwards(rule.service):
        doomed: list[Entry] = []
        apart: list[str] = []
        repairs = False
        for entry in _concerned(case, rule, raw):
            denying = mismatch(case, raw, entry, repair=True)
            wrong = denying or mismatch(case, raw, entry, repair=False)
            if rule.unless is None:
                doomed.append(entry)
            elif wrong is None:
                kept.setdefault(str(entry), []).insert(0, raw.label)
            elif wrong.apart:
                apart += [one for one in wrong.apart if one not in apart]
            else:
                doomed.append(entry)
            repairs |= denying is not None
        if _remove(case, rule, raw, doomed, tuple(apart)) and repairs:
            case.needs.add("repair")
    for condition, labels in kept.items():
        case.skip("kept", f"{condition} of {', '.join(labels)} stays: {_why_kept(case)}")


def _concerned(case: Case, rule: NotRequire, raw: RawStatement) -> list[Entry]:
    """Return a statement's conditions that the rule is about; a guard that only lacks its Fn::Sub is not to be lost."""
    found = (entry for entry in entries(raw) if named(entry.key, rule.conditions))
    return [entry for entry in found if not any(unsubstituted(case.draft.data, entry.value))]


def _remove(case: Case, rule: NotRequire, raw: RawStatement, doomed: list[Entry], apart: tuple[str, ...]) -> bool:
    """Remove the conditions ``doomed`` from a statement, and from the actions ``apart`` all that the rule names.

    Tell whether something was removed.
    """

    def change() -> Sequence[RawStatement] | None:
        own = case.own(raw, rule.service)
        if own is None:
            return None
        for entry in doomed:
            _drop(case, rule, own, entry, (*own.path, *entry.path[len(raw.path) :]))
        moved = move_actions(case, case.again(own), [*apart], "Describe") if apart else None
        for entry in [one for one in entries(moved) if named(one.key, rule.conditions)] if moved else []:
            _drop(case, rule, moved or own, entry, entry.path)
        return [moved, own] if moved else [own]

    if not doomed and not apart:
        return False
    keys = ", ".join(dict.fromkeys(entry.key for entry in entries(raw) if named(entry.key, rule.conditions)))
    return change_guarded(case, rule.guard, change, f"removing {keys} from {raw.label}", "kept")


def _drop(case: Case, rule: NotRequire, raw: RawStatement, entry: Entry, path: tuple[str | int, ...]) -> None:
    remove_entry(case.draft, path)
    case.note(f"{entry} is removed from {raw.label}: {rule.because}")


def _why_kept(case: Case) -> str:
    if all(view.trail is None for view in case.views):
        return "it is for a trail of another template, and nothing here shows that it does not match"
    return "no request of the trails here is denied by it"
