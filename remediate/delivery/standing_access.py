"""Who else gets in by the policies of a template as they stand, and what a change of somebody else's does to that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import Document, documents
from remediate.delivery.access import gained, is_told_only, outsiders_of, resource_of, sampled
from remediate.delivery.decide import document_for, judge
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located
from remediate.delivery.new_access import NewAccess, new_access
from remediate.iam.evaluate import Outcome
from remediate.iam.holders import PolicyKind
from remediate.template import Plain

_RANK = {Outcome.DENIED: 0, Outcome.UNDECIDABLE: 1, Outcome.ALLOWED: 2}


class AccessChange(Struct, frozen=True):
    """What strangers may do now and could not before, what they no longer may, and what they may as it stands.

    ``asked`` is the number of requests that were tried on the template as it is now.
    """

    gained: tuple[NewAccess, ...] = ()
    lost: tuple[NewAccess, ...] = ()
    standing: tuple[NewAccess, ...] = ()
    asked: int = 0


class RemovedDeny(Struct, frozen=True):
    """A Deny statement that no policy of the template has any more. ``changed``: one of the same Sid is there."""

    logical_id: str
    label: str
    changed: bool


class Side(Struct, frozen=True):
    """A template, and what one service logs through in it."""

    located: Located


def access_change(old: Side | None, new: Side | None) -> AccessChange:
    """Return what a change does to the access of strangers; None stands for a template that is not there.

    The tool's own changes leave parameters, conditions and Deny statements alone. Somebody else's need not, so both
    templates are asked as they stand, and what is allowed now must have been allowed before.
    """
    before = [*_standing(old)] if old else []
    after = [*_standing(new)] if new else []
    gains = [_told(one, old) for one in after if old is None or not _was_allowed(one, before, old)]
    if old and new:
        gains += _by_changed_statements(old, new, gains)
    names = {_name(one.access) for one in after}
    lost = [one.access for one in before if _name(one.access) not in names and not (new and _is_allowed(one, new))]
    return AccessChange(tuple(gains), tuple(lost), tuple(one.access for one in after), _asked(new) if new else 0)


def removed_denies(old: Side, new: Side) -> Iterator[RemovedDeny]:
    """Yield the Deny statements of the policies of log deliveries that the new template does not have as they were."""
    policies = dict.fromkeys(policy for delivery in old.located.deliveries for policy in delivery.policies())
    others = [policy for delivery in new.located.deliveries for policy in delivery.policies()]
    for logical_id, kind in policies:
        names = dict.fromkeys((logical_id, *(name for name, other in others if other == kind)))
        left = [one for name in names for _, one in _denies(new.located.model, name, kind)]
        for label, deny in _denies(old.located.model, logical_id, kind):
            if deny not in left:
                same = "Sid" in deny and any(one.get("Sid") == deny["Sid"] for one in left)
                yield RemovedDeny(logical_id, label, same)


class _Standing(Struct, frozen=True):
    access: NewAccess
    kind: PolicyKind
    outcome: Outcome


def _standing(side: Side) -> Iterator[_Standing]:
    """Yield what strangers may do, each request once, with the outcome that gives them most."""
    found: dict[tuple[str, str, str], _Standing] = {}
    for (logical_id, kind), deliveries in _by_policy(side).items():
        for delivery in deliveries:
            document = document_for(side.located.model, logical_id, kind, delivery)
            if document is None or not document.readable:
                continue
            for outsider, where in gained(None, document, [delivery]):
                decision = judge(document, where, outsider.request)
                access = NewAccess(outsider, logical_id, decision.by, outsider.insecure)
                one = _Standing(access, kind, decision.outcome)
                known = found.get(_name(access))
                if _RANK[one.outcome] > (_RANK[known.outcome] if known else 0):
                    found[_name(access)] = one
    yield from found.values()


def _was_allowed(one: _Standing, before: Sequence[_Standing], old: Side) -> bool:
    """Tell whether a request was allowed: as such, or had it been made then, on a path that is new now."""
    same = (_RANK[other.outcome] for other in before if _name(other.access) == _name(one.access))
    return any(rank >= _RANK[one.outcome] for rank in same) or _is_allowed(one, old)


def _is_allowed(one: _Standing, side: Side) -> bool:
    outcomes = (
        judge(document, sampled(delivery), one.access.outsider.request).outcome
        for document, delivery in _documents(side, one.kind)
    )
    return any(_RANK[outcome] >= _RANK[one.outcome] for outcome in outcomes)


def _told(one: _Standing, old: Side | None) -> NewAccess:
    """Return new access, marked where the tool's own changes may give it too: it tells its holder nothing new."""
    policies = _documents(old, one.kind) if old else ()
    harmless = any(is_told_only(one.access.outsider, document, delivery) for document, delivery in policies)
    return replace(one.access, told_only=one.access.told_only or harmless)


def _documents(side: Side, kind: PolicyKind) -> Iterator[tuple[Document, Delivery]]:
    for (logical_id, found), deliveries in _by_policy(side).items():
        for delivery in deliveries if found == kind else ():
            document = document_for(side.located.model, logical_id, kind, delivery)
            if document is not None and document.readable:
                yield document, delivery


def _by_changed_statements(old: Side, new: Side, gains: list[NewAccess]) -> list[NewAccess]:
    """Return what the changed Allow statements of a policy let in under any value, whatever a Deny says."""
    known = {_name(one) for one in gains}
    kinds = {(one.outsider.who, one.outsider.request.action) for one in gains}
    had = {logical_id for logical_id, kind in _by_policy(new) if documents(old.located.model, logical_id, kind)}
    found = new_access(replace(new.located, model=old.located.model), new.located).found
    others = (one for one in found if one.logical_id in had and _name(one) not in known)
    return [one for one in others if not (one.outsider.example and (one.outsider.who, one.outsider.request.action) in kinds)]


def _asked(side: Side) -> int:
    """Return how many different requests of strangers are tried."""
    policies = _by_policy(side).items()
    found = {
        (logical_id, outsider.who, outsider.request.action, resource_of(outsider))
        for (logical_id, kind), deliveries in policies
        for delivery in deliveries
        for outsider in outsiders_of(delivery, kind, logical_id)
    }
    return len(found)


def _by_policy(side: Side) -> dict[tuple[str, PolicyKind], list[Delivery]]:
    grouped: dict[tuple[str, PolicyKind], list[Delivery]] = {}
    for delivery in side.located.deliveries:
        for policy in delivery.policies():
            grouped.setdefault(policy, []).append(delivery)
    return grouped


def _denies(model: TemplateModel, logical_id: str, kind: PolicyKind) -> Iterator[tuple[str, dict[str, Plain]]]:
    for document in documents(model, logical_id, kind):
        for statement in document.statements:
            if statement.data.get("Effect") == "Deny":
                yield statement.label, statement.data


def _name(one: NewAccess) -> tuple[str, str, str]:
    return one.outsider.who, one.outsider.request.action, resource_of(one.outsider)
