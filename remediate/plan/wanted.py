"""Which of CloudTrail's requests an action on a resource is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resources import remembered
from remediate.cloudformation.view import View
from remediate.judge import asked, documented, promised
from remediate.patchset import Allow
from remediate.plan.case import Case
from remediate.plan.vocabulary import bucket_arn, is_escaped, log_objects
from remediate.policy.beginnings import Beginnings
from remediate.policy.cloudtrail import CloudTrailRequest
from remediate.policy.document import VARIABLES_SINCE
from remediate.policy.match import matches
from remediate.policy.request import Request
from remediate.policy.truth import Truth
from remediate.symbolic import Text, text
from remediate.template import Plain


@dataclass(frozen=True, eq=False)
class Wanted:
    """A request that a patch promises to allow, for one view; ``is_made`` where the trail surely makes it as it stands."""

    view: View
    request: CloudTrailRequest
    is_made: bool


@dataclass(frozen=True, eq=False)
class Gap:
    """An action on a resource that a rule wants allowed, and the requests that are for it."""

    action: str
    resource: Plain
    wanted: tuple[Wanted, ...]


def gaps(case: Case, rule: Allow) -> Iterator[Gap]:
    """Yield every action on every resource of a rule."""
    resources = _resources(case, rule)
    found = {action: _wanted(case, rule, action, resources) for action in rule.actions}
    for number, resource in enumerate(resources):
        for action in rule.actions:
            yield Gap(action, resource, found[action][number])


def writable_gaps(case: Case, wanted: list[Gap]) -> list[Gap]:
    """Return the gaps whose resource means itself in the document; say what is in the way of the others."""
    written = case.draft.at(case.path)
    version = written.get("Version") if isinstance(written, dict) else None
    found = [gap for gap in wanted if version == VARIABLES_SINCE or not is_escaped(gap.resource)]
    if len(found) < len(wanted):
        reason = f"the S3KeyPrefix has a character that a policy can escape only where its Version is {VARIABLES_SINCE}"
        case.skip(
            "obstacle", reason, f"give the policy the Version {VARIABLES_SINCE}, or take the character out of the prefix"
        )
    return found


def _wanted(case: Case, rule: Allow, action: str, resources: list[Plain]) -> tuple[tuple[Wanted, ...], ...]:
    """Return for each resource the requests of a rule that an action on it allows.

    Remembered, for the views are the same each time that a rule comes to their document.
    """
    if not case.views:
        return tuple(() for _ in resources)
    memory = remembered(case.views[0].resolver.data)
    name = (_wanted, case.views, case.kind, rule.denied, action, repr(resources))
    if name not in memory:
        memory[name] = _matching(_for_action(case.views, case.kind, rule.denied, action), resources)
    found: tuple[tuple[Wanted, ...], ...] = memory[name]  # type: ignore[assignment]  # put there above
    return found


def _matching(candidates: tuple[Wanted, ...], resources: list[Plain]) -> tuple[tuple[Wanted, ...], ...]:
    """Return for each resource the requests that are surely for it."""
    found: list[list[Wanted]] = [[] for _ in resources]
    read: dict[int, _Patterns] = {}
    for one in candidates:
        resolver = one.view.resolver
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
        self._found: dict[Text, list[int]] = {}

    def of(self, path: Text) -> list[int]:
        """Return the numbers of the resources that a path is part of; a path of several trails is looked up once."""
        if path not in self._found:
            near = (self._patterns[place] for place in self._beginnings.like(path))
            self._found[path] = [number for number, pattern in near if matches(pattern, path) is Truth.YES]
        return self._found[path]


@lru_cache(maxsize=64)
def _for_action(views: tuple[View, ...], kind: str, ids: tuple[str, ...], action: str) -> tuple[Wanted, ...]:
    """Return the requests of the views that have one of the ids and are for an action, one for each path."""
    found: list[Wanted] = []
    for view in views:
        made = {one.id for one in documented(asked(view, kind))}
        for one in promised(view, kind):
            if one.id in ids and matches(text(action), text(one.request.action), ignore_case=True) is Truth.YES:
                found += [Wanted(view, replace(one, request=path), one.id in made) for path in _paths(one.request)]
    return tuple(found)


@lru_cache(maxsize=1024)
def _paths(request: Request) -> tuple[Request, ...]:
    """Return a request for each of the paths that it may be for: a rule allows every one of them."""
    if not request.alternatives:
        return (request,)
    found = (request.resource, *request.alternatives)
    return tuple(replace(request, resource=path, alternatives=(), doubt="") for path in found)


def _resources(case: Case, rule: Allow) -> list[Plain]:
    found: list[Plain] = []
    arn = bucket_arn(case.draft.data, case.bucket) if case.kind == "bucket" else None
    for name in rule.resources:
        if name == "log-objects":
            found += log_objects(case.draft.data, arn, case.views, case.given).values()
        else:
            found.append(arn if name == "log-bucket" else "*")
    return found
