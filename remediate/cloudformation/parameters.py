"""What a template's parameters are worth: by their default, by what the user says, or not known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from remediate.cloudformation.model import TemplateModel
from remediate.partial_string import PartialString, UnknownPart, Value, partial
from remediate.template import Plain

_ORGANIZATION_ID = re.compile(r"org(ani[sz]ation)?s?_?-?id(entifier)?$", re.IGNORECASE)
_MAY_HOLD_SEPARATORS = re.compile(r"arn|kms", re.IGNORECASE)


def known_parameters(model: TemplateModel, given: Mapping[str, str]) -> dict[str, Value]:
    """Return the parameters with a default and those that the user gives, pseudo parameters included.

    The default of an ``AWS::SSM::Parameter::Value`` is the name of the entry in the parameter store, so it is left out;
    a value that the user gives for one is taken to be the entry's value.
    Source: AWS CloudFormation User Guide, Parameters; Systems Manager parameter types.
    """
    known: dict[str, Value] = {}
    parameters = model.parameters
    for name, parameter in parameters.items():
        # No organization has an empty id: such a default only says that there may be none.
        nobody = isinstance(parameter, dict) and parameter.get("Default") == "" and is_organization_id(name, parameter)
        if isinstance(parameter, dict) and "Default" in parameter and not _is_stored(parameter) and not nobody:
            known[name] = _typed(parameter, parameter["Default"])
    for name, value in given.items():
        known[name] = _typed(parameters.get(name), value)
    return known


def allowed_values(model: TemplateModel, name: str) -> list[PartialString]:
    """Return a parameter's ``AllowedValues``, empty where it has none."""
    parameter = model.parameters.get(name)
    allowed = parameter.get("AllowedValues") if isinstance(parameter, dict) else None
    return [partial(written(value)) for value in allowed] if isinstance(allowed, list) else []


def unknown_parameter(name: str, parameter: Plain) -> PartialString:
    """Return a parameter without a value as what its name and pattern say of it."""
    if is_organization_id(name, parameter):
        return partial("o-", UnknownPart(name, begins="o-"))
    pattern = _pattern(parameter)
    if "12}" in pattern and ("\\d" in pattern or "[0-9]" in pattern) and "arn" not in pattern:
        return partial(UnknownPart(name, "digits"))
    # Names of buckets, Regions and accounts have neither slash nor colon; ARNs and names of keys have. A prefix may
    # hold slashes too, but never "AWSLogs/", which is all that its text is compared with.
    return partial(UnknownPart(name, "any" if _MAY_HOLD_SEPARATORS.search(name) else "name"))


def is_organization_id(name: str, parameter: Plain) -> bool:
    """Tell whether a parameter is for an organization's id, by its pattern or else by its name."""
    return "o-[a-z0-9]" in _pattern(parameter) or bool(_ORGANIZATION_ID.search(name))


def written(value: Plain) -> str:
    """Return a scalar as CloudFormation turns it to a string: ``true``, ``14``, ``text``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _typed(parameter: Plain, value: Plain) -> Value:
    """Return a parameter's value; lists are comma separated (AWS CloudFormation User Guide, Parameters, Type)."""
    if isinstance(parameter, dict) and "List" in str(parameter.get("Type")):
        items = value if isinstance(value, list) else written(value).split(",")
        return [partial(written(item).strip()) for item in items]
    return partial(written(value))


def _is_stored(parameter: Mapping[str, Plain]) -> bool:
    return str(parameter.get("Type")).startswith("AWS::SSM::Parameter::Value")


def _pattern(parameter: Plain) -> str:
    return str(parameter.get("AllowedPattern", "")) if isinstance(parameter, dict) else ""
