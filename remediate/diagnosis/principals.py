"""Whom a statement names where it means the service."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.delivery.service import LogService
from remediate.diagnosis.finding import Finding
from remediate.iam.principals import ACCOUNT
from remediate.iam.statement import Statement

_CLOSE = 0.85


def wrong_principals(
    service: LogService, document: Document, raw: WrittenStatement, statement: Statement
) -> Iterator[Finding]:
    """Yield the principals of a statement that are meant to be the service and are not."""
    principal = statement.principal
    for kind, names in (("Service", principal.services), ("AWS", principal.aws)):
        for name in names:
            known = (name.known or "").lower()
            if known and (kind, known) != ("Service", service.principal) and _is_meant_for(service.principal, known):
                detail = (
                    f"{raw.label} names the principal {kind}: {name.known}; {service.name} is Service: {service.principal}"
                )
                advice = f"write {service.principal} as a Service"
                path = raw.path_of("Principal")
                yield Finding("wrong-principal", document.logical_id, path, detail, document.kind, advice=advice)


def legacy_principals(
    service: LogService, document: Document, raw: WrittenStatement, statement: Statement
) -> Iterator[Finding]:
    """Yield that a statement names accounts that the service called from before it had a service principal."""
    accounts = (ACCOUNT.fullmatch(name.known or "") for name in statement.principal.aws)
    if any(account is not None and account[1] in service.legacy_accounts for account in accounts):
        detail = (
            f"{raw.label} names accounts that {service.name} called from {service.legacy_until}, not {service.principal}"
        )
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
