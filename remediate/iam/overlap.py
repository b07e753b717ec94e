"""Does a pattern match a value for every choice of their unknown parts, and for any.

Both questions go through the two texts side by side, with the places reached in one as the bits of a number: the space is
that of the shorter row, the time is their product, and no pattern can make it more.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remediate.partial_string import Alphabet

Atoms: TypeAlias = tuple[str, ...]
"""A text as single characters (some stand for unknown parts, see ``alphabets``) and, in a pattern, the two wildcards."""

ANY_RUN = "any run of characters"
ANY_CHARACTER = "any character"
_WILDCARDS = frozenset({ANY_RUN, ANY_CHARACTER})
_NO_PART = "no unknown part"
"""The class of all characters but those that stand for unknown parts."""


class _Step(Struct, frozen=True):
    """One character of a class (an alphabet, ``_NO_PART`` or a single character), or any number of them."""

    characters: str
    repeats: bool = False


def always_fits(pattern: Atoms, value: str, parts: frozenset[str]) -> bool:
    """Return whether a pattern matches a value whatever the unknown parts are, each written as one of ``parts``.

    A run of wildcards with a star takes any unknown part; a ``?`` alone takes none, which may be longer than a character.
    """
    steps: list[_Step] = []
    for _, group in itertools.groupby(pattern, _WILDCARDS.__contains__):
        run = [*group]
        if ANY_RUN in run:
            steps += [_Step("any")] * run.count(ANY_CHARACTER) + [_Step("any", repeats=True)]
        else:
            steps += [_Step(_NO_PART if atom == ANY_CHARACTER else atom) for atom in run]
    return _meet([_Step(character) for character in value], steps, parts)


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
    if _begin_otherwise(pattern, value, alphabets):
        return False
    left = [step for atom in pattern for step in _steps(atom, alphabets, starred=wildcards)]
    right = [step for atom in value for step in _steps(atom, alphabets, starred=False)]
    return _meet(left, right)


def _is_whole_name(atoms: Atoms, generated: frozenset[str]) -> bool:
    """Tell whether the text begins with a generated name that nothing lengthens."""
    return bool(atoms) and atoms[0] in generated and (len(atoms) == 1 or atoms[1] in {"/", ":"})


def _begin_otherwise(pattern: Atoms, value: Atoms, alphabets: Mapping[str, Alphabet]) -> bool:
    """Tell whether both begin or end with plain characters that differ, which most texts do and which is told at once."""
    for place in (0, -1) if pattern and value else ():
        one, other = pattern[place], value[place]
        if one != other and one not in _WILDCARDS and one not in alphabets and other not in _WILDCARDS | alphabets.keys():
            return True
    return False


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


def _meet(left: list[_Step], right: list[_Step], parts: frozenset[str] = frozenset()) -> bool:
    """Return whether one text fits both rows of steps.

    Bit n of ``reached`` says that the part of ``left`` that is done and the first n steps of ``right`` fit one text.
    """
    sharing = _Sharing(right, parts)
    repeats = sum(1 << place for place, step in enumerate(right) if step.repeats)
    reached = 1
    for step in left:
        shared = sharing.with_class(step.characters)
        reached = _passed(reached, repeats | shared if step.repeats else repeats)
        if not step.repeats:
            reached &= shared
            reached = ((reached & ~repeats) << 1) | (reached & repeats)
        if not reached:
            return False
    return bool(_passed(reached, repeats) >> len(right))


def _passed(reached: int, passable: int) -> int:
    """Add the places behind each reached one, as far as the steps between them can be passed.

    The addition carries a bit through each run of passable steps, from the first that is reached.
    """
    return reached | (((reached & passable) + passable) ^ passable)


class _Sharing:
    """Which steps of a row have a character in common with a class, as the bits of a number."""

    def __init__(self, row: list[_Step], parts: frozenset[str]) -> None:
        self._parts = parts
        self._places: dict[str, int] = {}
        for place, step in enumerate(row):
            self._places[step.characters] = self._places.get(step.characters, 0) | 1 << place
        self._classes = [one for one in self._places if len(one) > 1]
        self._found: dict[str, int] = {}

    def with_class(self, characters: str) -> int:
        if characters not in self._found:
            # Of the single characters, which may be many, only the same one is shared with another.
            others = self._classes if len(characters) == 1 else self._places
            shared = self._places.get(characters, 0)
            for one in others:
                shared |= self._places[one] if _share(characters, one, self._parts) else 0
            self._found[characters] = shared
        return self._found[characters]


def _share(one: str, other: str, parts: frozenset[str]) -> bool:
    """Return whether a character belongs to both classes; any two of the alphabets have one in common."""
    if len(one) == 1 and len(other) == 1:
        return one == other
    if len(one) == 1:
        return _holds(other, one, parts)
    return len(other) > 1 or _holds(one, other, parts)


def _holds(alphabet: str, character: str, parts: frozenset[str]) -> bool:
    if alphabet == "digits":
        return character in "0123456789"
    if alphabet == _NO_PART:
        return character not in parts
    return alphabet == "any" or character not in "/:*?"
