"""What the ids in a report mean, for formats that explain them."""

from __future__ import annotations

from remediate.diagnosis import Cause
from remediate.patch_set import Patch, PatchSet
from remediate.reasons import described

HOMEPAGE = "https://github.com/remediate-cfn/remediate"


def explained(patch_set: PatchSet) -> dict[str, Patch | Cause]:
    """Return by its id what an annotation can be about: a root cause, a patch of the set, a reason or a request."""
    return {**described(), **{one.id: one for one in patch_set.patches}}


def page(one: Patch | Cause | None) -> str:
    """Return the address of a page that explains an id: its first reference, else this project's."""
    return next(iter(one.references if one else ()), HOMEPAGE)
