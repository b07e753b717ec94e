"""Edits after edits are edits of the first text: a table, and splice as the judge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.template import Edit, Span, compose, splice

TABLE = {
    "nothing first": ([], [Edit(Span(1, 2), "x")], [Edit(Span(1, 2), "x")]),
    "nothing then": ([Edit(Span(1, 2), "x")], [], [Edit(Span(1, 2), "x")]),
    "apart": (
        [Edit(Span(1, 2), "xyz")],
        [Edit(Span(6, 7), "")],
        [Edit(Span(1, 2), "xyz"), Edit(Span(4, 5), "")],
    ),
    "inside what was written": ([Edit(Span(2, 2), "xyz")], [Edit(Span(3, 4), "Y")], [Edit(Span(2, 2), "xYz")]),
    "over what was written": ([Edit(Span(2, 3), "xyz")], [Edit(Span(1, 6), "-")], [Edit(Span(1, 4), "-")]),
    "what was written is taken back": ([Edit(Span(2, 2), "xyz")], [Edit(Span(2, 5), "")], []),
    "at the end": ([Edit(Span(8, 8), "x")], [Edit(Span(9, 9), "y")], [Edit(Span(8, 8), "xy")]),
}
TEXT = "abcdefgh"


@pytest.mark.parametrize(("first", "second", "both"), TABLE.values(), ids=TABLE.keys())
def test_compose(first: list[Edit], second: list[Edit], both: list[Edit]) -> None:
    assert list(compose(first, second, len(TEXT))) == both


def edits_of(draw: st.DrawFn, length: int) -> list[Edit]:
    places = sorted(draw(st.lists(st.integers(0, length), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return [Edit(Span(*pair), draw(st.text("xyz", max_size=3))) for pair in pairs]


@st.composite
def two_rounds(draw: st.DrawFn) -> tuple[str, list[Edit], list[Edit]]:
    text = draw(st.text("abc\n", max_size=12))
    first = edits_of(draw, len(text))
    return text, first, edits_of(draw, len(splice(text, first)))


@given(two_rounds())
def test_the_composed_edits_make_the_same_text(made: tuple[str, list[Edit], list[Edit]]) -> None:
    text, first, second = made
    assert splice(text, compose(first, second, len(text))) == splice(splice(text, first), second)
