from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from policy_notation import policy, request, statement
from ruamel.yaml import YAML

from remediate.iam.evaluate import Outcome, evaluate, statement_truth
from remediate.iam.statement import Policy
from remediate.iam.truth import Truth

_TABLE = YAML(typ="safe").load(Path(__file__).with_name("evaluation.yaml"))
ROWS: list[dict[str, Any]] = [row | {"source": group["source"]} for group in _TABLE for row in group["rows"]]


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_decision(row: dict[str, Any]) -> None:
    given = row["request"]
    asked = request(
        given.get("principal", "cloudtrail.amazonaws.com"),
        given.get("action", "s3:PutObject"),
        given.get("resource", "arn:aws:s3:::b/x"),
        given.get("context"),
        tuple(given.get("absent", ())),
    )
    kind = "key" if asked.action.startswith("kms:") else "bucket"
    decision = evaluate(policy(kind, *row["policy"], version=row.get("version", "2012-10-17")), asked)
    assert decision.outcome.value == row["expected"], f"{decision.reason} ({row['source']})"
    assert [one.index for one in decision.by] == row.get("by", []), decision.reason
    assert decision.explicit is row.get("explicit", False)


def test_names_in_the_table_are_unique() -> None:
    assert len({row["name"] for row in ROWS}) == len(ROWS)


def test_empty_policy_denies_implicitly() -> None:
    decision = evaluate(Policy("bucket", ()), request("cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::b/x"))
    assert (decision.outcome, decision.explicit, decision.by) == (Outcome.DENIED, False, ())
    assert decision.reason == "no statement allows s3:PutObject to cloudtrail.amazonaws.com"


def test_elements_say_what_stands_in_the_way() -> None:
    conditions = {"StringEquals": {"aws:SourceAccount": "1", "s3:x-amz-acl": "x"}, "Bool": {"aws:SecureTransport": True}}
    one = statement(
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:Get*",
            "Resource": "arn:aws:s3:::b/AWSLogs/${A:digits}/*",
            "Condition": conditions,
        }
    )
    context = {"aws:SourceAccount": "${A:digits}", "s3:x-amz-acl": "y", "aws:SecureTransport": "true"}
    asked = request("cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::b/AWSLogs/1/x", context)
    elements = statement_truth(one, asked)
    assert (elements.principal, elements.action, elements.resource) == (Truth.YES, Truth.NO, Truth.UNKNOWN)
    assert elements.conditions is Truth.NO
    assert [str(condition) for condition in elements.failing] == [
        "StringEquals aws:SourceAccount",
        "StringEquals s3:x-amz-acl",
    ]
    assert elements.applies is Truth.NO


NOBODY = "no statement allows s3:PutObject to cloudtrail.amazonaws.com"
NEVER = "is never part of a s3:PutObject request"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            {"Sid": "W", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
            'statement "W" of Policy allows s3:PutObject',
        ),
        (
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"},
            "statement 1 of Policy denies s3:PutObject",
        ),
        (
            {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::c/*"},
            f"{NOBODY}; statement 1 of Policy: its resource is not arn:aws:s3:::b/x",
        ),
        (
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"Bool": {"s3:prefix": "a"}},
            },
            f"{NOBODY}; statement 1 of Policy: its condition Bool s3:prefix does not hold (s3:prefix {NEVER})",
        ),
        (
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": "${R:any}",
                "Condition": {"X": {"aws:x": "a"}},
            },
            "cannot determine whether statement 1 of Policy applies: its resource, condition X aws:x cannot be determined",
        ),
        ("text", "cannot determine whether statement 1 of Policy applies: it is not an object"),
    ],
)
def test_reason(data: Any, reason: str) -> None:
    asked = request("cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::b/x")
    assert evaluate(policy("bucket", data), asked).reason == reason


@pytest.mark.parametrize(
    ("resource", "shown"),
    [
        pytest.param(f"arn:aws:s3:::b/{'x' * 75}", f"arn:aws:s3:::b/{'x' * 75}", id="90 characters are shown whole"),
        pytest.param(
            f"arn:aws:s3:::b/AWSLogs/{'x' * 50}/y/{'z' * 20}", f"arn:aws:s3:::b/AWSLogs/{'x' * 50}/y/…", id="a path"
        ),
        pytest.param(f"arn:aws:s3:::{'b' * 90}", f"arn:aws:s3:::{'b' * 77}…", id="no path"),
    ],
)
def test_a_reason_shortens_a_long_resource(resource: str, shown: str) -> None:
    data = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::c/*"}
    reason = evaluate(policy("bucket", data), request("cloudtrail.amazonaws.com", "s3:PutObject", resource)).reason
    assert reason == f"{NOBODY}; statement 1 of Policy: its resource is not {shown}"
