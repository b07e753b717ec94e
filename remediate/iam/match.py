"""Does a policy's pattern match a value, where both may have unknown parts.

Unknown parts with the same name stand for the same string. A proof that holds for every string gives YES, a proof that
none fits gives NO, and UNKNOWN remains: the answer never guesses. An unknown part of the alphabet ``any`` in a pattern
may itself hold wildcards; one of ``digits`` or ``name`` is taken to hold none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from remediate.iam.overlap import ANY_CHARACTER, ANY_RUN, Atoms, always_fits, can_overlap
from remediate.iam.truth import Truth, all_of, truth_of
from remediate.partial_string import Alphabet, PartialString, UnknownPart, lowered, partial

ARN_FIELDS = 6
LONGEST = 2048
"""Where a pattern or a value has more characters, only equality and a star at the end are decided: no ARN is longer."""
# While two texts are compared, each unknown part is written as one character of this private-use plane.
_FIRST_SYMBOL, _LAST_SYMBOL = "\U000f0000", "\U000ffffd"
_ATOM = re.compile(r"\$\{([*?$])\}|(.)", re.DOTALL)
_SPECIAL = frozenset("*?$")
_NARROWNESS: dict[Alphabet, int] = {"digits": 0, "name": 1, "any": 2}


def matches(pattern: PartialString, value: PartialString, *, wildcards: bool = True, ignore_case: bool = False) -> Truth:
    """Return whether the pattern of a policy matches the value of a request.

    ``*`` and ``?`` in the known parts of the pattern are wildcards unless ``wildcards`` is false. ``${*}``, ``${?}`` and
    ``${$}`` are the plain characters (IAM User Guide, IAM policy elements: Variables and tags).
    """
    return _matches(pattern, value, wildcards, ignore_case)


def covers(written: str, action: str) -> bool:
    """Return whether an action as a statement writes it surely means another one; action names ignore case."""
    return matches(partial(written), partial(action), ignore_case=True) is Truth.YES


@lru_cache(maxsize=1 << 14)
def arn_matches(pattern: PartialString, value: PartialString) -> Truth:
    """Return whether an ARN operator matches: six fields between colons, each matched on its own, wildcards in every one.

    Source: IAM User Guide, IAM JSON policy elements: Condition operators, Amazon Resource Name (ARN) condition operators.
    A pattern of fewer fields, or an unknown part that may hold colons, leaves UNKNOWN what the whole text does not exclude.
    """
    value_fields, pattern_fields = arn_fields(value), arn_fields(pattern)
    if value_fields is not None and len(value_fields) < ARN_FIELDS:
        return Truth.NO
    if pattern == value:
        return Truth.YES
    if value_fields is None or pattern_fields is None or len(pattern_fields) < ARN_FIELDS:
        return Truth.NO if matches(pattern, value) is Truth.NO else Truth.UNKNOWN
    return all_of(matches(pattern_fields[field], value_fields[field]) for field in range(ARN_FIELDS))


def patterns_meet(one: str, other: str) -> bool:
    """Return whether some text matches both patterns, or may where they are too long to be compared."""
    if _SPECIAL.isdisjoint(one) and _SPECIAL.isdisjoint(other):
        return one == other or max(len(one), len(other)) > LONGEST
    return max(len(one), len(other)) > LONGEST or can_overlap(_atoms(one, True), _atoms(other, True), {}, wildcards=True)


@lru_cache(maxsize=8192)
def arn_fields(arn: PartialString) -> tuple[PartialString, ...] | None:
    """Return up to six fields, the last with all further colons; None where an unknown part may hold some of the colons."""
    fields: list[list[str | UnknownPart]] = [[]]
    for part in arn.parts:
        if isinstance(part, UnknownPart):
            if part.alphabet == "any" and len(fields) < ARN_FIELDS:
                return None
            fields[-1].append(part)
            continue
        first, *others = part.split(":", ARN_FIELDS - len(fields))
        fields[-1].append(first)
        fields.extend([other] for other in others)
    return tuple(partial(*field) for field in fields)


@lru_cache(maxsize=1 << 15)
def _matches(pattern: PartialString, value: PartialString, wildcards: bool, ignore_case: bool) -> Truth:
    symbols = _symbols(pattern, value)
    written_pattern, written_value = _written(pattern, symbols, ignore_case), _written(value, symbols, ignore_case)
    if symbols and (_holds_symbol(pattern) or _holds_symbol(value)):
        return Truth.UNKNOWN
    fits = _fits(written_pattern, written_value, wildcards, frozenset(symbols.values()))
    if fits is not Truth.NO or not symbols:
        return fits
    if max(len(written_pattern), len(written_value)) > LONGEST:
        return Truth.UNKNOWN
    alphabets = {symbols[name]: alphabet for name, alphabet in _alphabets(pattern, value).items()}
    generated = frozenset(symbols[name] for name in _generated(pattern, value))
    atoms = _atoms(written_pattern, wildcards)
    possible = can_overlap(atoms, tuple(written_value), alphabets, wildcards=wildcards, generated=generated)
    return Truth.UNKNOWN if possible else Truth.NO


def _symbols(*texts: PartialString) -> dict[str, str]:
    """Return the character that stands for each unknown part."""
    names = dict.fromkeys(part.name for given in texts for part in given.parts if isinstance(part, UnknownPart))
    return {name: chr(ord(_FIRST_SYMBOL) + number) for number, name in enumerate(names)}


def _alphabets(*texts: PartialString) -> dict[str, Alphabet]:
    """Return the narrowest alphabet that is given for each unknown part."""
    found: dict[str, Alphabet] = {}
    for part in (part for given in texts for part in given.parts if isinstance(part, UnknownPart)):
        found[part.name] = min(part.alphabet, found.get(part.name, "any"), key=_NARROWNESS.__getitem__)
    return found


def _generated(*texts: PartialString) -> set[str]:
    """Return the unknown parts that are generated names."""
    return {part.name for given in texts for part in given.parts if isinstance(part, UnknownPart) and part.generated}


def _written(given: PartialString, symbols: dict[str, str], ignore_case: bool) -> str:
    written = "".join(symbols[part.name] if isinstance(part, UnknownPart) else part for part in given.parts)
    return lowered(written) if ignore_case else written


def _holds_symbol(given: PartialString) -> bool:
    known = "".join(part for part in given.parts if isinstance(part, str))
    return any(_FIRST_SYMBOL <= character <= _LAST_SYMBOL for character in known)


@lru_cache(maxsize=4096)
def _atoms(written: str, wildcards: bool) -> Atoms:
    """Split a pattern in single characters and wildcards."""
    atoms = []
    for escaped, character in _ATOM.findall(written):
        if wildcards and character == "*":
            atoms.append(ANY_RUN)
        elif wildcards and character == "?":
            atoms.append(ANY_CHARACTER)
        else:
            atoms.append(escaped or character)
    return tuple(atoms)


def _fits(pattern: str, value: str, wildcards: bool, parts: frozenset[str]) -> Truth:
    """Return whether a written value matches whatever its unknown parts are; most patterns need no search."""
    stem = pattern[:-1] if wildcards and pattern.endswith("*") else pattern
    if not _SPECIAL.intersection(stem):
        return truth_of(value == pattern if stem == pattern else value.startswith(stem))
    if max(len(pattern), len(value)) > LONGEST:
        return Truth.UNKNOWN
    return truth_of(always_fits(_atoms(pattern, wildcards), value, parts))
