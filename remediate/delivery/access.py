"""What strangers may do by a policy, tried under sampled values: a stranger's account and trail surely are others."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import asdict, replace

from remediate.cloudformation.policies import Document, WrittenStatement, documents
from remediate.cloudformation.resolve import Scenario
from remediate.delivery.decide import judge, readings_of
from remediate.delivery.delivery import Delivery
from remediate.delivery.examples import Examples
from remediate.delivery.known_allows import KnownAllows, is_steady
from remediate.delivery.outsiders import Outsider, outsiders
from remediate.delivery.requests import SourceFacts
from remediate.iam.beginnings import Beginnings
from remediate.iam.by_resource import ByResource
from remediate.iam.evaluate import Outcome, cannot_apply, evaluate, possibly_concerned
from remediate.iam.holders import PolicyKind
from remediate.iam.request import Request
from remediate.iam.statement import Policy, Statement
from remediate.partial_string import PartialString, UnknownPart, partial

__all__ = ["Outsider", "gained", "is_told_only", "outsiders_of", "resource_of", "sampled"]

_SAMPLES = {"AWS::AccountId": partial("111122223333"), "AWS::Region": partial("us-east-1")}
_OTHER_REGION = _SAMPLES | {"AWS::Region": partial("xx-other-9")}
_OTHER_SUFFIX = _OTHER_REGION | {"AWS::URLSuffix": partial("amazonaws.com.cn")}
_PLACES = (_SAMPLES, _OTHER_REGION, _OTHER_SUFFIX)
"""Also a Region that no template names, with either URL suffix: who is kept out there alone is let in, too."""
_BY_REGION = re.compile(r'"Fn::FindInMap": \["([^"]+)", \{"Ref": "AWS::Region"\}')
_ACCOUNTS = [f"{first}{first}{first}{first}88887777" for first in "96543210"]
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_NO = Outcome.DENIED
_RANK = {Outcome.DENIED: 0, Outcome.UNDECIDABLE: 1, Outcome.ALLOWED: 2}


def gained(before: Document | None, after: Document, deliveries: Sequence[Delivery]) -> Iterator[tuple[Outsider, Delivery]]:
    """Yield the strangers whose requests a policy allows, or may allow, and refused before, with a delivery that shows it.

    ``before`` None stands for a policy that was not there: who gets in by that is asked on the paths of sources alone.
    """
    for found in _strangers_by_scenario(tuple(deliveries), after.kind, after.logical_id):
        delivery = found.delivery
        changed = _changed(before, after, delivery)
        for outsider, near in found.asking(changed, with_examples=before is not None):
            # The policy as a whole is asked only where something in it has come to say yes.
            applying = [statement for statement in near if not cannot_apply(statement, outsider.request)]
            if not applying:
                continue
            if outsider.insecure:  # TLS is a matter of a Deny
                now, had = (_outcome(one, delivery, outsider.request) if one else _NO for one in (after, before))
                gains = _RANK[now] > _RANK[had]
            else:
                gains = before is None or not all(
                    _had_by(before, delivery).allow_wherever(one, changed[one], outsider.request) for one in applying
                )
            if gains:
                yield outsider, delivery


@functools.lru_cache(maxsize=64)
def _had_by(document: Document, delivery: Delivery) -> KnownAllows:
    return KnownAllows(document, delivery)


def is_told_only(outsider: Outsider, before: Document | None, delivery: Delivery) -> bool:
    """Tell whether what a stranger gains is said but not prevented.

    That is CloudTrail's own write without TLS, which is a matter of a Deny, and the bucket's Region for one who surely may
    read its access control list already, whatever is denied: ``before`` is the policy as it was before any change.
    """
    if outsider.insecure:
        return True
    if before is None or outsider.request.action != "s3:GetBucketLocation":
        return False
    acl = replace(outsider, request=replace(outsider.request, action="s3:GetBucketAcl"))
    if judge(before, sampled(delivery), acl.request).outcome is not Outcome.ALLOWED:
        return False
    written = [raw for raw, _ in readings_of(before, delivery)]
    if not all(one.data.get("Effect") == "Allow" or is_steady(one, delivery) for one in written):
        return False
    return _had_by(before, sampled(delivery)).outcome(acl.request) is Outcome.ALLOWED


def sampled(delivery: Delivery) -> Delivery:
    """Return a delivery with an account and a Region, where the template leaves them open."""
    return _sampled(delivery, 0)


@functools.lru_cache(maxsize=1024)
def _sampled(delivery: Delivery, place: int) -> Delivery:
    known = delivery.resolver.scenario.parameters
    samples = {name: value for name, value in _samples(delivery, place).items() if name not in known}
    if not samples:
        return delivery
    scenario = Scenario({**known, **samples}, delivery.resolver.scenario.conditions)
    return replace(delivery, resolver=delivery.resolver.under(scenario), facts=_sampled_facts(delivery.facts, samples))


def _samples(delivery: Delivery, place: int) -> Mapping[str, PartialString]:
    """Return the values of a place.

    Where a policy looks the Region up in a mapping, it is one of the mapping: in no other the template can be deployed.
    """
    chosen, policies = _PLACES[place], _policies_of(delivery)
    asked = _BY_REGION.findall(policies) if "DefaultValue" not in policies else []
    mappings = (delivery.resolver.model.mappings.get(name) for name in asked)
    regions = [{*map(str, mapping)} for mapping in mappings if isinstance(mapping, dict)]
    possible = sorted(set.intersection(*regions)) if regions else []
    if not possible or str(chosen["AWS::Region"]) in possible:
        return chosen
    return {**chosen, "AWS::Region": partial(possible[-1])}


def outsiders_of(delivery: Delivery, kind: PolicyKind, logical_id: str) -> tuple[Outsider, ...]:
    """Return the strangers' requests against what the policy of a resource protects: the bucket, a key or the topic."""
    return _outsiders_of(delivery, kind, logical_id, 0)


@functools.lru_cache(maxsize=1024)
def _outsiders_of(delivery: Delivery, kind: PolicyKind, logical_id: str, place: int) -> tuple[Outsider, ...]:
    there = _sampled(delivery, place)
    accounts = (_unnamed_account(delivery), *_excluded_accounts(there))
    asked = (one for account in accounts for one in outsiders(there.facts, account) if one.policy == kind)
    return tuple(one for one in asked if there.asks_at(kind, logical_id, one.request.resource))


def resource_of(outsider: Outsider) -> str:
    """Return what a stranger asks for, in the sample Region: the same request in another Region is not a second one."""
    return str(outsider.request.resource).replace(str(_OTHER_REGION["AWS::Region"]), str(_SAMPLES["AWS::Region"]))


def _unnamed_account(delivery: Delivery) -> str:
    """Return an account that neither the policies of a delivery nor the parameters name."""
    named = _policies_of(delivery) + " ".join(map(str, delivery.resolver.scenario.parameters.values()))
    return next((account for account in _ACCOUNTS if account not in named), _ACCOUNTS[0])


def _excluded_accounts(delivery: Delivery) -> list[str]:
    """Return the other accounts that a condition of a policy excludes by name, while everybody else gets in."""
    found: dict[str, None] = {}
    for logical_id, kind in delivery.policies():
        for document in documents(delivery.resolver.model, logical_id, kind):
            for written in (one.data.get("Condition") for one in document.statements):
                for operator, keys in written.items() if isinstance(written, dict) else ():
                    if "not" in operator.lower():
                        found.update(dict.fromkeys(_ACCOUNT.findall(repr(delivery.resolver.value(keys)))))
    return [account for account in found if account != str(delivery.facts.account)]


def _places_of(delivery: Delivery) -> range:
    """Return the places where strangers are tried: one where the Region is known, and none with a suffix nobody asks for."""
    if "AWS::Region" in delivery.resolver.scenario.parameters:
        return range(1)
    return range(len(_PLACES) if "AWS::URLSuffix" in _policies_of(delivery) else len(_PLACES) - 1)


@functools.lru_cache(maxsize=1024)
def _policies_of(delivery: Delivery) -> str:
    policies = [delivery.resolver.model.resource(logical_id) for logical_id, _ in delivery.policies()]
    return json.dumps(policies, default=str)


class _Crowd:
    """The strangers of one scenario, by the resources that they ask for; ``delivery`` is one of its sampled deliveries."""

    def __init__(
        self, deliveries: Sequence[Delivery], people: Sequence[Outsider], kind: PolicyKind, logical_id: str
    ) -> None:
        self.delivery = deliveries[0]
        self._people = people
        self._examples = Examples(people, deliveries, logical_id) if kind == "bucket" else None
        requests = [(number, one.request) for number, one in enumerate(people)]
        doors = [(path, number) for number, one in requests for path in (one.resource, *one.alternatives)]
        self._resources = Beginnings([path for path, _ in doors])
        self._asking = [number for _, number in doors]

    def asking(
        self, statements: Iterable[Statement], *, with_examples: bool
    ) -> Iterator[tuple[Outsider, Sequence[Statement]]]:
        """Yield the strangers to whose requests some of the statements may apply, with those statements.

        Who asks for an example of what a statement names is no matter of the others: each has examples of its own.
        """
        candidates = ByResource([*statements])
        for outsider in self._concerned(statements):
            yield outsider, candidates.about(outsider.request)
        if self._examples and with_examples:
            yield from self._examples.of(statements)

    def _concerned(self, statements: Iterable[Statement]) -> Iterator[Outsider]:
        """Yield the strangers, in their order, to whose requests one of the statements may apply."""
        concerned: set[int] = set()
        for statement in statements:
            found = possibly_concerned(statement, self._resources)
            concerned.update(self._asking if found is None else (self._asking[one] for one in found))
        yield from (self._people[number] for number in sorted(concerned))


@functools.lru_cache(maxsize=64)
def _strangers_by_scenario(deliveries: tuple[Delivery, ...], kind: PolicyKind, logical_id: str) -> tuple[_Crowd, ...]:
    """Return the different strangers of all deliveries of each scenario.

    Remembered, for the changes of one policy are tried one by one for the same deliveries.
    """
    grouped: dict[tuple[int, int], tuple[list[Delivery], dict[tuple[object, ...], Outsider]]] = {}
    for delivery, place in ((one, place) for one in deliveries for place in _places_of(one)):
        there, found = grouped.setdefault((id(delivery.resolver), place), ([], {}))
        there.append(_sampled(delivery, place))
        for outsider in _outsiders_of(delivery, kind, logical_id, place):
            asked = outsider.request
            source = asked.context.get("aws:sourcearn"), asked.context.get("aws:sourceaccount")
            found.setdefault((outsider.who, asked.action, asked.resource, *source), outsider)
    return tuple(_Crowd(there, [*found.values()], kind, logical_id) for there, found in grouped.values())


def _changed(before: Document | None, after: Document, delivery: Delivery) -> dict[Statement, WrittenStatement]:
    """Return the Allow statements of a policy that it did not have before, each as it is written."""
    known = [raw.data for raw, _ in readings_of(before, delivery)] if before else []
    same = {id(data) for data in known}  # most are the same object, and need no comparing
    allows = [(raw, one) for raw, one in readings_of(after, delivery) if one.effect == "Allow"]
    return {one: raw for raw, one in allows if id(raw.data) not in same and raw.data not in known}


def _outcome(document: Document, delivery: Delivery, request: Request) -> Outcome:
    """Return what a policy as a whole says of a request; a policy of a resource has no limit beside it."""
    return evaluate(Policy(document.kind, tuple(one for _, one in readings_of(document, delivery))), request).outcome


def _sampled_facts(facts: SourceFacts, samples: dict[str, PartialString]) -> SourceFacts:
    texts = {name: value for name, value in asdict(facts).items() if isinstance(value, PartialString)}
    return replace(facts, **{name: _sampled_text(value, samples) for name, value in texts.items()})


def _sampled_text(value: PartialString, samples: dict[str, PartialString]) -> PartialString:
    return partial(*(samples.get(part.name, part) if isinstance(part, UnknownPart) else part for part in value.parts))
