"""Finding, among many texts, those that a pattern may match by how they begin: most of them begin otherwise.

What is left out surely does not match (see :func:`remediate.iam.match.matches`); what is found is still to be matched. It
does not matter which side are the patterns: it goes by the beginning that is sure, up to a wildcard or a part that may hold
one. Two texts are apart where both are the same up to a place and have different plain characters there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from remediate.iam.match import LONGEST
from remediate.partial_string import PartialString, UnknownPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SPECIAL = re.compile(r"[*?$]")
# Each unknown part is written as one character of this private-use plane; texts that are not ASCII are not told apart.
_FIRST_SYMBOL = 0xF0000
_LAST = "\U0010ffff"
_SYMBOL = re.compile(r"[^\x00-\x7f]")


class Beginnings:
    """Many texts by their beginnings; a number stands for each, its place among them."""

    def __init__(self, texts: Sequence[PartialString]) -> None:
        """Begin with the texts, patterns or values."""
        self._symbols: dict[str, str] = {}
        self._count = len(texts)
        heads = [(self._head(one), number) for number, one in enumerate(texts)]
        known = sorted((head, number) for head, number in heads if head is not None)
        self._heads = [head for head, _ in known]
        self._numbers = [number for _, number in known]
        self._always = [number for head, number in heads if head is None]
        self._open: dict[str, dict[str, list[int]]] = {}
        for head, number in known:
            for place in _open_places(head):
                self._open.setdefault(head[:place], {}).setdefault(head[place : place + 1], []).append(number)
        self._lengths = {len(beginning) for beginning in self._open}

    def like(self, text: PartialString) -> list[int]:
        """Return the texts that are not surely apart from another, in their order."""
        head = self._head(text)
        if head is None:
            return list(range(self._count))
        found = {*self._always}
        for length in self._lengths:
            for following, numbers in self._open.get(head[:length], {}).items() if length <= len(head) else ():
                # What goes on with the same unknown part may still differ further on.
                if not following or following != head[length : length + 1]:
                    found.update(numbers)
        for place in _open_places(head):
            begin, end = self._range(head[:place])
            same_begin, same_end = self._range(head[: place + 1]) if place < len(head) else (end, end)
            found.update(self._numbers[begin:same_begin], self._numbers[same_end:end])
        return sorted(found)

    def _range(self, beginning: str) -> tuple[int, int]:
        """Return where in the sorted heads those with a beginning are."""
        return bisect_left(self._heads, beginning), bisect_left(self._heads, beginning + _LAST)

    def _head(self, text: PartialString) -> str | None:
        """Return the sure beginning of a text, None where it cannot be told apart by that."""
        known = "".join([part for part in text.parts if isinstance(part, str)])
        if not known.isascii() or len(known) + len(text.parts) > LONGEST:
            return None
        head = ""
        for part in text.parts:
            if isinstance(part, str):
                plain = _SPECIAL.split(part, maxsplit=1)[0]
                head += plain
                if plain != part:
                    break
            elif part.alphabet == "any":
                break
            else:
                head += self._symbol(part)
        return head

    def _symbol(self, part: UnknownPart) -> str:
        return self._symbols.setdefault(part.name, chr(_FIRST_SYMBOL + len(self._symbols)))


def _open_places(head: str) -> Iterator[int]:
    """Yield the places behind which anything may stand: those of the unknown parts, and the end."""
    yield from (found.start() for found in _SYMBOL.finditer(head))
    yield len(head)
