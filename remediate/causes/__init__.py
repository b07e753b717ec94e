"""Root causes: what is wrong in a template, where, and which patch mends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from remediate.causes import denied, statements, structure
from remediate.causes.cause import Cause, Finding, catalogue
from remediate.cloudformation.locate import Located
from remediate.cloudformation.resources import Data
from remediate.cloudformation.view import View
from remediate.judge import document_for

__all__ = ["Cause", "Finding", "catalogue", "diagnose"]


def diagnose(located: Located, data: Data) -> tuple[Finding, ...]:
    """Return what is wrong in a template's data, each cause at each place once, whatever the conditions are."""
    found = [*structure.structure_findings(located, data)]
    for view in located.views:
        found += _of_policies(view, data)
    return tuple(_merged(found))


def _of_policies(view: View, data: Data) -> Iterator[Finding]:
    for logical_id, kind in view.policies():
        document = document_for(data, logical_id, kind, view)
        if document is not None and not document.obstacle:
            yield from statements.statement_findings(view, document)
            yield from denied.denied_findings(view, document)


def _merged(found: Iterable[Finding]) -> Iterable[Finding]:
    """Return each finding once, with all the requests that are refused for it."""
    merged: dict[tuple[str, str, tuple[str | int, ...], str], Finding] = {}
    for one in found:
        name = (one.cause, one.logical_id, one.path, one.detail)
        other = merged.get(name)
        if other is None:
            merged[name] = one
        else:
            requests = tuple(dict.fromkeys((*other.requests, *one.requests)))
            merged[name] = replace(other, requests=requests, blocking=other.blocking or one.blocking)
    return merged.values()
