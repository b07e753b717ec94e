"""Finding the organization's id in what a template already has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import is_organization_id
from remediate.cloudformation.policies import WrittenStatement, documents
from remediate.cloudformation.policy_conditions import written_conditions
from remediate.delivery.candidates import logging_resources
from remediate.delivery.service import LogService
from remediate.iam.holders import held_by
from remediate.template import Plain

ORGANIZATION_ID = re.compile(r"(?:^|/)(o-[a-z0-9]{10,32})(?=$|[/*])")
"""An id at its place in a path. Source: AWS Organizations API Reference, Organization, Id."""
_KEYS = frozenset({"aws:sourceorgid", "aws:sourceorgpaths", "aws:principalorgid", "aws:principalorgpaths"})


def find_organization_id(model: TemplateModel, service: LogService) -> Plain:
    """Return the expression for the organization's id, None where the template has none or more than one.

    It is a parameter for such an id, else what the policies of the logging resources say of the service's organization: a
    folder that it may write to, the organization that a condition of its Allow asks for, or the only one that a Deny for
    everybody leaves in. An id anywhere else may be another organization's.
    """
    memory, name = model.memory, (find_organization_id, service)
    if name not in memory:
        memory[name] = _find(model, service)
    return memory[name]  # type: ignore[return-value]  # put there above


def _find(model: TemplateModel, service: LogService) -> Plain:
    parameters = [name for name, one in model.parameters.items() if is_organization_id(name, one)]
    if parameters:
        return {"Ref": parameters[0]} if len(parameters) == 1 else None
    found = {
        one for statement in _statements(model, service) for one in (*_allowed(statement, service), *_left_in(statement))
    }
    return found.pop() if len(found) == 1 else None


def _statements(model: TemplateModel, service: LogService) -> Iterator[WrittenStatement]:
    for name in sorted(logging_resources(model, service)):
        kind = held_by(model.type_of(name))
        for document in documents(model, name, kind) if kind else ():
            yield from document.statements


def _allowed(statement: WrittenStatement, service: LogService) -> Iterator[str]:
    principal = statement.data.get("Principal")
    named = principal.get("Service") if isinstance(principal, dict) else None
    if statement.data.get("Effect") == "Allow" and service.is_mentioned(json.dumps(named, default=str)):
        yield from _ids(statement.data.get("Resource"))
        yield from _asked(statement, negated=False)


def _left_in(statement: WrittenStatement) -> Iterator[str]:
    if statement.data.get("Effect") == "Deny" and statement.data.get("Principal") in ("*", {"AWS": "*"}):
        yield from _asked(statement, negated=True)


def _asked(statement: WrittenStatement, *, negated: bool) -> Iterator[str]:
    for entry in written_conditions(statement):
        if entry.key.lower() in _KEYS and ("not" in entry.operator.lower()) is negated:
            yield from _ids(entry.value)


def _ids(written: Plain) -> Iterator[str]:
    if isinstance(written, str):
        yield from ORGANIZATION_ID.findall(written)
    elif isinstance(written, dict | list):
        for item in written.values() if isinstance(written, dict) else written:
            yield from _ids(item)
