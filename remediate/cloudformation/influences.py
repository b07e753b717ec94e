"""What the value of an expression depends on, so that it need not be found anew where that is the same."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from remediate.cloudformation.expression import conditions_of, mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resolve import Scenario
from remediate.cloudformation.resource_types import resource_type
from remediate.template import Plain


class Influences(Struct, frozen=True):
    """The parameters, pseudo parameters and conditions that decide a value, through the names of resources too."""

    parameters: frozenset[str]
    conditions: frozenset[str]

    def under(self, scenario: Scenario) -> tuple[object, ...]:
        """Return what they are under a scenario: where it is the same, the value is."""
        parameters = ((name, repr(scenario.parameters.get(name))) for name in sorted(self.parameters))
        return (*parameters, *((name, scenario.conditions.get(name)) for name in sorted(self.conditions)))


def influences(model: TemplateModel, expression: Plain) -> Influences:
    """Return what the value of an expression depends on."""
    found: dict[str, None] = dict.fromkeys(_ALWAYS)
    conditions: set[str] = set()
    for part in _with_names(model, expression, found):
        conditions |= conditions_of(part)
    return Influences(frozenset(found), frozenset(conditions))


_ALWAYS = ("AWS::Region", "AWS::Partition", "AWS::AccountId", "AWS::URLSuffix")
"""What stands in the ARNs that GetAtt makes."""


def _with_names(model: TemplateModel, expression: Plain, found: dict[str, None]) -> Iterator[Plain]:
    """Yield an expression and those that name the resources in it, and note in ``found`` what they mention."""
    rest = [expression]
    while rest:
        part = rest.pop()
        yield part
        for name in mentions(part) - found.keys():
            found[name] = None
            kind = resource_type(model.type_of(name))
            if kind and kind.name:
                rest.append(model.properties(name).get(kind.name))
