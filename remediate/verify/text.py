"""Guarantees 1 and 2: the new text holds what the patch describes, and nothing else of it changed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import jsonpatch

from remediate.template import Edit, Operation, Plain, Template, TemplateError, identical, read_data, tokens, unshared
from remediate.verify.broken import Broken


def verify_text(before: Template, operations: Sequence[Operation], edits: Sequence[Edit], after: str) -> dict[str, Plain]:
    """Check guarantees 1 and 2 and return the new template's data as read from its text. Raises Broken."""
    if not operations and after == before.text:
        return before.data
    try:
        found = read_data(after.encode().decode(), before.format)
    except (TemplateError, UnicodeEncodeError) as error:
        raise Broken(1, f"it cannot be read: {error}") from error
    expected = _patched(before.data, operations)
    if not identical(expected, found):
        raise Broken(1, _difference(expected, found))
    _check_untouched(before.text, edits, after)
    return found if isinstance(found, dict) else {}


def _patched(data: dict[str, Plain], operations: Sequence[Operation]) -> Plain:
    """Return jsonpatch's result, with new members where the operations want them to stand.

    What no operation leads into is shared with the old data, for copying a large template takes longer than the rest.
    """
    reached = {tuple(tokens(path)[:2]) for operation in operations for path in (operation.path, operation.source)}
    result: Plain = _own_copy(data, reached)
    for operation in operations:
        result = jsonpatch.JsonPatch([operation.to_json()]).apply(result, in_place=True)
        if operation.before is not None:
            *parent_path, name = tokens(operation.path)
            parent: Plain = result
            for step in parent_path:
                parent = (
                    parent[int(step)] if isinstance(parent, list) else parent[step] if isinstance(parent, dict) else None
                )
            if isinstance(parent, dict) and operation.before in parent:
                _move_before(parent, name, operation.before)
    return result


def _own_copy(data: dict[str, Plain], reached: set[tuple[str, ...]]) -> dict[str, Plain]:
    own: dict[str, Plain] = {}
    for name, section_data in data.items():
        inside = {path[1] for path in reached if len(path) > 1 and path[0] == name}
        if isinstance(section_data, dict):
            own[name] = {key: unshared(one) if key in inside else one for key, one in section_data.items()}
        else:
            own[name] = unshared(section_data)
    return own


def _move_before(parent: dict[str, Plain], name: str, before: str) -> None:
    members = [(key, value) for key, value in parent.items() if key != name]
    index = [key for key, _ in members].index(before)
    members.insert(index, (name, parent[name]))
    parent.clear()
    parent.update(members)


def _difference(expected: Plain, found: Plain) -> str:
    import deepdiff  # slow to import, and needed only to explain a failure

    explained = deepdiff.DeepDiff(expected, found).pretty()
    return explained.splitlines()[0] if explained else "the members are in another order"


def _check_untouched(before: str, edits: Sequence[Edit], after: str) -> None:
    """Walk both texts side by side: between edits they are the same, and at each edit the new text has what it says."""
    ordered = sorted(edits, key=lambda edit: edit.span)
    for first, second in pairwise(ordered):
        if first.span.end > second.span.start:
            raise Broken(2, f"two edits overlap at {second.span.start}")
    position = done = 0
    for edit in ordered:
        kept = before[done : edit.span.start]
        if after[position : position + len(kept)] != kept:
            raise Broken(2, f"the text before offset {edit.span.start} changed")
        position += len(kept)
        if after[position : position + len(edit.text)] != edit.text:
            raise Broken(2, f"the edit at offset {edit.span.start} is not in the text")
        position += len(edit.text)
        done = edit.span.end
    if before[done:] != after[position:]:
        raise Broken(2, f"the text after offset {done} changed")
