"""Which of a service's requests an action on a resource is for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from remediate.cloudformation.policies import WrittenStatement
from remediate.cloudformation.resolve import Resolver
from remediate.delivery.decide import all_possible_requests, documented, judge, requests_for_open_prefix
from remediate.delivery.delivery import Delivery
from remediate.delivery.requests import ServiceRequest
from remediate.iam.beginnings import Beginnings
from remediate.iam.evaluate import Outcome
from remediate.iam.holders import PolicyKind
from remediate.iam.match import matches
from remediate.iam.request import Request
from remediate.iam.statement import VARIABLES_SINCE
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, partial
from remediate.patch_set import Allow
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.vocabulary import bucket_arn, is_escaped, log_objects, log_streams, topic_arns
from remediate.template import Plain


class Wanted(Struct, frozen=True, eq=False):
    """A request that a patch promises to allow, for one delivery; ``is_made`` where the service surely makes it."""

    delivery: Delivery
    request: ServiceRequest
    is_made: bool


class Gap(Struct, frozen=True, eq=False):
    """An action on a resource that a rule wants allowed, and the requests that are for it."""

    action: str
    resource: Plain
    wanted: tuple[Wanted, ...]


def gaps(editor: PolicyEditor, rule: Allow) -> Iterator[Gap]:
    """Yield every action on every resource of a rule."""
    resources = _resources(editor, rule)
    found = {action: _wanted(editor, rule, action, resources) for action in rule.actions}
    for number, resource in enumerate(resources):
        for action in rule.actions:
            yield Gap(action, resource, found[action][number])


def writable_gaps(editor: PolicyEditor, wanted: list[Gap]) -> list[Gap]:
    """Return the gaps whose resource means itself in the document; say what is in the way of the others."""
    found = [gap for gap in wanted if is_writable(editor, gap)]
    if len(found) < len(wanted):
        prefix = editor.given.service.source.prefix
        reason = f"the {prefix} has a character that a policy can escape only where its Version is {VARIABLES_SINCE}"
        editor.skip(
            "obstacle", reason, f"give the policy the Version {VARIABLES_SINCE}, or take the character out of the prefix"
        )
    return found


def is_writable(editor: PolicyEditor, gap: Gap) -> bool:
    """Tell whether the resource of a gap means itself in the document."""
    return editor.version == VARIABLES_SINCE or not is_escaped(gap.resource)


def still_open(editor: PolicyEditor, gap: Gap) -> list[Wanted]:
    """Return the requests that a gap is for and that are not allowed yet."""
    return [one for one in gap.wanted if _is_needed(editor, one.delivery, one.request.request)]


def outcome_of(editor: PolicyEditor, delivery: Delivery, request: Request) -> Outcome:
    """Return what the Allow statements say of a request as the document stands now."""
    return judge(editor.document, delivery, request, allows_only=True).outcome


def is_narrow(editor: PolicyEditor, rule: Allow, raw: WrittenStatement) -> bool:
    """Tell whether a statement allows only actions of the rule and others that the service asks for."""
    asked = {
        one.request.action
        for delivery in editor.deliveries
        for one in all_possible_requests(delivery, editor.kind, editor.logical_id)
    }
    known = (*rule.actions, *rule.joins, *asked)
    return all(
        any(matches(partial(name), partial(one), ignore_case=True) is Truth.YES for name in known) for one in raw.actions
    )


def may_doubt(editor: PolicyEditor, delivery: Delivery) -> bool:
    """Tell whether doubt is a reason to change something; about a source of another template there is nothing but doubt."""
    return editor.review and delivery.source is not None


def _is_needed(editor: PolicyEditor, delivery: Delivery, request: Request) -> bool:
    """Tell whether a request is to be allowed: it is denied, or after a review cannot be decided."""
    outcome = outcome_of(editor, delivery, request)
    return outcome is Outcome.DENIED or (outcome is Outcome.UNDECIDABLE and may_doubt(editor, delivery))


def _wanted(editor: PolicyEditor, rule: Allow, action: str, resources: list[Plain]) -> tuple[tuple[Wanted, ...], ...]:
    """Return for each resource the requests of a rule that an action on it allows.

    Remembered, for the deliveries are the same each time that a rule comes to their document.
    """
    if not editor.deliveries:
        return tuple(() for _ in resources)
    memory = editor.deliveries[0].resolver.model.memory
    name = (_wanted, editor.deliveries, editor.place, rule.denied, action, repr(resources))
    if name not in memory:
        memory[name] = _matching(_for_action(editor.deliveries, editor.place, rule.denied, action), resources)
    found: tuple[tuple[Wanted, ...], ...] = memory[name]  # type: ignore[assignment]  # put there above
    return found


def _matching(candidates: tuple[Wanted, ...], resources: list[Plain]) -> tuple[tuple[Wanted, ...], ...]:
    """Return for each resource the requests that are surely for it."""
    found: list[list[Wanted]] = [[] for _ in resources]
    read: dict[int, _Patterns] = {}
    for one in candidates:
        resolver = one.delivery.resolver
        if id(resolver) not in read:
            read[id(resolver)] = _Patterns(resolver, resources)
        for number in read[id(resolver)].of(one.request.request.resource):
            found[number].append(one)
    return tuple(map(tuple, found))


class _Patterns:
    """The resources of a rule as they read in one scenario, to find those that a path is surely part of."""

    def __init__(self, resolver: Resolver, written: list[Plain]) -> None:
        read = [(number, resolver.string(one)) for number, one in enumerate(written)]
        self._patterns = [(number, pattern) for number, pattern in read if pattern is not None]
        self._beginnings = Beginnings([pattern for _, pattern in self._patterns])
        self._found: dict[PartialString, list[int]] = {}

    def of(self, path: PartialString) -> list[int]:
        """Return the numbers of the resources that a path is part of; a path of several sources is looked up once."""
        if path not in self._found:
            near = (self._patterns[place] for place in self._beginnings.like(path))
            self._found[path] = [number for number, pattern in near if matches(pattern, path) is Truth.YES]
        return self._found[path]


@lru_cache(maxsize=64)
def _for_action(
    deliveries: tuple[Delivery, ...], place: tuple[PolicyKind, str], ids: tuple[str, ...], action: str
) -> tuple[Wanted, ...]:
    """Return the requests of the deliveries that have one of the ids and are for an action, one for each path."""
    found: list[Wanted] = []
    for delivery in deliveries:
        made = {one.id for one in documented(requests_for_open_prefix(delivery, *place))}
        for one in all_possible_requests(delivery, *place):
            if one.id in ids and matches(partial(action), partial(one.request.action), ignore_case=True) is Truth.YES:
                found += [Wanted(delivery, replace(one, request=path), one.id in made) for path in _paths(one.request)]
    return tuple(found)


@lru_cache(maxsize=1024)
def _paths(request: Request) -> tuple[Request, ...]:
    """Return a request for each of the paths that it may be for: a rule allows every one of them."""
    if not request.alternatives:
        return (request,)
    found = (request.resource, *request.alternatives)
    return tuple(replace(request, resource=path, alternatives=(), doubt="") for path in found)


def _resources(editor: PolicyEditor, rule: Allow) -> list[Plain]:
    found: list[Plain] = []
    arn = bucket_arn(editor.draft.original, editor.bucket) if editor.kind == "bucket" else None
    for name in rule.resources:
        if name == "log-objects":
            found += log_objects(editor.draft.original, arn, editor.deliveries, editor.given).values()
        elif name == "log-streams":
            found += log_streams(editor.draft.original, editor.deliveries, editor.given)
        else:
            found += topic_arns(editor.deliveries) if name == "topic" else [arn if name == "log-bucket" else "*"]
    return found
