"""A patch and its rules, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct, field

from remediate.delivery.service import LogService, UsedBy
from remediate.delivery.services import default_service
from remediate.template import Plain

Condition = Mapping[str, Mapping[str, str]]
Guard = Mapping[str, Condition]
"""The condition that keeps strangers out, by the role of the policy."""
Need = Literal["repair", "precaution", "either"]
"""What a rule is for: a documented request fails without a repair; none fails without a precaution.

``either``: the one where a documented request is denied for what the rule is about, else the other.
"""


class Allow(Struct, frozen=True):
    """A service may do the actions on the resources; needed where one of the ``denied`` requests is denied.

    ``guard`` is the condition that every statement which is added carries. ``joins``: a statement for one of these
    actions may be completed, too.
    """

    sid: str
    service: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    denied: tuple[str, ...]
    joins: tuple[str, ...] = ()
    condition: Condition | None = None
    guard: Guard | None = None
    need: Need = "either"


class NotRequire(Struct, frozen=True):
    """No Allow statement of the service requires the condition keys (``*`` at the end of one matches any rest).

    With ``unless: matches-source`` those that can be shown to match stay. ``guard`` takes the place of a condition that kept
    others out.
    """

    service: str
    conditions: tuple[str, ...]
    because: str
    unless: str | None = None
    when: Mapping[str, tuple[str, ...]] | None = None
    guard: Guard | None = None
    need: Need = "either"


class Require(Struct, frozen=True):
    """The service's Allow statements, for the action or all of them, carry the condition."""

    service: str
    condition: Condition
    because: str
    action: str | None = None
    when: Mapping[str, tuple[str, ...]] | None = None
    need: Need = "precaution"


class Complete(Struct, frozen=True):
    """An Allow statement that the service already has gains the actions."""

    service: str
    actions: tuple[str, ...]
    need: Need = "precaution"


class Separate(Struct, frozen=True):
    """The condition keys stand on these actions alone, which keep them in a statement of their own.

    ``guard`` takes the place of the conditions where they kept others out.
    """

    service: str
    actions: tuple[str, ...]
    conditions: tuple[str, ...]
    because: str
    guard: Guard | None = None
    need: Need = "either"


class DependOn(Struct, frozen=True):
    """The resource is created after the one with this role."""

    role: str
    need: Need = "either"


class NameByArn(Struct, frozen=True):
    """The source names its key or bucket, or the bucket its default key, by the ARN, where the template has it."""

    role: str
    need: Need = "repair"


class AddPolicy(Struct, frozen=True):
    """The bucket has a policy of these statements and of what the named patches ensure."""

    statements: tuple[dict[str, Plain], ...]
    including: tuple[str, ...]
    need: Need = "either"


class AddProperty(Struct, frozen=True):
    """The resource has the property, with this value where it has none; only ``when`` S3 refuses one of these ACLs of it."""

    name: str
    value: Plain
    because: str
    when: Mapping[str, tuple[str, ...]]
    need: Need = "repair"


class RemoveProperty(Struct, frozen=True):
    """The resource does not have the property: ``when`` S3 refuses one of these ACLs of it, or without that at all."""

    name: str
    because: str
    when: Mapping[str, tuple[str, ...]] | None = None
    need: Need = "repair"


PropertyRule: TypeAlias = AddProperty | RemoveProperty
Ensure: TypeAlias = (
    "Allow | NotRequire | Require | Complete | Separate | DependOn | NameByArn | AddPolicy | AddProperty | RemoveProperty"
)
OfResources: TypeAlias = DependOn | NameByArn | AddPolicy | AddProperty | RemoveProperty
"""The rules that are not about the statements of a policy."""
RULES: Final[Mapping[str, type[Ensure]]] = {
    "allow": Allow,
    "not-require": NotRequire,
    "require": Require,
    "complete": Complete,
    "separate": Separate,
    "depend-on": DependOn,
    "name-by-arn": NameByArn,
    "policy": AddPolicy,
    "property": AddProperty,
    "no-property": RemoveProperty,
}
"""Every rule by its name in a patch file."""


class Patch(Struct, frozen=True):
    """One patch, as its file says; ``mends`` are the root causes that it fixes."""

    id: str
    title: str
    why: str
    references: tuple[str, ...]
    safety: Literal["safe", "review"]
    roles: tuple[str, ...]
    ensure: tuple[Ensure, ...]
    mends: tuple[str, ...] = ()

    def allowing(self) -> frozenset[str]:
        """Return the ids of the requests that it allows."""
        return frozenset(name for rule in self.ensure if isinstance(rule, Allow) for name in rule.denied)


class PatchSet(Struct, frozen=True):
    """A named set of patches for a service, in the order in which they are planned; its name is ``<service>/<set>``.

    ``used_by``: the service is a leg of another one, and only what that one's sources use is looked at.
    """

    name: str
    patches: tuple[Patch, ...]
    service: LogService = field(default_factory=default_service)
    used_by: UsedBy | None = None

    def patch(self, patch_id: str) -> Patch | None:
        """Return the patch with an id, None where the set has none."""
        return next((patch for patch in self.patches if patch.id == patch_id), None)

    def fixing(self, cause: str, kind: str = "") -> tuple[str, ...]:
        """Return the ids of the patches that fix a root cause, or allow a request that is denied.

        ``kind`` is the kind of policy that is concerned: a patch of none but others does not fix it there.
        """
        fixing = (one for one in self.patches if cause in one.mends or cause in one.allowing())
        return tuple(one.id for one in fixing if kind not in _ROLES or _ROLES[kind].intersection(one.roles))


_ROLES = {
    "bucket": {"source", "bucket", "bucket-policy", "policy-writer"},
    "key": {"source", "key-policy", "bucket-key-policy", "topic-key-policy"},
    "topic": {"source", "topic", "topic-policy"},
}
"""The roles of resources in which a patch changes something about a kind of policy."""
