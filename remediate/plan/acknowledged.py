"""What the user has acknowledged with ``--ignore``: ignoring a root cause ignores the requests that are refused for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct

from remediate.diagnosis import Finding
from remediate.plan.outcome import Skipped


class Acknowledged(Struct, frozen=True):
    """The ids that are ignored, and the requests at a policy that ignored root causes are about."""

    ids: frozenset[str] = frozenset()
    requests: frozenset[tuple[str, str]] = frozenset()

    def request(self, logical_id: str, request_id: str) -> bool:
        """Tell whether nobody wants to hear of a request to a policy."""
        return request_id in self.ids or (logical_id, request_id) in self.requests

    def finding(self, finding: Finding) -> bool:
        """Tell whether nobody wants to hear of a root cause: it is ignored, or every request that is refused for it."""
        requests = [self.request(finding.logical_id, request) for request in finding.requests]
        return finding.cause in self.ids or (bool(requests) and all(requests))

    def skipped(self, skipped: Skipped) -> bool:
        """Tell whether nobody wants to hear a remark."""
        return skipped.subject in self.ids or (skipped.logical_id, skipped.subject) in self.requests


def acknowledged(findings: Iterable[Finding], ignore: Collection[str]) -> Acknowledged:
    """Return what is acknowledged by ignoring ids, where ``findings`` are all root causes of a template."""
    ignored = [finding for finding in findings if finding.cause in ignore]
    requests = frozenset((finding.logical_id, request) for finding in ignored for request in finding.requests)
    return Acknowledged(frozenset(ignore), requests)
