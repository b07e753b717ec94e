"""Whether a resource exists whenever another one does.

CloudFormation refuses a template in which an existing resource refers to one that is not created ("Unresolved resource
dependencies"), and cfn-lint a DependsOn on one (E3005).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from remediate.cloudformation.conditions import Questions
from remediate.cloudformation.expression import mentions
from remediate.cloudformation.parameters import allowed_values, known_parameters
from remediate.cloudformation.resolve import Scenario
from remediate.cloudformation.resources import Data, resource, section
from remediate.cloudformation.scenario import scenarios

Guard = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Deployment:
    """Whether a template can be deployed with its conditions in a certain way.

    ``possible``: it cannot be shown that it never is. ``witness``: the conditions of a deployment that the template surely
    allows, in the order in which they are asked for; None where none is known.
    """

    possible: bool
    witness: Mapping[str, bool] | None = None


def deployment(data: Data, guard: Guard, given: Mapping[str, str]) -> Deployment:
    """Tell whether a template can be deployed with its conditions as a guard wants them."""
    names = list(dict.fromkeys(name for name, _ in guard))
    if not names:
        return Deployment(possible=True, witness={})
    found = scenarios(data, sorted(names), given)
    admitted = [one for one in found.all if one.admits(guard)]
    certain = next((one for one in admitted if _is_sure(data, names, given, one)), None)
    witness = {name: certain.conditions[name] for name in names} if certain else None
    return Deployment(bool(admitted) or not found.complete, witness)


def absence(data: Data, source: str, target: str, given: Mapping[str, str], guard: Guard = ()) -> Deployment:
    """Return the deployment in which a resource is absent and another one exists, which needs it under a guard."""
    own = resource(data, target).get("Condition")
    if not isinstance(own, str):
        return Deployment(possible=not resource(data, target))
    needed = (*existing(data, source), *guard)
    return Deployment(possible=False) if (own, True) in needed else deployment(data, (*needed, (own, False)), given)


def existing(data: Data, logical_id: str) -> Guard:
    """Return the condition under which a resource exists."""
    condition = resource(data, logical_id).get("Condition")
    return ((condition, True),) if isinstance(condition, str) else ()


def where(conditions: Iterable[tuple[str, bool]]) -> str:
    """Return conditions in words: ``A is true and B is false``."""
    return " and ".join(f"{name} is {str(holds).lower()}" for name, holds in conditions)


def is_processed(data: Data) -> bool:
    """Tell whether macros or modules add resources before the template is deployed, whose names are not in it."""
    resources = section(data, "Resources")
    kinds = (str(one.get("Type")) for one in resources.values() if isinstance(one, dict))
    return "Transform" in data or any(name.startswith("Fn::") for name in resources) or any(map(_is_module, kinds))


def _is_module(kind: str) -> bool:
    return kind.endswith("::MODULE")


def _is_sure(data: Data, names: Iterable[str], given: Mapping[str, str], scenario: Scenario) -> bool:
    """Tell whether a deployment is surely possible in which the conditions are as in a scenario.

    It may not be where the rules of the template exclude it (AWS CloudFormation User Guide, Rules), where tests that are
    answered one by one hang together, or where a parameter has a value that is none of several that the template knows.
    """
    if section(data, "Rules") or not set(names) <= section(data, "Conditions").keys():
        return False
    questions = Questions(data, known_parameters(data, given), given)
    for name in names:
        questions.read(name)
    if not questions.names.keys() <= section(data, "Conditions").keys():
        return False
    tests = mentions([json.loads(key) for key in questions.open])
    if len(questions.open) > 1 or tests & questions.compared.keys():
        return False
    several = [name for name, values in questions.compared.items() if len(values) > 1 and not name.startswith("AWS::")]
    return all(name in scenario.parameters or allowed_values(data, name) for name in several)
