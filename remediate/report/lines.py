"""Which lines differ between two texts: the fewest that can be, so that a diff shows what was changed and no more.

difflib is not used: it leaves lines out of account that stand there often, such as the braces of JSON, or else takes time
that grows with the square of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_FEW = 400
"""How many differences are looked through at once. Beyond, the diff is right but may be longer than it needs to be."""


class Change(NamedTuple):
    """The lines ``old[start:end]`` became ``new[new_start:new_end]``; either may be empty."""

    start: int
    end: int
    new_start: int
    new_end: int


def changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """Return what differs between two lists of lines, in their order. What is between two changes is the same."""
    found: list[Change] = []
    x = y = 0
    for left, right in [*_matches(old, new), (len(old), len(new))]:
        if left > x or right > y:
            found.append(Change(x, left, y, right))
        x, y = left + 1, right + 1
    limits = [Change(0, 0, 0, 0), *found, Change(len(old), len(old), len(new), len(new))]
    for number in range(1, len(limits) - 1):
        limits[number] = _slid(old, new, *limits[number - 1 : number + 2])
    return limits[1:-1]


def _matches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the indexes of lines that stay. What both begin or end with stays; of the rest only common lines are tried."""
    shorter = min(len(old), len(new))
    head = next((count for count in range(shorter) if old[count] != new[count]), shorter)
    rest = shorter - head
    tail = next((count for count in range(rest) if old[-1 - count] != new[-1 - count]), rest)
    yield from ((index, index) for index in range(head))
    common = {*old[head : len(old) - tail]}.intersection(new[head : len(new) - tail])
    left = [index for index in range(head, len(old) - tail) if old[index] in common]
    right = [index for index in range(head, len(new) - tail) if new[index] in common]
    for x, y in _longest([old[index] for index in left], [new[index] for index in right]):
        yield left[x], right[y]
    yield from ((len(old) - count, len(new) - count) for count in range(tail, 0, -1))


def _longest(old: list[str], new: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the indexes of a longest common subsequence, found in stretches of a few hundred differences each.

    Source: E. W. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1 (1986), the greedy algorithm.
    """
    x = y = 0
    while x < len(old) and y < len(new):
        rounds, diagonal = _explored(old, new, x, y)
        yield from reversed([*_walked_back(rounds, diagonal, x, y, len(old), len(new))])
        reached = rounds[-1][diagonal]
        x, y = reached, y + reached - x - diagonal


def _explored(old: list[str], new: list[str], left: int, top: int) -> tuple[list[dict[int, int]], int]:
    """Return how far each diagonal reaches from a point with 0, 1, 2, … differences, and which one got furthest."""
    rounds: list[dict[int, int]] = [{1: left}]
    for differences in range(_FEW):
        reached: dict[int, int] = {}
        for diagonal in range(-differences, differences + 1, 2):
            x, _ = _step(rounds[-1], diagonal, left, top, len(old), len(new))
            y = top + x - left - diagonal
            if x < left:
                continue
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            reached[diagonal] = x
            if x == len(old) and y == len(new):
                return [*rounds, reached], diagonal
        rounds.append(reached)
    return rounds, max(rounds[-1], key=lambda diagonal: 2 * rounds[-1][diagonal] - diagonal)


def _step(before: dict[int, int], diagonal: int, left: int, top: int, width: int, height: int) -> tuple[int, int]:
    """Return where a diagonal is entered by one more difference, and from which: -1 where that would leave the texts."""
    removed = before.get(diagonal - 1, -2) + 1
    added = before.get(diagonal + 1, -1)
    if removed > width:
        removed = -1
    if top + added - left - diagonal > height:
        added = -1
    return (removed, diagonal - 1) if removed > added else (added, diagonal + 1)


def _walked_back(
    rounds: list[dict[int, int]], diagonal: int, left: int, top: int, width: int, height: int
) -> Iterator[tuple[int, int]]:
    """Yield, from the last to the first, the indexes of the lines that stay on the way to where a diagonal reaches."""
    for before, reached in zip(rounds[-2::-1], rounds[:0:-1], strict=True):
        start, previous = _step(before, diagonal, left, top, width, height)
        for x in range(reached[diagonal] - 1, start - 1, -1):
            yield x, top + x - left - diagonal
        diagonal = previous


def _slid(old: Sequence[str], new: Sequence[str], before: Change, change: Change, after: Change) -> Change:
    """Move lines that were only added or only removed to where they begin least indented: at a whole entry, not inside.

    In ``a b c b c d``, for example, either ``b c`` can be the new one.
    """
    added = change.start == change.end
    if not added and change.new_start < change.new_end:
        return change
    lines = new if added else old
    start, end = (change.new_start, change.new_end) if added else (change.start, change.end)
    floor, ceiling = (before.new_end, after.new_start) if added else (before.end, after.start)
    first = last = 0
    while start + first > floor and lines[start + first - 1] == lines[end + first - 1]:
        first -= 1
    while end + last < ceiling and lines[start + last] == lines[end + last]:
        last += 1
    by = min(range(last, first - 1, -1), key=lambda moved: _depth(lines[start + moved]))
    return Change(*(index + by for index in change))


def _depth(line: str) -> int:
    """Return the indentation of a line. An empty one parts entries, and so it does not begin one."""
    return len(line) - len(line.lstrip()) if line.strip() else len(line) + 10**6
