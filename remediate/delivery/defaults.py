"""Which values of a template are defaults of parameters, which whoever deploys it may replace."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.expression import function, sub_names
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.resource_types import resource_type
from remediate.delivery.delivery import Delivery
from remediate.template import Plain


def defaults_used(delivery: Delivery, *expressions: Plain) -> tuple[str, ...]:
    """Return the parameters whose default is part of what is known of a delivery, in the order in which they are read.

    Without ``expressions`` it is about what the source logs through: its bucket, prefix, key and name. With them (the
    elements of a statement, a principal) it is about those alone. A parameter that the user gives is left
    out, and so is one that has another value, or no known one, under the delivery's scenario.
    """
    data = delivery.resolver.model
    defaults = known_parameters(data, {})
    now = delivery.resolver.scenario.parameters
    read = [name for one in expressions or _decisive(delivery) for name in _read(delivery, one, set())]
    parameters = data.parameters.keys() - delivery.given.keys()
    return tuple(
        name
        for name in dict.fromkeys(read)
        if name in parameters and name in defaults and name in now and now[name] == defaults[name]
    )


def _decisive(delivery: Delivery) -> Iterator[Plain]:
    data = delivery.resolver.model
    if delivery.source:
        yield from (data.at(delivery.source, path) for path in delivery.service.source.properties())
    if delivery.bucket:
        yield delivery.bucket.expression
    if delivery.own_bucket:
        yield {"Ref": delivery.own_bucket}
        yield data.properties(delivery.own_bucket).get("BucketEncryption")


def _read(delivery: Delivery, expression: Plain, seen: set[str]) -> Iterator[str]:
    """Yield the parameters that an expression reads under the delivery's conditions, through the names of resources too."""
    match function(expression):
        case ("Fn::If", [str(condition), yes, no]) if condition in delivery.resolver.scenario.conditions:
            yield from _read(delivery, yes if delivery.resolver.scenario.conditions[condition] else no, seen)
        case ("Ref", str(name)) | ("Fn::GetAtt", [str(name), *_]):
            yield from _of_name(delivery, name, seen)
        case ("Fn::GetAtt", str(path)):
            yield from _of_name(delivery, path.split(".")[0], seen)
        case ("Fn::Sub", str(text)):
            yield from _of_sub(delivery, text, {}, seen)
        case ("Fn::Sub", [str(text), dict(variables)]):
            yield from _of_sub(delivery, text, variables, seen)
        case _ if isinstance(expression, dict):
            for item in expression.values():
                yield from _read(delivery, item, seen)
        case _ if isinstance(expression, list):
            for item in expression:
                yield from _read(delivery, item, seen)


def _of_sub(delivery: Delivery, text: str, variables: dict[str, Plain], seen: set[str]) -> Iterator[str]:
    for name in sub_names(text):
        if name in variables:
            yield from _read(delivery, variables[name], seen)
        else:
            yield from _of_name(delivery, name.split(".")[0], seen)


def _of_name(delivery: Delivery, name: str, seen: set[str]) -> Iterator[str]:
    written = delivery.resolver.model.type_of(name)
    kind = resource_type(written)
    if not isinstance(written, str):
        yield name
    elif kind and kind.name and name not in seen:
        yield from _read(delivery, delivery.resolver.property(name, kind.name), seen | {name})
