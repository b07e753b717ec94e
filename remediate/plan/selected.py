"""What a selection of patches is about: a run with ``--select`` is judged on that alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from remediate.diagnosis import Finding
from remediate.iam.holders import PolicyKind
from remediate.patch_set import AddProperty, Patch, RemoveProperty
from remediate.plan.outcome import Applied, Skipped

_ROLES = {
    "bucket-outside": {"bucket", "bucket-policy"},
    "bucket-policy": {"bucket", "bucket-policy"},
    "key-outside": {"key-policy", "bucket-key-policy"},
    "key-policy": {"key-policy", "bucket-key-policy", "topic-key-policy"},
    "topic-outside": {"topic", "topic-policy"},
    "topic-policy": {"topic", "topic-policy"},
    "topic-key-outside": {"topic-key-policy"},
    "role-outside": {"trust-policy", "permissions-policy"},
    "role-policy": {"trust-policy"},
    "permissions-policy": {"permissions-policy"},
}
"""The remarks that are about what a patch changes, by the roles of the resources that it changes."""


class Selected(Struct, frozen=True):
    """The patches that were selected, none where all are wanted."""

    patches: tuple[Patch, ...]

    def finding(self, finding: Finding) -> bool:
        """Tell whether a root cause is one that the patches fix, or is why a request that they allow is denied.

        One that no patch fixes, and that is seen without a request, may be what keeps them from working.
        """
        if not self.patches:
            return True
        fixing = [patch for patch in self.patches if patch.id in finding.patches]
        if not finding.requests:
            return bool(fixing) or (not finding.patches and self._is_near(finding.kind))
        direct = any(not patch.allowing() for patch in fixing)
        return direct or ((bool(fixing) or not finding.patches) and any(map(self._allows, finding.requests)))

    def skipped(self, skipped: Skipped, findings: Iterable[Finding]) -> bool:
        """Tell whether a remark is about the patches; ``findings`` are the root causes that it may be about."""
        if not self.patches or not (skipped.unfixed or skipped.why in {"undecidable", "harmless"}):
            return True
        if any(skipped.subject == patch.id for patch in self.patches) or self._allows(skipped.subject):
            return True
        if any(_ROLES.get(skipped.subject, set()).intersection(_roles(patch)) for patch in self.patches):
            return True
        return any(
            self.finding(one) for one in findings if (one.cause, one.logical_id) == (skipped.subject, skipped.logical_id)
        )

    def rest(self, applied: Iterable[Applied], kept: Sequence[Skipped], left_out: Iterable[Skipped]) -> list[Skipped]:
        """Return what is said of patches that had nothing to do, and in one line of the problems that are left out."""
        told = {one.patch.id for one in applied} | {one.subject for one in kept}
        said = [Skipped(one.id, "kept", "there was nothing to change") for one in self.patches if one.id not in told]
        others = sum(one.unfixed for one in left_out)
        if others:
            problems = "1 other problem is" if others == 1 else f"{others} other problems are"
            said.append(Skipped("not-selected", "unselected", f"{problems} not about the selected patches"))
        return said

    def _is_near(self, kind: PolicyKind) -> bool:
        roles = _ROLES[f"{kind}-policy"] | {"source"}
        return any(roles.intersection(_roles(patch)) for patch in self.patches)

    def _allows(self, request: str) -> bool:
        return any(request in patch.allowing() for patch in self.patches)


def _roles(patch: Patch) -> tuple[str, ...]:
    """Return the roles of the resources whose policies, or whose order, a patch is about: none for properties alone."""
    return () if all(isinstance(rule, AddProperty | RemoveProperty) for rule in patch.ensure) else patch.roles
