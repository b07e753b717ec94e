"""Which of CloudTrail's requests an action on a resource is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from remediate.cloudformation.view import View
from remediate.judge import asked, documented, promised
from remediate.patchset import Allow
from remediate.plan.case import Case
from remediate.plan.vocabulary import bucket_arn, is_escaped, log_objects
from remediate.policy.cloudtrail import CloudTrailRequest
from remediate.policy.document import VARIABLES_SINCE
from remediate.policy.match import matches
from remediate.policy.request import Request
from remediate.policy.truth import Truth
from remediate.symbolic import text
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
    for resource in _resources(case, rule):
        for action in rule.actions:
            yield Gap(action, resource, tuple(_wanted(case, rule, action, resource)))


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


def _wanted(case: Case, rule: Allow, action: str, resource: Plain) -> Iterator[Wanted]:
    """Yield the requests of a rule that an action on a resource allows."""
    for view in case.views:
        pattern = view.resolver.string(resource)
        if pattern is None:
            continue
        made = {one.id for one in documented(asked(view, case.kind))}
        for one in promised(view, case.kind):
            if one.id not in rule.denied:
                continue
            same_action = matches(text(action), text(one.request.action), ignore_case=True)
            for request in _paths(one.request) if same_action is Truth.YES else ():
                if matches(pattern, request.resource) is Truth.YES:
                    yield Wanted(view, replace(one, request=request), one.id in made)


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
