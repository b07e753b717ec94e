from __future__ import annotations

import itertools
import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_notation import t

from remediate.iam.match import LONGEST, arn_matches, matches, patterns_meet
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, partial

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN

# IAM User Guide, IAM JSON policy elements: Resource (wildcards); Condition operators (String condition operators).
KNOWN = [
    ("equal", "abc", "abc", YES),
    ("different", "abc", "abd", NO),
    ("case counts", "ABC", "abc", NO),
    ("a pattern is anchored at its end", "ab", "abc", NO),
    ("a pattern is anchored at its start", "bc", "abc", NO),
    ("star takes nothing", "abc*", "abc", YES),
    ("star takes much", "a*c", "a/b:b/c", YES),
    ("star at the start", "*.com", "s3.com", YES),
    ("star alone", "*", "", YES),
    ("question mark takes one character", "a?c", "abc", YES),
    ("question mark takes not none", "a?c", "ac", NO),
    ("question mark takes not two", "a?c", "abbc", NO),
    ("question mark and star take at least one", "a?*", "a", NO),
    ("question mark and star", "a?*", "abcd", YES),
    ("dot is plain", "a.c", "abc", NO),
    ("bracket is plain", "a[bc]d", "abd", NO),
    ("bracket equals itself", "a[bc]d", "a[bc]d", YES),
    ("backslash is plain", "a\\*", "a\\b", YES),
    ("line feed under a star", "a*", "a\nb", YES),
    ("escaped star is plain", "a$${*}", "a*", YES),
    ("escaped star is no wildcard", "a$${*}", "ab", NO),
    ("escaped question mark is plain", "a$${?}", "a?", YES),
    ("escaped question mark is no wildcard", "a$${?}", "ab", NO),
    ("escaped dollar", "a$${$}", "a$", YES),
    ("star in the value is plain", "ab", "a*", NO),
    ("empty pattern", "", "a", NO),
    ("empty both", "", "", YES),
    ("objects below the account", "arn:aws:s3:::b/AWSLogs/1/*", "arn:aws:s3:::b/AWSLogs/1/x/y.gz", YES),
    ("missing slash and star", "arn:aws:s3:::b/AWSLogs/1", "arn:aws:s3:::b/AWSLogs/1/x", NO),
    ("doubled slash", "arn:aws:s3:::b//AWSLogs/1/*", "arn:aws:s3:::b/AWSLogs/1/x", NO),
    ("bucket is not its objects", "arn:aws:s3:::b/*", "arn:aws:s3:::b", NO),
    ("objects are not the bucket", "arn:aws:s3:::b", "arn:aws:s3:::b/x", NO),
    ("bucket without separator", "arn:aws:s3:::b*", "arn:aws:s3:::b/x", YES),
]

# What holds for every value of the unknown parts, for none, or for some: by definition of the parts.
SYMBOLIC = [
    ("the same part", "${A}", "${A}", YES),
    ("another part", "${A}", "${B}", UNKNOWN),
    ("star over an unknown part", "b/*", "b/${A}", YES),
    ("star over text and unknown parts", "b/*/d", "b/${A}x${B}/d", YES),
    ("star between the same parts", "${A}/*/${B}", "${A}/x/${B}", YES),
    ("question mark and star over an unknown part", "?*", "${A}", YES),
    ("star and question mark over an unknown part", "*?", "${A}", YES),
    ("question mark over an unknown part", "?", "${A}", UNKNOWN),
    ("two question marks and star over one unknown part", "??*", "${A}", UNKNOWN),
    ("unknown parts are not empty", "b/", "b/${A}", NO),
    ("unknown parts are not empty in patterns", "b/${A}", "b/", NO),
    ("longer than the same part", "${A}", "${A}x", NO),
    ("shorter than the same part", "${A}-logs", "${A}", NO),
    ("same part, other suffix", "${A}-a", "${A}-b", NO),
    ("same part, other prefix", "a-${A}", "b-${A}", NO),
    ("literal account in the pattern", "AWSLogs/111122223333/*", "AWSLogs/${A:digits}/x", UNKNOWN),
    ("literal account in the value", "AWSLogs/${A:digits}/*", "AWSLogs/111122223333/x", UNKNOWN),
    ("literal Region", "us-east-1", "${R}", UNKNOWN),
    ("letters are no digits", "AWSLogs/${A:digits}/*", "AWSLogs/o-abc/x", NO),
    ("letters against digits in the value", "AWSLogs/abc/*", "AWSLogs/${A:digits}/x", NO),
    ("a name holds no slash", "b/${P}/AWSLogs/*", "b/p/q/AWSLogs/x", NO),
    ("a name holds no colon", "arn:${P}:x", "arn:a:b:x", NO),
    ("any holds a slash", "b/${P:any}/AWSLogs/*", "b/p/q/AWSLogs/x", UNKNOWN),
    ("any may hold wildcards in a pattern", "b/${P:any}", "b/", UNKNOWN),
    ("any may hold nothing but a star", "a${P:any}b", "ab", UNKNOWN),
    ("any with wildcards is not the same as its plain text", "${P:any}b", "${P:any}cb", UNKNOWN),
    ("any in a pattern still has its neighbours", "a/${P:any}", "b/x", NO),
    ("any holds no wildcard in a value", "a/b", "a/${P:any}/b", NO),
    ("prefix missing in the pattern", "s3:::b/AWSLogs/${A:digits}/*", "s3:::b/${P}/AWSLogs/${A:digits}/x", NO),
    ("prefix missing in the value", "s3:::b/${P}/AWSLogs/${A:digits}/*", "s3:::b/AWSLogs/${A:digits}/x/y", NO),
    ("prefix of any depth", "b/AWSLogs/${A:digits}/*", "b/${P:any}/AWSLogs/${A:digits}/x", UNKNOWN),
    ("other prefix parameter", "b/${P}/AWSLogs/${A:digits}/*", "b/${Q}/AWSLogs/${A:digits}/x", UNKNOWN),
    ("organization path is not the account path", "b/AWSLogs/${A:digits}/*", "b/AWSLogs/o-1/${A:digits}/x", NO),
    ("account path is not the organization path", "b/AWSLogs/o-1/*", "b/AWSLogs/${A:digits}/x", NO),
    ("unknown organization", "b/AWSLogs/${O}/*", "b/AWSLogs/${A:digits}/x", UNKNOWN),
    ("whole bucket", "arn:${P}:s3:::${B}/*", "arn:${P}:s3:::${B}/${Q:any}/AWSLogs/${A:digits}/x", YES),
    ("bucket of a name parameter", "arn:aws:s3:::${N}/*", "arn:aws:s3:::${B}/x", UNKNOWN),
    ("hard-coded partition", "arn:aws:s3:::${B}", "arn:${P}:s3:::${B}", UNKNOWN),
    ("star for the partition", "arn:*:s3:::${B}", "arn:${P}:s3:::${B}", YES),
    ("bucket policy on the bucket against an object", "arn:aws:s3:::${B}", "arn:aws:s3:::${B}/x", NO),
    ("the narrower alphabet of a part counts", "${A:digits}", "x${A}", NO),
    ("key by its id", "arn:aws:kms:${R}:${A:digits}:key/${K}", "arn:aws:kms:${R}:${A:digits}:key/${K}", YES),
    ("alias is not a key", "arn:aws:kms:${R}:${A:digits}:alias/x", "arn:aws:kms:${R}:${A:digits}:key/${K}", NO),
    ("literal key id", "arn:aws:kms:${R}:${A:digits}:key/1234", "arn:aws:kms:${R}:${A:digits}:key/${K}", UNKNOWN),
    ("literal around the part", "log-${B}", "log-archive", UNKNOWN),
    ("literal that cannot fit around the part", "log-${B}-x", "log-archive", NO),
    ("same part twice", "${A}-${A}", "${A}-${A}", YES),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "pattern", "value", "expected"), [*KNOWN, *SYMBOLIC], ids=[row[0] for row in [*KNOWN, *SYMBOLIC]]
)
def test_wildcard_matching(name: str, pattern: str, value: str, expected: Truth) -> None:
    assert matches(t(pattern), t(value)) is expected, name


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("a*", "ab", NO),
        ("a*", "a*", YES),
        ("a?", "ab", NO),
        ("$${*}", "*", YES),
        ("${A}*", "${A}x", NO),
        ("${A}*", "${A}*", YES),
        ("trail/*", "trail/${A}", NO),
        ("trail/*", "trail/${A:any}", UNKNOWN),
        ("trail/*", "trail/${A:digits}", NO),
        ("${P:any}x", "x", NO),
    ],
)
def test_without_wildcards(pattern: str, value: str, expected: Truth) -> None:
    assert matches(t(pattern), t(value), wildcards=False) is expected


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("S3:putobject", "s3:PutObject", YES),
        ("S3:Put*", "s3:PutObject", YES),
        ("s3:Get*", "s3:PutObject", NO),
        ("${A}.AMAZONAWS.com", "${A}.amazonaws.com", YES),
        ("S3:${A}", "s3:x", UNKNOWN),
        ("KMS:${A}", "s3:x", NO),
        ("\u212ams:*", "kms:Decrypt", NO),
        ("\u212ams:${A}", "kms:Decrypt", NO),
        ("\xc4:x", "\xe4:x", NO),
    ],
)
def test_ignoring_case(pattern: str, value: str, expected: Truth) -> None:
    assert matches(t(pattern), t(value), ignore_case=True) is expected


TRAIL = "arn:${P}:cloudtrail:${R}:${A:digits}:trail/${T}"

# IAM User Guide, IAM JSON policy elements: Condition operators, Amazon Resource Name (ARN) condition operators.
ARNS = [
    ("equal", "arn:aws:sns:us-east-1:1:t", "arn:aws:sns:us-east-1:1:t", YES),
    ("wildcard in a field", "arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", YES),
    ("wildcard in every field", "arn:*:*:*:*:*", "arn:aws:sns:us-east-1:1:t", YES),
    ("question marks in a field", "arn:aws:sns:us-????-1:1:t", "arn:aws:sns:us-east-1:1:t", YES),
    ("case counts", "arn:aws:SNS:us-east-1:1:t", "arn:aws:sns:us-east-1:1:t", NO),
    (
        "a wildcard stays in its field",
        "arn:aws:someservice:*:111122223333:finance/*",
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
        NO,
    ),
    ("the last field holds colons", "arn:aws:logs:*:1:*", "arn:aws:logs:us-east-1:1:log-group:x:*", YES),
    ("the value is no ARN", "arn:*:*:*:*:*", "trail", NO),
    ("fewer fields than an ARN, other service", "arn:aws:sns:*", "arn:aws:s3:::b", NO),
    ("fewer fields than an ARN, could match", "arn:aws:s3:*", "arn:aws:s3:::b", UNKNOWN),
    ("star alone is not six fields", "*", "arn:aws:s3:::b", UNKNOWN),
    ("the trail itself", TRAIL, TRAIL, YES),
    ("every trail of the account", "arn:${P}:cloudtrail:*:${A:digits}:trail/*", TRAIL, YES),
    ("every trail of the Region", "arn:${P}:cloudtrail:${R}:${A:digits}:trail/*", TRAIL, YES),
    ("every trail of any account", "arn:${P}:cloudtrail:*:*:trail/*", TRAIL, YES),
    ("every resource of the account", "arn:${P}:cloudtrail:*:${A:digits}:*", TRAIL, YES),
    ("hard-coded partition", "arn:aws:cloudtrail:*:${A:digits}:trail/*", TRAIL, UNKNOWN),
    ("literal Region", "arn:${P}:cloudtrail:us-east-1:${A:digits}:trail/${T}", TRAIL, UNKNOWN),
    ("literal account", "arn:${P}:cloudtrail:${R}:111122223333:trail/${T}", TRAIL, UNKNOWN),
    ("literal trail name", "arn:${P}:cloudtrail:${R}:${A:digits}:trail/main", TRAIL, UNKNOWN),
    ("other name", "arn:${P}:cloudtrail:${R}:${A:digits}:trail/a", "arn:${P}:cloudtrail:${R}:${A:digits}:trail/b", NO),
    ("event data store", "arn:${P}:cloudtrail:${R}:${A:digits}:eventdatastore/*", TRAIL, NO),
    ("other service", "arn:${P}:s3:${R}:${A:digits}:trail/*", TRAIL, NO),
    ("unknown value", "arn:aws:cloudtrail:*:1:trail/*", "${Arn:any}", UNKNOWN),
    ("unknown pattern", "${Arn:any}", TRAIL, UNKNOWN),
    ("the same unknown ARN", "${Arn:any}", "${Arn:any}", YES),
    ("account missing", "arn:${P}:cloudtrail:${R}::trail/*", TRAIL, NO),
    ("unknown resource of any form", "arn:aws:s3:::${X:any}", "arn:aws:s3:::b/x", UNKNOWN),
]


@pytest.mark.parametrize(("name", "pattern", "value", "expected"), ARNS, ids=[row[0] for row in ARNS])
def test_arn_matching(name: str, pattern: str, value: str, expected: Truth) -> None:
    assert arn_matches(t(pattern), t(value)) is expected, name


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a*", "ab", True),
        ("a*", "*b", True),
        ("*ab", "*b", True),
        ("a*b", "a*c", False),
        ("a*", "b*", False),
        ("get*", "getobject", True),
        ("getobject", "get*", True),
        ("a?", "ab", True),
        ("a?", "a", False),
    ],
)
def test_patterns_meet(one: str, other: str, expected: bool) -> None:
    assert patterns_meet(one, other) is expected


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("*" + "a*" * 500 + "Z", "a" * 1000, NO),
        ("*" + "a*" * 500 + "Z", "a" * 1000 + "Z", YES),
        ("*" + "a*" * 500 + "Z", "${A}" * 300 + "a" * 700, NO),
        ("*" + "a*" * 500 + "Z", "a" * 700 + "${A}" * 300, UNKNOWN),
        ("*" + "a?" * 500 + "*Z", "a" * 1000, NO),
        ("?*" * 900, "a" * 900, YES),
        ("?*" * 900, "a" * 899, NO),
        ("*" + "${A:any}*" * 400 + "Z", "a" * 2000, NO),
        ("a*" * LONGEST, "a" * 10, UNKNOWN),
        ("a*b", "a" * LONGEST + "b", UNKNOWN),
        ("${A}" + "a" * LONGEST, "a" * 10, UNKNOWN),
        ("a" * 100_000, "a" * 100_000, YES),
        ("a" * 100_000 + "*", "a" * 100_001, YES),
        ("a" * 100_000 + "b", "a" * 100_000 + "c", NO),
    ],
)
def test_long_patterns(pattern: str, value: str, expected: Truth) -> None:
    assert matches(t(pattern), t(value)) is expected


def test_patterns_that_are_too_long_may_meet() -> None:
    assert patterns_meet("a*" * LONGEST, "b") is True


WITNESSES = ["".join(letters) for length in range(7) for letters in itertools.product("ab", repeat=length)]


@settings(max_examples=300, deadline=None)
@given(st.text("ab*?", max_size=3), st.text("ab*?", max_size=3))
def test_patterns_meet_where_some_text_fits_both(one: str, other: str) -> None:
    globs = [glob(partial(written), {}, wildcards=True) for written in (one, other)]
    assert patterns_meet(one, other) is any(all(each.fullmatch(found) for each in globs) for found in WITNESSES)


def test_text_in_the_private_use_plane_is_not_decided() -> None:
    assert matches(partial("\U000f0000"), partial(UnknownPart("A"))) is UNKNOWN


ALPHABETS = {"digits": "0123", "name": "ab1-", "any": "ab1/:-"}
unknowns = st.sampled_from(
    [UnknownPart("A", "digits"), UnknownPart("B", "name"), UnknownPart("C", "any"), UnknownPart("D", "name")]
)
patterns = st.lists(st.one_of(st.text("ab1/:*?-", min_size=1, max_size=4), unknowns), max_size=5).map(
    lambda parts: partial(*parts)
)
values = st.lists(st.one_of(st.text("ab1/:-", min_size=1, max_size=4), unknowns), max_size=5).map(
    lambda parts: partial(*parts)
)


@st.composite
def substitutions(draw: st.DrawFn) -> dict[str, str]:
    return {
        "A": draw(st.text(ALPHABETS["digits"], min_size=1, max_size=3)),
        "B": draw(st.text(ALPHABETS["name"], min_size=1, max_size=3)),
        "C": draw(st.text(ALPHABETS["any"], min_size=1, max_size=3)),
        "D": draw(st.text(ALPHABETS["name"], min_size=1, max_size=3)),
    }


def concrete(given_text: PartialString, chosen: dict[str, str]) -> str:
    return "".join(chosen[part.name] if isinstance(part, UnknownPart) else part for part in given_text.parts)


def glob(pattern: PartialString, chosen: dict[str, str], wildcards: bool) -> re.Pattern[str]:
    """An own reading of the pattern: unknown parts are plain text, stars and question marks of known parts are wildcards."""
    source = ""
    for part in pattern.parts:
        if isinstance(part, UnknownPart):
            source += re.escape(chosen[part.name])
        else:
            source += "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) if wildcards else re.escape(c) for c in part)
    return re.compile(source, re.DOTALL)


@settings(max_examples=1500, deadline=None)
@given(patterns, values, st.booleans(), st.lists(substitutions(), min_size=1, max_size=5))
def test_yes_matches_every_substitution_and_no_matches_none(
    pattern: PartialString, value: PartialString, wildcards: bool, chosen: list[dict[str, str]]
) -> None:
    truth = matches(pattern, value, wildcards=wildcards)
    for one in chosen:
        found = glob(pattern, one, wildcards).fullmatch(concrete(value, one)) is not None
        assert truth is UNKNOWN or found is (truth is YES), one


@settings(max_examples=500, deadline=None)
@given(values, st.text(string.ascii_lowercase + "*?", max_size=2))
def test_a_text_matches_itself_and_itself_with_a_star(value: PartialString, suffix: str) -> None:
    assert matches(value, value) is YES
    assert matches(partial(value, "*"), partial(value, suffix)) is YES


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(["a", "*", "", "a*"]), unknowns), min_size=6, max_size=6),
    st.lists(st.one_of(st.sampled_from(["a", "ab", ""]), unknowns), min_size=6, max_size=6),
    st.lists(substitutions(), min_size=1, max_size=4),
)
def test_arn_matching_agrees_with_matching_each_field(
    pattern: list[str | UnknownPart], value: list[str | UnknownPart], chosen: list[dict[str, str]]
) -> None:
    truth = arn_matches(joined(pattern), joined(value))
    for one in chosen:
        fields = concrete(joined(value), one).split(":", 5)
        globs = [plain(partial(*([part] if part else [])), one) for part in pattern]
        if ":" in "".join(one.values()) or len(fields) != len(globs):
            continue
        found = all(re.fullmatch(each, field) for each, field in zip(globs, fields, strict=True))
        assert truth is UNKNOWN or found is (truth is YES), one


def joined(fields: list[str | UnknownPart]) -> PartialString:
    parts: list[str | UnknownPart] = []
    for field in fields:
        parts += [":", field]
    return partial(*parts[1:])


def plain(pattern: PartialString, chosen: dict[str, str]) -> str:
    return glob(pattern, chosen, wildcards=True).pattern
