"""The template's ``Conditions``: what they ask of parameters, and whether they hold.

Source: AWS CloudFormation User Guide, Condition functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from remediate.cloudformation.expression import function, mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import written
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.partial_string import PartialString, Value, partial
from remediate.template import Plain


class Questions:
    """What conditions depend on, gathered from the conditions that are read.

    ``compared`` holds parameters and pseudo parameters with the texts that they are compared with. ``open`` holds every
    test that cannot be decided from those, by its key, with the answer under the parameters' defaults first.
    """

    def __init__(self, model: TemplateModel, known: Mapping[str, Value], fixed: Mapping[str, str]) -> None:
        """Begin with the ``known`` parameter values, of which the ``fixed`` ones have no other."""
        self.compared: dict[str, list[PartialString]] = {}
        self.open: dict[str, list[bool]] = {}
        self.names: dict[str, None] = {}
        self._conditions = model.conditions
        self._fixed = fixed
        self._resolver = Resolver(model, Scenario(known, {}))

    def read_all(self, names: Iterable[str]) -> None:
        """Read conditions and those that they are made of."""
        for name in names:
            self.read(name)

    def read(self, name: str) -> None:
        """Read a condition and those that it is made of."""
        if name not in self.names:
            self.names[name] = None
            self._read(self._conditions.get(name, _undefined(name)))

    def _read(self, expression: Plain) -> None:
        match function(expression):
            case ("Condition", str(other)):
                self.read(other)
            case ("Fn::Not" | "Fn::And" | "Fn::Or", list(parts)):
                for part in parts:
                    self._read(part)
            case ("Fn::Equals", [left, right]):
                self._read_equals(left, right, expression)
            case _:
                self.open.setdefault(test_key(expression), [True, False])

    def _read_equals(self, left: Plain, right: Plain, expression: Plain) -> None:
        for one, other in ((left, right), (right, left)):
            match function(one):
                case ("Ref", str(name)) if isinstance(other, str | bool | int | float):
                    if name not in self._fixed:
                        values = self.compared.setdefault(name, [])
                        values += [value for value in (partial(written(other)),) if value not in values]
                    return
        sides = self._resolver.string(left), self._resolver.string(right)
        known = all(side is not None and side.known is not None for side in sides)
        if not known or not mentions(expression) <= self._fixed.keys():
            likely = sides[0] == sides[1] if known else True
            self.open.setdefault(test_key(expression), [likely, not likely])


class Answers:
    """Decides conditions under parameter values and the answers given to open tests."""

    def __init__(self, model: TemplateModel, known: Mapping[str, Value], tests: Mapping[str, bool]) -> None:
        """Begin with known parameter values and the answers to ``tests``, which go by :func:`test_key`."""
        self.decided: dict[str, bool] = {}
        self._conditions = model.conditions
        self._tests = tests
        self._resolver = Resolver(model, Scenario(known, self.decided))

    def of(self, names: Iterable[str]) -> dict[str, bool]:
        """Return whether conditions hold, and those that they are made of."""
        for name in names:
            self.decide(name)
        return self.decided

    def decide(self, name: str) -> bool:
        """Tell whether a condition holds, and note it in ``decided``."""
        if name not in self.decided:
            self.decided[name] = True  # a condition that reads itself is no valid template; this ends the recursion
            self.decided[name] = self._decide(self._conditions.get(name, _undefined(name)))
        return self.decided[name]

    def _decide(self, expression: Plain) -> bool:
        answer = self._tests.get(test_key(expression))
        if answer is not None:
            return answer
        match function(expression):
            case ("Condition", str(other)):
                return self.decide(other)
            case ("Fn::Not", [part]):
                return not self._decide(part)
            case ("Fn::And", list(parts)):
                return all(map(self._decide, parts))
            case ("Fn::Or", list(parts)):
                return any(map(self._decide, parts))
            case ("Fn::Equals", [left, right]):
                return _comparable(self._resolver.value(left)) == _comparable(self._resolver.value(right))
        return True


def test_key(expression: Plain) -> str:
    """Name a test, so that it has one answer wherever it stands."""
    return json.dumps(expression, sort_keys=True, default=str)


def _undefined(name: str) -> Plain:
    """Return a test that stands for a condition without definition and may turn out either way."""
    return {"Condition": [name]}


def _comparable(value: Value) -> Value:
    return value if isinstance(value, PartialString | list | dict) or value is None else partial(written(value))
