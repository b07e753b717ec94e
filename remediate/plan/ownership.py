"""Whether a patch's ``when`` holds for the log bucket."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.plan.case import Case


def holds(when: Mapping[str, tuple[str, ...]], case: Case) -> bool:
    """Tell whether every view's bucket has one of the object ownerships; a bucket that does not say so has none."""
    return bool(case.views) and all(view.object_ownership() in when["object-ownership"] for view in case.views)
