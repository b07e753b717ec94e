"""What becomes of a statement that is added to a policy or copied in it: its Sid, its actions, its conditions."""

from __future__ import annotations

from remediate.cloudformation.expression import NO_VALUE, as_list
from remediate.cloudformation.policies import Document
from remediate.delivery.service import LogService
from remediate.iam.reference import misspelt
from remediate.template import Plain


def ending(service: LogService, principal: str) -> str:
    """Return what the Sid of a statement that a service principal gets for itself ends with."""
    name = service.name if principal == service.principal else principal.split(".")[0].upper()
    return name.replace(" ", "")


def without_misspelt(actions: Plain) -> Plain:
    """Return the actions of a statement for a copy of it: what is not an action is not written a second time."""
    kept = [one for one in as_list(actions) if not (isinstance(one, str) and misspelt(one))]
    return kept if isinstance(actions, list) and kept else actions


def with_unique_sid(data: dict[str, Plain], suffix: str, document: Document) -> dict[str, Plain]:
    """Return a statement with a Sid of its own; one that comes from a function goes, for it would be the same twice."""
    sid = data.get("Sid")
    if not isinstance(sid, str):
        return {name: one for name, one in data.items() if name != "Sid"}
    taken = {str(one.data.get("Sid")) for one in document.statements}
    suffix = f" {suffix}" if " " in sid and suffix else suffix
    candidates = [sid, sid + suffix, *(f"{sid}{suffix}{number}" for number in range(2, len(taken) + 3))]
    return {**data, "Sid": next(one for one in candidates if one not in taken)}


def guarded(data: dict[str, Plain], guard: tuple[tuple[str, bool], ...]) -> Plain:
    """Return a statement inside an ``Fn::If`` for each of the conditions of a guard."""
    wrapped: Plain = data
    for condition, holds in reversed(guard):
        wrapped = {"Fn::If": [condition, wrapped, NO_VALUE] if holds else [condition, NO_VALUE, wrapped]}
    return wrapped
