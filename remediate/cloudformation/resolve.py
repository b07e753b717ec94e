"""What a template expression is worth under given parameters and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from remediate.cloudformation.expression import function
from remediate.cloudformation.functions import join, joined, length, literal, opaque, select, split
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import allowed_values, unknown_parameter
from remediate.cloudformation.property_path import PropertyPath
from remediate.cloudformation.resource_types import resource_type
from remediate.partial_string import PartialString, UnknownPart, Value, partial
from remediate.template import Plain

_SUB_PART = re.compile(r"\$\{(!?[^${}]*)\}")
_DEEPEST = 48
"""Functions in one another, through names too, are not looked into deeper: people write three or four."""
_LONGEST_NAME = 1024
"""No resource has a longer name. What stands around one, in an ARN or a path, must not make it too long to be read."""
_ABSENT = object()


class Scenario(Struct, frozen=True, eq=False):
    """One way in which a template can be deployed.

    ``parameters`` holds known parameters and pseudo parameters, ``conditions`` the conditions that are decided. What is
    in neither stays unknown, and the same unknown is the same string everywhere.
    """

    parameters: Mapping[str, Value]
    conditions: Mapping[str, bool]

    def admits(self, guard: tuple[tuple[str, bool], ...]) -> bool:
        """Tell whether the conditions are as a guard wants them; one that is not decided is admitted."""
        return all(self.conditions.get(name, holds) == holds for name, holds in guard)


def partition_of(region: str) -> str:
    """Return the partition of a Region; one that is not known is in ``aws``."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


class Resolver:
    """Resolves expressions of one template under one scenario."""

    def __init__(self, model: TemplateModel, scenario: Scenario, types: Mapping[str, list[str]] | None = None) -> None:
        """Begin with a template's data; ``types`` are its resources by type, where the caller has them already."""
        self.model = model
        self.scenario = scenario
        self._types = model.by_type if types is None else types
        self._names: dict[str, PartialString] = {}
        self._resolving: list[str] = []
        self._circular: set[str] = set()
        self._subs: dict[str, PartialString] = {}
        self._depth = 0

    def under(self, scenario: Scenario) -> Resolver:
        """Return a resolver of the same template under another scenario."""
        return Resolver(self.model, scenario, self._types)

    def value(self, expression: Plain) -> Value:
        """Return the expression's value; ``AWS::NoValue`` as a whole is None."""
        found = self._value(expression)
        return None if found is _ABSENT else found  # type: ignore[return-value]  # _ABSENT is the one other thing

    def string(self, expression: Plain) -> PartialString | None:
        """Return a string or number expression as Text; None for absent values, lists, mappings and booleans."""
        found = self.value(expression)
        if isinstance(found, bool) or found is None:
            return None
        if isinstance(found, int | float):
            return partial(str(found))
        return found if isinstance(found, PartialString) else None

    def exists(self, logical_id: str) -> bool:
        """Tell whether a resource is created under this scenario."""
        found = self.model.resource(logical_id)
        condition = found.get("Condition")
        return bool(found) and (not isinstance(condition, str) or self.scenario.conditions.get(condition, True))

    def existing(self, kind: str) -> list[str]:
        """Return the resources of a type that are created under this scenario, in the template's order."""
        return [name for name in self._types.get(kind, []) if self.exists(name)]

    def property(self, logical_id: str, name: str) -> Plain:
        """Return a resource's property as written, None where it is absent."""
        return self.model.properties(logical_id).get(name)

    def at(self, logical_id: str, path: PropertyPath) -> Plain:
        """Return what a resource has at a path in its properties as written, None where it is absent."""
        return self.model.at(logical_id, path)

    def arn(self, service: str, *resource: str | PartialString | UnknownPart) -> PartialString:
        """Return an ARN of this template's own partition, Region and account; a bucket's has neither of the last two."""
        if service == "s3":
            return partial("arn:", self.pseudo("AWS::Partition"), ":s3:::", *resource)
        region, account = self.pseudo("AWS::Region"), self.pseudo("AWS::AccountId")
        return partial("arn:", self.pseudo("AWS::Partition"), f":{service}:", region, ":", account, ":", *resource)

    def pseudo(self, name: str) -> PartialString:
        """Return a pseudo parameter. Partition and URL suffix follow a known Region and else are those of ``aws``."""
        given = self.scenario.parameters.get(name)
        if isinstance(given, PartialString):
            return given
        if name in {"AWS::Partition", "AWS::URLSuffix"}:
            partition = partition_of(self.pseudo("AWS::Region").known or "")
            if name == "AWS::URLSuffix":
                return partial("amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com")
            return partial(partition)
        return partial(
            UnknownPart(name, "digits" if name == "AWS::AccountId" else "any" if name == "AWS::StackId" else "name")
        )

    def _value(self, expression: Plain) -> object:
        if isinstance(expression, str):
            return literal(expression)
        if isinstance(expression, list):
            return [found for item in expression if (found := self._value(item)) is not _ABSENT]
        call = function(expression)
        if call:
            if self._depth == _DEEPEST:
                return opaque(expression)
            self._depth += 1
            try:
                return self._call(call[0], call[1], expression)
            finally:
                self._depth -= 1
        if isinstance(expression, dict):
            members = ((key, self._value(item)) for key, item in expression.items())
            return {key: found for key, found in members if found is not _ABSENT}
        return expression

    def _plain_sub(self, template: str, expression: Plain) -> PartialString:
        """Resolve a Sub without variables, once: the same few stand in a policy many times, which is read many times."""
        if template not in self._subs:
            self._subs[template] = self._sub(template, {}, expression)
        return self._subs[template]

    def _call(self, name: str, argument: Plain, expression: Plain) -> object:
        match name, argument:
            case "Ref", str(target):
                return _ABSENT if target == "AWS::NoValue" else self._ref(target)
            case "Fn::GetAtt", [str(target), str(attribute)]:
                return self._attribute(target, attribute)
            case "Fn::GetAtt", str(path) if "." in path:
                return self._attribute(*path.split(".", 1))
            case "Fn::Sub", str(template):
                return self._plain_sub(template, expression)
            case "Fn::Sub", [str(template), dict(variables)]:
                return self._sub(template, variables, expression)
            case "Fn::Join", [str(delimiter), items]:
                return join(delimiter, self._value(items), expression)
            case "Fn::If", [str(condition), yes, no] if condition in self.scenario.conditions:
                return self._value(yes if self.scenario.conditions[condition] else no)
            case "Fn::If", [_, yes, no]:
                return self._agreed((self._value(yes), self._value(no)), expression)
            case "Fn::Select", [index, items]:
                return select(self.string(index), self._value(items), expression)
            case "Fn::Split", [str(delimiter), source]:
                return split(self.string(source), delimiter, expression)
            case "Fn::FindInMap", [mapping, first, second, *options]:
                return self._find_in_map((mapping, first, second), options, expression)
        return opaque(expression)

    def _agreed(self, values: Iterable[object], expression: Plain) -> object:
        """Return what all values are that an expression may have; it is open where they differ."""
        first, *others = values
        return first if all(type(one) is type(first) and one == first for one in others) else opaque(expression)

    def _ref(self, name: str) -> object:
        if name in self.scenario.parameters:
            return self.scenario.parameters[name]
        if name.startswith("AWS::"):
            return self.pseudo(name)
        if name in self.model.parameters:
            return unknown_parameter(name, self.model.parameters[name])
        kind = resource_type(self.model.type_of(name))
        return self._formed(kind.ref if kind else None, name)

    def _own_name(self, logical_id: str) -> PartialString:
        """Return what ``Ref`` of a resource gives: its explicit name, else an unknown of its own.

        Names that refer to one another in a circle, which CloudFormation refuses, are each an unknown of their own, and so
        is one that is longer than any name can be.
        """
        kind = resource_type(self.model.type_of(logical_id))
        own = partial(UnknownPart(logical_id, "name", generated=kind is not None and kind.generated))
        if kind is None or not kind.name:
            return own
        if logical_id in self._resolving:
            self._circular.update(self._resolving[self._resolving.index(logical_id) :])
            return own
        if logical_id not in self._names:
            self._resolving.append(logical_id)
            explicit = self.string(self.property(logical_id, kind.name))
            self._resolving.pop()
            if explicit is None or logical_id in self._circular or not 0 < length(explicit) <= _LONGEST_NAME:
                explicit = own
            self._names[logical_id] = explicit
        return self._names[logical_id]

    def _attribute(self, logical_id: str, attribute: str) -> PartialString:
        kind = resource_type(self.model.type_of(logical_id))
        if kind is None or attribute not in kind.attributes:
            return opaque({"Fn::GetAtt": [logical_id, attribute]})
        return self._formed(kind.attributes[attribute], logical_id)

    def _formed(self, form: tuple[str, str, str] | None, logical_id: str) -> PartialString:
        """Return the ARN of a resource in a form, its name where there is none."""
        name = self._own_name(logical_id)
        return self.arn(form[0], form[1], name, form[2]) if form else name

    def _sub(self, template: str, variables: Mapping[str, Plain], expression: Plain) -> PartialString:
        parts: list[str | PartialString] = []
        end = 0
        for found in _SUB_PART.finditer(template):
            parts += [literal(template[end : found.start()]), self._variable(found[1].strip(), variables)]
            end = found.end()
        return joined([*parts, literal(template[end:])], expression)

    def _variable(self, name: str, variables: Mapping[str, Plain]) -> str | PartialString:
        """Return what ``${name}`` stands for in ``Fn::Sub``."""
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if "." in name and name not in variables:
            return self._attribute(*name.split(".", 1))
        expression = variables.get(name, {"Ref": name})
        return self.string(expression) or opaque(expression)

    def _find_in_map(self, steps: tuple[Plain, Plain, Plain], options: list[Plain], expression: Plain) -> object:
        """Return what all the entries have that may be meant; a mapping holds no functions (User Guide, Mappings).

        ``DefaultValue`` is meant where a key may be missing. Source: AWS CloudFormation Template Reference,
        Fn::FindInMap enhancements.
        """
        rows: list[Plain] = [{**self.model.mappings}]
        fixed = True
        for step in steps:
            keys = self._keys(step)
            fixed = fixed and keys is not None and len(keys) == 1
            rows = [one for row in rows if isinstance(row, dict) for key, one in row.items() if keys is None or key in keys]
        default = options[0].get("DefaultValue") if options and isinstance(options[0], dict) else None
        if default is not None and not (fixed and rows):
            rows.append(default)
        if not rows or any(isinstance(row, dict) and row is not default for row in rows):
            return opaque(expression)
        return self._agreed((self._value(row) for row in rows), expression)

    def _keys(self, step: Plain) -> set[str] | None:
        """Return the keys that a step of ``Fn::FindInMap`` may name, None where they are any."""
        key = self.string(step)
        if key is not None and key.known is not None:
            return {key.known}
        match function(step):
            case ("Ref", str(name)) if allowed := allowed_values(self.model, name):
                return {one.known for one in allowed if one.known is not None}
        return None
