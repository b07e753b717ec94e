# ruff: noqa: E501 (a case is one line where it can be: before, operations, after)
from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.template.apply import overlay
from remediate.template.errors import Refused, Unreadable
from remediate.template.json.editor import edits
from remediate.template.json.reader import read_json
from remediate.template.node import Plain, Span, Template
from remediate.template.operation import Operation, pointer
from remediate.template.splice import Edit, splice
from remediate.template.tree import data_of

CORPUS = Path(os.environ.get("REMEDIATE_CORPUS", "../shared/corpus")) / "templates"


def add(path: str, value: Plain, before: str | None = None) -> Operation:
    return Operation("add", path, value, before=before)


def replace(path: str, value: Plain) -> Operation:
    return Operation("replace", path, value)


def remove(path: str) -> Operation:
    return Operation("remove", path)


ALLOW: Plain = {"Effect": "Allow", "Action": ["a", "b"]}

CASES: dict[str, tuple[str, list[Operation], str]] = {
    # Members and items that go.
    "remove the first member": ('{\n  "a": 1,\n  "b": 2\n}\n', [remove("/a")], '{\n  "b": 2\n}\n'),
    "remove a middle member": ('{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}', [remove("/b")], '{\n  "a": 1,\n  "c": 3\n}'),
    "remove the last member": ('{\n  "a": 1,\n  "b": 2\n}', [remove("/b")], '{\n  "a": 1\n}'),
    "remove the only member": ('{\n  "a": {\n    "b": 2\n  }\n}', [remove("/a/b")], '{\n  "a": {}\n}'),
    "remove the only item": ('{"a": [ 1 ]}', [remove("/a/0")], '{"a": []}'),
    "remove neighbours": ("[1, 2, 3, 4]", [remove("/1"), remove("/1")], "[1, 4]"),
    "remove the first on a shared line": ("[ 1,\n  2 ]", [remove("/0")], "[ 2 ]"),
    "remove the end of a line": ('{ "a": 1, "b": 2,\n  "c": 3 }', [remove("/b")], '{ "a": 1,\n  "c": 3 }'),
    "remove the head of a group": ("[\n  1,\n\n  2,\n  3\n]", [remove("/1")], "[\n  1,\n\n  3\n]"),
    "remove the end of a group": ("[\n  1,\n  2,\n\n  3\n]", [remove("/1")], "[\n  1,\n\n  3\n]"),
    "remove with leading commas": ('{ "a": 1\n, "b": 2\n, "c": 3\n}', [remove("/a"), remove("/b")], '{ "c": 3\n}'),
    "remove an item that hugs its brackets": ('[{\n  "a": 1\n}, {\n  "b": 1\n}]', [remove("/0")], '[{\n  "b": 1\n}]'),
    "remove what was added": ('{"a":1}', [add("/b", 2), remove("/b")], '{"a":1}'),
    # New members and items.
    "add a last member": ('{\n  "a": 1\n}\n', [add("/b", "x")], '{\n  "a": 1,\n  "b": "x"\n}\n'),
    "add on one line": ('{"a": 1}', [add("/b", None)], '{"a": 1, "b": null}'),
    "add to minified text": ('{"a":1}', [add("/b", ALLOW)], '{"a":1,"b":{"Effect":"Allow","Action":["a","b"]}}'),
    "add within padded brackets": ('{ "a": [ 1 ] }', [add("/a/-", 2), add("/b", {"c": [3]})], '{ "a": [ 1, 2 ], "b": { "c": [ 3 ] } }'),
    "add a first member": ('{\n  "b": 2\n}', [add("/a", 1, before="b")], '{\n  "a": 1,\n  "b": 2\n}'),
    "add a member between": ('{\n  "a": 1,\n  "c": 3\n}', [add("/b", 2, before="c")], '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}'),
    "add a first item": ("[1, 2]", [add("/0", 0)], "[0, 1, 2]"),
    "add two items at once": ("[\n\t1\n]", [add("/-", 2), add("/-", 3)], "[\n\t1,\n\t2,\n\t3\n]"),
    "add on both sides": ("[5]", [add("/0", 4), add("/2", 6)], "[4, 5, 6]"),
    "add to wrapped items": ("[1, 2,\n 3, 4]", [add("/-", 5)], "[1, 2,\n 3, 4, 5]"),
    "add with leading commas": ('{ "a": 1\n, "b": 2\n}', [add("/c", 3)], '{ "a": 1\n, "b": 2\n, "c": 3\n}'),
    "add where blank lines part the members": ('{\n  "a": 1,\n\n  "b": 2\n}', [add("/c", 3)], '{\n  "a": 1,\n\n  "b": 2,\n\n  "c": 3\n}'),
    "add after a trailing blank": ('{\n  "a": 1, \n  "b": 2\n}', [add("/c", 3)], '{\n  "a": 1, \n  "b": 2,\n  "c": 3\n}'),
    "remove and add": ('{\n  "a": 1,\n  "b": 2\n}', [remove("/b"), add("/c", 3)], '{\n  "a": 1,\n  "c": 3\n}'),
    "replace all members": ('{ "a": 1 }', [remove("/a"), add("/b", 2), add("/c", 3)], '{ "b": 2, "c": 3 }'),
    # A list that comes to stand around a value.
    "a scalar keeps its escapes": ('{\n  "a":  "\\u0041\\/",\n  "b": ["x"]\n}', [replace("/a", ["A/", "y"])], '{\n  "a":  ["\\u0041\\/", "y"],\n  "b": ["x"]\n}'),
    "an object keeps its lines": (
        '{\r\n  "a": {\r\n    "b":  1,\r\n\r\n    "c": [1,2]\r\n  }\r\n}',
        [replace("/a", [{"b": 1, "c": [1, 2]}, {"d": 3}])],
        '{\r\n  "a": [\r\n    {\r\n      "b":  1,\r\n\r\n      "c": [1,2]\r\n    },\r\n    {\r\n      "d": 3\r\n    }\r\n  ]\r\n}',
    ),
    "an object that changes inside": (
        '{\n  "a": {\n    "b":  1,\n    "c": "\\u0041"\n  }\n}',
        [replace("/a/b", 2), replace("/a", [{"d": 3}, {"b": 2, "c": "A"}]), remove("/a/1/b")],
        '{\n  "a": [\n    {\n      "d": 3\n    },\n    {\n      "c": "\\u0041"\n    }\n  ]\n}',
    ),
    "an object on one line": ('{"a":{"b":1e0}}', [replace("/a", [{"b": 1.0}, 2])], '{"a":[{"b":1e0},2]}'),
    # Empty containers.
    "fill an empty object": ('{\n  "a": {}\n}', [add("/a/b", 1)], '{\n  "a": {\n    "b": 1\n  }\n}'),
    "fill an empty array": ('{\n    "a": [ ]\n}', [add("/a/0", "x")], '{\n    "a": [\n        "x"\n    ]\n}'),
    "fill on one line": ('{"a": {}, "b": []}', [add("/a/b", 1), add("/b/-", 2)], '{"a": {"b": 1}, "b": [2]}'),
    "fill as the siblings are": ('{\n "a": [],\n "b": ["x"]\n}', [add("/a/-", "y")], '{\n "a": ["y"],\n "b": ["x"]\n}'),
    "fill brackets on two lines": ('{\n "a": [\n ],\n "b": ["x"]\n}', [add("/a/-", 1)], '{\n "a": [\n  1\n ],\n "b": ["x"]\n}'),
    "fill an empty template": ("{}\n", [add("/a", {"b": 1})], '{\n  "a": {\n    "b": 1\n  }\n}\n'),
    # Values that are replaced.
    "replace a scalar": ('{"a" : 1 , "b" : 2}', [replace("/a", "x")], '{"a" : "x" , "b" : 2}'),
    "replace by the same data": ('{"a": 1.50, "b": {"c": "\\u0041"}}', [replace("/a", 1.5), replace("/b", {"c": "A"})], '{"a": 1.50, "b": {"c": "\\u0041"}}'),
    "replace by another type": ('{"a": 1, "b": 0}', [replace("/a", 1.0), replace("/b", False)], '{"a": 1.0, "b": false}'),
    "replace by minus zero": ('{"a": 0.0}', [replace("/a", -0.0)], '{"a": -0.0}'),
    "replace by a reordered object": ('{"a": {"b": 1, "c": 2}}', [replace("/a", {"c": 2, "b": 1})], '{"a": {"c": 2, "b": 1}}'),
    "scalar to list, expanded": ('{\n  "Action": "a"\n}', [replace("/Action", ["a", "b"])], '{\n  "Action": [\n    "a",\n    "b"\n  ]\n}'),
    "scalar to list, as the sibling is": ('{\n  "A": "a",\n  "B": ["x"]\n}', [replace("/A", ["a", "b"])], '{\n  "A": ["a", "b"],\n  "B": ["x"]\n}'),
    "list to scalar": ('{\n  "A": [\n    1\n  ]\n}', [replace("/A", "x")], '{\n  "A": "x"\n}'),
    "move": ('{\n  "a": 1,\n  "b": {\n    "c": 2\n  }\n}', [Operation("move", "/b/d", source="/a")], '{\n  "b": {\n    "c": 2,\n    "d": 1\n  }\n}'),
    "copy": ('{"a": [1], "b": {}}', [Operation("copy", "/b/c", source="/a")], '{"a": [1], "b": {"c": [1]}}'),
    "the root, on one line": ('{"a": 1}\n', [replace("", {"b": [2]})], '{"b": [2]}\n'),
    "the root, indented by tabs": ('{\n\t"a": 1\n}', [replace("", {"b": [2]})], '{\n\t"b": [\n\t\t2\n\t]\n}'),
    # Layout of new containers.
    "no indentation": ('{\n"a": {\n"b": 1\n}\n}', [add("/a/c", ["x"])], '{\n"a": {\n"b": 1,\n"c": [\n"x"\n]\n}\n}'),
    "no blank after the colon": ('{\n  "a":1\n}', [add("/b", {"c": 2})], '{\n  "a":1,\n  "b":{\n    "c":2\n  }\n}'),
    "the colon of its own object": ('{\n "a": {\n  "b" : 1\n },\n "c": 2\n}', [add("/a/d", 3), add("/e", 4)], '{\n "a": {\n  "b" : 1,\n  "d" : 3\n },\n "c": 2,\n "e": 4\n}'),
    "indentation differs inside": ('{\n "a": {\n     "b": {\n         "c": 1\n     }\n }\n}', [add("/a/d", {"e": 1})], '{\n "a": {\n     "b": {\n         "c": 1\n     },\n     "d": {\n         "e": 1\n     }\n }\n}'),
    "item like the one before": (
        '{\n  "S": [\n    {\n      "Effect": "Deny",\n      "Action": ["x"]\n    }\n  ]\n}',
        [add("/S/-", ALLOW)],
        '{\n  "S": [\n    {\n      "Effect": "Deny",\n      "Action": ["x"]\n    },\n    {\n      "Effect": "Allow",\n      "Action": ["a", "b"]\n    }\n  ]\n}',
    ),
    "item that hugs its brackets": (
        '{\n  "S": [{\n    "Effect": "Deny"\n  }]\n}',
        [add("/S/-", ALLOW)],
        '{\n  "S": [{\n    "Effect": "Deny"\n  }, {\n    "Effect": "Allow",\n    "Action": [\n      "a",\n      "b"\n    ]\n  }]\n}',
    ),
    "new list that hugs as its cousin does": (
        '{\n  "A": {\n    "S": [{\n      "a": 1\n    }]\n  }\n}',
        [add("/B", {"S": [{"b": 2}, {"c": 3}]})],
        '{\n  "A": {\n    "S": [{\n      "a": 1\n    }]\n  },\n  "B": {\n    "S": [{\n      "b": 2\n    }, {\n      "c": 3\n    }]\n  }\n}',
    ),
    "items on one line each": ('[\n  {"a": 1, "b": 2}\n]', [add("/-", {"a": 3, "b": 4})], '[\n  {"a": 1, "b": 2},\n  {"a": 3, "b": 4}\n]'),
    "as most lists are": ('{\n "a": {\n  "b": [1]\n },\n "c": {\n  "d": [2]\n },\n "e": {\n  "f": [\n   3\n  ]\n }\n}', [add("/g", [4])], '{\n "a": {\n  "b": [1]\n },\n "c": {\n  "d": [2]\n },\n "e": {\n  "f": [\n   3\n  ]\n },\n "g": [4]\n}'),
    "too wide for one line": ('[\n  ["x"]\n]', [add("/-", ["y" * 70, "z" * 70])], f'[\n  ["x"],\n  [\n    "{"y" * 70}",\n    "{"z" * 70}"\n  ]\n]'),
    "one-line reference, nested object": (
        '{\n  "a": {"Ref": "B"}\n}',
        [add("/c", {"Ref": "D"}), add("/e", {"f": {"Ref": "G"}})],
        '{\n  "a": {"Ref": "B"},\n  "c": {"Ref": "D"},\n  "e": {\n    "f": {"Ref": "G"}\n  }\n}',
    ),
    "brace on its own line": (
        '{\n  "A":\n  {\n    "x": 1\n  }\n}',
        [add("/B", {"y": {"z": 2}})],
        '{\n  "A":\n  {\n    "x": 1\n  },\n  "B":\n  {\n    "y":\n    {\n      "z": 2\n    }\n  }\n}',
    ),
    "brace on its own line goes": ('{\n  "A":\n  {\n    "x": 1\n  }\n}', [replace("/A", 1)], '{\n  "A": 1\n}'),
    "brace on its own line comes": (
        '{\n  "A":\n  {\n    "x": 1\n  },\n  "B": 1\n}',
        [replace("/B", {"y": 2})],
        '{\n  "A":\n  {\n    "x": 1\n  },\n  "B":\n  {\n    "y": 2\n  }\n}',
    ),
    # Line ends, escapes and scalars.
    "CRLF": ('{\r\n  "a": 1\r\n}\r\n', [add("/b", [1])], '{\r\n  "a": 1,\r\n  "b": [\r\n    1\r\n  ]\r\n}\r\n'),
    "CR": ('{\r "a": 1\r}', [add("/b", 2)], '{\r "a": 1,\r "b": 2\r}'),
    "mixed line ends": ('{\n "a": {\r\n  "x": 1\r\n },\n "b": 2\n}', [add("/a/y", 2), add("/c", 3)], '{\n "a": {\r\n  "x": 1,\r\n  "y": 2\r\n },\n "b": 2,\n "c": 3\n}'),
    "non-ASCII raw": ('{"a": "é"}', [add("/b", "ü😀")], '{"a": "é", "b": "ü😀"}'),
    "non-ASCII raw by default": ('{"a": "\\u0041"}', [add("/ü", 1)], '{"a": "\\u0041", "ü": 1}'),
    "non-ASCII escaped": ('{"a": "\\u00e9"}', [add("/b", "ü😀")], '{"a": "\\u00e9", "b": "\\u00fc\\ud83d\\ude00"}'),
    "slashes escaped": ('{"a": "x\\/y"}', [add("/b", "p/q")], '{"a": "x\\/y", "b": "p\\/q"}'),
    "slashes not all escaped": ('{"a": "x\\/y", "b": "/"}', [replace("/b", "p/q")], '{"a": "x\\/y", "b": "p/q"}'),
    "hidden characters escaped": ('{"a": 1}', [replace("/a", "\x7f\u2028\ud800\t\"\\")], '{"a": "\\u007f\\u2028\\ud800\\t\\"\\\\"}'),
    "scalars": ("[]", [replace("", [10**20, 0.1, 1e100, -0.0, True, None, ""])], '[\n  100000000000000000000,\n  0.1,\n  1e+100,\n  -0.0,\n  true,\n  null,\n  ""\n]'),
    "empty containers": ('{\n  "a": 1\n}', [add("/b", {"c": {}, "d": []})], '{\n  "a": 1,\n  "b": {\n    "c": {},\n    "d": []\n  }\n}'),
    "key with quotes and slash": ('{"a~/b": {"c": 1}}', [add('/a~0~1b/"', 2)], '{"a~/b": {"c": 1, "\\"": 2}}'),
}  # fmt: skip


@pytest.mark.parametrize(("before", "operations", "after"), CASES.values(), ids=CASES)
def test_writes_as_a_person_would(before: str, operations: list[Operation], after: str) -> None:
    assert edited(before, operations)[0] == after


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(float("inf"), "inf cannot be written: a JSON number is finite (RFC 8259 section 6)", id="infinity"),
        pytest.param([float("nan")], "nan cannot be written: a JSON number is finite (RFC 8259 section 6)", id="NaN within"),
        pytest.param(b"x", "a value of type bytes cannot be written as JSON", id="bytes"),
        pytest.param({1: 2}, "1 is not a key: JSON keys are strings", id="number for a key"),
        pytest.param(10**5000, "a number with too many digits cannot be written: use a string", id="too many digits"),
    ],
)
def test_refuses_what_is_not_json(value: Plain, message: str) -> None:
    with pytest.raises(Refused) as caught:
        edited('{\n  "a": 1\n}', [replace("/a", value)])
    assert (caught.value.line, caught.value.column, caught.value.message) == (2, 8, message)


def test_an_unchanged_tree_gives_no_edits() -> None:
    text = '{ "a":[1 ,2],\n\n "b" : {"c": 1.0} }'
    assert edited(text, [])[1] == []
    assert edited(text, [Operation("test", "/b/c", 1), add("/a/0", 0), remove("/a/0"), replace("/b/c", 1.0)])[1] == []


def test_edits_are_small() -> None:
    _, made = edited('{"a": [1, 2], "b": "x", "c": 3}', [add("/a/-", 3), replace("/b", "y"), remove("/c")])
    assert made == [Edit(Span(11, 11), ", 3"), Edit(Span(19, 22), '"y"'), Edit(Span(22, 30), "")]


VALUES = st.sampled_from(
    ["x", "é/\n", 1, -0.5, True, None, [], {}, ["a", "b"], {"Ref": "B"}, [{"a": 1}, {"b": [2]}], {"a": {"b": {}}}, ALLOW]
)
DOCUMENTS = st.dictionaries(
    st.sampled_from("abcd/~"),
    st.recursive(
        st.integers(0, 9) | st.sampled_from(["é", "x"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=12,
    ),
    max_size=5,
)


@settings(max_examples=250, deadline=None)
@given(DOCUMENTS, st.data())
def test_random_operations_agree_with_jsonpatch(document: dict[str, Plain], data: st.DataObject) -> None:
    blanks = st.sampled_from(["", " ", "  ", "\n", "\n  ", "\r\n", "\t"])
    text = _written(document, lambda: data.draw(blanks))
    rng = data.draw(st.randoms(use_true_random=False))
    assert_agrees(text, rng, lambda: copy.deepcopy(data.draw(VALUES)))


def test_random_operations_on_real_templates() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real templates is not here")
    rng = random.Random(20240229)  # noqa: S311
    texts = [path.read_bytes().decode() for path in sorted(CORPUS.glob("*.json")) if path.stat().st_size < 50_000]
    values: list[Plain] = ["x", 1, ["a", "b"], {"Ref": "B"}, ALLOW, [ALLOW], {}]
    tried = 0
    for text in texts * 12:
        try:
            read_json(text)
        except Unreadable:
            continue
        assert_agrees(text, rng, lambda: copy.deepcopy(rng.choice(values)))
        tried += 1
    assert tried > 100


def edited(text: str, operations: list[Operation]) -> tuple[str, list[Edit]]:
    root = read_json(text)
    data = data_of(root)
    template = Template("t.json", text, bom=False, format="json", root=root, data=data if isinstance(data, dict) else {})
    made = edits(overlay(root, operations, text), template)
    assert [edit.span for edit in made] == sorted(edit.span for edit in made)
    return splice(text, made), made


def assert_agrees(text: str, rng: random.Random, value: Callable[[], Plain]) -> None:
    document: Plain = json.loads(text)
    operations = []
    for _ in range(rng.randint(1, 4)):
        operation = _random_operation(document, rng, value())
        try:
            document = jsonpatch.apply_patch(document, [operation.to_json()])
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
            continue
        operations.append(operation)
    after, made = edited(text, operations)
    assert json.dumps(json.loads(after)) == json.dumps(document)
    assert_untouched_outside(text, after, made)


def assert_untouched_outside(before: str, after: str, made: list[Edit]) -> None:
    """Undo the edits, by their places in the new text, and find the old text."""
    shift = 0
    undo = []
    for edit in made:
        start = edit.span[0] + shift
        undo.append((start, start + len(edit.text), before[edit.span[0] : edit.span[1]]))
        shift += len(edit.text) - (edit.span[1] - edit.span[0])
    for start, end, old in reversed(undo):
        after = after[:start] + old + after[end:]
    assert after == before


def _random_operation(document: Plain, rng: random.Random, value: Plain) -> Operation:
    places = list(_places(document, ()))
    path, target = rng.choice(places)
    if isinstance(target, list):
        path = (*path, rng.choice(("-", str(rng.randint(0, len(target))))))
    elif isinstance(target, dict):
        path = (*path, rng.choice(["New", "a/b~c", *target]))
    verb = rng.choice(["add", "add", "remove", "replace", "move", "copy"])
    source = pointer(*rng.choice(places)[0])
    match verb:
        case "add":
            return Operation("add", pointer(*path), value)
        case "remove" if source:
            return Operation("remove", source)
        case "move" if source:
            return Operation("move", pointer(*path), source=source)
        case "copy" if source:
            return Operation("copy", pointer(*path), source=source)
    return Operation("replace", source, value)


def _places(data: Plain, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Plain]]:
    yield path, data
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _places(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _places(item, (*path, index))


def _written(data: Plain, blank: Callable[[], str]) -> str:
    """Write JSON with any white space wherever it may stand."""
    if isinstance(data, dict):
        entries = [f"{json.dumps(key)}{blank()}:{blank()}{_written(value, blank)}" for key, value in data.items()]
        return "{" + blank() + f"{blank()},{blank()}".join(entries) + blank() + "}"
    if isinstance(data, list):
        return "[" + blank() + f"{blank()},{blank()}".join(_written(item, blank) for item in data) + blank() + "]"
    return json.dumps(data, ensure_ascii=False)
