"""Random operations on templates of every shape: the data is what jsonpatch makes of it, and the rest of the text stays."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import jsonpatch
import yaml
from editing import exact, operation, pure_data, template
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from yaml_samples import SAMPLES

from remediate.template import Edit, Refused, Template, edit, pointer, splice

_TEXTS = st.one_of(
    st.sampled_from(
        ["yes", "012", "2012-10-17", "- a", "a: b", "a #b", "*", "", " a", "a:", "one\ntwo\n", "a\n# b", "\n", "x'\"y"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
_SCALARS = st.one_of(_TEXTS, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none())
_VALUES = st.recursive(
    st.one_of(_SCALARS, st.sampled_from([{"Ref": "A"}, {"Fn::Sub": "${A}"}, {"Fn::GetAtt": ["A", "B"]}])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def _patches(draw: st.DrawFn, data: Any) -> list[dict[str, Any]]:
    """Draw one to four operations, each of which applies to what those before have made of the data."""
    patch: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 4))):
        raw = draw(_operations(data))
        try:
            data = jsonpatch.apply_patch(data, [raw])
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
            continue  # a move into itself, or to a place that the move itself takes away
        patch.append(raw)
    return patch


@st.composite
def _operations(draw: st.DrawFn, data: Any) -> dict[str, Any]:
    path, container = draw(st.sampled_from(_containers(data)))
    verb = draw(st.sampled_from(["add", "replace", "remove", "move", "copy", "enlist"]))
    if verb == "add" or not container:
        return {"op": "add", "path": pointer(*path, draw(_new_tokens(container))), "value": _unshared(draw(_VALUES))}
    token = draw(st.sampled_from(list(container) if isinstance(container, dict) else range(len(container))))
    if verb in {"move", "copy"}:
        target, inner = draw(st.sampled_from(_containers(data)))
        return {"op": verb, "from": pointer(*path, token), "path": pointer(*target, draw(_new_tokens(inner)))}
    if verb == "enlist":
        return _enlisting(pointer(*path, token), container[token], draw(st.lists(_VALUES, max_size=2)), draw(st.booleans()))
    raw = {"op": verb, "path": pointer(*path, token)}
    return {**raw, "value": _unshared(draw(_VALUES))} if verb == "replace" else raw


def _unshared(patch: Any) -> Any:
    """Return a copy of which no part is the same object as another: jsonpatch would edit both."""
    return json.loads(json.dumps(patch))


def _enlisting(path: str, value: Any, others: list[Any], first: bool) -> dict[str, Any]:
    """Return the operation that makes a value one item of a list."""
    return {"op": "replace", "path": path, "value": _unshared([value, *others] if first else [*others, value])}


def _containers(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    found = [(path, data)] if isinstance(data, dict | list) else []
    return found + [inner for key, value in pairs for inner in _containers(value, (*path, key))]


def _new_tokens(container: Any) -> st.SearchStrategy[str | int]:
    if isinstance(container, list):
        return st.one_of(st.just("-"), st.integers(0, len(container)))
    return st.one_of(_TEXTS, st.sampled_from([*container, "New"]))


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_random_operations(drawn: st.DataObject) -> None:
    text = SAMPLES[drawn.draw(st.sampled_from(sorted(SAMPLES)))]
    before = template(text)
    patch = drawn.draw(_patches(before.data))
    edits = _edited(text, before, patch)
    if edits is not None:
        assert not _comments_outside(text, edits) - _comments(splice(text, edits))


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_value_that_becomes_an_item_keeps_its_text(drawn: st.DataObject) -> None:
    text = SAMPLES[drawn.draw(st.sampled_from(sorted(SAMPLES)))]
    before = template(text)
    path, container = drawn.draw(st.sampled_from([found for found in _containers(before.data) if found[1] and found[0]]))
    token = drawn.draw(st.sampled_from(list(container) if isinstance(container, dict) else range(len(container))))
    assume(not isinstance(container[token], list))
    others = drawn.draw(st.lists(_VALUES, max_size=2))
    patch = [_enlisting(pointer(*path, token), container[token], others, drawn.draw(st.booleans()))]
    edits = _edited(text, before, patch)
    if edits is not None:
        after = splice(text, edits)
        assert not Counter(_found_comments_text(text)) - Counter(_found_comments_text(after))


def _edited(text: str, before: Template, patch: list[dict[str, Any]]) -> list[Edit] | None:
    """Return the edits of a patch, whose result is what jsonpatch makes; None where it is refused for a good reason."""
    edits = None
    try:
        edits = edit(before, [operation(raw) for raw in patch])
    except Refused as refused:
        reason = refused.message
    if edits is None:
        assert re.search(r"alias|anchor|merge key|explicit key", reason)
        return None
    after = splice(text, edits)
    assert exact(template(after).data) == exact(jsonpatch.apply_patch(before.data, _unshared(patch)))
    if "\t" not in text:
        assert pure_data(after) == template(after).data
    return edits


def _found_comments_text(text: str) -> list[str]:
    return [match.group() for match in _found_comments(text)]


def _comments_outside(text: str, edits: list[Edit]) -> set[str]:
    """Return the comments that no edit covers; each comment of a sample stands there once."""
    masked = list(text)
    for start, end in (found.span for found in edits):
        for index in range(start, end):
            if text[index] == "#":
                masked[index] = "\0"
    places = {match.start(): match.group() for match in _found_comments(text)}
    return {comment for place, comment in places.items() if masked[place] == "#"}


def _comments(text: str) -> set[str]:
    return {match.group() for match in _found_comments(text)}


def _found_comments(text: str) -> list[re.Match[str]]:
    """Find the comments between the tokens of a YAML text, and those behind the header of a block scalar."""
    pattern = re.compile(r"#[^\r\n]*")
    found: list[re.Match[str]] = []
    end = 0
    for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        found += pattern.finditer(text, end, token.start_mark.index)
        end = max(end, token.end_mark.index)
        if isinstance(token, yaml.ScalarToken) and token.style in {"|", ">"}:
            header = re.compile(r"[^#\r\n]*").match(text, token.start_mark.index)
            found += [match for match in [pattern.match(text, header.end())] if header and match]
    return found + list(pattern.finditer(text, end))
