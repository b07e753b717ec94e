"""Finding the organization's id in what a template already has."""

from __future__ import annotations

import json
import re

from remediate.cloudformation.closure import logging_resources
from remediate.cloudformation.parameters import is_organization_id
from remediate.cloudformation.resources import Data, resource, section
from remediate.template import Plain

ORGANIZATION_ID = re.compile(r"\bo-[a-z0-9]{10,32}\b")
"""AWS Organizations API Reference, Organization, Id."""


def find_organization_id(data: Data) -> Plain:
    """Return the expression for the organization's id, None where the template has none or more than one."""
    parameters = [name for name, one in section(data, "Parameters").items() if is_organization_id(name, one)]
    if parameters:
        return {"Ref": parameters[0]} if len(parameters) == 1 else None
    texts = (json.dumps(resource(data, name), default=str) for name in sorted(logging_resources(data)))
    literal = {found for one in texts for found in ORGANIZATION_ID.findall(one)}
    return literal.pop() if len(literal) == 1 else None
