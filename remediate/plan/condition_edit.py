"""Adding and removing the conditions of a statement."""

from __future__ import annotations

from remediate.cloudformation.expression import NO_VALUE, function
from remediate.cloudformation.policies import WrittenStatement
from remediate.plan.draft import Draft
from remediate.plan.policy_editor import PolicyEditor
from remediate.template import Plain


def remove_entry(draft: Draft, path: tuple[str | int, ...]) -> None:
    """Remove the condition at a path, and with it an operator or ``Condition`` that would be left empty."""
    while path[-1] != "Condition" and len(_mapping(draft, path[:-1])) == 1:
        path = path[:-1]
        if isinstance(path[-1], int):  # the branch of an Fn::If cannot go, only become nothing
            other = draft.at((*path[:-1], 3 - path[-1]))
            if other != NO_VALUE:
                draft.replace(path, NO_VALUE)
                return
            path = path[:-2]
    draft.remove(path)


def add_condition(editor: PolicyEditor, raw: WrittenStatement, operator: str, key: str, value: Plain) -> bool:
    """Add one condition key to a statement; False, and said, where the form of its conditions forbids it."""
    written = raw.data.get("Condition")
    if written is None:
        editor.draft.add((*raw.path, "Condition"), {operator: {key: value}})
        return True
    keys = written.get(operator) if isinstance(written, dict) else None
    if not isinstance(written, dict) or function(written) or function(keys):
        editor.skip("obstacle", f"the Condition of {raw.label} comes from an intrinsic function, so {key} is not added")
        return False
    if isinstance(keys, dict):
        present = next((one for one in keys if one.lower() == key.lower()), None)
        if present is None:
            editor.draft.add((*raw.path, "Condition", operator, key), value)
        else:
            editor.draft.replace((*raw.path, "Condition", operator, present), value)
    elif operator in written:
        editor.skip("obstacle", f"{operator} of {raw.label} is not a mapping of condition keys, so {key} is not added")
        return False
    else:
        editor.draft.add((*raw.path, "Condition", operator), {key: value})
    return True


def _mapping(draft: Draft, path: tuple[str | int, ...]) -> dict[str, Plain]:
    found = draft.at(path)
    return found if isinstance(found, dict) else {}
