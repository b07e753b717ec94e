"""The actions and resources of a statement as they are written: reading them and adding to them."""

from __future__ import annotations

from remediate.cloudformation.expression import NO_VALUE, alternatives, as_list, function
from remediate.cloudformation.policies import WrittenStatement
from remediate.plan.policy_editor import PolicyEditor
from remediate.template import Plain


def is_extendable(raw: WrittenStatement, element: str) -> bool:
    """Tell whether a value can be added to an element of a statement."""
    written = raw.data.get(element)
    return isinstance(written, list) or (
        written is not None and not any(isinstance(one.value, list) for one in alternatives(written, ()))
    )


def extend(editor: PolicyEditor, raw: WrittenStatement, element: str, *values: Plain) -> None:
    """Add values to a statement's ``Action`` or ``Resource``, a string becoming a list."""
    written = editor.again(raw).data[element]
    path = (*raw.path, element)
    if isinstance(written, list):
        for index, value in enumerate(values, len(written)):
            editor.draft.add((*path, index), value)
    else:
        editor.draft.replace(path, [written, *values])
    noun = element.lower() + ("s" if len(values) > 1 else "")
    editor.note(f"added the {noun} {', '.join(map(shown, values))} to {raw.label}")


def move_actions(editor: PolicyEditor, raw: WrittenStatement, moved: list[str], suffix: str) -> WrittenStatement | None:
    """Move actions of a statement to a copy behind it; return the copy, None where none can be added.

    A statement that has no other action stays whole and is returned itself.
    """
    written = as_list(raw.data.get("Action"))
    if all(one in moved for one in written):
        return raw
    if not editor.can_insert(raw):
        return None
    for index in reversed(range(len(written))):
        if written[index] in moved:
            editor.draft.remove((*raw.path, "Action", index))
    apart: Plain = moved[0] if len(moved) == 1 else [*moved]
    added = editor.insert({**editor.again(raw).data, "Action": apart}, after=raw, suffix=suffix)
    if added:
        editor.note(f"moved {', '.join(moved)} from {raw.label} to the new statement {added.label}")
    return added


def shown(value: Plain) -> str:
    """Return an expression as a person would name it."""
    match function(value):
        case ("Fn::GetAtt", [*names]):
            return ".".join(map(str, names))
        case ("Fn::If", [_, yes, no]):
            return " or ".join(shown(one) for one in (yes, no) if one != NO_VALUE)
        case (_, str(argument)):
            return argument
        case (_, [str(argument), *_]):
            return argument
    return str(value)
