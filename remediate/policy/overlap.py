"""Can a pattern and a value be the same text for some choice of their unknown parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remediate.symbolic import Alphabet

Atoms: TypeAlias = tuple[str, ...]
"""A text as single characters (some stand for unknown parts, see ``alphabets``) and, in a pattern, the two wildcards."""

ANY_RUN = "any run of characters"
ANY_CHARACTER = "any character"
_WILDCARDS = frozenset({ANY_RUN, ANY_CHARACTER})


class _Step(NamedTuple):
    """One character of a class (an alphabet, or a single character), or any number of them."""

    characters: str
    repeats: bool = False


def can_overlap(
    pattern: Atoms,
    value: Atoms,
    alphabets: Mapping[str, Alphabet],
    *,
    wildcards: bool,
    generated: frozenset[str] = frozenset(),
) -> bool:
    """Return False only where no choice of the unknown parts lets the pattern match the value.

    Equal unknown parts at both ends cancel; between them each occurrence is taken on its own, so True may be too hopeful.
    With ``wildcards`` an ``any`` part of the pattern counts as a star, for its text may hold wildcards. Two ``generated``
    parts are never the same.
    """
    pattern, value = _without_common_ends(pattern, value, alphabets, wildcards=wildcards)
    if _is_whole_name(pattern, generated) and _is_whole_name(value, generated):
        return False
    left = [step for atom in pattern for step in _steps(atom, alphabets, starred=wildcards)]
    right = [step for atom in value for step in _steps(atom, alphabets, starred=False)]
    return _meet(left, right)


def _is_whole_name(atoms: Atoms, generated: frozenset[str]) -> bool:
    """Tell whether the text begins with a generated name that nothing lengthens."""
    return bool(atoms) and atoms[0] in generated and (len(atoms) == 1 or atoms[1] in {"/", ":"})


def _without_common_ends(
    pattern: Atoms, value: Atoms, alphabets: Mapping[str, Alphabet], *, wildcards: bool
) -> tuple[Atoms, Atoms]:
    def cancels(one: str, other: str) -> bool:
        return one == other and one not in _WILDCARDS and not (wildcards and alphabets.get(one) == "any")

    shorter = min(len(pattern), len(value))
    start = 0
    while start < shorter and cancels(pattern[start], value[start]):
        start += 1
    end = 0
    while end < shorter - start and cancels(pattern[-1 - end], value[-1 - end]):
        end += 1
    return pattern[start : len(pattern) - end], value[start : len(value) - end]


def _steps(atom: str, alphabets: Mapping[str, Alphabet], *, starred: bool) -> tuple[_Step, ...]:
    if atom == ANY_RUN:
        return (_Step("any", repeats=True),)
    if atom == ANY_CHARACTER:
        return (_Step("any"),)
    alphabet = alphabets.get(atom)
    if alphabet is None:
        return (_Step(atom),)
    if alphabet == "any" and starred:
        return (_Step("any", repeats=True),)
    return (_Step(alphabet), _Step(alphabet, repeats=True))


def _meet(left: list[_Step], right: list[_Step]) -> bool:
    """Return whether one text fits both rows of steps: a search through the pairs of places reached in each."""
    seen = {(0, 0)}
    open_pairs = [(0, 0)]
    while open_pairs:
        at_left, at_right = open_pairs.pop()
        if at_left == len(left) and at_right == len(right):
            return True
        reached = []
        if at_left < len(left) and left[at_left].repeats:
            reached.append((at_left + 1, at_right))
        if at_right < len(right) and right[at_right].repeats:
            reached.append((at_left, at_right + 1))
        if at_left < len(left) and at_right < len(right) and _share(left[at_left], right[at_right]):
            reached.append((at_left + (not left[at_left].repeats), at_right + (not right[at_right].repeats)))
        for pair in reached:
            if pair not in seen:
                seen.add(pair)
                open_pairs.append(pair)
    return False


def _share(one: _Step, other: _Step) -> bool:
    """Return whether a character belongs to both; any two of the alphabets have one in common."""
    if len(one.characters) == 1 and len(other.characters) == 1:
        return one.characters == other.characters
    if len(one.characters) == 1:
        return _holds(other.characters, one.characters)
    return len(other.characters) > 1 or _holds(one.characters, other.characters)


def _holds(alphabet: str, character: str) -> bool:
    if alphabet == "digits":
        return character in "0123456789"
    return alphabet == "any" or character not in "/:*?"
