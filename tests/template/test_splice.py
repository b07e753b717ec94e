"""Splicing edits into a text."""

from __future__ import annotations

import pytest

from remediate.template import Edit, Span, splice


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        pytest.param([], "abcdef", id="none"),
        pytest.param([Edit(Span(1, 3), "X")], "aXdef", id="replacement"),
        pytest.param([Edit(Span(2, 2), "X")], "abXcdef", id="insertion"),
        pytest.param([Edit(Span(6, 6), "X"), Edit(Span(0, 1), "")], "bcdefX", id="in any order"),
        pytest.param(
            [Edit(Span(2, 2), "1"), Edit(Span(2, 2), "2")], "ab12cdef", id="insertions at one place keep their order"
        ),
        pytest.param([Edit(Span(2, 4), ""), Edit(Span(2, 2), "X")], "abXef", id="insertion before what goes"),
        pytest.param([Edit(Span(2, 4), ""), Edit(Span(4, 4), "X")], "abXef", id="insertion behind what goes"),
        pytest.param([Edit(Span(0, 3), "X"), Edit(Span(3, 6), "Y")], "XY", id="side by side"),
    ],
)
def test_splice(edits: list[Edit], expected: str) -> None:
    assert splice("abcdef", edits) == expected


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([Edit(Span(0, 3), ""), Edit(Span(2, 4), "")], id="overlap"),
        pytest.param([Edit(Span(0, 3), ""), Edit(Span(2, 2), "X")], id="insertion inside what goes"),
        pytest.param([Edit(Span(5, 7), "")], id="behind the end"),
        pytest.param([Edit(Span(3, 2), "")], id="backwards"),
    ],
)
def test_overlapping_edits_are_an_error(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match=r"^edit of \d:\d overlaps another one that ends at \d, or leaves the text$"):
        splice("abcdef", edits)
