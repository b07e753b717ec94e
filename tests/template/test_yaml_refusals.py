"""Edits that would break something else are refused, with the place and the reason."""

from __future__ import annotations

from typing import Any

import pytest
from editing import edited

from remediate.template import Refused


def _add(path: str, value: Any = 1) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


@pytest.mark.parametrize(
    ("text", "operation", "line", "column", "message"),
    [
        pytest.param(
            "a: &x {b: 1}\nc: *x\n",
            _add("/c/d"),
            *(2, 4, "/c/d goes through the alias *x: an edit would change its anchor too"),
            id="through an alias",
        ),
        pytest.param(
            "a: &x {b: 1}\nc: *x\n",
            _add("/a/d"),
            *(1, 4, "/a/d goes into the anchor &x: an edit would change every alias of it too"),
            id="into an anchor",
        ),
        pytest.param(
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            _add("/c/d"),
            *(3, 3, "/c/d goes into a mapping with a merge key (<<), whose members are shared with other places"),
            id="into a merged mapping",
        ),
        pytest.param(
            "a: &x 1\nc: *x\n",
            {"op": "remove", "path": "/a"},
            *(1, 4, "the edit would remove the anchor &x, which an alias further down still uses"),
            id="an anchor that is needed",
        ),
        pytest.param(
            "m:\n  - b: &x 1\nc: *x\n",
            {"op": "replace", "path": "/m", "value": []},
            *(2, 8, "the edit would remove the anchor &x, which an alias further down still uses"),
            id="an anchor inside that is needed",
        ),
        pytest.param(
            "? a\n: 1\nb: 2\n",
            {"op": "replace", "path": "/a", "value": 2},
            *(1, 1, "explicit key syntax (`? key`) cannot be edited: write it as `key: value` first"),
            id="an explicit key",
        ),
        pytest.param(
            "a: {? b : 1, c: 2}\n",
            {"op": "remove", "path": "/a/b"},
            *(1, 5, "explicit key syntax (`? key`) cannot be edited: write it as `key: value` first"),
            id="an explicit key in flow style",
        ),
        pytest.param("a: x\n", _add("/a/b"), 1, 4, "/a/b goes into a scalar, which has no members", id="into a scalar"),
        pytest.param("a: 1\n", {"op": "remove", "path": "/b"}, 0, 0, "/b does not exist: there is no 'b'", id="nowhere"),
        pytest.param("a: [1]\n", {"op": "remove", "path": "/a/1"}, 0, 0, "/a/1: the list has no item 1", id="behind a list"),
        pytest.param("a: [1]\n", _add("/a/01"), 0, 0, "/a/01: '01' is not a list index (RFC 6901 section 4)", id="no index"),
        pytest.param(
            "a: 1\nb: 2\n",
            {"op": "test", "path": "/b", "value": "2"},
            *(2, 4, "`test` at /b failed: the template has another value there"),
            id="a test that fails",
        ),
        pytest.param("a: 1\n", {"op": "remove", "path": ""}, 0, 0, "cannot remove the whole template", id="everything"),
        pytest.param(
            "a: 1\n",
            {"op": "replace", "path": "", "value": [1]},
            *(1, 1, "the whole template would no longer be a mapping"),
            id="a list for the template",
        ),
        pytest.param(
            "a: {b: 1}\n",
            {"op": "move", "from": "/a", "path": "/a/b"},
            *(0, 0, "cannot move /a into itself (RFC 6902 section 4.4)"),
            id="into itself",
        ),
        pytest.param(
            "a: 1\n",
            _add("/b", float("inf")),
            *(0, 0, "a new value is not JSON: inf has no JSON form"),
            id="infinity",
        ),
        pytest.param(
            "a: 1\n",
            _add("/b", "\ud800"),
            *(0, 0, "the string '\\ud800' contains half a surrogate pair, which YAML cannot write"),
            id="half a surrogate pair",
        ),
        pytest.param(
            "a: 1\n",
            _add("/" + "k" * 1100),
            *(0, 0, "the key 'kkkkkkkkkkkkkkkkkkkk'… is too long for YAML: it has 1100 characters"),
            id="a key that is too long",
        ),
    ],
)
def test_refusal(text: str, operation: dict[str, Any], line: int, column: int, message: str) -> None:
    with pytest.raises(Refused) as caught:
        edited(text, operation)
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)


def test_an_anchor_that_is_needed_where_both_values_become_items() -> None:
    text = "a:\n  b:\n    - &x\n      c: 1\n    - 2\nd:\n  e:\n    - *x\n  f: 1\n"
    wrapped = [
        {"op": "replace", "path": "/d/f", "value": 2},
        {"op": "replace", "path": "/d", "value": [{"e": [{"c": 1}], "f": 2}, {"g": 1}]},
    ]
    assert edited(text, *wrapped).count("*x") == 1
    with pytest.raises(Refused, match="would remove the anchor &x"):
        edited(
            text,
            {"op": "replace", "path": "/a/b/0", "value": {"n": 3}},
            {"op": "replace", "path": "/a", "value": [{"b": [{"n": 3}, 2]}, {"g": 1}]},
            *wrapped,
        )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("a: &x {b: 1}\nc: *x\nd: 1\n", "/c/d", id="through an alias"),
        pytest.param("a: &x 1\nc: *x\nd: 1\n", "/a", id="an anchor that is needed"),
        pytest.param("? a\n: 1\nd: 2\n", "/a", id="an explicit key"),
    ],
)
def test_a_refusal_names_the_operation(text: str, path: str) -> None:
    with pytest.raises(Refused) as caught:
        edited(text, _add("/d", 3), {"op": "add", "path": path, "value": 2}, _add("/e"))
    assert caught.value.path == path
