"""Condition keys as patch files name them, and the conditions under which a policy names a service."""

from __future__ import annotations

import math
from collections.abc import Sequence

from remediate.cloudformation.expression import conditions_of
from remediate.cloudformation.policies import WrittenStatement
from remediate.delivery.delivery import Delivery

When = tuple[tuple[str, bool], ...]
"""The conditions under which a part of a template is there."""


def named(key: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a condition key is one of the named; keys ignore case (IAM User Guide, Condition)."""
    name = key.lower()
    return any(name.startswith(one[:-1].lower()) if one.endswith("*") else name == one.lower() for one in patterns)


def when_named(statements: Sequence[WrittenStatement], deliveries: Sequence[Delivery]) -> When | None:
    """Return the conditions under which statements name the service of the deliveries, where these hold no source.

    Without a source the policy's word is all that speaks for the service. Empty where that depends on no condition; None
    where no list of conditions says when.
    """
    found = [delivery.resolver.scenario.conditions for delivery in deliveries if delivery.source is None]
    asked = {name for one in statements for name in (*conditions_of(one.data.get("Principal")), *dict(one.guard))}
    names = sorted(asked) if found else []
    values = {name: {conditions.get(name) for conditions in found} for name in names}
    different = {tuple(conditions.get(name) for name in names) for conditions in found}
    if names and len(different) < math.prod(map(len, values.values())):
        return None
    return tuple((name, True in had) for name, had in values.items() if len(had) == 1 and None not in had)
