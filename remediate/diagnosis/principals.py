"""Whom a statement names where it means CloudTrail."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.delivery.requests import SERVICE
from remediate.diagnosis.finding import Finding
from remediate.iam.principals import ACCOUNT
from remediate.iam.statement import Statement

_CLOSE = 0.85
_LEGACY_ACCOUNTS = """
034638983726 035351147821 086441151436 113285607260 119688915426 193415116832 216624486486 262312530599 282025262664
284668455005 388731089494 475085895292 492519147666 525921808201 608710470296 669305197877 681348832753 765225791966
814480443879 819402241893 829690693026 859597730677 903692715234 977081816279
"""
"""AWS CloudTrail User Guide, CloudTrail supported Regions, as it stood until 2021: an account for each Region."""


def wrong_principals(document: Document, raw: WrittenStatement, statement: Statement) -> Iterator[Finding]:
    """Yield the principals of a statement that are meant to be CloudTrail and are not."""
    principal = statement.principal
    for kind, names in (("Service", principal.services), ("AWS", principal.aws)):
        for name in names:
            known = (name.known or "").lower()
            if known and (kind, known) != ("Service", SERVICE) and _is_meant_for_cloudtrail(known):
                detail = f"{raw.label} names the principal {kind}: {name.known}; CloudTrail is Service: {SERVICE}"
                advice = f"write {SERVICE} as a Service"
                path = raw.path_of("Principal")
                yield Finding("wrong-principal", document.logical_id, path, detail, document.kind, advice=advice)


def legacy_principals(document: Document, raw: WrittenStatement, statement: Statement) -> Iterator[Finding]:
    """Yield that a statement names accounts that CloudTrail called from until 2015."""
    accounts = (ACCOUNT.fullmatch(name.known or "") for name in statement.principal.aws)
    if any(account is not None and account[1] in _LEGACY_ACCOUNTS.split() for account in accounts):
        detail = f"{raw.label} names accounts that CloudTrail called from until 2015, not {SERVICE}"
        path = raw.path_of("Principal")
        yield Finding("legacy-principal", document.logical_id, path, detail, document.kind, blocking=False)


def _is_meant_for_cloudtrail(name: str) -> bool:
    if name.startswith("arn:"):
        return False
    if name.startswith("cloudtrail."):
        return True
    import difflib  # a statement for another service says so at once

    return "trail" in name and difflib.SequenceMatcher(None, name, SERVICE).ratio() >= _CLOSE
