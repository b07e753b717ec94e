"""What is still not allowed after the last patch, and what the user can do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.model import TemplateModel
from remediate.delivery.decide import current_requests, document_for, documented, judge
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located
from remediate.delivery.requests import ServiceRequest
from remediate.diagnosis import Finding, catalogue
from remediate.diagnosis.bucket_acls import open_acls
from remediate.iam.evaluate import Decision, Outcome, statement_truth
from remediate.iam.holders import PolicyKind
from remediate.iam.match import matches
from remediate.iam.statement import Condition
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, partial
from remediate.patch_set import PatchSet
from remediate.plan.outcome import Skipped, Why
from remediate.plan.outside import outside
from remediate.plan.unread import unread
from remediate.template import tokens

_MOST_OPEN = 3
"""So many parts of a path may be open where it is looked for what a pattern compares; real ones have one or two."""


def remaining(
    located: Located, model: TemplateModel, said: Sequence[Skipped], left: Sequence[Finding], patch_set: PatchSet
) -> tuple[Skipped, ...]:
    """Return what is left to say of a template, once for each reason.

    ``said`` is what planning has said already, ``left`` are the root causes that are still there. ``patch_set`` says what
    the policies outside the template are to have.
    """
    explained = {one.logical_id for one in said if one.why in {"review", "obstacle", "generated"}}
    without_id = {one.logical_id for one in said if one.why == "denied"}
    judged = [
        one
        for delivery in located.deliveries
        for one in _of_view(delivery, model, explained, patch_set)
        if not (one.why == "denied" and "organization" in one.subject and one.logical_id in without_id)
    ]
    found = [*_causes([*said, *judged], left), *judged]
    if not located.complete:
        found.append(
            Skipped(
                "conditions",
                "undecidable",
                "the conditions have too many combinations to try all; the defaults and deviations from them were tried",
                advice="fix some with --parameter KEY=VALUE",
            )
        )
    found += [_skipped(one, "undecidable") for one in open_acls(located, model)]
    found += unread(model, located)
    return tuple({_sameness(one): one for one in reversed(found)}.values())[::-1]


def _sameness(one: Skipped) -> tuple[str, ...]:
    """Return what two remarks share that are one for people: a request under two scenarios, or two for the same reason."""
    return (one.why, one.logical_id, one.subject if one.why == "denied" else one.reason)


def _causes(said: Sequence[Skipped], left: Sequence[Finding]) -> Iterator[Skipped]:
    """Yield the causes that are still there.

    One needs no second word where its patch has said why it did nothing, or a request that is denied for it tells of it.
    """
    for one in left:
        here = [other for other in said if other.logical_id == one.logical_id]
        told = any(
            other.subject in (one.cause, *one.patches) or (other.why == "denied" and other.subject in one.requests)
            for other in here
        )
        if one.cause == "blocking-deny":
            yield _skipped(one, "blocked")
        elif not told and (one.blocking or not one.requests):
            otherwise: Why = "noted" if catalogue()[one.cause].level == "note" else "harmless"
            yield _skipped(one, "obstacle" if one.blocking else otherwise)


def _skipped(one: Finding, why: Why) -> Skipped:
    return Skipped(one.cause, why, one.detail, one.logical_id, one.advice, path=one.path)


def _of_view(delivery: Delivery, model: TemplateModel, explained: set[str], patch_set: PatchSet) -> Iterator[Skipped]:
    if delivery.source:
        yield from outside(delivery, patch_set)
    if len(delivery.bucket_policies) == 1:
        yield from _judged(delivery, model, delivery.bucket_policies[0], "bucket", explained)
    if len(delivery.topic_policies) == 1:
        yield from _judged(delivery, model, delivery.topic_policies[0], "topic", explained)
    for logical_id, kind in delivery.policies():
        if kind == "key":
            yield from _judged(delivery, model, logical_id, kind, explained)
    role = delivery.role.logical_id if delivery.role else None
    if role:
        yield from _judged(delivery, model, role, "role", explained)
        yield from _judged(delivery, model, role, "permissions", explained)


def _judged(
    delivery: Delivery, model: TemplateModel, logical_id: str, kind: PolicyKind, explained: set[str]
) -> Iterator[Skipped]:
    document = document_for(model, logical_id, kind, delivery)
    if document is None or not document.readable:
        if logical_id not in explained:
            reason = (
                document.obstacle if document and document.obstacle else f"{logical_id} has no policy that can be judged"
            )
            yield Skipped(f"{kind}-policy", "obstacle", reason, logical_id)
        return
    for one in documented(current_requests(delivery, kind, logical_id)):
        decision = judge(document, delivery, one.request)
        if decision.outcome is not Outcome.ALLOWED and not decision.explicit:  # a Deny is among the causes
            yield _left(one, decision, logical_id, delivery)
            if document.obstacle and decision.outcome is Outcome.DENIED and one.confidence != "inferred":
                yield Skipped(f"{kind}-policy", "obstacle", document.obstacle, logical_id)


def _left(one: ServiceRequest, decision: Decision, logical_id: str, delivery: Delivery) -> Skipped:
    path = tuple(tokens(decision.by[0].pointer)) if decision.by else ()
    if decision.outcome is Outcome.UNDECIDABLE:
        advice = _settling(one, decision, delivery)
        if any(statement.unmodelled for statement in decision.by):
            advice = "fix the statement: IAM does not accept it as it is"
        return Skipped(one.id, "undecidable", decision.reason, logical_id, advice if delivery.source else "", path=path)
    organization = delivery.facts.organization_id
    is_unknown = "organization" in one.id and organization is not None and organization.known is None
    advice = "give the organization's id with --organization-id" if is_unknown else ""
    return Skipped(one.id, "denied", decision.reason, logical_id, advice)


def _settling(one: ServiceRequest, decision: Decision, delivery: Delivery) -> str:
    """Say what would settle a request that cannot be told: values that the user knows, else only a change."""
    if one.request.limit and not decision.by:
        return "see that it does"
    judged = [statement_truth(statement, one.request) for statement in decision.by]
    conditions = [condition for elements in judged for condition in elements.failing if _is_sent(one, condition)]
    unsure = [elements.statement for elements in judged if elements.resource is Truth.UNKNOWN]
    if unsure and one.request.doubt:
        return f"take the slash off the {delivery.service.source.prefix}"
    # A key that the request may lack is not settled by a value.
    possible = one.request.possible
    conditions = [condition for condition in conditions if None not in possible.get(condition.key.lower(), ())]
    written = [value for condition in conditions for value in condition.values]
    patterns = _open_patterns(one.request.resource, [name for statement in unsure for name in statement.resources])
    written += patterns
    unnamed = [elements.statement for elements in judged if elements.principal is Truth.UNKNOWN]
    written += [name for statement in unnamed for name in statement.principal.services]
    found = (one.request.context.get(condition.key.lower()) for condition in conditions)
    asked = [value for value in found if isinstance(value, PartialString)]
    asked += [_compared(pattern, one.request.resource) for pattern in patterns]
    asked += [one.request.service.name] if unnamed and one.request.service else []
    # What is open on both sides is the same there, and settles nothing.
    open_parts = {read for name in _open_parts(written) ^ _open_parts(asked) for read in _read(name)}
    open_parts |= {who.hangs for elements in judged for who in elements.statement.principal.perhaps}
    known = delivery.resolver.model.parameters.keys() | {"AWS::AccountId", "AWS::Region", "AWS::Partition"}
    names = ", ".join(sorted(open_parts & known))
    change = "let it be changed with --review"
    return f"give its value with --parameter KEY=VALUE ({names}), or {change}" if names else change


def _is_sent(one: ServiceRequest, condition: Condition) -> bool:
    """Tell whether a request surely carries the key of a condition: of another one no value settles anything."""
    return None not in one.request.values_of(condition.key)


def _open_patterns(resource: PartialString, patterns: list[PartialString]) -> list[PartialString]:
    """Return the patterns of which it cannot be told whether they match; all, where that is for another path."""
    return [one for one in patterns if matches(one, resource) is Truth.UNKNOWN] or patterns


def _compared(pattern: PartialString, resource: PartialString) -> PartialString:
    """Return the beginning of a resource that the pattern compares: what its star at the end stands for settles nothing."""
    written = "".join(part if isinstance(part, str) else f"${{{part.name}}}" for part in pattern.parts)
    stem = written.removesuffix("*")
    here = {part for part in pattern.parts if isinstance(part, UnknownPart)}
    apart = [part for part in resource.parts if isinstance(part, UnknownPart) and part not in here]
    if stem == written or len({*apart}) > _MOST_OPEN:
        return resource
    read, found = "", resource
    for number, part in enumerate(resource.parts):
        if isinstance(part, UnknownPart):
            read += re.escape(f"${{{part.name}}}") if part in here else ".+"
            continue
        if any(re.fullmatch(read + re.escape(part[:end]), stem, re.DOTALL) for end in range(len(part) + 1)):
            found = partial(*resource.parts[:number])  # the last such place leaves the least to what is open
        read += re.escape(part)
    return found


def _open_parts(texts: Iterable[PartialString]) -> set[str]:
    return {part.name for text in texts for part in text.parts if isinstance(part, UnknownPart)}


def _read(name: str) -> set[str]:
    """Return the parameters that an open part hangs on: those that the expression reads for which it stands."""
    try:
        return mentions(json.loads(name)) if name.startswith("{") else {name}
    except (ValueError, RecursionError):  # only the beginning of an expression, or another text
        return {name}
