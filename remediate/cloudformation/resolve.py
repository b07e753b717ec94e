"""What a template expression is worth under given parameters and conditions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from remediate.cloudformation.expression import function
from remediate.cloudformation.parameters import unknown_parameter, written
from remediate.cloudformation.resources import ALIAS, BUCKET, KEY, TRAIL, Data, by_type, properties, resource, section
from remediate.symbolic import Text, Unknown, Value, text
from remediate.template import Plain

_SUB_PART = re.compile(r"\$\{(!?[^${}]*)\}")
_DYNAMIC_REFERENCE = re.compile(r"(\{\{resolve:[^{}]*\}\})")
_NAMES = {BUCKET: "BucketName", TRAIL: "TrailName", ALIAS: "AliasName"}
_GENERATED = frozenset({BUCKET, KEY, TRAIL})
"""Types whose resources never share a generated name with another of their type."""
_ABSENT = object()


@dataclass(frozen=True, eq=False)
class Scenario:
    """One way in which a template can be deployed.

    ``parameters`` holds known parameters and pseudo parameters, ``conditions`` the conditions that are decided. What is
    in neither stays unknown, and the same unknown is the same string everywhere.
    """

    parameters: Mapping[str, Value]
    conditions: Mapping[str, bool]

    def admits(self, guard: tuple[tuple[str, bool], ...]) -> bool:
        """Tell whether the conditions are as a guard wants them; one that is not decided is admitted."""
        return all(self.conditions.get(name, holds) == holds for name, holds in guard)


class Resolver:
    """Resolves expressions of one template under one scenario."""

    def __init__(self, data: Data, scenario: Scenario, types: Mapping[str, list[str]] | None = None) -> None:
        """Begin with a template's data; ``types`` are its resources by type, where the caller has them already."""
        self.data = data
        self.scenario = scenario
        self._types = by_type(data) if types is None else types
        self._resolving: set[str] = set()
        self._subs: dict[str, object] = {}

    def under(self, scenario: Scenario) -> Resolver:
        """Return a resolver of the same template under another scenario."""
        return Resolver(self.data, scenario, self._types)

    def value(self, expression: Plain) -> Value:
        """Return the expression's value; ``AWS::NoValue`` as a whole is None."""
        found = self._value(expression)
        return None if found is _ABSENT else found  # type: ignore[return-value]  # _ABSENT is the one other thing

    def string(self, expression: Plain) -> Text | None:
        """Return a string or number expression as Text; None for absent values, lists, mappings and booleans."""
        found = self.value(expression)
        if isinstance(found, bool) or found is None:
            return None
        if isinstance(found, int | float):
            return text(str(found))
        return found if isinstance(found, Text) else None

    def exists(self, logical_id: str) -> bool:
        """Tell whether a resource is created under this scenario."""
        found = resource(self.data, logical_id)
        condition = found.get("Condition")
        return bool(found) and (not isinstance(condition, str) or self.scenario.conditions.get(condition, True))

    def existing(self, kind: str) -> list[str]:
        """Return the resources of a type that are created under this scenario, in the template's order."""
        return [name for name in self._types.get(kind, []) if self.exists(name)]

    def property(self, logical_id: str, name: str) -> Plain:
        """Return a resource's property as written, None where it is absent."""
        return properties(self.data, logical_id).get(name)

    def arn(self, service: str, *resource: str | Text | Unknown) -> Text:
        """Return an ARN of this template's own partition, Region and account; a bucket's has neither of the last two."""
        if service == "s3":
            return text("arn:", self.pseudo("AWS::Partition"), ":s3:::", *resource)
        region, account = self.pseudo("AWS::Region"), self.pseudo("AWS::AccountId")
        return text("arn:", self.pseudo("AWS::Partition"), f":{service}:", region, ":", account, ":", *resource)

    def pseudo(self, name: str) -> Text:
        """Return a pseudo parameter. Partition and URL suffix follow a known Region and else are those of ``aws``."""
        given = self.scenario.parameters.get(name)
        if isinstance(given, Text):
            return given
        if name in {"AWS::Partition", "AWS::URLSuffix"}:
            region = self.pseudo("AWS::Region").known or ""
            china, government = region.startswith("cn-"), region.startswith("us-gov-")
            if name == "AWS::URLSuffix":
                return text("amazonaws.com.cn" if china else "amazonaws.com")
            return text("aws-cn" if china else "aws-us-gov" if government else "aws")
        return text(Unknown(name, "digits" if name == "AWS::AccountId" else "any" if name == "AWS::StackId" else "name"))

    def _value(self, expression: Plain) -> object:
        if isinstance(expression, str):
            return _literal(expression)
        if isinstance(expression, list):
            return [found for item in expression if (found := self._value(item)) is not _ABSENT]
        call = function(expression)
        if call:
            return self._call(call[0], call[1], expression)
        if isinstance(expression, dict):
            members = ((key, self._value(item)) for key, item in expression.items())
            return {key: found for key, found in members if found is not _ABSENT}
        return expression

    def _plain_sub(self, template: str, expression: Plain) -> object:
        """Resolve a Sub without variables, once: the same few stand in a policy many times, which is read many times."""
        if self._resolving:  # a name that is being resolved reads differently now than it will
            return _settled(self._sub(template, {}), expression)
        if template not in self._subs:
            self._subs[template] = _settled(self._sub(template, {}), expression)
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
                return _settled(self._sub(template, variables), expression)
            case "Fn::Join", [str(delimiter), items]:
                return _settled(_join(delimiter, self._value(items)), expression)
            case "Fn::If", [str(condition), yes, no] if condition in self.scenario.conditions:
                return self._value(yes if self.scenario.conditions[condition] else no)
            case "Fn::Select", [index, items]:
                return _select(self.string(index), self._value(items), expression)
            case "Fn::Split", [str(delimiter), source]:
                parts = _split(self.string(source), delimiter)
                return _opaque(expression) if parts is None else parts
            case "Fn::FindInMap", [mapping, first, second, *_]:
                return self._find_in_map([mapping, first, second], expression)
        return _opaque(expression)

    def _ref(self, name: str) -> object:
        if name in self.scenario.parameters:
            return self.scenario.parameters[name]
        if name.startswith("AWS::"):
            return self.pseudo(name)
        if name in section(self.data, "Parameters"):
            return unknown_parameter(name, section(self.data, "Parameters")[name])
        return self._own_name(name)

    def _own_name(self, logical_id: str) -> Text:
        """Return what ``Ref`` of a resource gives: its explicit name, else an unknown of its own."""
        kind = resource(self.data, logical_id).get("Type")
        if isinstance(kind, str) and kind in _NAMES and logical_id not in self._resolving:
            self._resolving.add(logical_id)
            explicit = self.string(self.property(logical_id, _NAMES[kind]))
            self._resolving.discard(logical_id)
            if explicit is not None and explicit != text():
                return explicit
        return text(Unknown(logical_id, "name", generated=kind in _GENERATED))

    def _attribute(self, logical_id: str, attribute: str) -> Text:
        match resource(self.data, logical_id).get("Type"), attribute:
            case "AWS::S3::Bucket", "Arn":
                return self.arn("s3", self._own_name(logical_id))
            case "AWS::KMS::Key", "Arn":
                return self.arn("kms", "key/", self._own_name(logical_id))
            case "AWS::KMS::Key", "KeyId":
                return self._own_name(logical_id)
            case "AWS::CloudTrail::Trail", "Arn":
                return self.arn("cloudtrail", "trail/", self._own_name(logical_id))
        return _opaque({"Fn::GetAtt": [logical_id, attribute]})

    def _sub(self, template: str, variables: Mapping[str, Plain]) -> Text:
        parts: list[str | Text] = []
        end = 0
        for found in _SUB_PART.finditer(template):
            parts += [_literal(template[end : found.start()]), self._variable(found[1].strip(), variables)]
            end = found.end()
        return text(*parts, _literal(template[end:]))

    def _variable(self, name: str, variables: Mapping[str, Plain]) -> str | Text:
        """Return what ``${name}`` stands for in ``Fn::Sub``."""
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if "." in name and name not in variables:
            return self._attribute(*name.split(".", 1))
        expression = variables.get(name, {"Ref": name})
        return self.string(expression) or _opaque(expression)

    def _find_in_map(self, steps: list[Plain], expression: Plain) -> object:
        found: Plain = dict(section(self.data, "Mappings"))
        for step in steps:
            key = self.string(step)
            if key is None or key.known is None or not isinstance(found, dict) or key.known not in found:
                return _opaque(expression)
            found = found[key.known]
        return self._value(found)


def _literal(string: str) -> Text:
    """Return text as written; the dynamic references in it are unknown (User Guide, Dynamic references)."""
    if "{{resolve:" not in string:
        return text(string)
    pieces = _DYNAMIC_REFERENCE.split(string)
    return text(*(Unknown(piece, "any") if number % 2 else piece for number, piece in enumerate(pieces)))


def _settled(found: Text | None, expression: Plain) -> Text:
    """Return what a function made, or an unknown where it made nothing, or a dynamic reference of several pieces."""
    if found is None or any(isinstance(part, str) and "{{resolve:" in part for part in found.parts):
        return _opaque(expression)
    return found


def _join(delimiter: str, items: object) -> Text | None:
    if not isinstance(items, list) or not all(isinstance(item, Text | bool | int | float) for item in items):
        return None
    parts: list[str | Text] = []
    for item in items:
        parts += [delimiter, item if isinstance(item, Text) else written(item)]
    return text(*parts[1:])


def _select(index: Text | None, items: object, expression: Plain) -> object:
    if isinstance(items, list) and index is not None:
        for number, item in enumerate(items):
            if index.known == str(number):
                return item
    return _opaque(expression)


def _split(whole: Text | None, delimiter: str) -> list[Text] | None:
    """Split a string; None where an unknown part might hold the delimiter."""
    if whole is None or not delimiter:
        return None
    found = [text()]
    for part in whole.parts:
        if isinstance(part, Unknown):
            if part.alphabet == "any" or not set(delimiter) <= set(":/"):
                return None
            found[-1] = text(found[-1], part)
        else:
            first, *others = part.split(delimiter)
            found[-1] = text(found[-1], first)
            found += [text(one) for one in others]
    return found


def _opaque(expression: Plain) -> Text:
    """Return an unknown that equals itself wherever the same expression stands."""
    return text(Unknown(json.dumps(expression, sort_keys=True, default=str), "any"))
