"""Which finding explains the failure of a stack, and what to do after the rollback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from remediate.cloudformation.resource_types import BUCKET
from remediate.delivery.stack_events import FailedResource, StackEvents
from remediate.engine import Report
from remediate.report.source_map import SourceMap
from remediate.report.terminal import wrapped

_NAME_TAKEN = "something of that name exists already, often a resource that an earlier attempt left behind"


def render(events: StackEvents, reports: Sequence[Report]) -> str:
    """Return why resources failed, with the findings that explain it or that none does, and what to do with the stack."""
    return "".join(f"{line}\n" for line in _lines(events, reports))


def _lines(events: StackEvents, reports: Sequence[Report]) -> Iterator[str]:
    for one in events.failed:
        having = [report for report in reports if one.logical_id in report.model.resources]
        for report in having:
            yield from _failure(report, one)
        if not having:
            yield from _unknown(one)
    if not events.failed:
        yield "stack events: no resource failed in them"
    for advice in (*_rolled_back(events), *_retained(events, reports)):
        yield from wrapped(advice, "  → ")


def _failure(report: Report, one: FailedResource) -> Iterator[str]:
    code = f" ({one.known.code})" if one.known else ""
    yield from wrapped(f"stack events: {one.logical_id} {one.status}{code}: {one.reason or 'no reason given'}", "", "    ")
    if one.taken:
        yield from wrapped(f"{_NAME_TAKEN}: delete it, import it into the stack, or choose another name", "  → ")
    elif one.known is None:
        yield from wrapped("not explained: the reason is not one about log delivery that is known here", "  ! ")
    else:
        found = [*_explaining(report, one)]
        if found:
            yield "  explained by:"
        else:
            yield from wrapped(f"not explained by this template: {_why_not(report, one)}", "  ! ")
        for line in found:
            yield from wrapped(line, "    - ")


def _explaining(report: Report, one: FailedResource) -> Iterator[str]:
    """Yield what is wrong with the resources that a failed one logs through, for the policies that its error is about."""
    own = {one.logical_id}.union(*(each.resources for each in report.deliveries if each.name == one.logical_id))
    policies = one.known.policies if one.known else ()
    places = SourceMap(report)
    told: set[str] = set()
    for finding in sorted(report.findings, key=lambda each: places.of(each.path)):
        if finding.blocking and finding.logical_id in own and finding.kind in policies:
            told |= {finding.cause, *finding.requests, *finding.patches}
            line, column = places.of(finding.path)
            yield f"{report.name}:{line}:{column}: {finding.detail} [{finding.cause}]"
    for left in report.unfixed:
        if left.logical_id in own and left.subject not in told:
            line, column = places.of(left.path or ("Resources", left.logical_id))
            yield f"{report.name}:{line}:{column}: {left.reason} [{left.subject}]"


def _why_not(report: Report, one: FailedResource) -> str:
    deliveries = {each.name for each in report.deliveries}
    if one.logical_id not in deliveries:
        return f"{one.logical_id} is nothing here that delivers logs"
    about = one.known.policies if one.known else ()
    judged = {each.kind for each in report.verdicts if each.source == one.logical_id}
    if about and "bucket" not in about and not judged.intersection(about):
        return f"{one.logical_id} has no {' or '.join(about)} in it, so this error is from another version of the template"
    return (
        "every request that it can tell of is allowed. Compare it with what was deployed (aws cloudformation get-template), "
        "and look at what is outside: service control policies, a bucket or key of another stack"
    )


def _unknown(one: FailedResource) -> Iterator[str]:
    shown = f"stack events: {one.logical_id} ({one.type}) {one.status}: {one.reason or 'no reason given'}"
    yield from wrapped(shown, "", "    ")
    yield from wrapped("not explained: no template that was checked has this resource", "  ! ")


def _rolled_back(events: StackEvents) -> Iterator[str]:
    """Say what a stack's status lets one do. Source: AWS CloudFormation User Guide, Stack status codes; Troubleshooting."""
    name = events.stack or "NAME"
    match events.status:
        case "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED":
            yield (
                f"the stack is in {events.status} and cannot be updated: delete it before you create it again "
                f"(aws cloudformation delete-stack --stack-name {name})"
            )
        case "UPDATE_ROLLBACK_FAILED":
            yield f"finish the rollback first: aws cloudformation continue-update-rollback --stack-name {name}"
        case "UPDATE_ROLLBACK_COMPLETE":
            yield "the stack is as it was before the update: update it with the fixed template"


def _retained(events: StackEvents, reports: Iterable[Report]) -> Iterator[str]:
    kept = dict(events.retained)
    if events.status.startswith("ROLLBACK"):
        kept |= {name: named for report in reports for name, named in _kept_buckets(report) if name not in kept}
    for name, physical in kept.items():
        shown = f"{name} ({physical})" if physical else name
        yield f"{shown} is retained and blocks its name: delete it, import it into a stack, or choose another name"


def _kept_buckets(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the buckets that outlive their stack and have a name of their own."""
    for logical_id in report.model.resources:
        one = report.model.resource(logical_id)
        name = report.model.properties(logical_id).get("BucketName")
        if one.get("Type") == BUCKET and one.get("DeletionPolicy") == "Retain" and name is not None:
            yield logical_id, name if isinstance(name, str) else ""
