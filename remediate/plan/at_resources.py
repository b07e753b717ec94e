"""What is ignored at the resources of a template: root causes, requests, patches, and whatever they are told of as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from remediate.diagnosis import Finding
from remediate.patch_set import Patch
from remediate.plan.outcome import Skipped
from remediate.suppressions import Ignore

_UNJUDGED = frozenset({"bucket-policy", "key-policy", "topic-policy", "role-policy", "permissions-policy"})
"""Remarks that a policy cannot be judged."""


class Suppressed(Struct, frozen=True):
    """Something that is not reported, and the ignore that says why."""

    what: Finding | Skipped
    ignore: Ignore


class AtResources:
    """What ignores come to in a template whose root causes are all known.

    A root cause is ignored by its own id, by that of a patch that would fix it, and by those of all requests that are
    refused for it. A request is ignored with the root causes for which it is refused, if all of them are.
    """

    def __init__(
        self,
        ignores: Sequence[Ignore] = (),
        findings: Iterable[Finding] = (),
        patches: Sequence[Patch] = (),
        anywhere: Iterable[str] = (),
    ) -> None:
        """Begin with the template's ignores that count, all its root causes, and the patches of the set.

        ``anywhere`` are the ids that the run ignores in every template, of which it tells nothing.
        """
        self._written = ignores
        self.ignores = (*ignores, *(Ignore(one, "") for one in anywhere))
        self._patches = {patch.id: patch for patch in patches}
        self._ignored: list[Suppressed] = []
        self._open: list[Finding] = []
        for one in findings if self.ignores else ():
            by = self._ignoring(one)
            if by:
                self._ignored.append(Suppressed(one, by))
            else:
                self._open.append(one)
        refused, still = ({(one.logical_id, name) for one in found for name in one.requests} for found in self._sides())
        self._requests = refused - still

    def finding(self, finding: Finding) -> bool:
        """Tell whether a root cause is ignored."""
        return bool(self.ignores) and self._ignoring(finding) is not None

    def request(self, logical_id: str, request_id: str) -> bool:
        """Tell whether a request to a policy is ignored."""
        if not self.ignores:
            return False
        return (logical_id, request_id) in self._requests or self._by_request(logical_id, request_id) is not None

    def skipped(self, skipped: Skipped) -> bool:
        """Tell whether a remark is about what is ignored."""
        patch = self._patches.get(skipped.subject)
        return (
            self._by(skipped.logical_id, skipped.subject) is not None
            or self.request(skipped.logical_id, skipped.subject)
            or (patch is not None and self.holds(patch, skipped.logical_id))
            or (skipped.subject in _UNJUDGED and self._is_settled(skipped.logical_id))
        )

    def holds(self, patch: Patch, logical_id: str) -> bool:
        """Tell whether a patch must not change a resource: it is ignored there, or all that it would fix there is."""
        if not self.ignores:
            return False
        if self._by(logical_id, patch.id):
            return True
        if any(one.logical_id == logical_id and patch in self._mainly(one) for one in self._open):
            return False
        ignored = [one.what for one in self._ignored if one.what.logical_id == logical_id]
        requests = (self._by(logical_id, name) for name in patch.allowing())
        return any(isinstance(one, Finding) and _fixes(patch, one) for one in ignored) or any(requests)

    def at_any(self, logical_ids: frozenset[str]) -> bool:
        """Tell whether a root cause is ignored at one of some resources."""
        return any(one.what.logical_id in logical_ids for one in self._ignored)

    def told(self, remarks: Iterable[Skipped]) -> tuple[Suppressed, ...]:
        """Return the ignored root causes, and of some remarks those that are ignored by their own id."""
        found = [one for one in self._ignored if one.ignore in self._written]
        for one in remarks:
            by = self._by(one.logical_id, one.subject)
            if by in self._written and by and not any(_tells(other.what, one) for other in found):
                found.append(Suppressed(one, by))
        return tuple(found)

    def _mainly(self, finding: Finding) -> list[Patch]:
        """Return the patches that fix a root cause: those that remove it, else those that allow its requests another way."""
        found = [patch for name in finding.patches if (patch := self._patches.get(name)) and _fixes(patch, finding)]
        return [patch for patch in found if not patch.allowing()] or found

    def _is_settled(self, logical_id: str) -> bool:
        """Tell whether requests to a policy are ignored, and nothing at it counts."""
        ignored = any(name == logical_id for name, _ in self._requests)
        return ignored and not any(one.logical_id == logical_id for one in self._open)

    def _sides(self) -> tuple[list[Finding], list[Finding]]:
        return [one.what for one in self._ignored if isinstance(one.what, Finding)], self._open

    def _by(self, logical_id: str, name: str) -> Ignore | None:
        return next((one for one in self.ignores if one.id == name and one.covers(logical_id)), None)

    def _by_request(self, logical_id: str, request_id: str) -> Ignore | None:
        """Return what ignores a request, by its own id or as one of those that an ignored patch allows."""
        patches = (name for name, patch in self._patches.items() if request_id.startswith(tuple(patch.allowing())))
        return next(filter(None, (self._by(logical_id, name) for name in (request_id, *patches))), None)

    def _ignoring(self, finding: Finding) -> Ignore | None:
        if own := self._by(finding.logical_id, finding.cause):
            return own
        for name in finding.patches:
            by = self._by(finding.logical_id, name)
            if by and name in self._patches and _fixes(self._patches[name], finding):
                return by
        requests = [self._by_request(finding.logical_id, name) for name in finding.requests]
        return requests[0] if requests and all(requests) else None


def _fixes(patch: Patch, finding: Finding) -> bool:
    """Tell whether a patch fixes all of a root cause: one that allows requests fixes it for these alone."""
    allowed = tuple(patch.allowing())
    return patch.id in finding.patches and (not allowed or all(name.startswith(allowed) for name in finding.requests))


def _tells(what: Finding | Skipped, one: Skipped) -> bool:
    """Tell whether something that is listed already says what a remark says."""
    if isinstance(what, Skipped) or what.logical_id != one.logical_id:
        return what == one
    return one.subject == what.cause or one.subject in what.requests or one.subject in what.patches
