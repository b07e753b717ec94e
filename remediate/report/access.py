"""How the reports name statements, and who else has access after the fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from remediate.delivery.new_access import NewAccess
from remediate.iam.statement import Statement

DOCUMENTED = "documented"
DEPUTY = "A service that acts on behalf of another account is a confused deputy."


def labels(statements: Sequence[Statement]) -> str:
    """Return how people name statements: the Sid in backticks, else the number in the policy."""
    return ", ".join(dict.fromkeys(f"`{one.sid}`" if one.sid else f"statement {one.index + 1}" for one in statements))


def held(found: Sequence[NewAccess]) -> list[NewAccess]:
    """Return what a fix opens after a review alone: what guarantee 6 holds."""
    return [one for one in found if not one.told_only]


def is_documented(patch_sets: Iterable[str]) -> bool:
    """Tell whether the patch sets of a run are those that restrict the service to the template's own sources."""
    return any(name.endswith(f"/{DOCUMENTED}") for name in patch_sets)


def warnings(found: Sequence[NewAccess], patch_sets: Iterable[str]) -> Iterator[str]:
    """Yield the new access of others for a terminal, and how to prevent it; ``patch_sets`` are those of the run."""
    opened = held(found)
    yield from (f"NEW ACCESS: {line}" for line in opening_lines(opened))
    if any(one.outsider.deputy for one in opened):
        another_set = "" if is_documented(patch_sets) else f"use --patch-set {DOCUMENTED}, or "
        yield f"to prevent this, {another_set}add a condition on aws:SourceArn"


def also_allowed(found: Sequence[NewAccess], lead: str = "also newly allowed") -> Iterator[str]:
    """Yield what a fix allows besides, without a review: it is told, and guarantee 6 does not hold it."""
    yield from (f"{lead}: {line}" for line in opening_lines([one for one in found if one.told_only]))


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
