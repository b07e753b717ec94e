"""Choosing and removing the conditions of a statement."""

from __future__ import annotations

from remediate.cloudformation.expression import NO_VALUE
from remediate.plan.draft import Draft
from remediate.template import Plain


def named(key: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a condition key is one of the named; keys ignore case (IAM User Guide, Condition)."""
    name = key.lower()
    return any(name.startswith(one[:-1].lower()) if one.endswith("*") else name == one.lower() for one in patterns)


def remove_entry(draft: Draft, path: tuple[str | int, ...]) -> None:
    """Remove the condition at a path, and with it an operator or ``Condition`` that would be left empty."""
    while path[-1] != "Condition" and len(_mapping(draft, path[:-1])) == 1:
        path = path[:-1]
        if isinstance(path[-1], int):  # the branch of an Fn::If cannot go, only become nothing
            other = draft.at((*path[:-1], 3 - path[-1]))
            if other != NO_VALUE:
                draft.replace(path, NO_VALUE)
                return
            path = path[:-2]
    draft.remove(path)


def _mapping(draft: Draft, path: tuple[str | int, ...]) -> dict[str, Plain]:
    found = draft.at(path)
    return found if isinstance(found, dict) else {}
