"""Expressions as text that holds for every deployment: ``${Name}`` for what the template does not fix."""

from __future__ import annotations

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.delivery.delivery import Delivery
from remediate.partial_string import PartialString, UnknownPart, Value, partial
from remediate.template import Plain


def as_in_sub(delivery: Delivery, expression: Plain, otherwise: str) -> str:
    """Return an expression as ``Fn::Sub`` would write it: a parameter as ``${Name}``, whatever its default is.

    A parameter that the user gives has its value. ``otherwise`` stands, in ``${…}`` too, for what no name stands for: an
    import, a dynamic reference. The ``Fn::If`` functions are decided as the delivery's scenario does.
    """
    found = _resolver(delivery).string(expression)
    return shown(found, otherwise) if found is not None else f"${{{otherwise}}}"


def shown(value: PartialString, otherwise: str) -> str:
    """Return a text with ``${Name}`` for what is unknown, and with ``${otherwise}`` for an unknown that has no name."""
    named = (
        part if isinstance(part, str) or not part.name.startswith("{") else UnknownPart(otherwise) for part in value.parts
    )
    return str(partial(*named))


def _resolver(delivery: Delivery) -> Resolver:
    """Return a resolver under the delivery's conditions to which only what the user gives is known."""
    model = delivery.resolver.model
    names = {**model.parameters, "AWS::Partition": None}
    parameters: dict[str, Value] = {name: partial(UnknownPart(name)) for name in names}
    given = known_parameters(TemplateModel({}), delivery.given)
    return Resolver(model, Scenario(parameters | given, delivery.resolver.scenario.conditions))
