"""The statements that a patch set wants in a policy outside the template, as JSON to paste there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from msgspec import Struct

from remediate.delivery.delivery import Delivery
from remediate.delivery.open_values import as_in_sub
from remediate.patch_set import Allow, Condition, PatchSet, Require
from remediate.plan.vocabulary import condition, service_principal


def statements(delivery: Delivery, patch_set: PatchSet, role: str, resources: Mapping[str, Sequence[str]]) -> str:
    """Return the statements of a patch set's rules for a role, ``""`` where it has none.

    ``resources`` are the names of the vocabulary with what they stand for. A condition that depends on the object ownership
    of the bucket is left out, for nothing is known of it.
    """
    rules = [rule for patch in patch_set.patches if role in patch.roles for rule in patch.ensure]
    found: list[_Statement] = []
    for rule in (rule for rule in rules if isinstance(rule, Allow)):
        guard = (rule.guard or {}).get("key-policy" if role.endswith("key-policy") else role, {})
        named = tuple(dict.fromkeys(one for name in rule.resources for one in resources.get(name, ())))
        if not named:
            continue  # a resource of another kind of policy
        service = as_in_sub(delivery, service_principal(rule.service), "Region")
        limits = _limits(delivery, rule.condition or {}, guard)
        wanted = _Statement(rule.sid, service, named, limits, omitted=_OMITTED.get(role, frozenset()))
        same = next((one for one in found if one.is_like(wanted)), None)
        if same is None:
            found.append(wanted)
        (same or wanted).add(rule.actions)
    for required in (rule for rule in rules if isinstance(rule, Require) and rule.when is None):
        for one in found:
            service = as_in_sub(delivery, service_principal(required.service), "Region")
            if one.service == service and all(required.action in (None, action) for action in one.actions):
                one.limits = _joined(one.limits, _limits(delivery, required.condition))
    ordered = sorted(found, key=lambda one: one.resources != tuple(resources.get("log-bucket", ())))
    return json.dumps([one.written(ordered[:index]) for index, one in enumerate(ordered)], indent=2) if ordered else ""


_Limits = Mapping[str, Mapping[str, str]]
_OMITTED = {"trust-policy": frozenset({"Resource"}), "permissions-policy": frozenset({"Principal"})}
"""The elements that a statement for a role has not: a trust policy is about its role, what a role may do about itself."""


class _Statement(Struct):
    sid: str
    service: str
    resources: tuple[str, ...]
    limits: _Limits
    actions: tuple[str, ...] = ()
    omitted: frozenset[str] = frozenset()

    def is_like(self, other: _Statement) -> bool:
        """Tell whether two differ in nothing but their actions."""
        return (self.sid, self.service, self.resources, self.limits) == (
            other.sid,
            other.service,
            other.resources,
            other.limits,
        )

    def add(self, actions: Sequence[str]) -> None:
        """Allow further actions."""
        self.actions = tuple(dict.fromkeys((*self.actions, *actions)))

    def written(self, before: Sequence[_Statement]) -> dict[str, object]:
        """Return the statement as it stands behind others; a Sid is there only once."""
        earlier = sum(one.sid == self.sid for one in before)
        found = {
            "Sid": f"{self.sid}{earlier + 1}" if earlier else self.sid,
            "Effect": "Allow",
            "Principal": {"Service": self.service},
            "Action": self.actions,
            "Resource": self.resources[0] if len(self.resources) == 1 else self.resources,
            **({"Condition": self.limits} if self.limits else {}),
        }
        return {name: one for name, one in found.items() if name not in self.omitted}


def _limits(delivery: Delivery, *written: Condition) -> _Limits:
    """Return conditions with the names of the vocabulary replaced; what the template does not hold is left out."""
    found: dict[str, dict[str, str]] = {}
    for one in written:
        for operator, key, value in condition(one, (delivery,)):
            if value is not None:
                found.setdefault(operator, {})[key] = as_in_sub(
                    delivery, value, f"name of the {delivery.service.source.noun}"
                )
    return found


def _joined(one: _Limits, other: _Limits) -> _Limits:
    return {operator: {**other.get(operator, {}), **one.get(operator, {})} for operator in {**one, **other}}
