from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_notation import t

from remediate.iam.beginnings import Beginnings
from remediate.iam.match import LONGEST, matches
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, partial

PLAIN = st.text("ab/*?$é\U000f0000", max_size=3)
PARTS = st.sampled_from(
    [
        UnknownPart("A"),
        UnknownPart("B"),
        UnknownPart("A", "any"),
        UnknownPart("C", "digits"),
        UnknownPart("D", generated=True),
        UnknownPart("E", generated=True),
    ]
)
TEXTS = st.lists(st.one_of(PLAIN, PARTS), max_size=5).map(lambda parts: partial(*parts))


@given(patterns=st.lists(TEXTS, max_size=12), value=TEXTS)
@settings(max_examples=1500, deadline=None)
def test_what_is_left_out_does_not_match(patterns: list[PartialString], value: PartialString) -> None:
    found = Beginnings(patterns).like(value)
    assert found == sorted(set(found))
    assert [one for one in range(len(patterns)) if one not in found and matches(patterns[one], value) is not Truth.NO] == []


@given(values=st.lists(TEXTS, max_size=12), pattern=TEXTS)
@settings(max_examples=1500, deadline=None)
def test_a_pattern_finds_the_values_as_well(values: list[PartialString], pattern: PartialString) -> None:
    found = Beginnings(values).like(pattern)
    assert [one for one in range(len(values)) if one not in found and matches(pattern, values[one]) is not Truth.NO] == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("arn:aws:s3:::${B}/two/AWSLogs/${A}/x", [1]),
        ("arn:aws:s3:::${B}/two*", [1, 2]),
        ("arn:aws:s3:::${B}/t", [1, 2, 3]),
        ("arn:aws:s3:::${B}/four/AWSLogs/${A}/x", []),
        ("arn:aws:s3:::${C}/four/AWSLogs/${A}/x", [0, 1, 2, 3]),
        ("arn:aws:s3:::*", [0, 1, 2, 3]),
        ("arn:aws:sns:*", []),
    ],
)
def test_only_what_begins_alike_is_found(asked: str, found: list[int]) -> None:
    patterns = [t(f"arn:aws:s3:::${{B}}/{prefix}/AWSLogs/${{A}}/*") for prefix in ("one", "two", "two-b", "three")]
    assert Beginnings(patterns).like(t(asked)) == found


def test_a_text_that_is_not_told_apart_is_always_found() -> None:
    patterns = [t("a" * LONGEST), t("é"), t("b")]
    assert Beginnings(patterns).like(t("c")) == [0, 1]
    assert Beginnings(patterns).like(t("é")) == [0, 1, 2]
