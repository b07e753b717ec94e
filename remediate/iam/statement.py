"""A policy as statements whose strings may have unknown parts.

Source of the structure: IAM User Guide, Grammar of the IAM JSON policy language. Nothing here raises on odd input: what
cannot be read makes the statement, or one condition of it, ``unmodelled``, and the evaluator does not judge it.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct, field

from remediate.iam.holders import PolicyKind
from remediate.partial_string import PartialString, UnknownPart, Value, partial

Effect: TypeAlias = Literal["Allow", "Deny"]

VARIABLES_SINCE: Final = "2012-10-17"
"""The Version whose policies have variables."""
FIRST_VERSION: Final = "2008-10-17"
"""The Version of a policy that says none: ``${…}`` is plain text in it (IAM JSON policy elements: Version)."""

_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
PRINCIPAL_KINDS: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_EITHER_OR = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))


class Perhaps(Struct, frozen=True):
    """A caller that a principal may stand for; ``why`` that is not known, and on which parameter it ``hangs``."""

    caller: str
    why: str
    hangs: str


class Principal(Struct, frozen=True):
    """Who a statement is about. ``others`` are (kind, name) of Federated and CanonicalUser; ``negated`` for NotPrincipal.

    ``unread``: the principal as a whole cannot be read, so that it may be anybody; ``aws`` then holds what stands there.
    ``own``: the identity that holds the policy, which every statement of such a policy is about. ``perhaps`` are services
    that one of its accounts may stand for.
    """

    services: tuple[PartialString, ...] = ()
    aws: tuple[PartialString, ...] = ()
    others: tuple[tuple[str, PartialString], ...] = ()
    anyone: bool = False
    negated: bool = False
    unread: bool = False
    own: bool = False
    perhaps: tuple[Perhaps, ...] = ()


class Condition(Struct, frozen=True):
    """One key under one operator.

    ``unmodelled`` says why its values cannot be read. ``version`` is the policy's, as in :class:`Statement`.
    """

    operator: str
    key: str
    values: tuple[PartialString, ...] = ()
    unmodelled: str | None = None
    version: str | None = VARIABLES_SINCE

    def __str__(self) -> str:
        """Return operator and key."""
        return f"{self.operator} {self.key}"


class Statement(Struct, frozen=True, eq=False):
    """A statement of a policy; two are equal only where they are one, so that what is found out of one goes by the object.

    ``pointer`` is its JSON pointer in the template, ``index`` its position (from 0). Of each pair ``actions`` and
    ``not_actions``, ``resources`` and ``not_resources`` at most one is filled. ``effect`` is None where it cannot be read.
    ``version`` is the policy's Version, None where it is not known: it decides what ``${…}`` means.
    """

    pointer: str
    logical_id: str
    index: int
    effect: Effect | None
    sid: str | None = None
    principal: Principal = field(default_factory=Principal)
    actions: tuple[PartialString, ...] = ()
    not_actions: tuple[PartialString, ...] = ()
    resources: tuple[PartialString, ...] = ()
    not_resources: tuple[PartialString, ...] = ()
    conditions: tuple[Condition, ...] = ()
    unmodelled: str | None = None
    version: str | None = VARIABLES_SINCE

    @property
    def label(self) -> str:
        """What people call it: its Sid, else its position from 1."""
        return f'statement "{self.sid}"' if self.sid else f"statement {self.index + 1}"


class Policy(Struct, frozen=True):
    """The statements that apply together to a resource, or to what an identity does."""

    kind: PolicyKind
    statements: tuple[Statement, ...]


def parse_statement(
    data: Value, pointer: str, logical_id: str, index: int, version: str | None, *, of_identity: bool = False
) -> Statement:
    """Read a statement from template data; element names are matched in their exact case, as AWS does.

    What cannot be read becomes an unknown string in its place, which may mean anything. ``version`` is the Version of the
    policy, None where it is not known. ``of_identity``: the policy is one of an identity, and names no principal.
    """
    version = version if version in {VARIABLES_SINCE, FIRST_VERSION} else None
    if not isinstance(data, dict):
        return _unreadable(_unknown(data), pointer, logical_id, index, version)
    reader = _Reader(version)
    sid = data.get("Sid")
    return Statement(
        pointer=pointer,
        logical_id=logical_id,
        index=index,
        effect=reader.effect(data.get("Effect")),
        sid=" ".join(str(sid).split()) if isinstance(sid, PartialString) else None,
        principal=reader.own_principal(data) if of_identity else reader.principal(data),
        actions=reader.element(data, "Action"),
        not_actions=reader.element(data, "NotAction"),
        resources=reader.element(data, "Resource"),
        not_resources=reader.element(data, "NotResource"),
        conditions=reader.conditions(data.get("Condition", {})),
        unmodelled="; ".join(_shape_problems(data) + reader.problems) or None,
        version=version,
    )


def _unreadable(anything: PartialString, pointer: str, logical_id: str, index: int, version: str | None) -> Statement:
    problem, everything = "it is not an object", Principal(aws=(anything,), unread=True)
    return Statement(
        pointer, logical_id, index, None, None, everything, (anything,), (), (anything,), (), (), problem, version
    )


def _unknown(value: Value) -> PartialString:
    """Return what stands for a value that cannot be read: the same for the same value, wherever it stands."""
    return partial(UnknownPart(f"unreadable {value!r}", "any"))


def _shape_problems(data: dict[str, Value]) -> list[str]:
    problems = [f"the element {name} is not one of a policy statement" for name in data if name not in _ELEMENTS]
    return problems + [f"it has both {one} and {other}" for one, other in _EITHER_OR if one in data and other in data]


class _Reader:
    """Reads the elements of one statement and keeps the problems met."""

    def __init__(self, version: str | None) -> None:
        self.version = version
        self.problems: list[str] = []

    def effect(self, value: Value) -> Effect | None:
        known = value.known if isinstance(value, PartialString) else None
        if known == "Allow":
            return "Allow"
        if known == "Deny":
            return "Deny"
        self.problems.append("its Effect is neither Allow nor Deny")
        return None

    def element(self, data: dict[str, Value], name: str) -> tuple[PartialString, ...]:
        return self.strings(data[name], name) if name in data else ()

    def own_principal(self, data: dict[str, Value]) -> Principal:
        if "Principal" in data or "NotPrincipal" in data:
            self.problems.append("it names a principal, which the policy of an identity does not")
        return Principal(own=True)

    def principal(self, data: dict[str, Value]) -> Principal:
        negated = "NotPrincipal" in data
        value = data.get("NotPrincipal" if negated else "Principal")
        if isinstance(value, PartialString):
            if value.known is not None and value.known != "*":
                self.problems.append("its Principal is a text other than *")
            if value.known == "*":
                return Principal(anyone=True, negated=negated)
            return Principal(aws=(value,), negated=negated, unread=value.known is None)
        if not isinstance(value, dict) or not PRINCIPAL_KINDS.issuperset(value):
            self.problems.append(
                "its Principal is missing, or neither * nor an object of AWS, Service, Federated, CanonicalUser"
            )
            return Principal(aws=(_unknown(value),), negated=negated, unread=True)
        kinds = {kind: self.strings(names, f"Principal {kind}") for kind, names in value.items()}
        aws = kinds.get("AWS", ())
        return Principal(
            services=kinds.get("Service", ()),
            aws=tuple(name for name in aws if name.known != "*"),
            others=tuple((kind, name) for kind in ("Federated", "CanonicalUser") for name in kinds.get(kind, ())),
            anyone=any(name.known == "*" for name in aws),
            negated=negated,
        )

    def conditions(self, value: Value) -> tuple[Condition, ...]:
        if not isinstance(value, dict):
            return (Condition("Condition", "", unmodelled="Condition (no object)"),)
        return tuple(condition for operator, keys in value.items() for condition in self.conditions_of(operator, keys))

    def conditions_of(self, operator: str, keys: Value) -> list[Condition]:
        if not isinstance(keys, dict):
            return [Condition(operator, "", unmodelled=f"condition operator {operator} (no object of keys)")]
        conditions = []
        for key, given in keys.items():
            values = _texts(given)
            unread = None if None not in values else f"a value of the condition {operator} {key} is not a string"
            read = tuple(value for value in values if value is not None)
            conditions.append(Condition(operator, key, read, unread, self.version))
        return conditions

    def strings(self, value: Value, name: str) -> tuple[PartialString, ...]:
        items = value if isinstance(value, list) else [value]
        read = [(one, _text(one)) for one in items]
        if any(text is None for _, text in read):
            self.problems.append(f"a value of {name} is not a string")
        return tuple(_unknown(one) if text is None else text for one, text in read)


def _texts(value: Value) -> list[PartialString | None]:
    """Return a value or a list of values as texts; numbers and booleans as AWS writes them, None for anything else."""
    return [_text(item) for item in (value if isinstance(value, list) else [value])]


def _text(value: Value) -> PartialString | None:
    if isinstance(value, bool):
        return partial("true" if value else "false")
    if isinstance(value, int | float):
        return partial(str(value))
    return value if isinstance(value, PartialString) else None
