"""Who else a change lets in, tried with the requests of strangers."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.access import Outsider, gained, is_told_only, outsiders_of, resource_of
from remediate.delivery.decide import document_for, judge
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located
from remediate.iam.holders import PolicyKind
from remediate.iam.statement import Statement

_Documents: TypeAlias = tuple[str, PolicyKind, object, object]
"""A policy and its documents before and after, as objects."""


class NewAccesses(Struct, frozen=True):
    """Which strangers' requests are allowed now and were not before, of how many that were tried."""

    found: tuple[NewAccess, ...] = ()
    asked: int = 0


class NewAccess(Struct, frozen=True):
    """A stranger's request that the policy of ``logical_id`` has come to allow, and by which statements.

    ``told_only``: guarantee 6 does not hold it (see :func:`remediate.delivery.access.is_told_only`).
    """

    outsider: Outsider
    logical_id: str
    by: tuple[Statement, ...]
    told_only: bool = False


def new_access(located: Located, relocated: Located) -> NewAccesses:
    """Put strangers' requests to the policies of a template as it was and as it is.

    ``located`` is what was found in it as it was: only that knows all the conditions that a policy depended on. Policies
    that are new are in ``relocated``.
    """
    before, after = located.model, relocated.model
    found: list[NewAccess] = []
    asked: set[tuple[str, str, str, str]] = set()
    known = _by_document(located, before, after)
    new_ones = {name: deliveries for name, deliveries in _by_document(relocated, before, after).items() if name[2] is None}
    for (logical_id, kind, _, _), deliveries in (known | new_ones).items():
        asked |= {
            _name(logical_id, outsider) for delivery in deliveries for outsider in outsiders_of(delivery, kind, logical_id)
        }
        old, new = (document_for(model, logical_id, kind, deliveries[0]) for model in (before, after))
        if new is not None and new.readable:
            for outsider, delivery in gained(old, new, deliveries):
                by = judge(new, delivery, outsider.request).by
                found.append(NewAccess(outsider, logical_id, by, is_told_only(outsider, old, delivery)))
    prevented = {_name(one.logical_id, one.outsider) for one in found if not one.told_only}
    found = [one for one in found if not one.told_only or _name(one.logical_id, one.outsider) not in prevented]
    different = {_name(one.logical_id, one.outsider): one for one in reversed(found)}
    return NewAccesses(tuple(different.values())[::-1], len(asked))


def _by_document(located: Located, before: TemplateModel, after: TemplateModel) -> dict[_Documents, list[Delivery]]:
    """Group deliveries by the documents that decide their requests: a policy has one for each branch of an ``Fn::If``."""
    grouped: dict[_Documents, list[Delivery]] = {}
    for delivery in (*located.deliveries, *located.idle):
        for logical_id, kind in delivery.policies():
            old, new = (document_for(model, logical_id, kind, delivery) for model in (before, after))
            grouped.setdefault((logical_id, kind, old and old.path, new and new.path), []).append(delivery)
    return grouped


def _name(logical_id: str, outsider: Outsider) -> tuple[str, str, str, str]:
    return logical_id, outsider.who, outsider.request.action, resource_of(outsider)
