"""Concrete values for a template's parameters: the defaults, samples where there are none, and other values to try."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

ACCOUNT = "111122223333"
REGION = "us-east-1"
ORGANIZATION = "o-abcde12345"
KEY_ID = "1a2b3c4d-1111-4222-8333-444455556666"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/stack/5f1c0a70-0000-11ef-8000-0a1b2c3d4e5f",
}
_MOST = 24
_ANOTHER_ACCOUNT = "555566667777"
_ANOTHER_REGION = "eu-west-1"

_BY_NAME = [
    (r"kms.*arn|key.*arn|arn.*key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}"),
    (r"bucket.*arn", "arn:aws:s3:::sample-bucket"),
    (r"trail.*arn", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/sample"),
    (r"arn", f"arn:aws:iam::{ACCOUNT}:role/sample"),
    (r"org.*id$", ORGANIZATION),
    (r"account", "444455556666"),
    (r"region", REGION),
    (r"kms|key.?id", KEY_ID),
    (r"bucket", "sample-bucket"),
    (r"prefix", "sample-prefix"),
    (r"e?mail", "someone@example.com"),
]
_PLAIN = ["sample", "sample-value", "Sample1", "1", "true", ACCOUNT, ORGANIZATION, "10.0.0.0/16", "someone@example.com"]


def samples(template: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield values for all parameters: first the defaults, then with one parameter changed at a time."""
    parameters = {name: one for name, one in _section(template, "Parameters").items() if isinstance(one, dict)}
    base = {name: _sample(name, one) for name, one in parameters.items()}
    yield base
    compared = dict.fromkeys(_compared(_section(template, "Conditions")))
    for region in dict.fromkeys(literal for name, literal in compared if name == "AWS::Region"):
        yield base | {"AWS::Region": _ANOTHER_REGION if region == REGION else region}
    others = {
        (name, str(value)): None
        for name, one in parameters.items()
        for value in [*map(_text, one.get("AllowedValues") or []), *(lit for other, lit in compared if other == name)]
        if value != base[name]
    }
    # What is none of the values that the conditions name, for who gives a value of his own.
    for name in dict.fromkeys(other for other, literal in compared if other in base and literal == base[other]):
        if not parameters[name].get("AllowedValues"):
            others[name, _sample(name, {key: one for key, one in parameters[name].items() if key != "Default"})] = None
    # An empty default stands for what the user may give, an account that is written out for any that is not the user's.
    for name in (name for name, one in parameters.items() if one.get("Default") == "" and not one.get("AllowedValues")):
        others[name, made_up(name)] = None
    if ACCOUNT in json.dumps(template.get("Resources"), default=str):
        yield base | {"AWS::AccountId": _ANOTHER_ACCOUNT}
    for name, value in list(others)[:_MOST]:
        yield base | {name: value}


def made_up(name: str) -> str:
    """Return what a value of such a name may look like."""
    likely = (value for pattern, value in _BY_NAME if re.search(pattern, name, re.IGNORECASE))
    return next(likely, f"sample-{name.lower()}")


def _sample(name: str, parameter: dict[str, Any]) -> str:
    kind = str(parameter.get("Type", "String"))
    if "Default" in parameter and not kind.startswith("AWS::SSM::"):
        return _text(parameter["Default"])
    if parameter.get("AllowedValues"):
        return _text(parameter["AllowedValues"][0])
    if "Number" in kind:
        return _text(parameter.get("MinValue", 1))
    candidates = [made_up(name), *(value for _, value in _BY_NAME), *_PLAIN]
    pattern = str(parameter.get("AllowedPattern", ".*"))
    try:
        return next((one for one in candidates if re.fullmatch(pattern, one)), candidates[0])
    except re.error:
        return candidates[0]


def _compared(expression: Any) -> Iterator[tuple[str, str]]:
    """Yield each parameter with each literal that some condition compares it with."""
    if isinstance(expression, dict):
        match expression.get("Fn::Equals"):
            case [{"Ref": str(name)}, str() | int() | float() | bool() as literal]:
                yield name, _text(literal)
            case [str() | int() | float() | bool() as literal, {"Ref": str(name)}]:
                yield name, _text(literal)
    for one in expression.values() if isinstance(expression, dict) else expression if isinstance(expression, list) else []:
        yield from _compared(one)


def _section(template: dict[str, Any], name: str) -> dict[str, Any]:
    found = template.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
