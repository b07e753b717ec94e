from __future__ import annotations

import time
from typing import Any

import pytest
from policy_notation import statement, t

from remediate.iam.conditions import condition_truth
from remediate.iam.request import SERVICE_ADDRESS, Request
from remediate.iam.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


@pytest.mark.parametrize(
    ("operator", "in_policy", "expected"),
    [
        ("StringEquals", "a", UNKNOWN),
        ("StringNotEquals", "a", UNKNOWN),
        ("StringEqualsIfExists", "a", UNKNOWN),
        ("StringLike", "*", UNKNOWN),
        ("StringLikeIfExists", "*", YES),
        ("Null", "true", UNKNOWN),
        ("Bool", "true", UNKNOWN),
        ("ForAllValues:StringLike", "*", YES),
    ],
)
def test_key_that_is_not_modelled_may_be_present_or_absent(operator: str, in_policy: str, expected: Truth) -> None:
    (condition,) = statement({"Condition": {operator: {"aws:SourceOrgID": in_policy}}}).conditions
    assert condition_truth(condition, Request("cloudtrail.amazonaws.com", "s3:PutObject", t("x"))) is expected


@pytest.mark.parametrize(
    ("operator", "in_policy", "expected"),
    [
        ("NumericLessThan", "1.2", NO),
        ("NumericLessThan", "1.3", UNKNOWN),
        ("NumericGreaterThanEquals", "1.2", YES),
        ("NumericGreaterThan", "1.3", NO),
        ("NumericNotEquals", "1.1", YES),
        ("Null", "true", NO),
    ],
)
def test_key_of_which_the_possible_values_are_known(operator: str, in_policy: str, expected: Truth) -> None:
    request = Request("x.amazonaws.com", "s3:PutObject", t("x"), possible={"s3:tlsversion": (t("1.2"), t("1.3"))})
    (condition,) = statement({"Condition": {operator: {"s3:TlsVersion": in_policy}}}).conditions
    assert condition_truth(condition, request) is expected


# The W3C forms of ISO 8601 that name no zone mean the same wherever the tool runs.
def test_date_without_zone_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        request = Request("x.amazonaws.com", "s3:PutObject", t("x"), {"aws:currenttime": t("2020-01-01T00:00:00Z")})
        (condition,) = statement({"Condition": {"DateEquals": {"aws:CurrentTime": "2020-01-01"}}}).conditions
        assert condition_truth(condition, request) is YES
    finally:
        monkeypatch.undo()
        time.tzset()


# IAM User Guide, AWS global condition context keys, aws:SourceIp: a service calls from its own address, or through a
# VPC endpoint without the key. No range that a customer names holds an address of the service.
@pytest.mark.parametrize(
    ("operator", "in_policy", "expected"),
    [
        ("IpAddress", "203.0.113.0/24", NO),
        ("NotIpAddress", "203.0.113.0/24", YES),
        ("NotIpAddressIfExists", "203.0.113.0/24", YES),
        ("IpAddressIfExists", "203.0.113.0/24", UNKNOWN),
        ("IpAddress", "10.0.0.0/8", NO),
        ("IpAddress", "0.0.0.0/0", UNKNOWN),
        ("NotIpAddress", "0.0.0.0/0", UNKNOWN),
        ("IpAddress", "52.0.0.0/8", UNKNOWN),
        ("NotIpAddress", ["10.0.0.0/8", "198.51.100.7"], YES),
        ("NotIpAddress", "${Range}", UNKNOWN),
        ("Null", "true", UNKNOWN),
    ],
)
def test_address_of_a_service(operator: str, in_policy: Any, expected: Truth) -> None:
    request = Request("x.amazonaws.com", "s3:PutObject", t("x"), possible={"aws:sourceip": (None, SERVICE_ADDRESS)})
    (condition,) = statement({"Condition": {operator: {"AWS:SourceIP": in_policy}}}).conditions
    assert condition_truth(condition, request) is expected
