"""Replacing spans of a text, leaving every other character as it was."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from remediate.template.node import Span


class Edit(Struct, frozen=True):
    """``text`` takes the place of ``span``; an empty span is an insertion, an empty text a deletion."""

    span: Span
    text: str


def splice(text: str, edits: Sequence[Edit]) -> str:
    """Return ``text`` with all edits made; every span is meant in the given text.

    Insertions at the same place keep their order and come before what begins there. Raises ValueError where two edits
    overlap or one reaches outside the text.
    """
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        start, end = edit.span
        if not done <= start <= end <= len(text):
            raise ValueError(f"edit of {start}:{end} overlaps another one that ends at {done}, or leaves the text")
        pieces += (text[done:start], edit.text)
        done = end
    pieces.append(text[done:])
    return "".join(pieces)
