from __future__ import annotations

import pytest

from remediate.iam.truth import Truth, agreed, all_of, any_of, negate

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


@pytest.mark.parametrize(
    ("truths", "conjunction", "disjunction", "agreement"),
    [
        ((), YES, NO, UNKNOWN),
        ((YES,), YES, YES, YES),
        ((NO,), NO, NO, NO),
        ((UNKNOWN,), UNKNOWN, UNKNOWN, UNKNOWN),
        ((YES, YES), YES, YES, YES),
        ((YES, NO), NO, YES, UNKNOWN),
        ((YES, UNKNOWN), UNKNOWN, YES, UNKNOWN),
        ((UNKNOWN, NO), NO, UNKNOWN, UNKNOWN),
        ((NO, NO), NO, NO, NO),
        ((UNKNOWN, YES, NO), NO, YES, UNKNOWN),
    ],
)
def test_connectives(truths: tuple[Truth, ...], conjunction: Truth, disjunction: Truth, agreement: Truth) -> None:
    assert (all_of(truths), any_of(truths), agreed(truths)) == (conjunction, disjunction, agreement)


@pytest.mark.parametrize(("truth", "expected"), [(YES, NO), (NO, YES), (UNKNOWN, UNKNOWN)])
def test_negation(truth: Truth, expected: Truth) -> None:
    assert negate(truth) is expected
