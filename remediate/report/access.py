"""How the reports name statements, and who else has access after the fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.delivery.new_access import NewAccess
from remediate.iam.statement import Statement

DOCUMENTED = "documented"
DEPUTY = "A service that acts on behalf of another account is a confused deputy."
_PREVENTION = f"to prevent this, use --patch-set {DOCUMENTED}, or add a condition on aws:SourceArn"


def labels(statements: Sequence[Statement]) -> str:
    """Return how people name statements: the Sid in backticks, else the number in the policy."""
    return ", ".join(dict.fromkeys(f"`{one.sid}`" if one.sid else f"statement {one.index + 1}" for one in statements))


def warnings(found: Sequence[NewAccess]) -> Iterator[str]:
    """Yield the new access of others for a terminal, and how to prevent it. The service itself is not among the others."""
    yield from (f"NEW ACCESS: {line}" for line in opening_lines([one for one in found if not one.outsider.insecure]))
    yield from (f"also newly allowed: {line}" for line in opening_lines([one for one in found if one.outsider.insecure]))
    if any(one.outsider.deputy for one in found):
        yield _PREVENTION


def opening_lines(found: Sequence[NewAccess]) -> Iterator[str]:
    """Yield the new access of others, a line for each caller and policy."""
    grouped: dict[tuple[str, str], list[NewAccess]] = {}
    for one in found:
        deputy = one.outsider.deputy
        who = f"{deputy} on behalf of any other AWS account" if deputy else one.outsider.who
        grouped.setdefault((who, one.logical_id), []).append(one)
    for (who, logical_id), new_access in grouped.items():
        actions = ", ".join(dict.fromkeys(one.outsider.request.action for one in new_access))
        by = labels([one.by[0] for one in new_access if one.by])
        yield f"{who}: {actions} ({', '.join(filter(None, (logical_id, by)))})"
