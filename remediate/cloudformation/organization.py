"""Finding the organization's id in what a template already has."""

from __future__ import annotations

import json
import re

from remediate.cloudformation.closure import logging_resources
from remediate.cloudformation.resources import Data, resource, section
from remediate.template import Plain

ORGANIZATION_ID = re.compile(r"\bo-[a-z0-9]{10,32}\b")
"""AWS Organizations API Reference, Organization, Id."""

_PARAMETER_NAME = re.compile(r"org(ani[sz]ation)?s?_?-?id(entifier)?$", re.IGNORECASE)


def find_organization_id(data: Data) -> Plain:
    """Return the expression for the organization's id, None where the template has none or more than one."""
    parameters = [name for name, one in section(data, "Parameters").items() if is_organization_id(name, one)]
    if len(parameters) == 1:
        return {"Ref": parameters[0]}
    text = "".join(json.dumps(resource(data, name), default=str) for name in sorted(logging_resources(data)))
    literal = set(ORGANIZATION_ID.findall(text))
    return literal.pop() if len(literal) == 1 and not parameters else None


def is_organization_id(name: str, parameter: Plain) -> bool:
    """Tell whether a parameter is for an organization's id, by its pattern or else by its name."""
    pattern = str(parameter.get("AllowedPattern", "")) if isinstance(parameter, dict) else ""
    return "o-[a-z0-9]" in pattern or bool(_PARAMETER_NAME.search(name))
