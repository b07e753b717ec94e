"""Which of CloudTrail's requests an action on a resource is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from remediate.cloudformation.locate import View
from remediate.patchset import Allow
from remediate.plan.case import Case
from remediate.plan.vocabulary import bucket_arn, log_objects
from remediate.policy.cloudtrail import CloudTrailRequest, TrailFacts, key_requests, promised_put_objects, requests
from remediate.policy.match import matches
from remediate.policy.truth import Truth
from remediate.symbolic import Unknown, text
from remediate.template import Plain


@dataclass(frozen=True, eq=False)
class Wanted:
    """A request that a patch promises to allow, for one view."""

    view: View
    request: CloudTrailRequest


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
            yield Gap(action, resource, tuple(_wanted(case, action, resource)))


def _wanted(case: Case, action: str, resource: Plain) -> Iterator[Wanted]:
    for view in case.views:
        pattern = view.resolver.string(resource)
        if pattern is None:
            continue
        for one in promised(view, case.kind):
            same_action = matches(text(action), text(one.request.action), ignore_case=True)
            if same_action is Truth.YES and matches(pattern, one.request.resource) is Truth.YES:
                yield Wanted(view, one)


def asked(view: View, kind: str) -> list[CloudTrailRequest]:
    """Return the requests that a view's trail makes now."""
    return [one for one in requests(_facts(view)) if one.policy == kind]


def promised(view: View, kind: str) -> tuple[CloudTrailRequest, ...]:
    """Return every request that a view's trail makes now or may make: on all its paths, and with a Bucket Key."""
    facts = _facts(view)
    if kind == "key" and facts.key_arn is None:
        # With the bucket's default key CloudTrail sends no context of its own, and asks for the rest as with its own key.
        as_own = key_requests(replace(facts, key_arn=facts.bucket_key_arn))
        return (*key_requests(facts), *(one for one in as_own if one.id != "generate-data-key"))
    if kind == "key":
        return key_requests(facts)
    made = tuple(one for one in requests(facts) if one.policy == "bucket")
    return (*made, *promised_put_objects(facts))


def _facts(view: View) -> TrailFacts:
    """Return what is known of the view's trail, with a prefix that is not taken for a path of CloudTrail's own.

    What a parameter makes of the prefix is open, but ``AWSLogs/`` is no part of it (AWS CloudTrail User Guide, Naming
    requirements), so that ``AWSLogs/<account>/*`` is never the path below it.
    """
    facts = view.facts
    prefix = facts.prefix
    if prefix is None or view.trail is None:
        return facts
    folders = (Unknown(part.name) if isinstance(part, Unknown) else part for part in prefix.parts)
    return replace(facts, prefix=text(*folders))


def _resources(case: Case, rule: Allow) -> list[Plain]:
    found: list[Plain] = []
    arn = bucket_arn(case.draft.data, case.bucket) if case.kind == "bucket" else None
    for name in rule.resources:
        if name == "log-objects":
            found += log_objects(case.draft.data, arn, case.views, case.given).values()
        else:
            found.append(arn if name == "log-bucket" else "*")
    return found
