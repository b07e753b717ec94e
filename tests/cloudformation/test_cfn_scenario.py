from __future__ import annotations

import itertools

import pytest
from cfn_templates import model

from remediate.cloudformation.resolve import Scenario
from remediate.cloudformation.scenario import LIMIT, scenarios
from remediate.partial_string import PartialString

PARAMETERS = """
Parameters:
  Empty: {Type: String, Default: ''}
  Set: {Type: String, Default: 'x'}
  Open: {Type: String}
  Bool: {Type: String, Default: 'true', AllowedValues: ['true', 'false']}
  Stage: {Type: String, AllowedValues: [dev, test, prod], Default: dev}
  Required: {Type: String, AllowedValues: [one, two]}
  Count: {Type: Number, Default: 0}
  Zones: {Type: CommaDelimitedList, Default: ''}
Mappings:
  Map: {dev: {Flag: 'false'}, prod: {Flag: 'true'}}
"""

# The condition C is made of each expression: its outcomes in the order in which they are tried.
OUTCOMES = {
    "parameter-is-default": ("!Equals [!Ref Empty, '']", [True, False]),
    "literal-first": ("!Equals ['', !Ref Empty]", [True, False]),
    "parameter-is-other": ("!Equals [!Ref Set, y]", [False, True]),
    "parameter-without-default": ("!Equals [!Ref Open, '']", [True, False]),
    "number": ("!Equals [!Ref Count, 0]", [True, False]),
    "boolean-and-text": ("!Equals [!Ref Bool, true]", [True, False]),
    "allowed-values": ("!Equals [!Ref Stage, prod]", [False, True]),
    "allowed-values-without-default": ("!Equals [!Ref Required, one]", [True, False]),
    "never-allowed": ("!Equals [!Ref Stage, never]", [False]),
    "every-allowed-value": ("!Or [!Equals [!Ref Bool, 'true'], !Equals [!Ref Bool, 'false']]", [True, True]),
    "pseudo": ("!Equals [!Ref AWS::Region, us-east-1]", [True, False]),
    "literals-equal": ("!Equals [a, a]", [True]),
    "literals-differ": ("!Equals [a, b]", [False]),
    "two-parameters": ("!Equals [!Ref Set, !Ref Open]", [True, False]),
    "two-defaults-differ": ("!Equals [!Ref Set, !Ref Empty]", [False, True]),
    "computed-from-default": ("!Equals [!Join ['', !Ref Zones], '']", [True, False]),
    "map-by-parameter": ("!Equals [!FindInMap [Map, !Ref Stage, Flag], 'true']", [False, True]),
    "import": ("!Equals [!ImportValue x, y]", [True, False]),
    "not": ("!Not [!Equals [!Ref Empty, '']]", [False, True]),
    "and-of-exclusive": ("!And [!Equals [!Ref Set, a], !Equals [!Ref Set, b]]", [False, False, False]),
    "or-of-exclusive": ("!Or [!Equals [!Ref Set, a], !Equals [!Ref Set, b]]", [False, True, True]),
    "and-of-two": ("!And [!Equals [!Ref Empty, ''], !Equals [!Ref Set, x]]", [True, False, False, False]),
    "named": ("!Condition Named", [True, False]),
    "not-named": ("!Not [!Condition Named]", [False, True]),
    "not-defined": ("!Condition Missing", [True, False]),
    "same-open-test-twice": ("!And [!Equals [!ImportValue x, y], !Not [!Equals [!ImportValue x, y]]]", [False, False]),
    "unknown-function": ("{Fn::Contains: [[a], b]}", [True, False]),
    "reads-itself": ("!Not [!Condition C]", [False]),
}


def tried(written: str, given: dict[str, str] | None = None) -> tuple[Scenario, ...]:
    template = model(f"{PARAMETERS}\nConditions:\n  Named: !Equals [!Ref Empty, '']\n  C: {written}\n")
    return scenarios(template, ["C"], given or {}).all


@pytest.mark.parametrize(("written", "expected"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcomes(written: str, expected: list[bool]) -> None:
    assert [one.conditions["C"] for one in tried(written)] == expected


FIXED = {
    "makes-true": ("!Equals [!Ref Empty, x]", {"Empty": "x"}, [True]),
    "makes-false": ("!Equals [!Ref Empty, '']", {"Empty": "x"}, [False]),
    "pseudo": ("!Equals [!Ref AWS::Region, us-east-1]", {"AWS::Region": "eu-west-1"}, [False]),
    "both-sides": ("!Equals [!Ref Set, !Ref Open]", {"Set": "a", "Open": "a"}, [True]),
    "one-of-two-sides": ("!Equals [!Ref Set, !Ref Open]", {"Set": "a"}, [True, False]),
    "computed": ("!Equals [!Join ['', !Ref Zones], ab]", {"Zones": "a,b"}, [True]),
    "other-stays-open": ("!And [!Equals [!Ref Empty, ''], !Equals [!Ref Set, x]]", {"Empty": ""}, [True, False]),
}


@pytest.mark.parametrize(("written", "given", "expected"), FIXED.values(), ids=FIXED)
def test_given_parameters_are_fixed(written: str, given: dict[str, str], expected: list[bool]) -> None:
    assert [one.conditions["C"] for one in tried(written, given)] == expected


VALUES = {
    "default-then-other": ("!Equals [!Ref Empty, '']", "Empty", ["", None]),
    "default-then-compared": ("!Equals [!Ref Set, y]", "Set", ["x", "y"]),
    "no-default": ("!Equals [!Ref Open, y]", "Open", ["y", None]),
    "the-one-allowed-value-left": ("!Equals [!Ref Bool, 'true']", "Bool", ["true", "false"]),
    "several-allowed-values-left": ("!Equals [!Ref Stage, dev]", "Stage", ["dev", None]),
    "required": ("!Equals [!Ref Required, two]", "Required", ["two", "one"]),
}


@pytest.mark.parametrize(("written", "name", "expected"), VALUES.values(), ids=VALUES)
def test_values_of_a_compared_parameter(written: str, name: str, expected: list[str | None]) -> None:
    values = [one.parameters.get(name) for one in tried(written)]
    assert [value.known if isinstance(value, PartialString) else None for value in values] == expected


REPLACEABLE = {
    "with-default": ("Set", ["x", None]),
    "without-default": ("Open", [None]),
    "two-allowed-values": ("Bool", ["true", "false"]),
    "three-allowed-values": ("Stage", ["dev", None]),
    "allowed-values-without-default": ("Required", [None]),
}


@pytest.mark.parametrize(("name", "expected"), REPLACEABLE.values(), ids=REPLACEABLE)
def test_a_replaceable_parameter_takes_another_value_too(name: str, expected: list[str | None]) -> None:
    found = scenarios(model(PARAMETERS), [], {}, [name]).all
    values = [one.parameters.get(name) for one in found]
    assert [value.known if isinstance(value, PartialString) else None for value in values] == expected


def test_a_replaceable_parameter_that_is_given_is_fixed() -> None:
    found = scenarios(model(PARAMETERS), [], {"Set": "z"}, ["Set"]).all
    assert [str(one.parameters["Set"]) for one in found] == ["z"]


def test_no_relevant_condition_gives_one_scenario_with_the_defaults() -> None:
    found = scenarios(model(PARAMETERS), [], {})
    assert found.complete
    assert [(dict(one.conditions), str(one.parameters["Set"])) for one in found.all] == [({}, "x")]


def many(number: int) -> str:
    parameters = "".join(f"  P{one}: {{Type: String, Default: ''}}\n" for one in range(number))
    conditions = "".join(f"  C{one}: !Equals [!Ref P{one}, '']\n" for one in range(number))
    return f"Parameters:\n{parameters}Conditions:\n{conditions}"


def test_every_combination_is_tried_up_to_the_limit() -> None:
    found = scenarios(model(many(6)), [f"C{one}" for one in range(6)], {})
    assert (len(found.all), LIMIT, found.complete) == (64, 64, True)
    assert len({tuple(one.conditions.items()) for one in found.all}) == 64


def test_beyond_that_any_two_deviate_alone_and_together() -> None:
    names = [f"C{one}" for one in range(200)]
    found = scenarios(model(many(200)), names, {})
    assert not found.complete
    assert len(found.all) <= LIMIT
    assert all(found.all[0].conditions.values())
    for one, other in itertools.combinations(names, 2):
        assert {(each.conditions[one], each.conditions[other]) for each in found.all} == set(
            itertools.product([True, False], repeat=2)
        )


def test_beyond_the_limit_each_single_deviation_is_tried() -> None:
    found = scenarios(model(many(7)), [f"C{one}" for one in range(7)], {})
    assert not found.complete
    assert [sum(not holds for holds in one.conditions.values()) for one in found.all] == [0, 1, 1, 1, 1, 1, 1, 1]
