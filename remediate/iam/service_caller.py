"""What every request of an AWS service principal carries, and what it never carries.

Source: IAM User Guide, AWS global condition context keys (the Availability of each key); AWS JSON policy elements:
Principal, AWS service principals. Keys that are not listed stay undecided, among them ``aws:SourceOrgID``,
``aws:PrincipalArn``, ``aws:userid`` and ``aws:MultiFactorAuthPresent``.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from remediate.iam.request import SERVICE_ADDRESS, KeyValue, Request, ServiceName
from remediate.partial_string import PartialString, UnknownPart, partial

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_ACCOUNT = "belongs to no account of a customer, so {key} is absent from its requests"
_NO_ENDPOINT = "does not call through a VPC endpoint of a customer, so {key} is absent from its requests"
_NO_IAM_CREDENTIALS = "calls as itself and not with the credentials of an IAM principal, so {key} is absent"

_ABSENT = {
    "aws:PrincipalOrgID": _NO_ACCOUNT,
    "aws:PrincipalOrgPaths": _NO_ACCOUNT,
    "aws:PrincipalAccount": _NO_ACCOUNT,
    "aws:PrincipalTag/*": _NO_ACCOUNT,
    "aws:username": _NO_ACCOUNT,
    "aws:SourceVpc": _NO_ENDPOINT,
    "aws:SourceVpcArn": _NO_ENDPOINT,
    "aws:SourceVpce": _NO_ENDPOINT,
    "aws:VpceAccount": _NO_ENDPOINT,
    "aws:VpceOrgID": _NO_ENDPOINT,
    "aws:VpceOrgPaths": _NO_ENDPOINT,
    "aws:VpcSourceIp": _NO_ENDPOINT,
    "aws:CalledVia": _NO_IAM_CREDENTIALS,
    "aws:CalledViaFirst": _NO_IAM_CREDENTIALS,
    "aws:CalledViaLast": _NO_IAM_CREDENTIALS,
    "aws:referer": "sends no Referer header, so {key} is absent",
}


def service_request(
    service: ServiceName,
    action: str,
    resource: PartialString,
    context: Mapping[str, KeyValue],
    *,
    possible: Mapping[str, tuple[KeyValue | None, ...]] | None = None,
    absent: frozenset[str] = frozenset(),
    notes: Mapping[str, str] | None = None,
) -> Request:
    """Return a request that a service makes with its service principal; the keys given are added to the common ones."""
    return Request(
        principal=str(service.name),
        action=action,
        resource=resource,
        context=_context_of(service.name) | {key.lower(): value for key, value in context.items()},
        possible={"aws:sourceip": (None, SERVICE_ADDRESS)} | dict(possible or {}),
        absent=_ABSENT_KEYS | absent,
        notes={**_notes_of(str(service.name)), **(notes or {})},
        service=service if service.perhaps or service.name.known is None else None,
    )


_ABSENT_KEYS = frozenset(key.lower() for key in _ABSENT)


@functools.lru_cache
def _context_of(service: PartialString) -> dict[str, KeyValue]:
    return {
        "aws:principalisawsservice": partial("true"),
        "aws:principalservicename": service,
        "aws:principalservicenameslist": (service, partial(UnknownPart(f"other names of {service}", "any"))),
        "aws:securetransport": partial("true"),
        "aws:viaawsservice": partial("false"),
    }


@functools.lru_cache
def _notes_of(service: str) -> Mapping[str, str]:
    notes = {key.lower(): f"{service} {note.format(key=key)}" for key, note in _ABSENT.items()}
    return notes | {"aws:sourceip": f"{service} does not call from an address of the customer"}
