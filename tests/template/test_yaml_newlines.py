"""Line ends: new text takes those of the line beside it, and a missing last one stays missing."""

from __future__ import annotations

from typing import Any

import pytest
from editing import edited, template

_ADD_LAST = {"op": "add", "path": "/z", "value": {"y1": 1}}
_ADD_ITEM = {"op": "add", "path": "/l/-", "value": "c"}


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        pytest.param("a: 1\r\nb: 2\r\n", _ADD_LAST, "a: 1\r\nb: 2\r\nz:\r\n  y1: 1\r\n", id="CRLF"),
        pytest.param("a: 1\rb: 2\r", _ADD_LAST, "a: 1\rb: 2\rz:\r  y1: 1\r", id="CR"),
        pytest.param("l:\r\n- a\n- b\r\nm: 1\n", _ADD_ITEM, "l:\r\n- a\n- b\r\n- c\r\nm: 1\n", id="mixed, beside CRLF"),
        pytest.param("l:\r\n- a\r\n- b\nm: 1\r\n", _ADD_ITEM, "l:\r\n- a\r\n- b\n- c\nm: 1\r\n", id="mixed, beside LF"),
        pytest.param("l: [\r\n  a\r\n]\r\n", _ADD_ITEM, "l: [\r\n  a,\r\n  c\r\n]\r\n", id="CRLF in a flow list"),
        pytest.param(
            "l:\r\n  - a: 1\r\n",
            {"op": "add", "path": "/l/0/b", "value": 2, "before": "a"},
            "l:\r\n  - b: 2\r\n    a: 1\r\n",
            id="CRLF behind a dash",
        ),
        pytest.param(
            "a: x  # c\r\nb: 1\r\n",
            {"op": "replace", "path": "/a", "value": ["p", "q"]},
            "a:  # c\r\n  - p\r\n  - q\r\nb: 1\r\n",
            id="CRLF, scalar to list",
        ),
        pytest.param(
            "a: x\r\nb: 1\r\n",
            {"op": "replace", "path": "/a", "value": "p\nq\n"},
            "a: |\r\n  p\r\n  q\r\nb: 1\r\n",
            id="CRLF in a literal",
        ),
        pytest.param("a: 1", _ADD_LAST, "a: 1\nz:\n  y1: 1", id="no last line end"),
        pytest.param("x: 0\r\na: 1", _ADD_LAST, "x: 0\r\na: 1\r\nz:\r\n  y1: 1", id="no last line end after CRLF"),
        pytest.param("l:\n- a  # c", _ADD_ITEM, "l:\n- a  # c\n- c", id="no last line end after a comment"),
        pytest.param("a: 1\n# end", _ADD_LAST, "a: 1\nz:\n  y1: 1\n# end", id="no line end after the last comment"),
        pytest.param("a: 1\n...\n", _ADD_LAST, "a: 1\nz:\n  y1: 1\n...\n", id="before the end of the document"),
        pytest.param("a: 1\nb: 2", {"op": "remove", "path": "/b"}, "a: 1\n", id="the last line is removed"),
        pytest.param(
            "a: 1\nb: 2", {"op": "replace", "path": "/b", "value": [3]}, "a: 1\nb:\n  - 3", id="the last value is replaced"
        ),
        pytest.param(
            "a: 1",
            {"op": "add", "path": "/b", "value": "p\nq\n"},
            'a: 1\nb: "p\\nq\\n"',
            id="no literal without a last line end",
        ),
        pytest.param(
            "a: |\n  p",
            {"op": "add", "path": "/b", "value": 1},
            "a: |-\n  p\nb: 1",
            id="behind a literal without a line end",
        ),
        pytest.param(
            "a: >+\n  p",
            {"op": "add", "path": "/b", "value": 1},
            "a: >-\n  p\nb: 1",
            id="behind a kept scalar without a line end",
        ),
        pytest.param("a: 1\n\n\n", _ADD_LAST, "a: 1\nz:\n  y1: 1\n\n\n", id="empty lines at the end"),
        pytest.param(
            "a: x\n  \t# tab\nb: 1\n",
            {"op": "replace", "path": "/a", "value": [1]},
            "a:\n  - 1\n   # tab\nb: 1\n",
            id="a tab before a comment that only plain text may have above it",
        ),
        pytest.param(
            "a: {}\n    ",
            {"op": "replace", "path": "/a", "value": "p\nq\n"},
            'a: "p\\nq\\n"\n    ',
            id="no literal above blanks that would be its text",
        ),
        pytest.param("a: 'x\u2028y'\nl: []\n", _ADD_ITEM, "a: 'x\u2028y'\nl:\n  - c\n", id="line separator in a string"),
    ],
)
def test_line_ends(before: str, operation: dict[str, Any], after: str) -> None:
    assert edited(before, operation) == after
    assert template(after).data is not None


def test_byte_order_mark_is_no_part_of_the_text() -> None:
    from remediate.template import read

    found = read(b"\xef\xbb\xbfa: 1\n", "x.yaml")
    assert (found.bom, found.text, found.root.span) == (True, "a: 1\n", (0, 4))
