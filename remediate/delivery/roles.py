"""The role that a service assumes to write somewhere, and the log group that it writes to."""

from __future__ import annotations

from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resource_types import LOG_GROUP, ROLE
from remediate.cloudformation.role_policies import managed_elsewhere
from remediate.delivery.destinations import Destination
from remediate.partial_string import PartialString, UnknownPart, partial
from remediate.template import Plain

ALL_STREAMS = ":*"
"""How the ARN of a log group ends that stands for the group with all its streams."""


def find_role(resolver: Resolver, expression: Plain) -> Destination | None:
    """Return the role behind an expression for its ARN, None where the expression has no value."""
    arn = resolver.string(expression)
    if arn is None or arn == partial():
        return None
    inside = (one for one in resolver.existing(ROLE) if arn in _arns(resolver, one))
    return Destination(expression, arn, next(inside, None))


def role_arn(resolver: Resolver, role: str) -> PartialString:
    """Return the ARN of a role of the template (IAM User Guide, IAM identifiers: friendly names and paths)."""
    path = resolver.string(resolver.property(role, "Path"))
    name = resolver.string(resolver.property(role, "RoleName")) or partial(UnknownPart(role, generated=True))
    account, partition = resolver.pseudo("AWS::AccountId"), resolver.pseudo("AWS::Partition")
    return partial("arn:", partition, ":iam::", account, ":role", path or "/", name)


def find_log_group(resolver: Resolver, expression: Plain) -> Destination | None:
    """Return the log group behind an expression for its ARN or its name, None where the expression has no value."""
    name = resolver.string(expression)
    if name is None or name == partial():
        return None
    inside = (one for one in resolver.existing(LOG_GROUP) if without_streams(name) in _group_names(resolver, one))
    return Destination(expression, name, next(inside, None))


def log_group_arn(resolver: Resolver, group: Destination | None) -> PartialString | None:
    """Return the ARN of a log group without its streams; of one outside the template what stands for it."""
    if group is None or group.logical_id is None:
        return without_streams(group.name) if group else None
    return resolver.arn("logs", "log-group:", resolver.string({"Ref": group.logical_id}) or partial())


def without_streams(arn: PartialString) -> PartialString:
    """Return the ARN of a log group without what stands for its streams."""
    *first, last = arn.parts or ("",)
    return partial(*first, last.removesuffix(ALL_STREAMS) if isinstance(last, str) else last)


def unknown_permissions(resolver: Resolver, role: str) -> str:
    """Say which policies of a role are not in the template, so that they may allow what no other does; "" for none."""
    found = [one for one in managed_elsewhere(resolver.model, role) if resolver.scenario.admits(one.guard)]
    names = (resolver.string(one.value) for one in found)
    told = ", ".join(dict.fromkeys(str(one) if one is not None else "one that a function makes" for one in names))
    return f"{role} has policies that are not in the template, which may allow it: {told}" if told else ""


def boundary(resolver: Resolver, role: str) -> str:
    """Say that a role has a permissions boundary, which may refuse what its policies allow; "" for none."""
    found = resolver.value(resolver.property(role, "PermissionsBoundary"))
    return "" if found is None else f"{role} has a PermissionsBoundary, which must allow it too"


def _arns(resolver: Resolver, role: str) -> tuple[PartialString | None, ...]:
    # As Fn::GetAtt gives it, as a text with Ref has it, and as people write it out.
    account, partition = resolver.pseudo("AWS::AccountId"), resolver.pseudo("AWS::Partition")
    by_ref = partial("arn:", partition, ":iam::", account, ":role/", resolver.string({"Ref": role}) or partial())
    return resolver.string({"Fn::GetAtt": [role, "Arn"]}), by_ref, role_arn(resolver, role)


def _group_names(resolver: Resolver, group: str) -> tuple[PartialString, PartialString]:
    name = resolver.string({"Ref": group}) or partial()
    return name, resolver.arn("logs", "log-group:", name)
