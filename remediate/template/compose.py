"""Two sets of edits, one made after the other, as one set of edits of the first text."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from remediate.template.node import Span
from remediate.template.splice import Edit

_Piece: TypeAlias = "Span | str"
"""A part of a text: a stretch of the first one that stays, or what was written."""


def compose(first: Sequence[Edit], second: Sequence[Edit], length: int) -> tuple[Edit, ...]:
    """Return edits of a text with ``length`` characters that do what ``first``, and then ``second`` on its result, do.

    What the second set changes of the first is one edit with it.
    """
    if not first or not second:
        return tuple(first or second)
    waiting = deque(_pieces(first, length))
    done: list[_Piece] = []
    place = 0
    for edit in sorted(second, key=lambda edit: edit.span):
        done += _taken(waiting, edit.span.start - place)
        for _ in _taken(waiting, edit.span.end - edit.span.start):
            pass
        done.append(edit.text)
        place = edit.span.end
    return tuple(_edits([*done, *waiting], length))


def _pieces(edits: Iterable[Edit], length: int) -> Iterator[_Piece]:
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        yield Span(done, edit.span.start)
        yield edit.text
        done = edit.span.end
    yield Span(done, length)


def _taken(waiting: deque[_Piece], count: int) -> Iterator[_Piece]:
    """Take so many characters from the front of a text, as the pieces that they are in."""
    while count:
        piece = waiting.popleft()
        size = len(piece) if isinstance(piece, str) else piece.end - piece.start
        if size > count:
            piece, rest = _cut(piece, count)
            waiting.appendleft(rest)
            size = count
        yield piece
        count -= size


def _cut(piece: _Piece, count: int) -> tuple[_Piece, _Piece]:
    if isinstance(piece, str):
        return piece[:count], piece[count:]
    return Span(piece.start, piece.start + count), Span(piece.start + count, piece.end)


def _edits(pieces: Iterable[_Piece], length: int) -> Iterator[Edit]:
    """Yield what stands between the stretches that stay."""
    done, written = 0, ""
    for piece in (*pieces, Span(length, length)):
        if isinstance(piece, str):
            written += piece
        elif piece.start < piece.end or piece.start == length:
            if written or piece.start > done:
                yield Edit(Span(done, piece.start), written)
            done, written = piece.end, ""
