"""Is the caller of a request one of a statement's principals.

Source: IAM User Guide, AWS JSON policy elements: Principal; AWS JSON policy elements: NotPrincipal.

What stands under ``AWS`` is an account, a user, a role or a session, never a service; only ``*`` reaches a service too.
A name under ``AWS`` that the template does not fix is therefore taken to be no service: who leaves a place for somebody's
ARN does not mean everybody, and a policy that stands on such a name alone has no statement for the service. Of anybody
else it stays open whether the name is ``*``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remediate.iam.match import matches
from remediate.iam.request import ANONYMOUS, ServiceName
from remediate.iam.truth import Truth, any_of, negate
from remediate.partial_string import PartialString, partial

if TYPE_CHECKING:
    from remediate.iam.request import Request
    from remediate.iam.statement import Effect, Principal

ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?([0-9]{12})(?::root)?")
_EVERYONE = partial("*")


def principal_truth(principal: Principal, request: Request, effect: Effect | None) -> Truth:
    """Return whether the statement is about the caller of a request."""
    caller, truth = request.principal, _is_named(principal, request, effect)
    if not principal.negated:
        return truth
    # Whether naming the account alone, or its user alone, keeps a user out is not documented plainly (NotPrincipal).
    return Truth.UNKNOWN if truth is Truth.YES and caller.startswith("arn:") and not principal.anyone else negate(truth)


def service_truth(name: PartialString, service: ServiceName) -> Truth:
    """Compare service principals without case; AWS does not document ``*`` for all services."""
    if name.known is not None and "*" in name.known:
        return Truth.UNKNOWN
    found = matches(name, service.name, wildcards=False, ignore_case=True)
    if found is not Truth.NO:
        return found
    likely = (matches(name, one, wildcards=False, ignore_case=True) for one in service.perhaps)
    return Truth.NO if all(one is Truth.NO for one in likely) else Truth.UNKNOWN


def _is_named(principal: Principal, request: Request, effect: Effect | None) -> Truth:
    caller = request.principal
    if principal.anyone or principal.own:
        return Truth.YES
    if principal.unread:
        return Truth.UNKNOWN
    if caller != ANONYMOUS and not caller.startswith("arn:"):
        service = request.service or ServiceName(partial(caller))
        perhaps = (Truth.UNKNOWN for one in principal.perhaps if one.caller == caller)
        return any_of((*(service_truth(name, service) for name in principal.services), *perhaps))
    perhaps_everyone = any_of(_may_be_everyone(name) for name in principal.aws)
    if caller == ANONYMOUS:
        return perhaps_everyone
    others = [Truth.UNKNOWN for _ in principal.others]
    return any_of((perhaps_everyone, *(_is_aws(name, caller, effect) for name in principal.aws), *others))


def _may_be_everyone(name: PartialString) -> Truth:
    """Return UNKNOWN for a principal that a parameter may set to ``*``."""
    possible = name.known is None and matches(name, _EVERYONE, wildcards=False) is not Truth.NO
    return Truth.UNKNOWN if possible else Truth.NO


def _is_aws(name: PartialString, caller: str, effect: Effect | None) -> Truth:
    """Compare a principal ARN. An account stands for all its principals: a Deny reaches them, an Allow only delegates.

    A role stands for its sessions, whose ARN is another one: that is not decided.
    """
    exact = matches(name, partial(caller), wildcards=False)
    if exact is not Truth.NO:
        return exact
    account = caller.split(":")[4]
    if name.known is None:
        whole = any_of(matches(name, partial(one), wildcards=False) for one in _accounts(caller, account))
        return Truth.NO if whole is Truth.NO else Truth.UNKNOWN
    found = ACCOUNT.fullmatch(name.known)
    if found is None:
        return Truth.UNKNOWN if ":assumed-role/" in caller else Truth.NO
    if found[1] != account:
        return Truth.NO
    return Truth.YES if effect == "Deny" else Truth.UNKNOWN


def _accounts(caller: str, account: str) -> tuple[str, str]:
    """Return the two ways to write the caller's account as a principal."""
    return account, f"arn:{caller.split(':')[1]}:iam::{account}:root"
