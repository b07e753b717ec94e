"""The condition operators: how one value of a policy compares with one value of a request.

Source: IAM User Guide, IAM JSON policy elements: Condition operators.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from remediate.iam.match import arn_matches, matches
from remediate.iam.request import SERVICE_ADDRESS
from remediate.iam.truth import Truth, truth_of
from remediate.partial_string import PartialString

if TYPE_CHECKING:
    from decimal import Decimal

Comparison: TypeAlias = Callable[[PartialString, PartialString], Truth]
"""(value in the policy, value in the request) → whether they match."""


_BOOLEANS = frozenset({"true", "false"})


class Operator(Struct, frozen=True):
    """A condition operator without set operator and ``IfExists``.

    ``negated``: it holds where no value matches, and where the key is absent. ``variables``: policy variables are replaced.
    """

    compare: Comparison
    negated: bool = False
    variables: bool = False


def _boolean(policy: PartialString, request: PartialString) -> Truth:
    wanted, given = (None if one.known is None else one.known.strip().lower() for one in (policy, request))
    if wanted not in _BOOLEANS or given not in _BOOLEANS:
        return Truth.UNKNOWN
    return truth_of(wanted == given)


def _read_and_compared(
    read: Callable[[str], Decimal | None],
    holds: Callable[[Decimal, Decimal], bool],
    policy: PartialString,
    request: PartialString,
) -> Truth:
    """Compare two values as what they mean; a value that is unknown or cannot be read is not decided."""
    if policy.known is None or request.known is None:
        return Truth.UNKNOWN
    wanted, given = read(policy.known.strip()), read(request.known.strip())
    if wanted is None or given is None:
        return Truth.UNKNOWN
    return truth_of(holds(given, wanted))


def _read_number(written: str) -> Decimal | None:
    from decimal import Decimal, InvalidOperation  # few policies compare numbers

    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _read_date(written: str) -> Decimal | None:
    """Read an ISO 8601 date, UTC where it names no zone, or seconds since 1970; return seconds since 1970."""
    from datetime import datetime, timezone  # few policies compare dates
    from decimal import Decimal

    try:
        moment = datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        return _read_number(written)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return Decimal(str(moment.timestamp()))


_BROAD_PREFIX = {4: 8, 6: 16}
"""Public ranges this long or shorter may hold addresses of AWS; longer ones are taken to be a customer's."""


def _address_in_range(policy: PartialString, request: PartialString) -> Truth:
    """Return whether an address is in a range; the address of an AWS service is in none that a customer would name."""
    from ipaddress import ip_address, ip_network  # few policies name addresses

    if policy.known is None:
        return Truth.UNKNOWN
    try:
        network = ip_network(policy.known.strip(), strict=False)
        if request == SERVICE_ADDRESS:
            # Older versions of Python call the network of all addresses private, for its first and last one are.
            public = network.prefixlen == 0 or not network.is_private
            broad = network.prefixlen <= _BROAD_PREFIX[network.version] and public
            return Truth.UNKNOWN if broad else Truth.NO
        return Truth.UNKNOWN if request.known is None else truth_of(ip_address(request.known) in network)
    except ValueError:
        return Truth.UNKNOWN


_exact = partial(matches, wildcards=False)
_exact_ignoring_case = partial(matches, wildcards=False, ignore_case=True)


def _family(name: str, read: Callable[[str], Decimal | None]) -> dict[str, Operator]:
    """Return the six operators on an ordered type."""
    compared = partial(_read_and_compared, read)
    return {
        f"{name}Equals": Operator(partial(compared, operator.eq)),
        f"{name}NotEquals": Operator(partial(compared, operator.eq), negated=True),
        f"{name}LessThan": Operator(partial(compared, operator.lt)),
        f"{name}LessThanEquals": Operator(partial(compared, operator.le)),
        f"{name}GreaterThan": Operator(partial(compared, operator.gt)),
        f"{name}GreaterThanEquals": Operator(partial(compared, operator.ge)),
    }


OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_exact, variables=True),
    "StringNotEquals": Operator(_exact, negated=True, variables=True),
    "StringEqualsIgnoreCase": Operator(_exact_ignoring_case, variables=True),
    "StringNotEqualsIgnoreCase": Operator(_exact_ignoring_case, negated=True, variables=True),
    "StringLike": Operator(matches, variables=True),
    "StringNotLike": Operator(matches, negated=True, variables=True),
    **_family("Numeric", _read_number),
    **_family("Date", _read_date),
    "Bool": Operator(_boolean, variables=True),
    "BinaryEquals": Operator(_exact),
    "IpAddress": Operator(_address_in_range),
    "NotIpAddress": Operator(_address_in_range, negated=True),
    "ArnEquals": Operator(arn_matches, variables=True),
    "ArnNotEquals": Operator(arn_matches, negated=True, variables=True),
    "ArnLike": Operator(arn_matches, variables=True),
    "ArnNotLike": Operator(arn_matches, negated=True, variables=True),
}
"""Every operator but ``Null``, which tests presence and compares nothing."""
