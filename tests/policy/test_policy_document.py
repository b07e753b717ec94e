from __future__ import annotations

from typing import Any

import pytest
from policy_notation import statement, t, value

from remediate.iam.statement import Condition, Principal, parse_statement


def test_whole_statement() -> None:
    data = {
        "Sid": "Write",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"], "AWS": "arn:aws:iam::1:root"},
        "Action": "s3:PutObject",
        "Resource": ["arn:aws:s3:::${Bucket}/*", "arn:aws:s3:::b/*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "${A:digits}", "s3:x-amz-acl": ["x", "y"]}},
    }
    parsed = parse_statement(value(data), "/Resources/P/Properties/PolicyDocument/Statement/2", "P", 2, "2012-10-17")
    assert (parsed.pointer, parsed.logical_id, parsed.index) == (
        "/Resources/P/Properties/PolicyDocument/Statement/2",
        "P",
        2,
    )
    assert (parsed.sid, parsed.effect, parsed.unmodelled) == ("Write", "Allow", None)
    assert parsed.principal == Principal(
        services=(t("cloudtrail.amazonaws.com"), t("config.amazonaws.com")), aws=(t("arn:aws:iam::1:root"),)
    )
    assert parsed.actions == (t("s3:PutObject"),)
    assert parsed.resources == (t("arn:aws:s3:::${Bucket}/*"), t("arn:aws:s3:::b/*"))
    assert parsed.conditions == (
        Condition("StringEquals", "aws:SourceAccount", (t("${A:digits}"),)),
        Condition("StringEquals", "s3:x-amz-acl", (t("x"), t("y"))),
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Principal": "*"}, Principal(anyone=True)),
        ({"Principal": {"AWS": "*"}}, Principal(anyone=True)),
        ({"Principal": {"AWS": ["*", "111122223333"]}}, Principal(aws=(t("111122223333"),), anyone=True)),
        ({"Principal": {"AWS": 111122223333}}, Principal(aws=(t("111122223333"),))),
        ({"NotPrincipal": {"Service": "x.amazonaws.com"}}, Principal(services=(t("x.amazonaws.com"),), negated=True)),
        (
            {"Principal": {"Federated": "f", "CanonicalUser": ["c"]}},
            Principal(others=(("Federated", t("f")), ("CanonicalUser", t("c")))),
        ),
        ({"Principal": "${P}"}, Principal(aws=(t("${P}"),), unread=True)),
        ({"Principal": {"AWS": "${P}"}}, Principal(aws=(t("${P}"),))),
    ],
)
def test_principal(given: dict[str, Any], expected: Principal) -> None:
    assert statement({"Effect": "Allow"} | given).principal == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [(True, "true"), (False, "false"), (10, "10"), (1.2, "1.2"), ("x", "x")],
)
def test_condition_value_as_text(given: Any, expected: str) -> None:
    (condition,) = statement({"Condition": {"StringEquals": {"k": given}}}).conditions
    assert condition.values == (t(expected),)


GOOD: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("text", "it is not an object"),
        (None, "it is not an object"),
        ([GOOD], "it is not an object"),
        (GOOD | {"Effect": "allow"}, "its Effect is neither Allow nor Deny"),
        (GOOD | {"Effect": "${E}"}, "its Effect is neither Allow nor Deny"),
        ({"Fn::Transform": {"Name": "x"}}, "the element Fn::Transform is not one of a policy statement"),
        (GOOD | {"action": "s3:*"}, "the element action is not one of a policy statement"),
        (GOOD | {"NotAction": "s3:*"}, "it has both Action and NotAction"),
        (GOOD | {"NotPrincipal": "*"}, "it has both Principal and NotPrincipal"),
        (GOOD | {"Principal": "cloudtrail.amazonaws.com"}, "its Principal is a text other than *"),
        (GOOD | {"Principal": {"Services": "x"}}, "its Principal is missing, or neither"),
        (GOOD | {"Principal": ["*"]}, "its Principal is missing, or neither"),
        ({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, "its Principal is missing, or neither"),
        (GOOD | {"Action": ["s3:*", {"Fn::Transform": "x"}]}, "a value of Action is not a string"),
        (GOOD | {"Resource": None}, "a value of Resource is not a string"),
        (GOOD | {"Principal": {"AWS": [["x"]]}}, "a value of Principal AWS is not a string"),
    ],
)
def test_odd_statement_is_unmodelled(given: Any, expected: str) -> None:
    assert expected in (statement(given).unmodelled or "")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("x", "Condition (no object)"),
        ([{"Bool": {}}], "Condition (no object)"),
        ({"Bool": "true"}, "condition operator Bool (no object of keys)"),
        ({"Bool": {"k": {"Fn::If": []}}}, "a value of the condition Bool k is not a string"),
    ],
)
def test_odd_condition_is_unmodelled_on_its_own(given: Any, expected: str) -> None:
    parsed = statement(GOOD | {"Condition": given})
    assert [condition.unmodelled for condition in parsed.conditions] == [expected]
    assert parsed.unmodelled is None


@pytest.mark.parametrize(("sid", "label"), [("Write", 'statement "Write"'), (None, "statement 3")])
def test_label(sid: str | None, label: str) -> None:
    assert statement(GOOD | ({"Sid": sid} if sid else {}), index=2).label == label
