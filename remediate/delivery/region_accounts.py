"""The account of a service in a Region, which a policy may name in place of the service principal.

A template names it as a literal, or by the Region: through ``Fn::FindInMap``, a parameter or a condition. So it is resolved
once for each Region that the stack may be in, and compared with the account that the service has there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from remediate.cloudformation.conditions import Answers
from remediate.cloudformation.expression import mentions
from remediate.cloudformation.policies import WrittenStatement
from remediate.cloudformation.resolve import Resolver, Scenario, partition_of
from remediate.delivery.delivery import Delivery
from remediate.iam.match import matches
from remediate.iam.statement import Perhaps, Statement
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, Value, partial

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_NAMED = re.compile(r"(?:arn:([^:]+):iam::)?([0-9]{12})(?::root)?")
_FEW = 3


class Regions(Struct, frozen=True):
    """Of the Regions that a stack may be in: where a principal names the service's account, and where it surely does not.

    ``open`` are names that the template does not fix in any Region, and that may be the account.
    """

    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


def with_region_account(raw: WrittenStatement, statement: Statement, delivery: Delivery) -> Statement:
    """Return an Allow statement that names the service too, where an account that it names is surely the service's.

    Where that is so in some Regions only, or for some values of a parameter, it names the service perhaps.
    """
    service, principal = delivery.service, statement.principal
    if not service.region_accounts or statement.effect != "Allow" or principal.negated or not principal.aws:
        return statement
    found = regions_of(raw, delivery)
    if found.right and not found.wrong:
        named = (*principal.services, partial(service.principal))
        return replace(statement, principal=replace(principal, services=named))
    if not found.right and not found.open:
        return statement
    perhaps = Perhaps(service.principal, _why(found, service.name), "AWS::Region" if found.right else found.open[0])
    return replace(statement, principal=replace(principal, perhaps=(perhaps,)))


def regions_of(raw: WrittenStatement, delivery: Delivery) -> Regions:
    """Return in which Regions the accounts of a statement's principal are those of the service."""
    right, wrong, unfixed = [], [], dict[str, None]()
    accounts = delivery.service.region_accounts
    for region, resolver in _resolvers(delivery):
        names = _accounts_named(resolver.value(raw.data.get("Principal")))
        known = [one for name in names if (one := _NAMED.fullmatch(name.known or ""))]
        here = [one[2] for one in known if one[1] in {None, partition_of(region)}]
        if accounts.get(region) in here:
            right.append(region)
        elif open_names := [*_open(names, region, accounts.get(region))]:
            unfixed |= dict.fromkeys(open_names)
        elif here or (not known and all(name.known for name in names)):
            wrong.append(region)
    return Regions(tuple(right), tuple(wrong), tuple(unfixed))


def _accounts_named(principal: Value) -> list[PartialString]:
    named = principal.get("AWS") if isinstance(principal, dict) else None
    return [one for one in (named if isinstance(named, list) else [named]) if isinstance(one, PartialString)]


def _open(names: list[PartialString], region: str, account: str | None) -> Iterator[str]:
    """Yield what is not fixed in the names that may be the service's account; the stack's own account is not."""
    for name in names if account else ():
        unknown = [part.name for part in name.parts if isinstance(part, UnknownPart)]
        forms = (str(account), f"arn:{partition_of(region)}:iam::{account}:root")
        possible = any(matches(name, partial(one), wildcards=False) is Truth.UNKNOWN for one in forms)
        yield from unknown[:1] if possible and "AWS::AccountId" not in unknown else ()


def _resolvers(delivery: Delivery) -> Iterator[tuple[str, Resolver]]:
    """Yield each Region that the stack may be in, with a resolver for it; where the Region is known it is that one alone."""
    resolver = delivery.resolver
    scenario, region = resolver.scenario, resolver.pseudo("AWS::Region").known
    if region is not None:
        yield region, resolver
        return
    partition = scenario.parameters.get("AWS::Partition")
    for one in dict.fromkeys((*delivery.service.region_accounts, *_of_mappings(resolver))):
        if partition is None or partition == partial(partition_of(one)):
            parameters = {**scenario.parameters, "AWS::Region": partial(one)}
            if _is_possible(resolver, parameters):
                yield one, resolver.under(Scenario(parameters, scenario.conditions))


def _of_mappings(resolver: Resolver) -> Iterator[str]:
    for mapping in resolver.model.mappings.values():
        yield from filter(_REGION.fullmatch, map(str, mapping if isinstance(mapping, dict) else ()))


def _is_possible(resolver: Resolver, parameters: dict[str, Value]) -> bool:
    """Tell whether the conditions that ask for the Region alone are as the scenario has decided them."""
    decided, conditions = resolver.scenario.conditions, resolver.model.conditions
    asked = [name for name in decided if mentions(conditions.get(name)) == {"AWS::Region"}]
    found = Answers(resolver.model, parameters, {}).of(asked)
    return all(found[name] == decided[name] for name in asked)


def _why(found: Regions, service: str) -> str:
    if not found.right:
        return f"nobody knows whether ${{{found.open[0]}}} is the account of {service} in the Region"
    if len(found.wrong) <= _FEW < len(found.right):
        return f"it is not the account of {service} in {' and '.join(found.wrong)}"
    more = f" and {len(found.right) - _FEW} more" if len(found.right) > _FEW else ""
    return f"it is the account of {service} in {', '.join(found.right[:_FEW])}{more} only"
