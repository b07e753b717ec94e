"""A template's data by another way than the tool's own: PyYAML's composed nodes, or Python's json.

Scalars can be read as leaves that know their place in the text, which tells what a patch has left of them.
"""

from __future__ import annotations

import bisect
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import yaml

_STANDARD = "tag:yaml.org,2002:"
_MOST_DEPTH = 400
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCTOR = yaml.SafeLoader("")


class NotRead(Exception):
    """The text is no template for this reader either."""


@dataclass(eq=False, slots=True)
class Leaf:
    """A scalar at its place in the text; two leaves with the same value are two."""

    value: Any
    start: int
    end: int


def is_json(text: str) -> bool:
    """Tell whether a template is JSON: it begins with a brace, and Python's own reader takes it."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def data_of(text: str, *, pure: bool = False) -> Any:
    """Return the data of a template with intrinsic functions in their long form. Raises NotRead."""
    if is_json(text):
        return json.loads(text, object_pairs_hook=_object)
    return _value(_composed(text, pure=pure), _plain, 0)


def leaves_of(text: str) -> Any:
    """Return the data of a YAML template with a Leaf for every scalar."""
    return _value(_composed(text), _leaf, 0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotRead("a key stands twice")
    return found


def _composed(text: str, *, pure: bool = False) -> yaml.Node:
    try:
        found = yaml.compose(text, Loader=yaml.SafeLoader if pure else _Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NotRead(str(error)) from error
    if found is None:
        raise NotRead("no document")
    return found


def _plain(node: yaml.ScalarNode) -> Any:
    return _scalar(node)


def _leaf(node: yaml.ScalarNode) -> Leaf:
    return Leaf(_scalar(node), node.start_mark.index, node.end_mark.index)


def _value(node: yaml.Node, of_scalar: Callable[[yaml.ScalarNode], Any], depth: int) -> Any:
    if depth > _MOST_DEPTH:
        raise NotRead("nested too deep, or in itself")
    found: Any
    if isinstance(node, yaml.ScalarNode):
        found = of_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        found = [_value(item, of_scalar, depth + 1) for item in node.value]
    else:
        found = _mapping(node, of_scalar, depth)
    if not node.tag.startswith("!") or node.tag == "!":
        return found
    name = node.tag[1:] if node.tag in {"!Ref", "!Condition"} else f"Fn::{node.tag.lstrip('!')}"
    if node.tag == "!GetAtt":
        found = _attribute(found)
    return {name: found}


def _attribute(found: Any) -> Any:
    """Split ``!GetAtt A.B`` at its first dot."""
    if isinstance(found, str):
        return found.split(".", 1)
    if isinstance(found, Leaf) and isinstance(found.value, str):
        return [Leaf(part, found.start, found.end) for part in found.value.split(".", 1)]
    return found


def _mapping(node: Any, of_scalar: Callable[[yaml.ScalarNode], Any], depth: int) -> dict[str, Any]:
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or (key.tag.startswith("!") and key.tag != "!"):
            raise NotRead("a key that is no text")
        found = _value(value, of_scalar, depth + 1)
        if key.tag == _STANDARD + "merge":
            for source in found if isinstance(found, list) else [found]:
                merged = {**source, **merged} if isinstance(source, dict) else merged
        elif key.value in own:
            raise NotRead("a key stands twice")
        else:
            own[key.value] = found
    return own | {key: value for key, value in merged.items() if key not in own}


def _scalar(node: yaml.ScalarNode) -> Any:
    kind = node.tag.removeprefix(_STANDARD)
    if kind not in {"null", "bool", "int", "float"}:
        return node.value
    try:
        found = getattr(_CONSTRUCTOR, f"construct_yaml_{kind}")(node)
    except (ValueError, KeyError, IndexError):
        return node.value
    return node.value if isinstance(found, float) and not isfinite(found) else found


def comments(text: str) -> list[tuple[int, str]]:
    """Return the comments of a YAML text and their places.

    They stand between the tokens, and behind the header of a block scalar, which its token covers.
    """
    found: list[tuple[int, str]] = []
    if "#" not in text:
        return found
    end = 0
    scanner: Any = getattr(yaml, "CLoader", yaml.Loader)
    for token in yaml.scan(text, Loader=scanner):
        start = token.start_mark.index
        if start > end and "#" in text[end:start]:
            found += [(end + one.start(), one.group()) for one in re.finditer(r"#[^\r\n]*", text[end:start])]
        end = max(end, token.end_mark.index)
        if isinstance(token, yaml.ScalarToken) and token.style in {"|", ">"}:
            header = re.match(r"[^#\r\n]*(#[^\r\n]*)", text[start:])
            if header:
                found.append((start + header.start(1), header.group(1)))
    return found + [(end + one.start(), one.group()) for one in re.finditer(r"#[^\r\n]*", text[end:])]


def lost_comments(before: str, after: str, operations: list[dict[str, Any]]) -> list[str]:
    """Return the comments that are gone though what they stand at is still there."""
    old, new = comments(before), Counter(one.rstrip() for _, one in comments(after))
    gone = Counter(one.rstrip() for _, one in old) - new
    if not gone:
        return []
    root = leaves_of(before)
    every = sorted(_leaves(root), key=lambda one: one.start)
    left = {id(one) for one in _leaves(patched(root, operations))}
    unnamed = _aliases(before) - _aliases(after)
    lost: list[str] = []
    for place, text in old:
        if _went_along(before, place, every, left) or _at_alias(before, place) & unnamed:
            gone[text.rstrip()] -= 1
    for _, text in old:
        if gone[text.rstrip()] > 0:
            gone[text.rstrip()] -= 1
            lost.append(text)
    return lost


def _went_along(text: str, place: int, every: list[Leaf], left: set[int]) -> bool:
    """Tell whether what a comment stands at was removed: the scalar before it in its line, else the one that follows.

    Behind a bracket that closes a list or mapping it is the last scalar in there.
    """
    starts = [one.start for one in every]
    index = bisect.bisect_left(starts, place)
    line = _line_start(text, place)
    before = every[index - 1] if index else None
    after = every[index] if index < len(every) else None
    if before and before.end > line:  # behind the header of a block scalar a comment stands within that
        return id(before) not in left
    beside = text[line:place].strip()
    if beside and not beside.strip("]},"):
        return before is None or id(before) not in left
    if after and id(after) not in left:
        return True
    if beside or before is None or id(before) in left:
        return False
    first = _line_start(text, after.start) if after else line
    return place - line > (len(text[first:]) - len(text[first:].lstrip(" ")) if after else 0)


def _aliases(text: str) -> Counter[str]:
    if "*" not in text:
        return Counter()
    scanner: Any = getattr(yaml, "CLoader", yaml.Loader)
    return Counter(token.value for token in yaml.scan(text, Loader=scanner) if isinstance(token, yaml.AliasToken))


def _at_alias(text: str, place: int) -> Counter[str]:
    """Return the aliases in the line of a comment, or in the next that is not a comment: they are no leaves of their own."""
    line = text[_line_start(text, place) : place]
    following = (one for one in text[place:].splitlines()[1:] if one.strip() and not one.strip().startswith("#"))
    return Counter(re.findall(r"\*([\w-]+)", line if line.strip() else next(following, "")))


def _line_start(text: str, place: int) -> int:
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def _leaves(data: Any) -> Iterator[Leaf]:
    if isinstance(data, Leaf):
        yield data
    elif isinstance(data, dict | list):
        for one in data.values() if isinstance(data, dict) else data:
            yield from _leaves(one)


def patched(data: Any, operations: list[dict[str, Any]]) -> Any:
    """Apply RFC 6902 operations to data with leaves; where a new value holds the old one, the old one is still there."""
    for operation in operations:
        path = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        if not path:
            return _moved_into(data, operation.get("value"))
        parent = data
        for step in path[:-1]:
            parent = parent[int(step)] if isinstance(parent, list) else parent[step]
        _apply(parent, path[-1], operation)
    return data


def _apply(parent: Any, last: str, operation: dict[str, Any]) -> None:
    verb, value = operation["op"], operation.get("value")
    if isinstance(parent, list):
        index = len(parent) if last == "-" else int(last)
        if verb == "add":
            parent.insert(index, value)
        elif verb == "remove":
            del parent[index]
        else:
            parent[index] = _moved_into(parent[index], value)
    elif verb == "remove":
        del parent[last]
    else:
        parent[last] = _moved_into(parent[last], value) if last in parent else value


def _moved_into(old: Any, new: Any) -> Any:
    """Return the new value with the parts of the old one that it takes over."""
    if stripped(old) == new:
        return old
    if isinstance(new, list):
        parts = list(old) if isinstance(old, list) else [old]
        found = []
        for item in new:
            same = next((part for part in parts if stripped(part) == item), None)
            if same is not None:
                parts.remove(same)
            found.append(item if same is None else same)
        return found
    if isinstance(new, dict) and isinstance(old, dict):
        return {key: _moved_into(old[key], value) if key in old else value for key, value in new.items()}
    return new


def stripped(data: Any) -> Any:
    """Return data with leaves as the plain data."""
    if isinstance(data, Leaf):
        return data.value
    if isinstance(data, dict):
        return {key: stripped(value) for key, value in data.items()}
    return [stripped(value) for value in data] if isinstance(data, list) else data


def exact(data: Any) -> Any:
    """Return data in a form that compares types and the order of keys, too."""
    if isinstance(data, dict):
        return [(key, exact(value)) for key, value in data.items()]
    if isinstance(data, list):
        return ["list", *map(exact, data)]
    return type(data).__name__, repr(data)
