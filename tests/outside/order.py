"""The order in which CloudFormation creates resources. Source: AWS CloudFormation User Guide, DependsOn attribute."""

from __future__ import annotations

import json
import re

from tests.outside.parts import items
from tests.outside.sampling import Sampled


def comes_before(sampled: Sampled, first: str, then: str) -> bool:
    """Whether ``then`` depends on ``first``, by DependsOn or by what it refers to, itself or through others."""
    rest, seen = [then], {then}
    while rest:
        for one in _needs(sampled, rest.pop()) - seen:
            if one == first:
                return True
            seen.add(one)
            rest.append(one)
    return False


def _needs(sampled: Sampled, logical_id: str) -> set[str]:
    resource = sampled.resources[logical_id]
    if not sampled.exists(logical_id):
        return set()
    named = set(items(resource.get("DependsOn")))
    text = json.dumps(sampled.existing_parts(resource.get("Properties") or {}), default=str)
    named |= set(re.findall(r'"Ref": "(\w+)"', text)) | set(re.findall(r'"Fn::GetAtt": \[?"(\w+)', text))
    named |= set(re.findall(r"\$\{(\w+)[.}]", text))
    return {one for one in named if one in sampled.resources}
