"""What the user has acknowledged, with ``--ignore`` or in the template: with a root cause the requests refused for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct, field

from remediate.diagnosis import Finding
from remediate.plan.at_resources import AtResources
from remediate.plan.outcome import Skipped


class Acknowledged(Struct, frozen=True):
    """The ids that are ignored, the requests at a policy that ignored root causes are about, and what the template says."""

    ids: frozenset[str] = frozenset()
    requests: frozenset[tuple[str, str]] = frozenset()
    there: AtResources = field(default_factory=AtResources)

    def request(self, logical_id: str, request_id: str) -> bool:
        """Tell whether nobody wants to hear of a request to a policy."""
        return self._is_request(logical_id, request_id) or self.there.request(logical_id, request_id)

    def finding(self, finding: Finding) -> bool:
        """Tell whether nobody wants to hear of a root cause: it is ignored, or every request that is refused for it."""
        requests = [self._is_request(finding.logical_id, request) for request in finding.requests]
        return finding.cause in self.ids or (bool(requests) and all(requests)) or self.there.finding(finding)

    def skipped(self, skipped: Skipped) -> bool:
        """Tell whether nobody wants to hear a remark."""
        return self._is_request(skipped.logical_id, skipped.subject) or self.there.skipped(skipped)

    def _is_request(self, logical_id: str, subject: str) -> bool:
        return subject in self.ids or (logical_id, subject) in self.requests


def acknowledged(findings: Iterable[Finding], ignore: Collection[str], there: AtResources) -> Acknowledged:
    """Return what is acknowledged by ignoring ids, and ``there``, where ``findings`` are all root causes of a template."""
    ignored = [finding for finding in findings if finding.cause in ignore]
    requests = frozenset((finding.logical_id, request) for finding in ignored for request in finding.requests)
    return Acknowledged(frozenset(ignore), requests, there)
