"""What is wrong with the role that a service assumes, and with the log group that it writes to."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.creation_order import Dependencies
from remediate.cloudformation.existence import Deployments
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import Document
from remediate.delivery.decide import current_requests, documented, judge, statements_of
from remediate.delivery.delivery import Delivery
from remediate.delivery.requests import ServiceRequest
from remediate.delivery.role_order import late_policies
from remediate.delivery.roles import ALL_STREAMS
from remediate.diagnosis.finding import Finding
from remediate.diagnosis.waiting import how_to_wait
from remediate.iam.evaluate import Decision, Outcome, statement_truth
from remediate.iam.match import ARN_FIELDS, arn_fields
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString

OF_ROLE = frozenset({"role", "permissions"})
"""The two policies of a role: who may assume it, and what it may do."""


def role_findings(
    delivery: Delivery, model: TemplateModel, waiting: Dependencies, deployments: Deployments
) -> Iterator[Finding]:
    """Yield what is wrong with how a source names its role and its log group, and with their order."""
    yield from _half(delivery)
    yield from _log_group(delivery)
    source = str(delivery.source)
    for policy in late_policies(delivery, model, waiting):
        detail = f"{source} may be created before {policy}, which gives {delivery.facts.role} its permissions"
        advice = how_to_wait(deployments, source, policy)
        if waiting.chain(policy, source):
            advice = f"take the reference to {source} out of {policy}, and {advice}"
        yield Finding("logs-role-late", source, ("Resources", source), detail, "permissions", advice=advice)


def denied_to_role(delivery: Delivery, document: Document) -> Iterator[Finding]:
    """Yield that the service may not assume the role, or that the role may not do what the service does with it."""
    denied: dict[PartialString, list[tuple[ServiceRequest, Decision]]] = {}
    for one in documented(current_requests(delivery, document.kind, document.logical_id)):
        decision = judge(document, delivery, one.request, allows_only=True)
        if decision.outcome is Outcome.DENIED:
            denied.setdefault(one.request.resource, []).append((one, decision))
    for resource, found in denied.items():
        actions = ", ".join(one.request.action for one, _ in found)
        refused = {"role": f"does not let {delivery.service.principal} {actions}"}
        said = refused.get(document.kind, f"may not {actions} on {resource}")
        obstacles = dict.fromkeys(part for _, decision in found for part in decision.reason.split("; ")[1:])
        cause = "logs-role-trust" if document.kind == "role" else "logs-role-denied"
        detail = "; ".join((f"{document.logical_id} {said}", *obstacles))
        requests = tuple(one.id for one, _ in found)
        path = _nearest(delivery, document, found[0][0])
        yield Finding(cause, document.logical_id, path, detail, document.kind, requests=requests)


def _nearest(delivery: Delivery, document: Document, one: ServiceRequest) -> tuple[str | int, ...]:
    """Return the path of a statement of the role for the action, else of its policy, else of the role."""
    for raw, statement in statements_of(document, delivery):
        elements = statement_truth(statement, one.request)
        meant = Truth.NO not in (elements.principal, elements.action)
        if statement.effect == "Allow" and raw.path[1] == document.logical_id and meant:
            return raw.path
    return document.path if document.statements else ("Resources", document.logical_id)


def _half(delivery: Delivery) -> Iterator[Finding]:
    """Yield that a source names a role without a log group or the reverse; what a parameter leaves empty is not known."""
    source, form = str(delivery.source), delivery.service.source
    written = {name: delivery.resolver.at(source, name) for name in (form.role, form.log_group) if name}
    given = [name for name, one in written.items() if delivery.resolver.value(one) is not None]
    if len(written) == len(given) or len(given) != 1:
        return
    (missing,) = written.keys() - {*given}
    detail = f"{source} has {given[0]} but no {missing}"
    path = delivery.place(given[0])
    yield Finding("logs-half-configured", source, path, detail, "role", advice=f"add {missing}, or take {given[0]} away")


def _log_group(delivery: Delivery) -> Iterator[Finding]:
    group, source = delivery.log_group, str(delivery.source)
    fault = _fault(delivery, group.name, inside=group.inside) if group else ""
    if group and fault:
        name = delivery.service.source.log_group
        right = (
            f"!GetAtt {group.logical_id}.Arn" if group.inside else f"the ARN of the log group, with {ALL_STREAMS} at its end"
        )
        path = delivery.place(name)
        detail = f"the {name} of {source} {fault}"
        yield Finding("log-group-arn", source, path, detail, "role", advice=f"write {right}")


def _fault(delivery: Delivery, arn: PartialString, *, inside: bool) -> str:
    """Say what is wrong with the ARN of a log group; "" where nothing surely is.

    The service takes the ARN with what stands for all streams, as Fn::GetAtt gives it
    (hashicorp/terraform-provider-aws#14557), of a log group of its own account and Region.
    """
    first, last = arn.parts[0], arn.parts[-1]
    if (isinstance(first, str) and not first.startswith("arn:")) or (inside and not isinstance(first, str)):
        return f"is {arn}, which is no ARN"
    if not isinstance(first, str):
        return ""
    if (isinstance(last, str) and not last.endswith(ALL_STREAMS) and ":log-stream:" not in last) or (
        inside and not isinstance(last, str)
    ):
        return f"is {arn}, which does not end in {ALL_STREAMS}"
    fields = arn_fields(arn)
    places = (("Region", 3, delivery.facts.region), ("account", 4, delivery.facts.account))
    for noun, number, own in places if fields and len(fields) == ARN_FIELDS else ():
        found = fields[number].known if fields else None
        if found and own.known and found != own.known:
            return f"is in the {noun} {found}, and {delivery.source} in {own}"
    return ""
