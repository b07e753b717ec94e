"""How large a policy is at least, and whether its service takes it.

CloudFormation sends the document as JSON without blanks.
"""

from __future__ import annotations

import json

from remediate.cloudformation.resolve import Resolver
from remediate.iam.holders import HOLDERS, PolicyKind
from remediate.partial_string import PartialString, UnknownPart, Value
from remediate.template import Plain

_SHORTEST = {"AWS::AccountId": 12, "AWS::Region": len("us-east-1")}


def policy_size(resolver: Resolver, document: Plain) -> int:
    """Return the bytes that a policy document has at least: whatever a part is that is not known, it is not empty."""
    written = json.dumps(_shortest(resolver.value(document)), ensure_ascii=False, separators=(",", ":"))
    return len(written.encode(errors="replace"))


def policy_too_large(resolver: Resolver, document: Plain, kind: PolicyKind) -> str | None:
    """Say that a policy document is surely larger than its service takes, None where it need not be."""
    size = policy_size(resolver, document)
    holder = HOLDERS[kind]
    if size <= holder.limit:
        return None
    return f"the policy has at least {size:,} bytes, and {holder.service} takes no more than {holder.limit:,}"


def _shortest(value: Value) -> object:
    if isinstance(value, PartialString):
        return "".join("x" * _length(part) if isinstance(part, UnknownPart) else part for part in value.parts)
    if isinstance(value, list):
        return [_shortest(item) for item in value]
    if isinstance(value, dict):
        return {key: _shortest(item) for key, item in value.items()}
    return value


def _length(unknown: UnknownPart) -> int:
    return _SHORTEST.get(unknown.name, 1)
