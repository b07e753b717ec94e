"""Whether a resource exists whenever another one does.

CloudFormation refuses a template in which an existing resource refers to one that is not created ("Unresolved resource
dependencies"), and cfn-lint a DependsOn on one (E3005).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from msgspec import Struct

from remediate.cloudformation.conditions import Questions
from remediate.cloudformation.expression import mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import allowed_values, known_parameters
from remediate.cloudformation.resolve import Scenario
from remediate.cloudformation.scenario import scenarios
from remediate.template import Plain

Guard = tuple[tuple[str, bool], ...]


class Deployment(Struct, frozen=True):
    """Whether a template can be deployed with its conditions in a certain way.

    ``possible``: it cannot be shown that it never is. ``witness``: the conditions of a deployment that the template surely
    allows, in the order in which they are asked for; None where none is known.
    """

    possible: bool
    witness: Mapping[str, bool] | None = None


class Deployments:
    """The deployments of one template, each way asked for once; ``given`` are the parameter values of the user."""

    def __init__(self, model: TemplateModel, given: Mapping[str, str]) -> None:
        """Begin with a template's data, which must not change meanwhile."""
        self._model = model
        self._given = given
        self._known: dict[Guard, Deployment] = {}

    def find(self, guard: Guard) -> Deployment:
        """Tell whether the template can be deployed with its conditions as a guard wants them."""
        if guard not in self._known:
            self._known[guard] = self._find(guard)
        return self._known[guard]

    def without(self, target: str, source: str, guard: Guard = ()) -> Deployment:
        """Tell whether it can be deployed with one resource, but without another that the first needs under a guard."""
        own = self.condition_of(target)
        if not isinstance(own, str):
            return Deployment(possible=not self._model.resource(target))
        needed = (*existing(self._model, source), *guard)
        return Deployment(possible=False) if (own, True) in needed else self.find((*needed, (own, False)))

    def condition_of(self, logical_id: str) -> Plain:
        """Return the condition under which a resource exists, None where it has none."""
        return self._model.resource(logical_id).get("Condition")

    def _find(self, guard: Guard) -> Deployment:
        names = list(dict.fromkeys(name for name, _ in guard))
        if not names:
            return Deployment(possible=True, witness={})
        found = scenarios(self._model, sorted(names), self._given)
        admitted = [one for one in found.all if one.admits(guard)]
        certain = next((one for one in admitted if _is_sure(self._model, names, self._given, one)), None)
        witness = {name: certain.conditions[name] for name in names} if certain else None
        return Deployment(bool(admitted) or not found.complete, witness)


def existing(model: TemplateModel, logical_id: str) -> Guard:
    """Return the condition under which a resource exists."""
    condition = model.resource(logical_id).get("Condition")
    return ((condition, True),) if isinstance(condition, str) else ()


def where(conditions: Iterable[tuple[str, bool]]) -> str:
    """Return conditions in words: ``A is true and B is false``."""
    return " and ".join(f"{name} is {str(holds).lower()}" for name, holds in conditions)


def _is_sure(model: TemplateModel, names: Iterable[str], given: Mapping[str, str], scenario: Scenario) -> bool:
    """Tell whether a deployment is surely possible in which the conditions are as in a scenario.

    It may not be where the rules of the template exclude it (AWS CloudFormation User Guide, Rules), where tests that are
    answered one by one depend on each other, or where a parameter has another value than those that the template knows.
    """
    if model.rules or not set(names) <= model.conditions.keys():
        return False
    questions = Questions(model, known_parameters(model, given), given)
    questions.read_all(names)
    if not questions.names.keys() <= model.conditions.keys():
        return False
    tests = mentions([json.loads(key) for key in questions.open])
    if len(questions.open) > 1 or tests & questions.compared.keys():
        return False
    several = [name for name, values in questions.compared.items() if len(values) > 1 and not name.startswith("AWS::")]
    return all(name in scenario.parameters or allowed_values(model, name) for name in several)
