"""Patch sets: what must hold in a template, and why, as the files in ``patches/`` say it."""

from __future__ import annotations

from remediate.delivery.services import shipped
from remediate.patch_set.loading import PatchError, combined, load, load_all, names, schema, shipped_ids
from remediate.patch_set.rules import (
    AddPolicy,
    AddProperty,
    Allow,
    Complete,
    Condition,
    DependOn,
    Ensure,
    Guard,
    NameByArn,
    Need,
    NotRequire,
    OfResources,
    Patch,
    PatchSet,
    PropertyRule,
    RemoveProperty,
    Require,
    Separate,
)

__all__ = [
    "AddPolicy",
    "AddProperty",
    "Allow",
    "Complete",
    "Condition",
    "DependOn",
    "Ensure",
    "Guard",
    "NameByArn",
    "Need",
    "NotRequire",
    "OfResources",
    "Patch",
    "PatchError",
    "PatchSet",
    "PropertyRule",
    "RemoveProperty",
    "Require",
    "Separate",
    "combined",
    "load",
    "load_all",
    "names",
    "schema",
    "shipped",
    "shipped_ids",
]
