"""Whom a statement names where it means the service."""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.delivery.delivery import Delivery
from remediate.delivery.requests import filled, service_name
from remediate.delivery.service import LogService
from remediate.delivery.texts import principal_text
from remediate.diagnosis.finding import Finding
from remediate.iam.match import covers, matches
from remediate.iam.principals import ACCOUNT, service_truth
from remediate.iam.request import ServiceName
from remediate.iam.statement import Statement
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, partial

_CLOSE = 0.85
_HYPHENATED = re.compile(r"(?:arn:[^:]+:iam::)?([0-9]{4}-[0-9]{4}-[0-9]{4})(?::root)?")


def wrong_principals(
    delivery: Delivery, document: Document, raw: WrittenStatement, statement: Statement
) -> Iterator[Finding]:
    """Yield the principals of a statement that are meant to be the service and are no service at all."""
    service, principal = delivery.service, statement.principal
    right, path = principal_text(service.principal), raw.path_of("Principal")
    for kind, names in (("Service", principal.services), ("AWS", principal.aws)):
        for name in names:
            known = (name.known or "").lower()
            other = kind == "Service" and (_is_one(name, delivery) or known in service.mistaken)
            if known and not other and _is_meant_for(right, known):
                detail = f"{raw.label} names the principal {kind}: {name.known}; {service.name} is Service: {right}"
                advice = f"write {right} as a Service"
                yield Finding("wrong-principal", document.logical_id, path, detail, document.kind, advice=advice)


def uncertain_principals(
    delivery: Delivery, document: Document, raw: WrittenStatement, statement: Statement
) -> Iterator[Finding]:
    """Yield that a statement may not be for the service of this Region: it names that of one Region, or of none."""
    own = service_name(delivery.facts)
    written = (one for one in statement.principal.services if any(isinstance(part, str) for part in one.parts))
    named = [one for one in written if _is_one(one, delivery)]
    if not named or any(service_truth(one, own) is Truth.YES for one in statement.principal.services):
        return
    right = principal_text(delivery.service.principal)
    regional = any(matches(one, _anywhere(delivery), wildcards=False, ignore_case=True) is not Truth.NO for one in named)
    why = "which AWS does not document"
    if regional:
        why = "which is that of one Region" if len(named) == 1 else "which are those of some Regions"
    detail = f"{raw.label} names {', '.join(map(str, named))}, {why}; {delivery.service.name} is {right} here"
    path = raw.path_of("Principal")
    yield Finding(
        *("uncertain-principal", document.logical_id, path, detail, document.kind),
        blocking=False,
        advice=f"write !Sub {right}",
    )


def _is_one(name: PartialString, delivery: Delivery) -> bool:
    """Tell whether a name is the service's, that of the service in another Region, or another that is in use for it."""
    own = service_name(delivery.facts)
    return service_truth(name, ServiceName(_anywhere(delivery), (own.name, *own.perhaps))) is not Truth.NO


def _anywhere(delivery: Delivery) -> PartialString:
    """Return what the service is called in a Region of which nothing is known."""
    return filled(delivery.service.principal, {"region": partial(UnknownPart("another Region"))})


def hyphenated_accounts(document: Document, raw: WrittenStatement, statement: Statement) -> Iterator[Finding]:
    """Yield the account ids of a principal that are written with hyphens, which AWS does not accept there."""
    for name in statement.principal.aws:
        found = _HYPHENATED.fullmatch(name.known or "")
        if found:
            right = found[1].replace("-", "")
            detail = f"{raw.label} names the account {found[1]} with hyphens, so the policy is refused"
            path = raw.path_of("Principal")
            advice = f"write {right}"
            yield Finding("hyphenated-account", document.logical_id, path, detail, document.kind, advice=advice)


def principals_of_others(
    delivery: Delivery, document: Document, raw: WrittenStatement, statement: Statement
) -> Iterator[Finding]:
    """Yield the principals that are written where the service is meant: another service, or an account that is not its own.

    A statement for another service that logs to the same bucket is meant for that one.
    """
    service = delivery.service
    path = raw.path_of("Principal")
    right = f"{service.name} is Service: {service.principal}"
    for name in statement.principal.services if not delivery.policy_writers else ():
        whose = service.mistaken.get((name.known or "").lower())
        if whose:
            detail = f"{raw.label} names {name.known}, {whose}; {right}"
            yield Finding("other-principal", document.logical_id, path, detail, document.kind, blocking=False)
    for whose in _accounts_of_others(delivery, raw, statement):
        detail = f"{raw.label} names {whose}; {right}"
        yield Finding("other-account", document.logical_id, path, detail, document.kind, blocking=False)


def _accounts_of_others(delivery: Delivery, raw: WrittenStatement, statement: Statement) -> Iterator[str]:
    """Yield the accounts that a statement names, where the service has an account in each Region; each as a clause.

    A statement that allows to read, too, is for people.
    """
    service, region = delivery.service, delivery.facts.region.known
    if not service.region_accounts or any(covers(action, "s3:GetObject") for action in raw.actions):
        return
    homes = {account: one for one, account in service.region_accounts.items()}
    for name in statement.principal.aws:
        found = ACCOUNT.fullmatch(name.known or "")
        if any(isinstance(part, UnknownPart) and part.name == "AWS::AccountId" for part in name.parts):
            yield f"the account of the stack, {name}"
        elif found and found[1] in homes and region:
            own = service.region_accounts.get(region)
            there = f"where it has {own}" if own else "where it has none"
            yield f"the account {found[1]}, which is that of {service.name} in {homes[found[1]]}, not in {region}, {there}"
        elif found:
            yield f"the account {found[1]}, which is not that of {service.name}"


def legacy_principals(
    service: LogService, document: Document, raw: WrittenStatement, statement: Statement
) -> Iterator[Finding]:
    """Yield that a statement names accounts that the service called from before it had a service principal."""
    accounts = (ACCOUNT.fullmatch(name.known or "") for name in statement.principal.aws)
    if any(account is not None and account[1] in service.legacy_accounts for account in accounts):
        own = principal_text(service.principal)
        detail = f"{raw.label} names accounts that {service.name} called from {service.legacy_until}, not {own}"
        path = raw.path_of("Principal")
        yield Finding("legacy-principal", document.logical_id, path, detail, document.kind, blocking=False)


def _is_meant_for(service: str, name: str) -> bool:
    """Tell whether a principal, in lower case, is a misspelt service principal."""
    own = service.split(".")[0]
    if name.startswith("arn:"):
        return False
    if name.startswith(f"{own}."):
        return True
    import difflib  # a statement for another service says so at once

    # What has not even the end of the service's name is another service; to compare takes time.
    return own[-5:] in name and difflib.SequenceMatcher(None, name, service).ratio() >= _CLOSE
