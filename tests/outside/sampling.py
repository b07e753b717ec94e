"""Resolving a template to concrete values, as a deployment with sampled names would.

Account, Region and partition are those of ``parameters.PSEUDO``. What only a deployment can tell, such as a generated name
or an imported value, is made up; ``Sampled.guesses`` names all that was.
"""

from __future__ import annotations

import re
import zlib
from typing import Any

from tests.outside.parameters import KEY_ID, PSEUDO, made_up

NO_VALUE = object()
_NAMES = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::CloudTrail::Trail": "TrailName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Logs::LogGroup": "LogGroupName",
}
_ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::KMS::Key": "arn:aws:kms:REGION:ACCOUNT:key/{}",
    "AWS::CloudTrail::Trail": "arn:aws:cloudtrail:REGION:ACCOUNT:trail/{}",
    "AWS::IAM::Role": "arn:aws:iam::ACCOUNT:role/{}",
    "AWS::IAM::User": "arn:aws:iam::ACCOUNT:user/{}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::ACCOUNT:policy/{}",
    "AWS::Logs::LogGroup": "arn:aws:logs:REGION:ACCOUNT:log-group:{}:*",
    "AWS::SNS::Topic": "arn:aws:sns:REGION:ACCOUNT:{}",
}
_REFERENCE_IS_ARN = {"AWS::SNS::Topic", "AWS::IAM::ManagedPolicy"}


class NotSampled(Exception):
    """Something that this small resolver does not know."""


class Sampled:
    """One template under concrete parameter values."""

    def __init__(self, template: dict[str, Any], parameters: dict[str, str]) -> None:
        self.template = template
        self.resources: dict[str, Any] = {name: one for name, one in template["Resources"].items() if isinstance(one, dict)}
        self.guesses: set[str] = set()
        self._values = PSEUDO | parameters
        self._parameters = template.get("Parameters") or {}
        self._conditions = template.get("Conditions") or {}
        self._open: set[str] = set()

    @property
    def region(self) -> str:
        """The Region of the deployment."""
        return self._values["AWS::Region"]

    @property
    def account(self) -> str:
        """The account of the deployment."""
        return self._values["AWS::AccountId"]

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a resource of a type."""
        return _ARNS[kind].format(name).replace("REGION", self.region).replace("ACCOUNT", self.account)

    def exists(self, logical_id: str) -> bool:
        """Whether the resource is created."""
        condition = self.resources[logical_id].get("Condition")
        return not isinstance(condition, str) or self.holds(condition)

    def of_type(self, kind: str) -> list[str]:
        """Return the resources of a type that are created."""
        return [name for name, one in self.resources.items() if one.get("Type") == kind and self.exists(name)]

    def property(self, logical_id: str, *names: str) -> Any:
        """Return a resource's property, None where it is absent."""
        written = self.resources[logical_id].get("Properties")
        found = self.value(written.get(names[0]) if isinstance(written, dict) else None)
        for name in names[1:]:
            found = found.get(name) if isinstance(found, dict) else None
        return None if found is NO_VALUE else found

    def holds(self, condition: str) -> bool:
        """Evaluate a condition by its name."""
        if condition not in self._conditions or condition in self._open:
            raise NotSampled(f"condition {condition}")
        self._open.add(condition)
        try:
            return self._truth(self._conditions[condition])
        finally:
            self._open.discard(condition)

    def value(self, expression: Any) -> Any:
        """Return what an expression is worth."""
        if isinstance(expression, str):
            return self._dynamic(expression)
        if isinstance(expression, list):
            return [found for one in expression if (found := self.value(one)) is not NO_VALUE]
        if not isinstance(expression, dict):
            return expression
        if len(expression) == 1:
            name, argument = next(iter(expression.items()))
            if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::")):
                return self._call(name, argument)
        members = ((key, self.value(one)) for key, one in expression.items())
        return {key: found for key, found in members if found is not NO_VALUE}

    def existing_parts(self, expression: Any) -> Any:
        """Return an expression with the branches of Fn::If that are not taken left out, else as written."""
        if isinstance(expression, dict):
            if len(expression) == 1 and isinstance(expression.get("Fn::If"), list):
                condition, yes, no = expression["Fn::If"]
                return self.existing_parts(yes if self.holds(condition) else no)
            return {key: self.existing_parts(one) for key, one in expression.items()}
        if isinstance(expression, list):
            return [self.existing_parts(one) for one in expression]
        return expression

    def _guess(self, what: str, value: str) -> str:
        self.guesses.add(what)
        return value

    def _dynamic(self, text: str) -> str:
        return re.sub(r"\{\{resolve:[^}]*\}\}", lambda found: self._guess(found[0], "sample-resolved"), text)

    def _call(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Ref", str(target):
                return self._ref(target)
            case "Fn::GetAtt", [str(target), str(attribute)]:
                return self._attribute(target, attribute)
            case "Fn::GetAtt", str(path) if "." in path:
                return self._attribute(*path.split(".", 1))
            case "Fn::Sub", str(text):
                return self._substitute(text, {})
            case "Fn::Sub", [str(text), dict(variables)]:
                return self._substitute(text, variables)
            case "Fn::Join", [str(delimiter), items]:
                return delimiter.join(_string(one) for one in _list(self.value(items)))
            case "Fn::If", [str(condition), yes, no]:
                return self.value(yes if self.holds(condition) else no)
            case "Fn::Select", [index, items]:
                return self._select(int(_string(self.value(index))), _list(self.value(items)))
            case "Fn::FindInMap", [mapping, first, second, *_]:
                return self._find(mapping, first, second)
        return self._call_on_text(name, argument)

    def _call_on_text(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Fn::Split", [str(delimiter), source]:
                return _string(self.value(source)).split(delimiter)
            case "Fn::ImportValue", source:
                return self._guess("Fn::ImportValue", self._imported(_string(self.value(source))))
            case "Fn::GetAZs", _:
                return [f"{self.region}{letter}" for letter in "abc"]
        raise NotSampled(name)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name == "AWS::NotificationARNs":
            return []
        if name in self._values:
            kind = str((self._parameters.get(name) or {}).get("Type"))
            value = self._values[name]
            return [one.strip() for one in value.split(",")] if "List" in kind else value
        if name not in self.resources:
            # Other programs than CloudFormation know further names; what is unknown to all is refused by cfn-lint.
            return self._guess(f"Ref {name}", made_up(name))
        kind = self.resources[name].get("Type")
        if kind in _REFERENCE_IS_ARN:
            return self.arn(kind, self._name(name))
        return self._name(name)

    def _name(self, logical_id: str) -> str:
        kind = self.resources[logical_id].get("Type")
        if kind in _NAMES and logical_id not in self._open:
            self._open.add(logical_id)
            try:
                explicit = self.property(logical_id, _NAMES[kind])
            finally:
                self._open.discard(logical_id)
            if explicit is not None:
                return _string(explicit)
        if kind == "AWS::KMS::Key":
            # By the name alone, so that a key stays the same where other resources come.
            return self._guess(logical_id, f"{zlib.crc32(logical_id.encode()):08x}{KEY_ID[8:]}")
        generated = f"stack-{logical_id}-ABC123"
        return self._guess(logical_id, generated.lower() if kind == "AWS::S3::Bucket" else generated)

    def _attribute(self, logical_id: str, attribute: str) -> str:
        if logical_id not in self.resources:
            raise NotSampled(f"Fn::GetAtt {logical_id}")
        kind = self.resources[logical_id].get("Type")
        if (kind, attribute) in {("AWS::KMS::Key", "KeyId"), ("AWS::SNS::Topic", "TopicName")}:
            return self._name(logical_id)
        if kind in _ARNS and attribute in {"Arn", "TopicArn"}:
            return self.arn(kind, self._name(logical_id))
        made_up = (
            f"arn:aws:sample:{self.region}:{self.account}:{logical_id.lower()}" if attribute.endswith("Arn") else "sample"
        )
        return self._guess(f"{logical_id}.{attribute}", made_up)

    def _substitute(self, text: str, variables: dict[str, Any]) -> str:
        def one(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in variables:
                return _string(self.value(variables[name]))
            return _string(self._attribute(*name.split(".", 1)) if "." in name else self._ref(name))

        return self._dynamic(re.sub(r"\$\{([^}]*)\}", one, text))

    def _select(self, index: int, items: list[Any]) -> Any:
        if index >= len(items):
            raise NotSampled("Fn::Select beyond the end")
        return items[index]

    def _find(self, *steps: Any) -> Any:
        found: Any = self.template.get("Mappings") or {}
        for step in steps:
            key = _string(self.value(step))
            if not isinstance(found, dict) or key not in {str(one) for one in found}:
                raise NotSampled("Fn::FindInMap without such a row")
            found = {str(name): one for name, one in found.items()}[key]
        return self.value(found)

    def _imported(self, name: str) -> str:
        if re.search(r"arn", name, re.IGNORECASE):
            if re.search(r"key|kms", name, re.IGNORECASE):
                return self.arn("AWS::KMS::Key", KEY_ID)
            return f"arn:aws:s3:::imported-{_slug(name)}"
        return f"imported-{_slug(name)}"

    def _truth(self, expression: Any) -> bool:
        match expression:
            case {"Fn::Equals": [left, right]}:
                return _string(self.value(left)) == _string(self.value(right))
            case {"Fn::And": [*items]}:
                return all(self._truth(one) for one in items)
            case {"Fn::Or": [*items]}:
                return any(self._truth(one) for one in items)
            case {"Fn::Not": [item]}:
                return not self._truth(item)
            case {"Condition": str(name)}:
                return self.holds(name)
        raise NotSampled("a condition of another form")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise NotSampled("no list")
    return value


def _string(value: Any) -> str:
    if value is None or value is NO_VALUE or isinstance(value, dict):
        raise NotSampled("no string")
    if isinstance(value, list):
        return ",".join(map(_string, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
