"""Where the name of a bucket, key, topic or role that is outside the template comes from, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from remediate.cloudformation.existence import where
from remediate.cloudformation.expression import chosen, function, mentions
from remediate.cloudformation.resource_types import BUCKET, KEY, ROLE, TOPIC
from remediate.delivery.defaults import defaults_used
from remediate.delivery.delivery import Delivery
from remediate.delivery.open_values import as_in_sub
from remediate.template import Plain

_DYNAMIC = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^:{}]+)[^{}]*\}\}")
_TYPES: Mapping[str, str] = {"bucket": BUCKET, "key": KEY, "topic": TOPIC, "role": ROLE}
_STACK = "AWS::CloudFormation::Stack"


def origin(delivery: Delivery, expression: Plain, kind: str, also: Plain = None) -> str:
    """Say in a clause where the name of a ``bucket``, ``key``, ``topic`` or ``role`` comes from, and under which conditions.

    ``also`` is an expression whose conditions are said too.
    """
    conditions = delivery.resolver.scenario.conditions
    found = chosen(expression, conditions)
    guard = dict.fromkeys((*found.guard, *chosen(also, conditions).guard))
    return (f"where {where(guard)}, " if guard else "") + _words(delivery, found.value, kind)


def absent_resource(delivery: Delivery, expression: Plain, kind: str) -> str | None:
    """Return the ``bucket`` or ``topic`` of the template that an expression names, although it does not exist there."""
    names = mentions(chosen(expression, delivery.resolver.scenario.conditions).value)
    here = (one for one in sorted(names) if delivery.resolver.model.type_of(one) == _TYPES[kind])
    return next((one for one in here if not delivery.resolver.exists(one)), None)


def _words(delivery: Delivery, expression: Plain, kind: str) -> str:
    data = delivery.resolver.model
    match function(expression):
        case ("Ref", str(name)) if name in data.parameters:
            return _parameter(delivery, name)
        case ("Ref", str(name)):
            return _not_one(delivery, name, kind)
        case ("Fn::GetAtt", [str(name), str(attribute)]):
            return _attribute(delivery, name, attribute, kind)
        case ("Fn::GetAtt", str(path)) if "." in path:
            name, _, attribute = path.partition(".")
            return _attribute(delivery, name, attribute, kind)
        case ("Fn::ImportValue", exported):
            return f"another stack exports it as {as_in_sub(delivery, exported, '…')}"
        case ("Fn::FindInMap", [str(name), *_]):
            return f"the mapping {name} names it" + _worth(delivery, expression)
        case ("Fn::If", [str(condition), *_]):
            return f"its name depends on the condition {condition}"
    if isinstance(expression, str) and (entry := _DYNAMIC.fullmatch(expression)):
        store = "secret" if entry[1] == "secretsmanager" else "Systems Manager parameter"
        return f"the {store} {entry[2]} names it"
    return _made(delivery, expression, kind)


def _parameter(delivery: Delivery, name: str) -> str:
    parameter = delivery.resolver.model.parameters[name]
    declared = parameter.get("Type") if isinstance(parameter, dict) else None
    if isinstance(declared, str) and declared.startswith("AWS::SSM::"):
        return f"the parameter {name} names it, by an entry of the Systems Manager parameter store"
    return f"the parameter {name} names it" + _worth(delivery, {"Ref": name})


def _worth(delivery: Delivery, expression: Plain) -> str:
    """Say what a name is worth where that is known, and that it is so by default."""
    value = delivery.resolver.string(expression)
    if value is None or not value.known:
        return ""
    defaults = defaults_used(delivery, expression)
    return f" (by default {value})" if defaults else f" ({value})"


def _not_one(delivery: Delivery, name: str, kind: str) -> str:
    declared = delivery.resolver.model.type_of(name)
    if declared == _TYPES[kind]:
        return f"{name} does not exist then"
    return f"it refers to {name}, which is {f'not a {kind} but {declared}' if declared else 'not in the template'}"


def _attribute(delivery: Delivery, name: str, attribute: str, kind: str) -> str:
    found = delivery.resolver.model.resource(name)
    if found.get("Type") == _STACK and attribute.startswith("Outputs."):
        return f"the output {attribute.removeprefix('Outputs.')} of the nested stack {name} names it"
    if found.get("Type") == _TYPES[kind] or not found:
        return _not_one(delivery, name, kind)
    known = f" ({found.get('Type')})" if delivery.resolver.model.properties(name) or found.get("Type") else ""
    return f"the attribute {attribute} of {name}{known} names it"


def _made(delivery: Delivery, expression: Plain, kind: str) -> str:
    """Say what the name is where it is put together, or written out."""
    name = as_in_sub(delivery, expression, "…")
    if name == "${…}":
        call = function(expression)
        return f"{call[0] if call else 'its expression'} makes its name, which is not evaluated here"
    defaults = defaults_used(delivery, expression)
    by_default = f", with the default of {', '.join(defaults)}" if defaults else ""
    called = "ARN" if kind == "bucket" and name.startswith("arn:") else "name"
    return f"no {kind} here has the {called} {name}{by_default}"
