"""Condition keys as patch files name them."""

from __future__ import annotations


def named(key: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a condition key is one of the named; keys ignore case (IAM User Guide, Condition)."""
    name = key.lower()
    return any(name.startswith(one[:-1].lower()) if one.endswith("*") else name == one.lower() for one in patterns)
