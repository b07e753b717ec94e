"""Policies that are larger than their service takes as they stand, whatever is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import Document
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.size import policy_too_large
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.finding import Finding
from remediate.iam.holders import HOLDERS, is_of_identity
from remediate.template import Plain, value_at

_LONGER = 5
"""So many times as long as it is written a policy may become by the values in it."""


def size_findings(delivery: Delivery, model: TemplateModel, document: Document) -> Iterator[Finding]:
    """Yield that a policy is surely too large; of a role's own policies the first counts, to which the others add."""
    holder = HOLDERS[document.kind]
    if is_of_identity(document.kind) and document.path[-1] == holder.property:
        return  # it has no policy of its own that is written out
    if _is_too_large(delivery.resolver, model, document):
        detail = f"the policy has more than the {holder.limit:,} bytes that {holder.service} takes"
        advice = "no patch does it: take statements out, or join those that differ in one principal, action or resource only"
        yield Finding("policy-too-large", document.logical_id, document.path, detail, document.kind, advice=advice)


def _is_too_large(resolver: Resolver, model: TemplateModel, document: Document) -> bool:
    """Tell whether a policy is surely too large under a scenario: once, whatever number of sources log through it."""
    memory, name = model.memory, (size_findings, document.kind, document.path, resolver)
    if name not in memory:
        written = value_at(model.data, document.path)
        worth = isinstance(written, dict) and _may_be(model, document, written)
        memory[name] = worth and policy_too_large(resolver, written, document.kind) is not None
    return bool(memory[name])


def _may_be(model: TemplateModel, document: Document, written: Plain) -> bool:
    """Tell whether a policy is worth measuring under each scenario: values make no policy several times as long."""
    memory, name = model.memory, (_may_be, document.path)
    if name not in memory:
        memory[name] = len(json.dumps(written, default=str)) * _LONGER > HOLDERS[document.kind].limit
    return bool(memory[name])
