"""Taking a fix back: the inverse JSON patch, with the bytes that it put in the place of others.

RFC 6902 is about data: a patch alone brings back no comment, quote or order. The undo file has both: operations, for people
and other tools, and the replaced text, which restores the file byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import jsonpatch
from msgspec import Struct

from remediate.cloudformation.model import TemplateModel
from remediate.engine import Report
from remediate.report.escape import json_text
from remediate.report.lines import changes
from remediate.template import (
    Edit,
    Operation,
    Plain,
    Span,
    TemplateError,
    parse_operation,
    read,
    tokens,
    unshared,
)
from remediate.verify import Broken

KEY = "remediateUndo"
"""The member by which an undo file is known; its value is the version of the form."""
_VERSION = 1


class Undo(Struct, frozen=True):
    """How one file becomes again what it was.

    ``fixed`` and ``original`` are the SHA-256 digests of the file after the fix and before it. ``operations`` turn the data
    of the one into that of the other (RFC 6902), with a ``test`` before what they remove. Of each of the ``edits`` the span
    counts bytes of the fixed file.
    """

    name: str
    fixed: str
    original: str
    operations: tuple[Operation, ...]
    edits: tuple[Edit, ...]


def undo_of(report: Report) -> Undo:
    """Return what takes a fix back. Raises Broken where the inverse patch does not lead back to the data."""
    before, after = _original(report), report.to_bytes()
    undone = tuple(_inverse(report.template.data, report.operations))
    if not _same(_applied(undone, report.model_after.data), report.template.data):
        raise Broken(1, "the inverse patch does not lead back to the data")
    return Undo(report.name, _digest(after), _digest(before), undone, tuple(_edits(after, before)))


def render(undos: Iterable[Undo]) -> str:
    """Return an undo file, in the form of ``undo.schema.json`` beside this module."""
    return json_text({KEY: _VERSION, "files": [_file(one) for one in undos]})


def is_undo(written: object) -> bool:
    """Tell whether JSON data is an undo file, and not a JSON patch."""
    return isinstance(written, dict) and KEY in written


def parse(written: object) -> tuple[Undo, ...]:
    """Read an undo file from JSON data. Raises TemplateError for what has not the form of one."""
    import jsonschema  # slow to import

    schema = json.loads(Path(__file__).with_name("undo.schema.json").read_text("utf-8"))
    try:
        jsonschema.validate(written, schema)
    except jsonschema.ValidationError as error:
        raise TemplateError(f"not an undo file that can be read: {error.json_path}: {error.message}", 1, 1) from error
    content = cast("dict[str, Any]", written)
    return tuple(map(_undo, content["files"]))


def choose(undos: Sequence[Undo], name: str, raw: bytes) -> Undo:
    """Return what an undo file has for a file, by its content. Raises TemplateError where the file is not as it was left."""
    digest = _digest(raw)
    found = next((one for one in undos if one.fixed == digest), None)
    if found is not None:
        return found
    if any(one.original == digest for one in undos):
        raise TemplateError("this is the original already: there is nothing to take back")
    if len(undos) == 1 or any(one.name == name for one in undos):
        raise TemplateError(
            "the template is not what the fix left: it has changed since, or was not fixed in that run. "
            "Take the later change back first, or apply the `operations` of the undo file as a JSON patch"
        )
    names = ", ".join(one.name for one in undos)
    raise TemplateError(f"the undo file has nothing for a file of this name or content; it has: {names}")


def restored(undo: Undo, raw: bytes, name: str) -> Report:
    """Return the report of taking a fix back. Raises TemplateError and Broken where the result is not the original."""
    content = _spliced(raw, undo.edits)
    if _digest(content) != undo.original:
        raise TemplateError("the undo file does not lead back to the original: it was changed")
    template, after = read(raw, name), read(content, name)
    if template.bom != after.bom:
        raise TemplateError("the undo file adds or removes a byte-order mark, which no fix does")
    if not _same(_applied(undo.operations, template.data), after.data):
        raise TemplateError("the operations and the edits of the undo file differ: it was changed")
    model, model_after = TemplateModel(template.data), TemplateModel(after.data)
    return Report(name, template, model, after.text, model_after, undo.operations)


def _applied(operations: Iterable[Operation], data: Mapping[str, Plain]) -> Plain:
    """Return data after operations, None where one of them cannot be applied: no template is null."""
    try:
        patch = jsonpatch.JsonPatch([one.to_json() for one in operations])
        return cast("Plain", patch.apply(unshared({**data}), in_place=True))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        return None


def _same(left: Plain, right: Plain | Mapping[str, Plain]) -> bool:
    """Compare data whatever the order of members, which RFC 6902 does not know."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def _inverse(data: dict[str, Plain], operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield the operations that take back others, which a patch set made: it adds, removes, replaces and tests."""
    state: Plain = unshared(data)
    undone: list[list[Operation]] = []
    for operation in operations:
        if operation.op == "test":
            continue
        old, path = _value_at(state, tokens(operation.path)), _settled(state, operation.path)
        state = jsonpatch.JsonPatch([operation.to_json()]).apply(state, in_place=True)
        added = operation.op == "add" and (old is _ABSENT or _is_item(state, path))
        guard = [] if operation.op == "remove" else [Operation("test", path, unshared(operation.value))]
        if added:
            undone.append([*guard, Operation("remove", path)])
        else:
            verb = "add" if operation.op == "remove" else "replace"
            undone.append([*guard, Operation(cast("Any", verb), path, unshared(cast("Plain", old)))])
    yield from (one for group in reversed(undone) for one in group)


_ABSENT = object()


def _value_at(data: Plain, path: Sequence[str]) -> object:
    found: object = data
    for step in path:
        if isinstance(found, list):
            found = found[int(step)] if step.isdigit() and int(step) < len(found) else _ABSENT
        else:
            found = found.get(step, _ABSENT) if isinstance(found, dict) else _ABSENT
    return unshared(cast("Plain", found)) if found is not _ABSENT else found


def _settled(state: Plain, path: str) -> str:
    """Return a pointer with the number in the place of ``-``, the end of a list (RFC 6901 section 4)."""
    *parent, last = tokens(path)
    found = _value_at(state, parent)
    return f"{path[:-1]}{len(found)}" if last == "-" and isinstance(found, list) else path


def _is_item(state: Plain, path: str) -> bool:
    return isinstance(_value_at(state, tokens(path)[:-1]), list)


def _edits(after: bytes, before: bytes) -> Iterator[Edit]:
    """Yield, by lines, what of the fixed file becomes what of the original."""
    old, new = after.splitlines(keepends=True), before.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    for change in changes([line.decode("utf-8") for line in old], [line.decode("utf-8") for line in new]):
        text = b"".join(new[change.new_start : change.new_end]).decode("utf-8")
        yield Edit(Span(starts[change.start], starts[change.end]), text)


def _spliced(raw: bytes, edits: Sequence[Edit]) -> bytes:
    pieces, done = [], 0
    for edit in edits:
        pieces += [raw[done : edit.span.start], edit.text.encode()]
        done = edit.span.end
    return b"".join([*pieces, raw[done:]])


def _original(report: Report) -> bytes:
    return (b"\xef\xbb\xbf" if report.template.bom else b"") + report.before.encode()


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _file(undo: Undo) -> Plain:
    return {
        "name": undo.name,
        "fixedSha256": undo.fixed,
        "originalSha256": undo.original,
        "operations": [one.to_json() for one in undo.operations],
        "edits": [{"start": one.span.start, "end": one.span.end, "text": one.text} for one in undo.edits],
    }


def _undo(written: dict[str, Any]) -> Undo:
    edits = tuple(Edit(Span(one["start"], one["end"]), one["text"]) for one in written["edits"])
    operations = tuple(map(parse_operation, written["operations"]))
    return Undo(written["name"], written["fixedSha256"], written["originalSha256"], operations, edits)
