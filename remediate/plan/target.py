"""Which resources a patch acts on, and for which trails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from remediate.cloudformation.documents import Kind
from remediate.cloudformation.locate import Located
from remediate.cloudformation.view import View


@dataclass(frozen=True, eq=False)
class Target:
    """A resource in a role, with every view that reaches it. ``kind`` is the kind of policy it holds, if it holds one."""

    role: str
    logical_id: str
    kind: Kind | None
    views: tuple[View, ...]


def targets(located: Located, role: str) -> Iterator[Target]:
    """Yield the template's resources in a role."""
    grouped: dict[str, list[View]] = {}
    for view in located.views:
        for logical_id in _of_role(view, role):
            grouped.setdefault(logical_id, []).append(view)
    kind: Kind | None = "bucket" if role == "bucket-policy" else "key" if role.endswith("key-policy") else None
    for logical_id, views in grouped.items():
        yield Target(role, logical_id, kind, tuple(views))


def _of_role(view: View, role: str) -> tuple[str, ...]:
    match role:
        case "trail":
            return (view.trail,) if view.trail else ()
        case "bucket":
            inside = view.bucket.logical_id if view.bucket else None
            return (inside,) if inside and not view.bucket_policies and view.trail else ()
        case "bucket-policy":
            # Two policies for one bucket overwrite each other: which one holds is not known, so neither is edited.
            return view.bucket_policies if len(view.bucket_policies) == 1 else ()
        case "key-policy":
            return (view.key.logical_id,) if view.key and view.key.logical_id else ()
        case "bucket-key-policy":
            return (view.bucket_key.logical_id,) if view.bucket_key and view.bucket_key.logical_id else ()
    return ()
