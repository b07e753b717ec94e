"""What the Allow statements of a policy let somebody do whatever the parameters are, by the principals that they name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from remediate.cloudformation.expression import as_list, conditions_of, mentions
from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.cloudformation.possible import REGION, possible_strings
from remediate.delivery.decide import readings_of
from remediate.delivery.delivery import Delivery
from remediate.iam.by_resource import ByResource
from remediate.iam.evaluate import Outcome, evaluate
from remediate.iam.implication import applies_wherever
from remediate.iam.request import Request
from remediate.iam.statement import PRINCIPAL_KINDS, Policy, Statement
from remediate.template import Plain

_Names: TypeAlias = "dict[str, frozenset[str] | None]"
"""The names of a principal as they are written, each with all that it can be in lower case, None where that is anything."""


class KnownAllows:
    """The Allow statements of a policy under a delivery, each with the names that its principal is written with.

    A Deny is not relied on: whom it is about may depend on a parameter.
    """

    def __init__(self, document: Document, delivery: Delivery) -> None:
        """Begin with a policy and a delivery that has a scenario of it."""
        self._kind = document.kind
        self._delivery = delivery
        self._written = {one: raw for raw, one in readings_of(document, delivery) if one.effect == "Allow"}
        self._by_resource = ByResource([*self._written])
        self._names: dict[Statement, _Names] = {}

    def allow_wherever(self, other: Statement, raw: WrittenStatement, request: Request) -> bool:
        """Tell whether one of them allows a request under every unknown value under which another statement does.

        ``raw`` is that statement as it is written. Whom an expression in it names is not known, but is somebody whom a
        statement with the same expression names as well.
        """
        near = self._by_resource.about(request)
        if not near:
            return False
        who, anybody = _who(request), bool(other.principal.perhaps)
        theirs = self._names_of(other, raw).items()
        meant = {name for name, values in theirs if anybody or values is None or values & who}
        return any(self._has_names(one, meant, who) and applies_wherever(one, other, request) for one in near)

    def outcome(self, request: Request) -> Outcome:
        """Return what those let a caller do that are the same in every deployment, and surely name the caller."""
        who = _who(request)
        steady = ((one, raw) for one, raw in self._written.items() if is_steady(raw, self._delivery, besides="Principal"))
        naming = tuple(one for one, raw in steady if _surely_names(self._names_of(one, raw), who))
        return evaluate(Policy(self._kind, naming), request).outcome

    def _has_names(self, statement: Statement, meant: set[str], who: frozenset[str]) -> bool:
        """Tell whether a statement surely names a caller, or has each name that may be the caller's."""
        names = self._names_of(statement, self._written[statement])
        return _surely_names(names, who) or meant <= names.keys()

    def _names_of(self, statement: Statement, raw: WrittenStatement) -> _Names:
        if statement not in self._names:
            self._names[statement] = _names(raw, self._delivery)
        return self._names[statement]


def is_steady(raw: WrittenStatement, delivery: Delivery, besides: str = "") -> bool:
    """Tell whether a statement is there and the same whatever parameters and conditions are, and in every partition.

    ``besides`` is an element that is looked at otherwise. A condition that tells the delivery's scenarios apart is known.
    A Resource that names a partition needs no such care: S3 refuses a policy with one of another partition.
    """
    statement = {name: one for name, one in raw.data.items() if name != besides}
    open_ones = delivery.resolver.model.parameters.keys() - delivery.given.keys()
    if mentions(statement) & open_ones or conditions_of(statement):
        return False
    if not all(name in delivery.resolver.scenario.conditions for name, _ in raw.guard):
        return False
    return "arn:aws" not in json.dumps(_narrowing(statement), default=str)


def _narrowing(statement: Mapping[str, Plain]) -> Plain:
    """Return the conditions that may fail in another partition: an Allow for all but an ARN of one holds in the others."""
    conditions = statement.get("Condition")
    if not isinstance(conditions, dict) or statement.get("Effect") != "Allow":
        return conditions
    return {operator: one for operator, one in conditions.items() if "not" not in operator.lower()}


def _surely_names(names: _Names, who: frozenset[str]) -> bool:
    return any(one is not None and len(one) == 1 and one <= who for one in names.values())


def _who(request: Request) -> frozenset[str]:
    return frozenset({request.principal.lower(), "*"})


def _names(raw: WrittenStatement, delivery: Delivery) -> _Names:
    """Return the names of a statement's principal; a Region is as it is sampled."""
    written = raw.data.get("Principal")
    if not isinstance(written, dict) or not PRINCIPAL_KINDS.issuperset(written):
        whole = frozenset({written}) if isinstance(written, str) else None
        return {json.dumps([written, raw.data.get("NotPrincipal")]): whole}
    region = str(delivery.resolver.pseudo("AWS::Region"))
    found: _Names = {}
    for kind, names in written.items():
        for name in as_list(names):
            values = possible_strings(delivery.resolver, name, delivery.given)
            lowered = values and frozenset(value.replace(REGION, region).lower() for value in values)
            found[json.dumps([kind, name])] = lowered or None
    return found
