"""The ways in which a template can be deployed, as far as conditions make a difference.

A condition that hangs on a parameter is true for one user and false for the next, so a fix must hold for both. Every
parameter that the relevant conditions compare takes each value it is compared with, and one more that is none of them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from remediate.cloudformation.expression import function
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.cloudformation.resources import Data, section
from remediate.symbolic import Text, Value, text
from remediate.template import Plain

LIMIT = 64
"""More combinations than this are not all tried: the default one and every single deviation from it are."""


@dataclass(frozen=True)
class Scenarios:
    """All scenarios; ``complete`` is False where there were more than LIMIT."""

    all: tuple[Scenario, ...]
    complete: bool


def scenarios(data: Data, relevant: Iterable[str], given: Mapping[str, str], also_unknown: Iterable[str] = ()) -> Scenarios:
    """Return the scenarios that differ in the ``relevant`` conditions.

    ``given`` are parameter values from the user, which are fixed. ``also_unknown`` are parameters with a default that a
    user may well replace, and for which the template must hold too.
    """
    questions = _Questions(data, given)
    for name in relevant:
        questions.read_condition(name)
    for name in also_unknown:
        questions.compare(name, None)
    choices = questions.choices()
    total = 1
    for values in choices.values():
        total *= len(values)
    combinations = itertools.product(*choices.values()) if total <= LIMIT else _single_deviations(list(choices.values()))
    made = tuple(questions.scenario(dict(zip(choices, values, strict=True))) for values in combinations)
    return Scenarios(made, total <= LIMIT)


_OTHER = object()
"""Stands for a value that is none of those that the template names."""


class _Questions:
    """What the conditions ask: which values parameters are compared with, and which tests are beyond reading."""

    def __init__(self, data: Data, given: Mapping[str, str]) -> None:
        self.data = data
        self.parameters = section(data, "Parameters")
        self.conditions = section(data, "Conditions")
        self.base: dict[str, Value] = {}
        for name, parameter in self.parameters.items():
            # The default of an AWS::SSM::Parameter type is the name of the parameter store's entry, not the value.
            if isinstance(parameter, dict) and "Default" in parameter and "SSM" not in str(parameter.get("Type")):
                self.base[name] = _typed(parameter, parameter["Default"])
        for name, value in given.items():
            parameter = self.parameters.get(name)
            self.base[name] = _typed(parameter if isinstance(parameter, dict) else {}, value)
        self.given = given
        self.compared: dict[str, list[object]] = {}
        self.free: dict[str, list[object]] = {}
        self._seen: set[str] = set()

    def read_condition(self, name: str) -> None:
        if name not in self._seen:
            self._seen.add(name)
            self._read(self.conditions.get(name), name)

    def compare(self, name: str, value: str | None) -> None:
        """Note that a parameter is compared with a value (None: with nothing in particular)."""
        if name in self.given:
            return
        values = self.compared.setdefault(name, [])
        if value is not None and text(value) not in values:
            values.append(text(value))

    def choices(self) -> dict[str, list[object]]:
        out: dict[str, list[object]] = {}
        for name, values in self.compared.items():
            allowed = self._allowed(name)
            default = self.base.get(name)
            first = [default] if isinstance(default, Text) else []
            candidates: list[object] = [*first] + [value for value in values if value not in first]
            if allowed:
                others = [value for value in allowed if value not in candidates]
                candidates = [value for value in candidates if value in allowed] + others[:1]
            elif not first or default in values or not values:
                candidates.append(_OTHER)
            out[name] = candidates
        return {**out, **self.free}

    def scenario(self, chosen: Mapping[str, object]) -> Scenario:
        parameters = dict(self.base)
        for name, value in chosen.items():
            if name in self.free:
                continue
            if value is _OTHER:
                parameters.pop(name, None)
            elif isinstance(value, Text):
                parameters[name] = value
        conditions: dict[str, bool] = {}
        resolver = Resolver(self.data, Scenario(parameters, conditions))
        for name in self._seen:
            self._decide_named(name, resolver, chosen, conditions)
        return Scenario(parameters, conditions)

    def _read(self, expression: Plain, name: str) -> None:
        match function(expression):
            case ("Condition", str(other)):
                self.read_condition(other)
            case ("Fn::Not" | "Fn::And" | "Fn::Or", list(parts)):
                for part in parts:
                    self._read(part, name)
            case ("Fn::Equals", [left, right]):
                self._read_equals(left, right, expression)
            case _:
                self._free(expression if expression is not None else name)

    def _read_equals(self, left: Plain, right: Plain, expression: Plain) -> None:
        for one, other in ((left, right), (right, left)):
            match function(one):
                case ("Ref", str(name)) if isinstance(other, str | bool | int | float):
                    self.compare(name, _plain_text(other))
                    return
        resolver = Resolver(self.data, Scenario(self.base, {}))
        both = resolver.string(left), resolver.string(right)
        if any(side is None or side.known is None for side in both):
            self._free(expression)

    def _free(self, expression: Plain) -> None:
        self.free.setdefault(_key(expression), [True, False])

    def _allowed(self, name: str) -> list[Text]:
        parameter = self.parameters.get(name)
        allowed = parameter.get("AllowedValues") if isinstance(parameter, dict) else None
        return [text(_plain_text(value)) for value in allowed] if isinstance(allowed, list) else []

    def _decide_named(self, name: str, resolver: Resolver, chosen: Mapping[str, object], decided: dict[str, bool]) -> bool:
        if name not in decided:
            decided[name] = True  # a condition that reads itself is no valid template; this ends the recursion
            expression = self.conditions.get(name)
            decided[name] = (
                bool(chosen.get(_key(name), True))
                if expression is None
                else self._decide(expression, resolver, chosen, decided)
            )
        return decided[name]

    def _decide(self, expression: Plain, resolver: Resolver, chosen: Mapping[str, object], decided: dict[str, bool]) -> bool:
        free = chosen.get(_key(expression))
        if isinstance(free, bool):
            return free
        match function(expression):
            case ("Condition", str(other)):
                return self._decide_named(other, resolver, chosen, decided)
            case ("Fn::Not", [part]):
                return not self._decide(part, resolver, chosen, decided)
            case ("Fn::And", list(parts)):
                return all(self._decide(part, resolver, chosen, decided) for part in parts)
            case ("Fn::Or", list(parts)):
                return any(self._decide(part, resolver, chosen, decided) for part in parts)
            case ("Fn::Equals", [left, right]):
                return _comparable(resolver.value(left)) == _comparable(resolver.value(right))
        return True


def _single_deviations(choices: list[list[object]]) -> Iterable[tuple[object, ...]]:
    default = [values[0] for values in choices]
    yield tuple(default)
    for position, values in enumerate(choices):
        for value in values[1:]:
            yield (*default[:position], value, *default[position + 1 :])


def _typed(parameter: Mapping[str, Plain], value: Plain) -> Value:
    """Return a parameter's value; lists are comma separated (AWS CloudFormation User Guide, Parameters, Type)."""
    kind = str(parameter.get("Type", "String"))
    if "List" in kind:
        items = value if isinstance(value, list) else _plain_text(value).split(",")
        return [text(_plain_text(item).strip()) for item in items]
    return text(_plain_text(value))


def _plain_text(value: Plain) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _comparable(value: Value) -> Value:
    return value if isinstance(value, Text | list | dict) or value is None else text(_plain_text(value))


def _key(expression: Plain) -> str:
    """Name a test for the choices; a condition that is not defined goes by a name that no parameter can have."""
    return f"condition {expression}" if isinstance(expression, str) else json.dumps(expression, sort_keys=True, default=str)
