"""Which deployments are surely possible, surely not, or neither: no false alarm comes of the last."""

from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import model

from remediate.cloudformation.existence import Deployment, Deployments, where

TEMPLATE = """
Parameters:
  Free: {{Type: String}}
  Flag: {{Type: String, AllowedValues: [a, b]}}
  Other: {{Type: String, AllowedValues: [a, b]}}
Conditions:
  A: !Equals [!Ref Flag, a]
  NotA: !Not [!Condition A]
  B: !Equals [!Ref Flag, b]
  OtherA: !Equals [!Ref Other, a]
  Both: !And [!Condition A, !Condition OtherA]
  FreeTrue: !Equals [!Ref Free, 'true']
  FreeFalse: !Equals [!Ref Free, 'false']
  NotTrue: !Not [!Condition FreeTrue]
  Virginia: !Equals [!Ref AWS::Region, us-east-1]
  Ireland: !Equals [!Ref AWS::Region, eu-west-1]
  Open: !Equals [!Ref Free, !Ref Flag]
  OpenToo: !Equals [!Sub "${{Free}}", !Sub "x${{Flag}}"]
{more}
Resources:
  Source: {source}
  Target: {target}
"""
SURE: dict[str, Any] = {
    "a condition of one alone": (None, "A", {"A": False}),
    "the other branch": ("NotA", "A", {"NotA": True, "A": False}),
    "another parameter": ("A", "OtherA", {"A": True, "OtherA": False}),
    "a stronger condition": ("A", "Both", {"A": True, "Both": False}),
    "a Region": ("Virginia", "Ireland", {"Virginia": True, "Ireland": False}),
    "a test that is open by itself": (None, "Open", {"Open": False}),
}
NEVER: dict[str, Any] = {
    "no condition": (None, None),
    "a condition of the user alone": ("A", None),
    "the same condition": ("A", "A"),
    "the same in other words": ("NotA", "B"),
    "a weaker condition": ("Both", "A"),
}
UNKNOWN: dict[str, Any] = {
    "a value that the template does not know": ("NotTrue", "FreeFalse"),
    "tests that may hang together": ("Open", "OpenToo"),
    "a test on a parameter that is compared too": ("Open", "A"),
    "a condition that is not defined": (None, "Nowhere"),
}


def absent(source: str | None, target: str | None, more: str = "", **given: str) -> Deployment:
    resources = ["{Type: T}" if one is None else f"{{Type: T, Condition: {one}}}" for one in (source, target)]
    template = model(TEMPLATE.format(source=resources[0], target=resources[1], more=more))
    return Deployments(template, given).without("Target", "Source")


@pytest.mark.parametrize(("source", "target", "expected"), SURE.values(), ids=SURE)
def test_a_resource_is_surely_absent_in_a_deployment(source: str | None, target: str, expected: dict[str, bool]) -> None:
    assert absent(source, target) == Deployment(possible=True, witness=expected)


@pytest.mark.parametrize(("source", "target"), NEVER.values(), ids=NEVER)
def test_a_resource_is_always_there(source: str | None, target: str | None) -> None:
    assert absent(source, target) == Deployment(possible=False)


@pytest.mark.parametrize(("source", "target"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_may_be_no_deployment_is_no_witness(source: str | None, target: str) -> None:
    found = absent(source, target)
    assert found.possible
    assert found.witness is None


def test_the_values_of_the_user_leave_no_other_deployment() -> None:
    assert absent(None, "A", Flag="a") == Deployment(possible=False)
    assert absent(None, "A", Flag="b").witness == {"A": False}


def test_rules_may_exclude_a_deployment() -> None:
    rules = "Rules: {R: {Assertions: [{Assert: !Equals [!Ref Flag, a]}]}}"
    assert absent(None, "A", rules) == Deployment(possible=True)


def test_a_guard_decides_which_places_count() -> None:
    template = model(TEMPLATE.format(source="{Type: T}", target="{Type: T, Condition: A}", more=""))
    deployments = Deployments(template, {})
    assert deployments.without("Target", "Source", (("A", True),)) == Deployment(possible=False)
    assert deployments.without("Target", "Source", (("A", False),)).witness == {"A": False}


def test_a_resource_that_is_not_in_the_template_has_no_witness() -> None:
    template = model(TEMPLATE.format(source="{Type: T}", target="{Type: T}", more=""))
    assert Deployments(template, {}).without("Nobody", "Source") == Deployment(possible=True)


def test_conditions_in_words() -> None:
    assert where([("A", True), ("B", False)]) == "A is true and B is false"
