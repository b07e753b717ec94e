"""Operations on the working tree: the data that comes out, and what stays the node that was read."""

from __future__ import annotations

from typing import Any

import jsonpatch
import pytest
from editing import exact, operation, template

from remediate.template import MappingNode, Refused, data_of
from remediate.template.apply import overlay
from remediate.template.tree import Changed, New

_TEXT = """\
a: {b: 1, c: [x, y1, z]}
d: !Sub "${x}"
e: !GetAtt A.B
f: !If [On, {g: 1}, !Ref h]
i: []
"""


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param([{"op": "add", "path": "/a/n", "value": 1}], id="add a member"),
        pytest.param([{"op": "add", "path": "/a/b", "value": 2}], id="add over a member keeps its place"),
        pytest.param([{"op": "add", "path": "/a/c/1", "value": 2}], id="add an item"),
        pytest.param([{"op": "add", "path": "/a/c/3", "value": 2}], id="add behind the last item"),
        pytest.param(
            [{"op": "add", "path": "/i/-", "value": {"j": []}}, {"op": "add", "path": "/i/0/j/-", "value": 1}],
            id="in new data",
        ),
        pytest.param([{"op": "remove", "path": "/a/c/0"}, {"op": "remove", "path": "/a/c/0"}], id="remove twice"),
        pytest.param(
            [{"op": "replace", "path": "/a", "value": {"k": {}}}, {"op": "remove", "path": "/a/k"}],
            id="remove from new data",
        ),
        pytest.param([{"op": "replace", "path": "/d/Fn::Sub", "value": "z"}], id="behind a tag"),
        pytest.param([{"op": "add", "path": "/d/other", "value": "z"}], id="beside a tag"),
        pytest.param([{"op": "remove", "path": "/d/Fn::Sub"}], id="a tag's content"),
        pytest.param([{"op": "replace", "path": "/e/Fn::GetAtt", "value": "A.C"}], id="attribute as one text"),
        pytest.param([{"op": "replace", "path": "/e/Fn::GetAtt/1", "value": "C"}], id="attribute by its part"),
        pytest.param([{"op": "add", "path": "/f/Fn::If/1/k", "value": 2}], id="in a list behind a tag"),
        pytest.param([{"op": "move", "from": "/a/c/2", "path": "/a/c/0"}], id="move in a list"),
        pytest.param([{"op": "move", "from": "/a/b", "path": "/a/b"}], id="move to where it is"),
        pytest.param([{"op": "move", "from": "/a/b", "path": "/f/Fn::If/-"}], id="move away"),
        pytest.param(
            [{"op": "copy", "from": "/a/c", "path": "/k"}, {"op": "add", "path": "/k/-", "value": 1}], id="a copy is apart"
        ),
        pytest.param([{"op": "copy", "from": "/e", "path": "/i/0"}], id="copy an attribute"),
        pytest.param([{"op": "test", "path": "/a/c/0", "value": "x"}, {"op": "remove", "path": "/a/c"}], id="test"),
        pytest.param(
            [{"op": "add", "path": "", "value": {"k": 1}}, {"op": "add", "path": "/l", "value": 2}], id="the whole"
        ),
    ],
)
def test_data_is_what_jsonpatch_makes_of_it(patch: list[dict[str, Any]]) -> None:
    found = template(_TEXT)
    expected = jsonpatch.apply_patch(found.data, patch)
    working = overlay(found.root, [operation(raw) for raw in patch], found.text)
    assert exact(data_of(working)) == exact(expected)
    assert exact(data_of(found.root)) == exact(found.data)


def test_the_value_of_an_operation_is_not_changed() -> None:
    value: dict[str, Any] = {"k": []}
    patch = [{"op": "add", "path": "/n", "value": value}, {"op": "add", "path": "/n/k/-", "value": 1}]
    found = template(_TEXT)
    overlay(found.root, [operation(raw) for raw in patch], found.text)
    assert value == {"k": []}


def test_what_no_operation_reaches_stays_the_node_that_was_read() -> None:
    found = template(_TEXT)
    working = overlay(found.root, [operation({"op": "add", "path": "/a/n", "value": 1})], found.text)
    assert isinstance(working, Changed)
    assert isinstance(found.root, MappingNode)
    assert [slot.value is member.value for slot, member in zip(working.slots, found.root.members, strict=True)] == [
        *(False, True, True, True, True)
    ]
    inner = working.slots[0].value
    assert isinstance(inner, Changed)
    assert [type(slot.value) for slot in inner.slots][-1] is New


def test_a_new_member_stands_before_another() -> None:
    found = template(_TEXT)
    raw = {"op": "add", "path": "/a/n", "value": 1, "before": "c"}
    data = data_of(overlay(found.root, [operation(raw)], found.text))
    assert isinstance(data, dict)
    assert list(data["a"]) == ["b", "n", "c"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([1, {"a": None}], [1, {"a": None}], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ],
)
def test_values_are_compared_as_in_json(left: Any, right: Any, *, equal: bool) -> None:
    found = template("a: 1\n")
    patch = [{"op": "add", "path": "/v", "value": left}, {"op": "test", "path": "/v", "value": right}]
    operations = [operation(raw) for raw in patch]
    if equal:
        overlay(found.root, operations, found.text)
    else:
        with pytest.raises(Refused, match="`test` at /v failed"):
            overlay(found.root, operations, found.text)


def test_an_anchor_without_alias_can_be_opened() -> None:
    found = template("a: &x {b: 1}\nc: &y {d: 1}\ne: *y\n")
    overlay(found.root, [operation({"op": "add", "path": "/a/z", "value": 1})], found.text)
    with pytest.raises(Refused, match="into the anchor &y"):
        overlay(found.root, [operation({"op": "add", "path": "/c/z", "value": 1})], found.text)
