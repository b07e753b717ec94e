from __future__ import annotations

from typing import Any

import pytest
from policy_notation import keys, statement, t

from remediate.iam.conditions import condition_truth
from remediate.iam.request import Request
from remediate.iam.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN

ABSENT = object()
"""Written as the value of a key that the request does not carry."""

OPERATORS = "IAM User Guide, IAM JSON policy elements: Condition operators"
SETS = "IAM User Guide, Set operators for multi-valued context keys"
VARIABLES = "IAM User Guide, IAM policy elements: Variables and tags"
KEYS = "IAM User Guide, AWS global condition context keys"
PARTS = "by definition of the unknown parts"

Row = tuple[str, str, Any, Any, Truth]
"""Name, operator, values in the policy, value in the request, expected."""

TABLES: dict[str, list[Row]] = {
    f"{OPERATORS}, String": [
        ("equals", "StringEquals", "a", "a", YES),
        ("equals counts case", "StringEquals", "A", "a", NO),
        ("equals has no wildcard", "StringEquals", "a*", "ab", NO),
        ("equals any of several", "StringEquals", ["x", "a"], "a", YES),
        ("equals none of several", "StringEquals", ["x", "y"], "a", NO),
        ("equals no value at all", "StringEquals", [], "a", NO),
        ("not equals", "StringNotEquals", "x", "a", YES),
        ("not equals but equal", "StringNotEquals", "a", "a", NO),
        ("not equals has no wildcard", "StringNotEquals", "a*", "ab", YES),
        ("not equals must differ from all", "StringNotEquals", ["x", "a"], "a", NO),
        ("not equals differs from all", "StringNotEquals", ["x", "y"], "a", YES),
        ("equals ignoring case", "StringEqualsIgnoreCase", "A", "a", YES),
        ("equals ignoring case has no wildcard", "StringEqualsIgnoreCase", "a*", "ab", NO),
        ("not equals ignoring case", "StringNotEqualsIgnoreCase", "A", "a", NO),
        ("not equals ignoring case, different", "StringNotEqualsIgnoreCase", "B", "a", YES),
        ("like", "StringLike", "a*", "ab", YES),
        ("like, one character", "StringLike", "a?", "ab", YES),
        ("like counts case", "StringLike", "A*", "ab", NO),
        ("like spans colons", "StringLike", "arn:*:trail/*", "arn:aws:cloudtrail:r:1:trail/t", YES),
        ("not like", "StringNotLike", "a*", "ab", NO),
        ("not like, different", "StringNotLike", "x*", "ab", YES),
        ("number in the policy", "StringEquals", 123, "123", YES),
        ("boolean in the policy", "StringEquals", True, "true", YES),
    ],
    f"{OPERATORS}, a key that is not present": [
        ("equals", "StringEquals", "a", ABSENT, NO),
        ("not equals", "StringNotEquals", "a", ABSENT, YES),
        ("equals ignoring case", "StringEqualsIgnoreCase", "a", ABSENT, NO),
        ("not equals ignoring case", "StringNotEqualsIgnoreCase", "a", ABSENT, YES),
        ("like", "StringLike", "*", ABSENT, NO),
        ("not like", "StringNotLike", "*", ABSENT, YES),
        ("number", "NumericEquals", "1", ABSENT, NO),
        ("not number", "NumericNotEquals", "1", ABSENT, YES),
        ("less", "NumericLessThan", "1", ABSENT, NO),
        ("date", "DateEquals", "2020-01-01", ABSENT, NO),
        ("not date", "DateNotEquals", "2020-01-01", ABSENT, YES),
        ("later", "DateGreaterThan", "2020-01-01", ABSENT, NO),
        ("boolean true", "Bool", "true", ABSENT, NO),
        ("boolean false", "Bool", "false", ABSENT, NO),
        ("binary", "BinaryEquals", "QQ==", ABSENT, NO),
        ("address", "IpAddress", "0.0.0.0/0", ABSENT, NO),
        ("not address", "NotIpAddress", "0.0.0.0/0", ABSENT, YES),
        ("arn", "ArnLike", "arn:*:*:*:*:*", ABSENT, NO),
        ("arn equals", "ArnEquals", "arn:*:*:*:*:*", ABSENT, NO),
        ("not arn", "ArnNotLike", "arn:*:*:*:*:*", ABSENT, YES),
        ("not arn equals", "ArnNotEquals", "arn:*:*:*:*:*", ABSENT, YES),
    ],
    f"{OPERATORS}, ...IfExists": [
        ("equals, absent", "StringEqualsIfExists", "a", ABSENT, YES),
        ("equals, other", "StringEqualsIfExists", "a", "b", NO),
        ("equals, same", "StringEqualsIfExists", "a", "a", YES),
        ("not equals, absent", "StringNotEqualsIfExists", "a", ABSENT, YES),
        ("not equals, same", "StringNotEqualsIfExists", "a", "a", NO),
        ("not equals, other", "StringNotEqualsIfExists", "a", "b", YES),
        ("like, absent", "StringLikeIfExists", "a*", ABSENT, YES),
        ("not like, absent", "StringNotLikeIfExists", "a*", ABSENT, YES),
        ("boolean, absent", "BoolIfExists", "false", ABSENT, YES),
        ("boolean, other", "BoolIfExists", "false", "true", NO),
        ("number, absent", "NumericLessThanIfExists", "1", ABSENT, YES),
        ("date, absent", "DateLessThanIfExists", "2020-01-01", ABSENT, YES),
        ("address, absent", "IpAddressIfExists", "203.0.113.0/24", ABSENT, YES),
        ("not address, absent", "NotIpAddressIfExists", "203.0.113.0/24", ABSENT, YES),
        ("arn, absent", "ArnLikeIfExists", "arn:*:*:*:*:*", ABSENT, YES),
        ("binary, absent", "BinaryEqualsIfExists", "QQ==", ABSENT, YES),
    ],
    f"{OPERATORS}, Null": [
        ("absent wanted and absent", "Null", "true", ABSENT, YES),
        ("absent wanted but present", "Null", "true", "a", NO),
        ("present wanted and present", "Null", "false", "a", YES),
        ("present wanted but absent", "Null", "false", ABSENT, NO),
        ("boolean of the template", "Null", True, ABSENT, YES),
        ("upper case", "Null", "True", ABSENT, YES),
        ("neither true nor false", "Null", "maybe", "a", UNKNOWN),
        ("present but of unknown value", "Null", "false", "${X:any}", YES),
        ("an empty set is absent", "Null", "true", [], YES),
        ("has no IfExists", "NullIfExists", "true", ABSENT, UNKNOWN),
    ],
    f"{OPERATORS}, Numeric": [
        ("equals", "NumericEquals", "10", "10", YES),
        ("equals as a number", "NumericEquals", "10", "10.0", YES),
        ("equals, different", "NumericEquals", "10", "11", NO),
        ("equals any of several", "NumericEquals", ["1", "10"], "10", YES),
        ("not equals", "NumericNotEquals", "10", "11", YES),
        ("not equals but equal", "NumericNotEquals", "10", "10", NO),
        ("less", "NumericLessThan", "10", "9", YES),
        ("less, equal", "NumericLessThan", "10", "10", NO),
        ("less by number and not by letters", "NumericLessThan", "10", "9.5", YES),
        ("less or equal", "NumericLessThanEquals", "10", "10", YES),
        ("greater", "NumericGreaterThan", "10", "11", YES),
        ("greater, equal", "NumericGreaterThan", "10", "10", NO),
        ("greater or equal", "NumericGreaterThanEquals", "10", "10", YES),
        ("decimal in the policy", "NumericLessThan", 1.2, "1.2", NO),
        ("no number in the policy", "NumericEquals", "ten", "10", UNKNOWN),
        ("unknown number", "NumericEquals", "10", "${N:digits}", UNKNOWN),
    ],
    f"{OPERATORS}, Date and time": [
        ("equals", "DateEquals", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", YES),
        ("equals in another zone", "DateEquals", "2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z", YES),
        ("equals in seconds since 1970", "DateEquals", "1577836800", "2020-01-01T00:00:00Z", YES),
        ("a day is its midnight", "DateEquals", "2020-01-01", "2020-01-01T00:00:00Z", YES),
        ("not equals", "DateNotEquals", "2020-01-01", "2020-01-02", YES),
        ("before", "DateLessThan", "2020-01-02", "2020-01-01", YES),
        ("before, not", "DateLessThan", "2020-01-01", "2020-01-01", NO),
        ("before or at", "DateLessThanEquals", "2020-01-01", "2020-01-01", YES),
        ("after", "DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", YES),
        ("after or at", "DateGreaterThanEquals", "2020-01-01", "2019-12-31", NO),
        ("unknown time", "DateGreaterThan", "2020-01-01", "${Now:any}", UNKNOWN),
        ("no date in the policy", "DateGreaterThan", "tomorrow", "2020-01-01", UNKNOWN),
    ],
    f"{OPERATORS}, Boolean and Binary": [
        ("true", "Bool", "true", "true", YES),
        ("false wanted", "Bool", "false", "true", NO),
        ("boolean of the template", "Bool", False, "true", NO),
        ("boolean of the template, met", "Bool", True, "true", YES),
        ("upper case", "Bool", "True", "true", YES),
        ("unknown", "Bool", "true", "${X}", UNKNOWN),
        ("parameter in the policy", "Bool", "${X}", "true", UNKNOWN),
        ("neither", "Bool", "yes", "true", UNKNOWN),
        ("binary", "BinaryEquals", "QmluYXJ5", "QmluYXJ5", YES),
        ("binary, different", "BinaryEquals", "QmluYXJ5", "QmluYXJ6", NO),
    ],
    f"{OPERATORS}, IP address": [
        ("in the range", "IpAddress", "203.0.113.0/24", "203.0.113.7", YES),
        ("outside", "IpAddress", "203.0.113.0/24", "203.0.114.7", NO),
        ("one address", "IpAddress", "203.0.113.7", "203.0.113.7", YES),
        ("one address, another", "IpAddress", "203.0.113.7", "203.0.113.8", NO),
        ("host bits set in the range", "IpAddress", "203.0.113.9/24", "203.0.113.7", YES),
        ("several ranges", "IpAddress", ["198.51.100.0/24", "203.0.113.0/24"], "203.0.113.7", YES),
        ("version 6", "IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", YES),
        ("version 6 against 4", "IpAddress", "2001:DB8:1234:5678::/64", "203.0.113.7", NO),
        ("not in the range", "NotIpAddress", "203.0.113.0/24", "203.0.114.7", YES),
        ("not in the range but in it", "NotIpAddress", "203.0.113.0/24", "203.0.113.7", NO),
        ("not in one of several", "NotIpAddress", ["198.51.100.0/24", "203.0.113.0/24"], "203.0.113.7", NO),
        ("no address in the policy", "IpAddress", "office", "203.0.113.7", UNKNOWN),
        ("parameter in the policy", "IpAddress", "${Range}", "203.0.113.7", UNKNOWN),
        ("unknown address", "IpAddress", "203.0.113.0/24", "${X:any}", UNKNOWN),
    ],
    f"{OPERATORS}, Amazon Resource Name (ARN)": [
        ("like", "ArnLike", "arn:aws:sns:*:1:t", "arn:aws:sns:r:1:t", YES),
        ("equals has wildcards too", "ArnEquals", "arn:aws:sns:*:1:t", "arn:aws:sns:r:1:t", YES),
        ("wildcards stay in their field", "ArnLike", "arn:aws:sns:*:t", "arn:aws:sns:r:1:t", UNKNOWN),
        ("not like", "ArnNotLike", "arn:aws:sns:*:1:t", "arn:aws:sns:r:1:t", NO),
        ("not equals", "ArnNotEquals", "arn:aws:sns:*:2:t", "arn:aws:sns:r:1:t", YES),
        ("several", "ArnLike", ["arn:aws:sqs:*:1:t", "arn:aws:sns:*:1:t"], "arn:aws:sns:r:1:t", YES),
        (
            "a string operator matches where an ARN operator does not",
            "ArnLike",
            "arn:aws:someservice:*:111122223333:finance/*",
            "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
            NO,
        ),
        (
            "and the string operator",
            "StringLike",
            "arn:aws:someservice:*:111122223333:finance/*",
            "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
            YES,
        ),
    ],
    SETS: [
        ("any, one of them", "ForAnyValue:StringEquals", "a", ["a", "b"], YES),
        ("any, none of them", "ForAnyValue:StringEquals", "c", ["a", "b"], NO),
        ("any, absent", "ForAnyValue:StringEquals", "a", ABSENT, NO),
        ("any, empty", "ForAnyValue:StringEquals", "a", [], NO),
        ("an empty set is absent", "StringEquals", "a", [], NO),
        ("an empty set is absent, negated", "StringNotEquals", "a", [], YES),
        ("any negated, one differs", "ForAnyValue:StringNotEquals", "a", ["a", "b"], YES),
        ("any negated, none differs", "ForAnyValue:StringNotEquals", "a", ["a"], NO),
        ("any negated, absent", "ForAnyValue:StringNotEquals", "a", ABSENT, NO),
        ("any like", "ForAnyValue:StringLike", "o-1/*", ["o-1/r-1/", "o-2/r-1/"], YES),
        ("any if exists, absent: not documented", "ForAnyValue:StringEqualsIfExists", "a", ABSENT, UNKNOWN),
        ("all, each of them", "ForAllValues:StringEquals", ["a", "b", "c"], ["a", "b"], YES),
        ("all, one is not", "ForAllValues:StringEquals", ["a"], ["a", "b"], NO),
        ("all, absent", "ForAllValues:StringEquals", "a", ABSENT, YES),
        ("all, empty", "ForAllValues:StringEquals", "a", [], YES),
        ("all negated", "ForAllValues:StringNotEquals", "c", ["a", "b"], YES),
        ("all negated, one equals", "ForAllValues:StringNotEquals", "a", ["a", "b"], NO),
        ("all negated, absent", "ForAllValues:StringNotEquals", "a", ABSENT, YES),
        ("all if exists, absent", "ForAllValues:StringEqualsIfExists", "a", ABSENT, YES),
        ("any on a single value", "ForAnyValue:StringEquals", "a", "a", YES),
        ("all on a single value", "ForAllValues:StringLike", "a*", "ab", YES),
        ("any with an unknown value", "ForAnyValue:StringEquals", "a", ["a", "${X:any}"], YES),
        ("all with an unknown value", "ForAllValues:StringEquals", "a", ["a", "${X:any}"], UNKNOWN),
        ("many values without set operator, alike", "StringEquals", "a", ["a", "a"], UNKNOWN),
        ("many values without set operator, unlike", "StringEquals", "a", ["a", "b"], UNKNOWN),
    ],
    VARIABLES: [
        ("known variable", "StringEquals", "$${aws:PrincipalServiceName}", "cloudtrail.amazonaws.com", YES),
        ("known variable, different", "StringEquals", "$${aws:PrincipalServiceName}", "s3.amazonaws.com", NO),
        ("within text", "StringLike", "x/$${aws:PrincipalServiceName}/*", "x/cloudtrail.amazonaws.com/y", YES),
        ("name ignores case", "StringEquals", "$${AWS:PrincipalServicename}", "cloudtrail.amazonaws.com", YES),
        ("absent variable", "StringEquals", "$${aws:username}", "a", UNKNOWN),
        ("absent variable cannot mend the rest", "StringEquals", "b/$${aws:username}", "a/x", NO),
        ("absent variable with default", "StringEquals", "$${aws:username, 'nobody'}", "nobody", YES),
        ("absent variable with default, different", "StringEquals", "$${aws:username, 'nobody'}", "a", NO),
        ("variable that is not modelled", "StringEquals", "$${aws:userid}", "a", UNKNOWN),
        ("its wildcards are plain", "StringLike", "$${aws:PrincipalTag/team}", "ab", NO),
        ("its wildcards equal themselves", "StringLike", "$${aws:PrincipalTag/team}", "a*", YES),
        ("unknown value", "StringEquals", "$${aws:SourceArn}", "arn:aws:cloudtrail:us-east-1:1:trail/t", UNKNOWN),
        ("unknown value that cannot fit", "StringEquals", "$${aws:SourceArn}", "arn:aws:cloudtrail:us-east-1:1:trail/u", NO),
        ("escaped star", "StringLike", "a$${*}", "a*", YES),
        ("escaped star is no wildcard", "StringLike", "a$${*}", "ab", NO),
        ("arn operators replace too", "ArnLike", "arn:aws:s3:::$${aws:PrincipalServiceName}", "arn:aws:s3:::x", NO),
        ("numeric operators do not", "NumericEquals", "$${aws:EpochTime}", "1", UNKNOWN),
        ("an unknown part is no variable", "StringEquals", "${aws:username}", "${aws:username}", YES),
    ],
    PARTS: [
        ("same part", "StringEquals", "${A:digits}", "${A:digits}", YES),
        ("other part", "StringEquals", "${A:digits}", "${B:digits}", UNKNOWN),
        ("literal", "StringEquals", "111122223333", "${A:digits}", UNKNOWN),
        ("literal that cannot be", "StringEquals", "o-1", "${A:digits}", NO),
        ("literal that cannot be, negated", "StringNotEquals", "o-1", "${A:digits}", YES),
        ("one of several surely", "StringEquals", ["${B}", "${A}"], "${A}", YES),
        ("one of several perhaps", "StringEquals", ["${B}", "x"], "${A}", UNKNOWN),
        ("negated, perhaps", "StringNotEquals", ["${B}", "x"], "${A}", UNKNOWN),
        ("negated, surely not", "StringNotEquals", ["${B}", "${A}"], "${A}", NO),
        ("like star", "StringLike", "*", "${A:any}", YES),
        ("equals star is exact", "StringEquals", "*", "${A:digits}", NO),
        ("unknown pattern", "StringLike", "${P:any}", "abc", UNKNOWN),
    ],
    f"{OPERATORS}: names that it does not list": [
        ("unknown operator", "StringMatches", "a", "a", UNKNOWN),
        ("other case", "stringequals", "a", "a", UNKNOWN),
        ("unknown set operator", "ForSomeValues:StringEquals", "a", "a", UNKNOWN),
        ("set operator of other case", "forAnyValue:StringEquals", "a", "a", UNKNOWN),
        ("values that are no strings", "StringEquals", {"Fn::Transform": "x"}, "a", UNKNOWN),
        ("values that are partly no strings", "StringEquals", ["a", {"Fn::Transform": "x"}], "a", UNKNOWN),
        ("no value", "StringEquals", None, "a", UNKNOWN),
    ],
}

CASES = [(source, row) for source, rows in TABLES.items() for row in rows]


@pytest.mark.parametrize(("source", "row"), CASES, ids=[f"{source.split(', ')[-1]}: {row[0]}" for source, row in CASES])
def test_condition(source: str, row: Row) -> None:
    name, operator, in_policy, in_request, expected = row
    context: dict[str, Any] = {
        "aws:PrincipalServiceName": "cloudtrail.amazonaws.com",
        "aws:SourceArn": "arn:aws:cloudtrail:${R}:${A:digits}:trail/t",
        "aws:PrincipalTag/team": "a*",
    }
    absent = {"aws:username"}
    if in_request is ABSENT:
        absent.add("test:key")
    else:
        context["test:key"] = in_request
    request = Request("cloudtrail.amazonaws.com", "s3:PutObject", t("x"), keys(context), absent=frozenset(absent))
    (condition,) = statement({"Condition": {operator: {"Test:Key": in_policy}}}).conditions
    assert condition_truth(condition, request) is expected, f"{name} ({source})"
