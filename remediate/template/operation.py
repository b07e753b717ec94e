"""JSON patch operations (RFC 6902) and JSON pointers (RFC 6901)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from msgspec import Struct

from remediate.template.errors import Refused
from remediate.template.limits import DEEPEST, depth
from remediate.template.node import Plain

Verb = Literal["add", "remove", "replace", "move", "copy", "test"]
_BAD_ESCAPE = re.compile(r"~(?![01])")
_NEEDS_VALUE = {"add", "replace", "test"}
_NEEDS_FROM = {"move", "copy"}


class Operation(Struct, frozen=True):
    """One operation. ``before`` names the member that a new member is written in front of.

    JSON objects have no order (RFC 8259 section 4) but a template's reader expects ``DependsOn`` above ``Properties``;
    ``before`` is for the text alone and is not exported. Without it a new member is the last one.
    """

    op: Verb
    path: str
    value: Plain = None
    source: str = ""
    before: str | None = None

    def to_json(self) -> dict[str, Plain]:
        """Return the operation as RFC 6902 writes it, its value as a copy of its own."""
        out: dict[str, Plain] = {"op": self.op, "path": self.path}
        if self.op in _NEEDS_FROM:
            out["from"] = self.source
        if self.op in _NEEDS_VALUE:
            out["value"] = unshared(self.value)
        return out


def unshared(value: Plain) -> Plain:
    """Return a copy in which every part is an object of its own, as in JSON: an edit of one never is an edit of another."""
    if isinstance(value, dict):
        return {key: unshared(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unshared(item) for item in value]
    return value


def parse_operation(raw: object) -> Operation:
    """Read one operation from JSON data; members that RFC 6902 does not define are ignored (section 4)."""
    if not isinstance(raw, dict):
        raise Refused("an operation is a JSON object with `op` and `path` (RFC 6902 section 4)")
    verb, path, source = raw.get("op"), raw.get("path"), raw.get("from", "")
    if not isinstance(verb, str) or verb not in {"add", "remove", "replace", "move", "copy", "test"}:
        raise Refused(f"`op` is {verb!r}: expected add, remove, replace, move, copy or test (RFC 6902)")
    if not isinstance(path, str) or not isinstance(source, str):
        raise Refused("`path` and `from` are JSON pointers, which are strings (RFC 6901)")
    if verb in _NEEDS_VALUE and "value" not in raw:
        raise Refused(f"`{verb}` needs a `value` (RFC 6902 section 4)")
    if verb in _NEEDS_FROM and "from" not in raw:
        raise Refused(f"`{verb}` needs a `from` (RFC 6902 section 4)")
    tokens(path), tokens(source)
    if depth(cast(Plain, raw.get("value"))) > max(DEEPEST.values()):
        raise Refused(f"`value` is nested deeper than {max(DEEPEST.values())} levels")
    return Operation(cast(Verb, verb), path, cast(Plain, raw.get("value")), source)


def tokens(path: str) -> list[str]:
    """Split a JSON pointer into its reference tokens (RFC 6901 section 4)."""
    if path == "":
        return []
    if not path.startswith("/"):
        raise Refused(f"{path!r} is not a JSON pointer: it must be empty or begin with `/` (RFC 6901 section 3)")
    if _BAD_ESCAPE.search(path):
        raise Refused(f"{path!r} is not a JSON pointer: `~` must be followed by 0 or 1 (RFC 6901 section 3)")
    return [token.replace("~1", "/").replace("~0", "~") for token in path[1:].split("/")]


def pointer(*path: str | int) -> str:
    """Join reference tokens to a JSON pointer, escaping ``~`` and ``/`` (RFC 6901 section 3)."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def value_at(data: Mapping[str, Plain], path: Sequence[str | int]) -> Plain:
    """Return the value in a template's data at a path that exists."""
    found: Plain = {**data}
    for step in path:
        if isinstance(found, list):
            found = found[int(step)]
        elif isinstance(found, dict):
            found = found[str(step)]
    return found
