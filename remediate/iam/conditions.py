"""Does a condition of a statement hold for a request.

Source: IAM User Guide, IAM JSON policy elements: Condition operators; Set operators for multi-valued context keys.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from remediate.iam.operators import OPERATORS, Operator
from remediate.iam.truth import Truth, agreed, all_of, any_of, negate, truth_of
from remediate.iam.variables import with_variables

if TYPE_CHECKING:
    from remediate.iam.request import KeyValue, Request
    from remediate.iam.statement import Condition
    from remediate.partial_string import PartialString

_OPERATOR = re.compile(r"(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?")


class _Parsed(Struct, frozen=True):
    """An operator's name in its parts."""

    quantifier: str | None
    operator: Operator
    if_exists: bool


Values: TypeAlias = "tuple[PartialString, ...]"


def condition_truth(condition: Condition, request: Request) -> Truth:
    """Return whether the condition holds; UNKNOWN for what is not modelled (an operator, a key, a value)."""
    if condition.unmodelled is not None:
        return Truth.UNKNOWN
    if condition.operator == "Null":
        return agreed(_null(condition.values, value) for value in request.values_of(condition.key))
    parsed = _parse(condition.operator)
    if parsed is None:
        return Truth.UNKNOWN
    values = request.values_of(condition.key)
    if not parsed.operator.variables:
        return agreed(_holds(parsed, condition.values, value) for value in values)
    readings = with_variables(condition.values, request, condition.version)
    return agreed(_holds(parsed, patterns, value) for patterns in readings for value in values)


@lru_cache(maxsize=1024)
def _parse(name: str) -> _Parsed | None:
    found = _OPERATOR.fullmatch(name)
    operator = OPERATORS.get(found[2]) if found else None
    if found is None or operator is None:
        return None
    return _Parsed(found[1], operator, found[3] is not None)


def _null(wanted: Values, value: KeyValue | None) -> Truth:
    """Return whether the key is absent where ``true`` is wanted, present where ``false`` is."""
    absent = value is None or value == ()
    return any_of(_boolean_is(text, absent) for text in wanted)


def _boolean_is(text: PartialString, expected: bool) -> Truth:
    known = None if text.known is None else text.known.lower()
    return truth_of(known == str(expected).lower()) if known in {"true", "false"} else Truth.UNKNOWN


def _holds(parsed: _Parsed, patterns: Values, value: KeyValue | None) -> Truth:
    if value is None or value == ():
        return _holds_when_absent(parsed)
    values = value if isinstance(value, tuple) else (value,)
    each = [_one_value(parsed.operator, patterns, one) for one in values]
    if parsed.quantifier == "ForAnyValue":
        return any_of(each)
    if parsed.quantifier == "ForAllValues":
        return all_of(each)
    # A multivalued key without a set operator is not defined by AWS.
    return each[0] if len(each) == 1 else Truth.UNKNOWN


def _holds_when_absent(parsed: _Parsed) -> Truth:
    if parsed.quantifier == "ForAllValues":
        return Truth.YES
    if parsed.quantifier == "ForAnyValue":
        # AWS says no for a missing key, and does not say what IfExists adds to it.
        return Truth.UNKNOWN if parsed.if_exists else Truth.NO
    return truth_of(parsed.if_exists or parsed.operator.negated)


def _one_value(operator: Operator, patterns: Values, value: PartialString) -> Truth:
    """Return whether one value of the request satisfies the condition: it matches any pattern, negated: it matches none."""
    matched = any_of(operator.compare(pattern, value) for pattern in patterns)
    return negate(matched) if operator.negated else matched
