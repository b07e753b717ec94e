"""Would a policy allow a request, and which statements say so.

Source of the order: IAM User Guide, Policy evaluation logic: an explicit deny wins, then an allow, else it is denied.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from remediate.iam.beginnings import Beginnings
from remediate.iam.conditions import condition_truth
from remediate.iam.holders import holder_for
from remediate.iam.match import ARN_FIELDS, arn_fields, matches
from remediate.iam.principals import principal_truth
from remediate.iam.statement import FIRST_VERSION, VARIABLES_SINCE
from remediate.iam.truth import Truth, agreed, all_of, any_of, negate
from remediate.iam.variables import has_variables, with_variables
from remediate.partial_string import PartialString, partial

if TYPE_CHECKING:
    from remediate.iam.request import Request
    from remediate.iam.statement import Condition, Policy, Statement

_MANY = 8
"""Of so many resources those are looked up that may match: of fewer, each is tried in less time."""
_LONGEST = 90
"""How many characters of a resource a reason shows."""


class Outcome(Enum):
    """What a policy says of a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNDECIDABLE = "undecidable"


class Decision(Struct, frozen=True):
    """An outcome and what it rests on.

    ``explicit`` is true for a Deny statement. ``by`` holds the statements that deny or that allow, or those that could not
    be decided; it is empty where no statement allows the request. ``reason`` is a sentence for people, and where something
    else than the policy allows the request, what that is.
    """

    outcome: Outcome
    explicit: bool
    by: tuple[Statement, ...]
    reason: str


class Elements(Struct, frozen=True):
    """How each element of a statement meets a request; ``failing`` are the conditions that are not surely met."""

    statement: Statement
    principal: Truth
    action: Truth
    resource: Truth
    conditions: Truth
    failing: tuple[Condition, ...]

    @property
    def applies(self) -> Truth:
        """Whether the statement applies to the request; a statement that cannot be read applies at most perhaps."""
        applies = all_of((self.principal, self.action, self.resource, self.conditions))
        return Truth.UNKNOWN if applies is Truth.YES and self.statement.unmodelled else applies


def evaluate(policy: Policy, request: Request) -> Decision:
    """Decide a request by the statements of one policy."""
    judged = [statement_truth(one, request) for one in policy.statements if _can_concern(one, request)]
    denying = [one for one in judged if one.statement.effect == "Deny" and one.applies is Truth.YES]
    if denying:
        return _decision(Outcome.DENIED, denying, request, explicit=True)
    allowing = [one for one in judged if one.statement.effect == "Allow" and one.applies is Truth.YES]
    perhaps_denying = [one for one in judged if one.statement.effect != "Allow" and one.applies is Truth.UNKNOWN]
    if allowing and not perhaps_denying:
        return _decision(Outcome.ALLOWED, allowing, request)
    if request.granted and not perhaps_denying:
        return Decision(Outcome.ALLOWED, explicit=False, by=(), reason=request.granted)
    if allowing or request.granted:
        return _decision(Outcome.UNDECIDABLE, perhaps_denying, request)
    undecided = [one for one in judged if one.applies is Truth.UNKNOWN]
    if any(one.statement.effect != "Deny" for one in undecided):
        return _decision(Outcome.UNDECIDABLE, undecided, request)
    reason = _why_not_allowed(judged, request)
    if request.fallback:
        return Decision(Outcome.UNDECIDABLE, explicit=False, by=(), reason=f"{reason}; {request.fallback}")
    return Decision(Outcome.DENIED, explicit=False, by=(), reason=reason)


@lru_cache(maxsize=1 << 15)
def statement_truth(statement: Statement, request: Request) -> Elements:
    """Judge each element of a statement on its own; what was judged is remembered, by the two objects."""
    truths = [(condition, condition_truth(condition, request)) for condition in statement.conditions]
    return Elements(
        statement=statement,
        principal=principal_truth(statement.principal, request, statement.effect),
        action=_action_truth(statement, request.action),
        resource=_resource_truth(statement, request),
        conditions=all_of(truth for _, truth in truths),
        failing=tuple(condition for condition, truth in truths if truth is not Truth.YES),
    )


def possibly_concerned(statement: Statement, resources: Beginnings) -> list[int] | None:
    """Return the resources, by their numbers, that a statement may be about; None where each of them has to be tried."""
    if statement.not_resources or not statement.resources or any(map(has_variables, statement.resources)):
        return None
    return sorted({number for pattern in statement.resources for number in resources.like(pattern)})


def cannot_apply(statement: Statement, request: Request) -> bool:
    """Tell whether a statement surely does not apply to a request; most fail by one element, and need no further look."""
    if _action_truth(statement, request.action) is Truth.NO:
        return True
    if principal_truth(statement.principal, request, statement.effect) is Truth.NO:
        return True
    return statement_truth(statement, request).applies is Truth.NO


def may_match(statement: Statement, pattern: PartialString, request: Request) -> bool:
    """Tell whether one of the resources of a statement may be the request's."""
    resources = (request.resource, *request.alternatives)
    readings = with_variables((pattern,), request, statement.version)
    return any(_resource_matches(one, asked, statement) is not Truth.NO for (one,) in readings for asked in resources)


def _can_concern(statement: Statement, request: Request) -> bool:
    """Tell whether a statement is about the request's action at all: most are not, and need no further look."""
    return statement.unmodelled is not None or _action_truth(statement, request.action) is not Truth.NO


@lru_cache(maxsize=1 << 15)
def _action_truth(statement: Statement, name: str) -> Truth:
    """Return whether the action is meant; action names ignore case (IAM JSON policy elements: Action)."""
    action = partial(name)
    if statement.actions and statement.not_actions:
        return Truth.UNKNOWN  # IAM accepts no such statement
    if statement.not_actions:
        return negate(any_of(matches(pattern, action, ignore_case=True) for pattern in statement.not_actions))
    if statement.actions:
        return any_of(matches(pattern, action, ignore_case=True) for pattern in statement.actions)
    return _without_action(statement, name)


def _resource_truth(statement: Statement, request: Request) -> Truth:
    if statement.resources and statement.not_resources:
        return Truth.UNKNOWN  # IAM accepts no such statement
    if statement.not_resources:
        return negate(_any_resource(statement, statement.not_resources, request))
    if statement.resources:
        return _any_resource(statement, statement.resources, request)
    holder = holder_for(request.action)
    if holder and holder.missing == "itself":
        return Truth.YES
    return _without_action(statement, request.action)


def _without_action(statement: Statement, action: str) -> Truth:
    """Return what the service makes of a statement without Action: it has no effect, or the policy is refused."""
    holder = holder_for(action)
    without_effect = holder is not None and holder.missing == "no effect" and not statement.unmodelled
    return Truth.NO if without_effect else Truth.UNKNOWN


def _any_resource(statement: Statement, patterns: tuple[PartialString, ...], request: Request) -> Truth:
    resources = (request.resource, *request.alternatives)
    found = _by_beginning(statement)
    if found:
        near = ((one, [patterns[number] for number in found.like(one)]) for one in resources)
        return agreed(any_of(_resource_matches(pattern, one, statement) for pattern in those) for one, those in near)
    return agreed(
        any_of(_resource_matches(pattern, resource, statement) for pattern in reading)
        for reading in with_variables(patterns, request, statement.version)
        for resource in resources
    )


@lru_cache(maxsize=1 << 12)
def _by_beginning(statement: Statement) -> Beginnings | None:
    """Return a statement's resources by how they begin, None where they are few, or variables make others of them."""
    patterns = statement.resources or statement.not_resources
    return None if len(patterns) < _MANY or any(map(has_variables, patterns)) else Beginnings(patterns)


def _resource_matches(pattern: PartialString, resource: PartialString, statement: Statement) -> Truth:
    """Match a resource. What an ARN with fewer fields means is documented for policies of identities only.

    There ``*`` stands for each field that is missing (IAM User Guide, IAM JSON policy elements: Resource).
    """
    fields = arn_fields(pattern)
    if fields is None or len(fields) == ARN_FIELDS or fields[0].known != "arn":
        return matches(pattern, resource)
    completed = partial(pattern, ":*" * (ARN_FIELDS - len(fields)))
    found = matches(completed, resource)
    return found if found is Truth.NO or statement.principal.own else Truth.UNKNOWN


def _decision(outcome: Outcome, elements: list[Elements], request: Request, *, explicit: bool = False) -> Decision:
    by = tuple(one.statement for one in elements)
    names = dict.fromkeys(f"{one.statement.label} of {one.statement.logical_id}" for one in elements)
    if outcome is Outcome.UNDECIDABLE:
        doubts = (f"whether {name} applies: {_doubts(one, request)}" for name, one in zip(names, elements, strict=False))
        reason = f"cannot determine {'; nor '.join(doubts)}"
    else:
        reason = f"{', '.join(names)} {'denies' if explicit else 'allows'} {request.action}" + _notes(elements, request)
    return Decision(outcome, explicit, by, reason)


def _why_not_allowed(judged: list[Elements], request: Request) -> str:
    """Return that no statement allows the request, and what stands in the way of those about this caller and action."""
    obstacles = [
        f"{one.statement.label} of {one.statement.logical_id}: {_obstacle(one, request)}"
        for one in judged
        if one.statement.effect == "Allow" and one.principal is not Truth.NO and one.action is not Truth.NO
    ]
    return "; ".join([f"no statement allows {request.action} to {request.principal}", *obstacles])


def _obstacle(elements: Elements, request: Request) -> str:
    if elements.resource is Truth.NO:
        written = (*elements.statement.resources, *elements.statement.not_resources)
        return f"its resource is not {_shortened(request.resource)}{_plain_text(written, elements.statement.version)}"
    failed = [condition for condition in elements.failing if condition_truth(condition, request) is Truth.NO]
    return "; ".join(
        f"its condition {one} does not hold{_note(one, request)}{_plain_text(one.values, one.version)}" for one in failed
    )


def _plain_text(written: tuple[PartialString, ...], version: str | None) -> str:
    """Say that a policy variable is none under the policy's Version."""
    is_plain = version == FIRST_VERSION and any(map(has_variables, written))
    return f" (${{…}} is plain text unless the policy has Version {VARIABLES_SINCE})" if is_plain else ""


def _doubts(elements: Elements, request: Request) -> str:
    statement = elements.statement
    if statement.unmodelled:
        return statement.unmodelled
    doubtful = [name for name in ("principal", "action", "resource") if getattr(elements, name) is Truth.UNKNOWN]
    doubtful += [one.unmodelled or f"condition {one}{_note(one, request)}" for one in elements.failing]
    written = [*statement.resources, *(value for condition in elements.failing for value in condition.values)]
    because = [request.doubt] if request.doubt and elements.resource is Truth.UNKNOWN else []
    because += [one.why for one in statement.principal.perhaps if one.caller == request.principal]
    because += (
        ["the policy's Version is not known"] if statement.version is None and any(map(has_variables, written)) else []
    )
    return "; ".join([f"its {', '.join(doubtful)} cannot be determined", *because])


def _notes(elements: list[Elements], request: Request) -> str:
    """Return why the keys of the deciding conditions are as they are, where the request says it."""
    notes = [_note(condition, request) for one in elements for condition in one.statement.conditions]
    return "".join(dict.fromkeys(notes))


def _note(condition: Condition, request: Request) -> str:
    note = request.note_on(condition.key)
    return f" ({note})" if note else ""


def _shortened(resource: PartialString) -> str:
    """Return a resource for people: of a long path its first folders, which are what a policy names."""
    whole = str(resource)
    if len(whole) <= _LONGEST:
        return whole
    cut = whole.rfind("/", 0, _LONGEST) + 1
    return f"{whole[: cut or _LONGEST]}…"
