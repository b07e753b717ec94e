"""Who else a change lets in, tried with the requests of strangers."""

from __future__ import annotations

from dataclasses import dataclass

from remediate.cloudformation.documents import Kind
from remediate.cloudformation.locate import Located
from remediate.cloudformation.resources import Data
from remediate.cloudformation.view import View
from remediate.judge import document_for, judge
from remediate.outsiders import Stranger, gained, is_told_only, strangers_of
from remediate.policy.document import Statement


@dataclass(frozen=True)
class Openings:
    """Which strangers' requests are allowed now and were not before, of how many that were tried."""

    found: tuple[Opening, ...] = ()
    asked: int = 0


@dataclass(frozen=True)
class Opening:
    """A stranger's request that the policy of ``logical_id`` has come to allow, and by which statements.

    ``told_only``: guarantee 6 does not hold it (see :func:`remediate.outsiders.is_told_only`).
    """

    stranger: Stranger
    logical_id: str
    by: tuple[Statement, ...]
    told_only: bool = False


def openings(located: Located, relocated: Located, before: Data, after: Data) -> Openings:
    """Put strangers' requests to the policies of a template as it was and as it is.

    ``located`` is what was found in it as it was: only that knows all the conditions that a policy depended on. Policies
    that are new are in ``relocated``.
    """
    found: list[Opening] = []
    asked: set[tuple[str, str, str, str]] = set()
    known = _by_document(located, before, after)
    new_ones = {name: views for name, views in _by_document(relocated, before, after).items() if name[2] is None}
    for (logical_id, kind, _, _), views in (known | new_ones).items():
        asked |= {_name(logical_id, stranger) for view in views for stranger in strangers_of(view, kind)}
        old, new = (document_for(data, logical_id, kind, views[0]) for data in (before, after))
        if new is not None and new.readable:
            for stranger, view in gained(old, new, views):
                by = judge(new, view, stranger.request).by
                found.append(Opening(stranger, logical_id, by, is_told_only(stranger, old, view)))
    different = {_name(one.logical_id, one.stranger): one for one in reversed(found)}
    return Openings(tuple(different.values())[::-1], len(asked))


def _by_document(located: Located, before: Data, after: Data) -> dict[tuple[str, Kind, object, object], list[View]]:
    """Group the views by the documents that decide their requests: a policy has one for each branch of an ``Fn::If``."""
    grouped: dict[tuple[str, Kind, object, object], list[View]] = {}
    for view in located.views:
        for logical_id, kind in view.policies():
            old, new = (document_for(data, logical_id, kind, view) for data in (before, after))
            grouped.setdefault((logical_id, kind, old and old.path, new and new.path), []).append(view)
    return grouped


def _name(logical_id: str, stranger: Stranger) -> tuple[str, str, str, str]:
    return logical_id, stranger.who, stranger.request.action, str(stranger.request.resource)
