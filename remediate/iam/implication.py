"""Whether one statement allows a request wherever another does, whatever the unknown strings of both are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.iam.conditions import condition_truth
from remediate.iam.evaluate import may_match, statement_truth
from remediate.iam.principals import principal_truth
from remediate.iam.statement import Principal
from remediate.iam.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remediate.iam.request import Request
    from remediate.iam.statement import Statement


def applies_wherever(statement: Statement, other: Statement, request: Request) -> bool:
    """Tell whether a statement surely applies to a request under every value under which another one applies.

    Each element must surely be met, or ask for nothing that the other statement does not ask for as well: what is unknown
    has the same name in both.
    """
    judged = statement_truth(statement, request)
    if judged.applies is Truth.NO or (statement.unmodelled and statement.unmodelled != other.unmodelled):
        return False
    return (
        (judged.principal is Truth.YES or _names_callers_of(other, statement, request))
        and (judged.action is Truth.YES or _has_actions_of(other, statement))
        and (judged.resource is Truth.YES or _has_resources_of(other, statement, request))
        and all(one in other.conditions or condition_truth(one, request) is Truth.YES for one in judged.failing)
    )


def _names_callers_of(other: Statement, statement: Statement, request: Request) -> bool:
    """Tell whether a statement has every name of another one that may be the caller's."""
    theirs, ours = other.principal, statement.principal
    if theirs == ours:
        return True
    if theirs.negated or theirs.unread or ours.negated:
        return False
    meant = {one for one in _names(theirs) if principal_truth(one, request, other.effect) is not Truth.NO}
    return meant <= {*_names(ours)}


def _names(principal: Principal) -> Iterator[Principal]:
    """Yield a principal for each of its names."""
    yield from (Principal(services=(one,)) for one in principal.services)
    yield from (Principal(aws=(one,)) for one in principal.aws)
    yield from (Principal(others=(one,)) for one in principal.others)
    yield from (Principal(perhaps=(one,)) for one in principal.perhaps)
    if principal.anyone:
        yield Principal(anyone=True)


def _has_actions_of(other: Statement, statement: Statement) -> bool:
    same = (statement.actions, statement.not_actions) == (other.actions, other.not_actions)
    return same or (bool(other.actions) and set(other.actions) <= set(statement.actions))


def _has_resources_of(other: Statement, statement: Statement, request: Request) -> bool:
    if statement.version != other.version:
        return False
    meant = {one for one in other.resources if may_match(other, one, request)}
    same = (statement.resources, statement.not_resources) == (other.resources, other.not_resources)
    return same or (bool(meant) and meant <= set(statement.resources))
