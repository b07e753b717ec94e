"""Which values of a template are defaults of parameters, which whoever deploys it may replace."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.expression import function, sub_names
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.resolve import NAME_PROPERTY
from remediate.cloudformation.resources import properties, resource, section
from remediate.cloudformation.view import View
from remediate.template import Plain

_OF_TRAIL = ("S3BucketName", "S3KeyPrefix", "KMSKeyId", "TrailName", "IsOrganizationTrail", "EnableLogFileValidation")


def defaults_used(view: View, *expressions: Plain) -> tuple[str, ...]:
    """Return the parameters whose default is part of what is known of a view, in the order in which they are read.

    Without ``expressions`` it is about what the trail logs through: its bucket, prefix, key and name. With them (the
    elements of a statement, a principal) it is about those alone. A parameter that the user gives is left
    out, and so is one that has another value, or no known one, under the view's scenario.
    """
    data = view.resolver.data
    defaults = known_parameters(data, {})
    now = view.resolver.scenario.parameters
    read = [name for one in expressions or _decisive(view) for name in _read(view, one, set())]
    parameters = section(data, "Parameters").keys() - view.given.keys()
    return tuple(
        name
        for name in dict.fromkeys(read)
        if name in parameters and name in defaults and name in now and now[name] == defaults[name]
    )


def _decisive(view: View) -> Iterator[Plain]:
    data = view.resolver.data
    if view.trail:
        yield from (properties(data, view.trail).get(name) for name in _OF_TRAIL)
    if view.bucket:
        yield view.bucket.expression
    if view.own_bucket:
        yield {"Ref": view.own_bucket}
        yield properties(data, view.own_bucket).get("BucketEncryption")


def _read(view: View, expression: Plain, seen: set[str]) -> Iterator[str]:
    """Yield the parameters that an expression reads under the view's conditions, through the names of resources too."""
    match function(expression):
        case ("Fn::If", [str(condition), yes, no]) if condition in view.resolver.scenario.conditions:
            yield from _read(view, yes if view.resolver.scenario.conditions[condition] else no, seen)
        case ("Ref", str(name)) | ("Fn::GetAtt", [str(name), *_]):
            yield from _of_name(view, name, seen)
        case ("Fn::GetAtt", str(path)):
            yield from _of_name(view, path.split(".")[0], seen)
        case ("Fn::Sub", str(text)):
            yield from _of_sub(view, text, {}, seen)
        case ("Fn::Sub", [str(text), dict(variables)]):
            yield from _of_sub(view, text, variables, seen)
        case _ if isinstance(expression, dict):
            for item in expression.values():
                yield from _read(view, item, seen)
        case _ if isinstance(expression, list):
            for item in expression:
                yield from _read(view, item, seen)


def _of_sub(view: View, text: str, variables: dict[str, Plain], seen: set[str]) -> Iterator[str]:
    for name in sub_names(text):
        if name in variables:
            yield from _read(view, variables[name], seen)
        else:
            yield from _of_name(view, name.split(".")[0], seen)


def _of_name(view: View, name: str, seen: set[str]) -> Iterator[str]:
    kind = resource(view.resolver.data, name).get("Type")
    if not isinstance(kind, str):
        yield name
    elif kind in NAME_PROPERTY and name not in seen:
        yield from _read(view, view.resolver.property(name, NAME_PROPERTY[kind]), seen | {name})
