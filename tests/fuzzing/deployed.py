"""What a template's policies are once it is deployed: parameters, conditions and functions put in, one value after another.

A value that only the deployment knows is a text in angle quotes, the same wherever the same expression stands.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "111122223333"
FREE = "somebody-else.amazonaws.com"
"""What a parameter without AllowedValues may be set to as well."""
_GONE = object()
_MOST = 14
_WITHOUT_DEFAULT = 3
_REFERENCE = re.compile(r"\$\{([^!${}][^${}]*)\}")
_PARTITIONS = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}


@dataclass
class Environment:
    """One way to deploy a template: what its parameters are set to, and where. ``free`` with a value nobody listed.

    ``refused`` comes to be true where CloudFormation would refuse what is put in: a row that a mapping lacks.
    """

    template: dict[str, Any]
    parameters: dict[str, str]
    region: str = "us-east-1"
    free: bool = False
    conditions: dict[str, bool] = field(default_factory=dict)
    refused: bool = False

    def put_in(self, value: Any) -> Any:
        """Return a value as deployed; what AWS::NoValue removes is gone."""
        found = self._value(value)
        return None if found is _GONE else found

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [one for one in map(self._value, value) if one is not _GONE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        found = {key: self._value(one) for key, one in value.items()}
        return {key: one for key, one in found.items() if one is not _GONE}

    def _function(self, name: str, argument: Any) -> Any:
        try:
            match name, argument:
                case "Ref", str():
                    return self._reference(argument)
                case "Fn::GetAtt", [str(resource), str(attribute)]:
                    return f"«{resource}.{attribute}»"
                case "Fn::If", [str(condition), yes, no]:
                    return self._value(yes if self.holds(condition) else no)
                case "Fn::Sub", str():
                    return self._substitute(argument, {})
                case "Fn::Sub", [str(text), dict(names)]:
                    return self._substitute(text, {key: self._value(one) for key, one in names.items()})
                case "Fn::Join", [str(between), parts]:
                    return between.join(self._texts(parts))
                case "Fn::FindInMap", [book, top, second, *_]:
                    return self._value(self._row(book, top)[self._text(second)])
                case "Fn::Select", [index, parts]:
                    return self._list(parts)[int(self._text(index))]
                case "Fn::Split", [str(between), text]:
                    return self._text(text).split(between)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError, RecursionError):
            self.refused |= name == "Fn::FindInMap" and isinstance(argument, list) and len(argument) == _WITHOUT_DEFAULT
        return f"«{name} {json.dumps(argument, sort_keys=True, default=str)}»"

    def _row(self, book: Any, top: Any) -> Any:
        return self.template["Mappings"][self._text(book)][self._text(top)]

    def _list(self, value: Any) -> list[Any]:
        found = self._value(value)
        if not isinstance(found, list):
            raise TypeError("no list")
        return found

    def _texts(self, value: Any) -> list[str]:
        return [self._text(one) for one in self._list(value)]

    def _text(self, value: Any) -> str:
        found = self._value(value)
        if isinstance(found, bool):
            return "true" if found else "false"
        if not isinstance(found, str | int | float):
            raise TypeError("no text")
        return str(found)

    def _substitute(self, text: str, names: dict[str, Any]) -> str:
        def value(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            found = names[name] if name in names else self._reference(name) if "." not in name else f"«{name}»"
            return found if isinstance(found, str) else f"«{name}»"

        return _REFERENCE.sub(value, text).replace("${!", "${")

    def _reference(self, name: str) -> Any:
        pseudo = {
            "AWS::NoValue": _GONE,
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": self.region,
            "AWS::Partition": _PARTITIONS.get(self.region, "aws"),
            "AWS::URLSuffix": "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name not in self.parameters:
            return f"«{name}»"
        declared = self.template["Parameters"][name].get("Type")
        if isinstance(declared, str) and declared.startswith("AWS::SSM::Parameter::Value"):
            return f"«ssm {name}»"
        is_list = declared == "CommaDelimitedList" or (isinstance(declared, str) and declared.startswith("List<"))
        return [one.strip() for one in self.parameters[name].split(",")] if is_list else self.parameters[name]

    def holds(self, condition: str) -> bool:
        """Decide a condition of the template; one that cannot be determined, or is its own part, does not hold."""
        if condition not in self.conditions:
            self.conditions[condition] = False
            written = self.template.get("Conditions")
            self.conditions[condition] = self._decide(written.get(condition)) if isinstance(written, dict) else False
        return self.conditions[condition]

    def _decide(self, written: Any) -> bool:
        match written:
            case {"Fn::Equals": [left, right]}:
                return bool(self._value(left) == self._value(right) or str(self._value(left)) == str(self._value(right)))
            case {"Fn::Not": [one]}:
                return not self._decide(one)
            case {"Fn::And": list(parts)}:
                return all(map(self._decide, parts))
            case {"Fn::Or": list(parts)}:
                return any(map(self._decide, parts))
            case {"Condition": str(name)}:
                return self.holds(name)
        return False


def environments(template: dict[str, Any], given: dict[str, str], chance: random.Random) -> list[Environment]:
    """Return ways to deploy a template: the defaults, each parameter's other values one by one, and mixtures of them."""
    candidates = _candidates(template, given)
    default = {name: values[0][0] for name, values in candidates.items()}
    region = given.get("AWS::Region", "us-east-1")
    found = [Environment(template, default, region)]
    others = [(name, value, free) for name, values in candidates.items() for value, free in values[1:]]
    chance.shuffle(others)
    for name, value, free in others[:_MOST]:
        found.append(Environment(template, default | {name: value}, region, free))
    for _ in range(4 if len(candidates) > 1 and others else 0):
        picked = {name: chance.choice(values) for name, values in candidates.items()}
        free = any(free for _, free in picked.values())
        found.append(Environment(template, {name: value for name, (value, _) in picked.items()}, region, free))
    if "AWS::Region" not in given:
        found += [Environment(template, default, other) for other in _regions(template)]
    return found


def _candidates(template: dict[str, Any], given: dict[str, str]) -> dict[str, list[tuple[str, bool]]]:
    """Return the values of each parameter that a policy or a condition can depend on, and whether nobody listed them."""
    declared = template.get("Parameters")
    found: dict[str, list[tuple[str, bool]]] = {}
    if not isinstance(declared, dict):
        return found
    used = _mentioned({key: template.get(key) for key in ("Conditions", "Resources")})
    for name, about in declared.items():
        if not isinstance(about, dict) or name not in used:
            continue
        allowed = about.get("AllowedValues")
        values = [given[name]] if name in given else [_written(about["Default"])] if "Default" in about else []
        if name not in given and isinstance(allowed, list):
            values += [_written(one) for one in allowed]
        elif name not in given:
            values += _compared(template.get("Conditions"), name)
        listed = [(value, False) for value in dict.fromkeys(values)]
        is_open = name not in given and not allowed and about.get("Type") == "String" and "AllowedPattern" not in about
        found[name] = (listed[:5] + ([(FREE, True)] if is_open else [])) or [(f"«{name}»", False)]
    return found


def _written(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _compared(data: Any, name: str) -> list[str]:
    """Return the texts that conditions compare a parameter with."""
    if isinstance(data, dict):
        match data:
            case {"Fn::Equals": [{"Ref": ref}, str(value)] | [str(value), {"Ref": ref}]} if ref == name:
                return [value]
        return [one for value in data.values() for one in _compared(value, name)]
    return [one for value in data for one in _compared(value, name)] if isinstance(data, list) else []


def _mentioned(data: Any) -> set[str]:
    """Return every name that Ref or Fn::Sub may mean, and more."""
    return set(re.findall(r"[A-Za-z0-9]+", json.dumps(data, default=str)))


def _regions(template: dict[str, Any]) -> Iterator[str]:
    if "AWS::Region" in (text := json.dumps(template, default=str)) or "AWS::Partition" in text or "URLSuffix" in text:
        yield from ("eu-west-1", "cn-north-1")


def statements(document: Any, environment: Environment) -> list[dict[str, Any]]:
    """Return the statements of a policy document as deployed."""
    found = environment.put_in(document)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return [{"Text": found}]
    written = found.get("Statement") if isinstance(found, dict) else None
    listed = written if isinstance(written, list) else [written]
    return [one if isinstance(one, dict) else {"Text": one} for one in listed if one is not None]


def principals(statement: dict[str, Any]) -> list[tuple[str, str]]:
    """Return whom a deployed statement is about, by kind and name."""
    if "NotPrincipal" in statement:
        return [("not", json.dumps(statement["NotPrincipal"], sort_keys=True, default=str))]
    written = statement.get("Principal")
    if not isinstance(written, dict):
        return [("text", json.dumps(written, sort_keys=True, default=str))]
    found = []
    for kind, names in written.items():
        for name in names if isinstance(names, list) else [names]:
            text = name if isinstance(name, str) else json.dumps(name, sort_keys=True, default=str)
            found.append((kind, text.lower() if kind == "Service" else text))
    return found or [("nobody", "")]
