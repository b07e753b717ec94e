"""Three-valued logic: what holds whatever the unknown strings are, what never holds, and what depends on them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Truth(Enum):
    """Whether a statement about a request holds."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return the conjunction: NO beats UNKNOWN, UNKNOWN beats YES; YES when there are none."""
    result = Truth.YES
    for truth in truths:
        if truth is Truth.NO:
            return Truth.NO
        if truth is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return the disjunction: YES beats UNKNOWN, UNKNOWN beats NO; NO when there are none."""
    result = Truth.NO
    for truth in truths:
        if truth is Truth.YES:
            return Truth.YES
        if truth is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def negate(truth: Truth) -> Truth:
    """Return the opposite; the opposite of UNKNOWN is UNKNOWN."""
    if truth is Truth.UNKNOWN:
        return truth
    return truth_of(truth is Truth.NO)


def agreed(truths: Iterable[Truth]) -> Truth:
    """Return the one truth that all cases share, else UNKNOWN."""
    distinct = set(truths)
    return distinct.pop() if len(distinct) == 1 else Truth.UNKNOWN


def truth_of(holds: bool) -> Truth:
    """Return YES or NO."""
    return Truth.YES if holds else Truth.NO
