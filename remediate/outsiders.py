"""What strangers may do by a policy, tried under sampled values: a stranger's account and trail surely are others."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from remediate.cloudformation.documents import Document, Kind
from remediate.cloudformation.expression import as_list
from remediate.cloudformation.possible import possible_strings
from remediate.cloudformation.resolve import Scenario
from remediate.cloudformation.resources import resource
from remediate.cloudformation.view import View
from remediate.judge import judge, statements_of
from remediate.policy.beginnings import Beginnings
from remediate.policy.cloudtrail import TrailFacts
from remediate.policy.document import Policy, Statement
from remediate.policy.evaluate import Outcome, cannot_apply, evaluate, possibly_concerned
from remediate.policy.strangers import Stranger, strangers
from remediate.symbolic import Text, Unknown, text
from remediate.template import Plain

__all__ = ["Stranger", "gained", "is_told_only", "let_in", "sampled", "strangers_of"]

_SAMPLES = {"AWS::AccountId": text("111122223333"), "AWS::Region": text("us-east-1")}
_ACCOUNTS = [f"{first}{first}{first}{first}88887777" for first in "96543210"]
_NO = Outcome.DENIED
_RANK = {Outcome.DENIED: 0, Outcome.UNDECIDABLE: 1, Outcome.ALLOWED: 2}


def let_in(before: Document | None, after: Document, views: Sequence[View]) -> Iterator[Stranger]:
    """Yield the strangers that a change of a policy must keep out, and lets in."""
    for stranger, view in gained(before, after, views):
        if not is_told_only(stranger, before, view):
            yield stranger


def gained(before: Document | None, after: Document, views: Sequence[View]) -> Iterator[tuple[Stranger, View]]:
    """Yield the strangers whose requests a policy allows, or may allow, and refused before, with a view that shows it.

    ``before`` None stands for a policy that was not there.
    """
    for found in _strangers_by_scenario(tuple(views), after.kind):
        view = found.view
        changed = _changed(before, after, view)
        known = _known(before, view) if before and changed else []
        for stranger in found.concerned(changed):
            # The policy as a whole is asked only where something in it has come to say yes.
            if all(cannot_apply(statement, stranger.request) for statement in changed):
                continue
            if stranger.insecure:  # TLS is a matter of a Deny
                now, had = (judge(one, view, stranger.request).outcome if one else _NO for one in (after, before))
            else:
                now, had = _allowed(changed, stranger, after.kind), _had(known, stranger, after.kind)
            if _RANK[now] > _RANK[had]:
                yield stranger, view


def is_told_only(stranger: Stranger, before: Document | None, view: View) -> bool:
    """Tell whether what a stranger gains is said but not prevented.

    That is CloudTrail's own write without TLS, which is a matter of a Deny, and the bucket's Region for one who surely may
    read its access control list already, whatever is denied.
    """
    if stranger.insecure:
        return True
    if before is None or stranger.request.action != "s3:GetBucketLocation":
        return False
    acl = replace(stranger, request=replace(stranger.request, action="s3:GetBucketAcl"))
    if judge(before, sampled(view), acl.request).outcome is not Outcome.ALLOWED:
        return False
    return _had(_known(before, sampled(view)), acl, before.kind) is Outcome.ALLOWED


@functools.lru_cache(maxsize=512)
def sampled(view: View) -> View:
    """Return a view with an account and a Region, where the template leaves them open."""
    known = view.resolver.scenario.parameters
    samples = {name: value for name, value in _SAMPLES.items() if name not in known}
    if not samples:
        return view
    scenario = Scenario({**known, **samples}, view.resolver.scenario.conditions)
    return replace(view, resolver=view.resolver.under(scenario), facts=_sampled_facts(view.facts, samples))


@functools.lru_cache(maxsize=512)
def strangers_of(view: View, kind: Kind) -> tuple[Stranger, ...]:
    """Return the strangers' requests against the bucket or the key of a view."""
    return tuple(one for one in strangers(sampled(view).facts, _unnamed_account(view)) if one.policy == kind)


def _unnamed_account(view: View) -> str:
    """Return an account that neither the policies of a view nor the parameters name."""
    policies = [resource(view.resolver.data, logical_id) for logical_id, _ in view.policies()]
    named = json.dumps(policies, default=str) + " ".join(map(str, view.resolver.scenario.parameters.values()))
    return next((account for account in _ACCOUNTS if account not in named), _ACCOUNTS[0])


class _Crowd:
    """The strangers of one scenario, by the resources that they ask for; ``view`` is one of its sampled views."""

    def __init__(self, view: View, people: Sequence[Stranger]) -> None:
        self.view = view
        self._people = people
        requests = [(number, one.request) for number, one in enumerate(people)]
        doors = [(path, number) for number, one in requests for path in (one.resource, *one.alternatives)]
        self._resources = Beginnings([path for path, _ in doors])
        self._asking = [number for _, number in doors]

    def concerned(self, statements: Sequence[Statement]) -> Iterator[Stranger]:
        """Yield the strangers, in their order, to whose requests one of the statements may apply."""
        concerned: set[int] = set()
        for statement in statements:
            found = possibly_concerned(statement, self._resources)
            concerned.update(self._asking if found is None else (self._asking[one] for one in found))
        yield from (self._people[number] for number in sorted(concerned))


@functools.lru_cache(maxsize=64)
def _strangers_by_scenario(views: tuple[View, ...], kind: Kind) -> tuple[_Crowd, ...]:
    """Return the different strangers of all views of each scenario.

    Remembered, for the changes of one policy are tried one by one for the same views.
    """
    grouped: dict[int, tuple[View, dict[tuple[object, ...], Stranger]]] = {}
    for view in views:
        _, found = grouped.setdefault(id(view.resolver), (sampled(view), {}))
        for stranger in strangers_of(view, kind):
            asked = stranger.request
            source = asked.context.get("aws:sourcearn"), asked.context.get("aws:sourceaccount")
            found.setdefault((stranger.who, asked.action, asked.resource, *source), stranger)
    return tuple(_Crowd(view, [*found.values()]) for view, found in grouped.values())


def _changed(before: Document | None, after: Document, view: View) -> list[Statement]:
    """Return the Allow statements of a policy that it did not have before."""
    known = [raw.data for raw, _ in statements_of(before, view)] if before else []
    same = {id(data) for data in known}  # most are the same object, and need no comparing
    allows = [(raw.data, one) for raw, one in statements_of(after, view) if one.effect == "Allow"]
    return [one for data, one in allows if id(data) not in same and data not in known]


def _known(document: Document, view: View) -> list[tuple[Statement, frozenset[str]]]:
    """Return the Allow statements of a policy, each with the principals that it names under every value of parameters."""
    found = ((raw.data, one) for raw, one in statements_of(document, view) if one.effect == "Allow")
    return [(one, _always(data.get("Principal"), view)) for data, one in found]


def _always(written: Plain, view: View) -> frozenset[str]:
    named = [one for names in (written.values() if isinstance(written, dict) else [written]) for one in as_list(names)]
    found = (possible_strings(view.resolver, one, view.given) for one in named)
    return frozenset(name.lower() for names in found if names is not None and len(names) == 1 for name in names)


def _had(known: list[tuple[Statement, frozenset[str]]], stranger: Stranger, kind: Kind) -> Outcome:
    """Return what a policy surely lets a stranger do, whatever the parameters are.

    A Deny is not relied on: whom it is about may depend on a parameter too.
    """
    who = {stranger.request.principal.lower(), "*"}
    return _allowed([one for one, names in known if names & who], stranger, kind)


def _allowed(statements: list[Statement], stranger: Stranger, kind: Kind) -> Outcome:
    return evaluate(Policy(kind, tuple(statements)), stranger.request).outcome


def _sampled_facts(facts: TrailFacts, samples: dict[str, Text]) -> TrailFacts:
    changed: dict[str, Any] = {}
    for field in fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, Text):
            changed[field.name] = _sampled_text(value, samples)
    return replace(facts, **changed)


def _sampled_text(value: Text, samples: dict[str, Text]) -> Text:
    return text(*(samples.get(part.name, part) if isinstance(part, Unknown) else part for part in value.parts))
