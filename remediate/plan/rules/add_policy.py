"""The rule ``policy``: the log bucket, or the topic, has a policy."""

from __future__ import annotations

from remediate.cloudformation.expression import as_list
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resource_types import BUCKET_POLICY, TOPIC_POLICY
from remediate.patch_set import AddPolicy
from remediate.plan.draft import Draft
from remediate.plan.targets import Target
from remediate.plan.vocabulary import bucket_arn
from remediate.template import Plain


def ensure_policy(draft: Draft, target: Target, rule: AddPolicy) -> str:
    """Add a policy with the rule's statements behind the bucket or topic; return its logical ID."""
    bucket, is_topic = target.logical_id, target.role == "topic"
    logical_id = _free_name(draft.model, f"{bucket}Policy")
    condition = draft.model.resource(bucket).get("Condition")
    added: dict[str, Plain] = {"Type": TOPIC_POLICY if is_topic else BUCKET_POLICY}
    if condition is not None:
        added["Condition"] = condition
    statements: list[Plain] = [_statement(draft.model, one, bucket) for one in rule.statements]
    document: dict[str, Plain] = {"Version": "2012-10-17", "Statement": statements}
    ref: Plain = {"Ref": bucket}
    named: dict[str, Plain] = {"Topics": [ref]} if is_topic else {"Bucket": ref}
    added["Properties"] = {**named, "PolicyDocument": document}
    names = list(draft.model.resources)
    following = names[names.index(bucket) + 1 :]
    draft.add(("Resources", logical_id), added, before=following[0] if following else None)
    return logical_id


def _statement(model: TemplateModel, written: dict[str, Plain], bucket: str) -> dict[str, Plain]:
    arn = bucket_arn(model, {"Ref": bucket})
    named: dict[str, Plain] = {
        "topic": {"Ref": bucket},
        "log-bucket": arn,
        "all-objects": {"Fn::Sub": f"${{{bucket}.Arn}}/*"},
    }
    resources = written.get("Resource")
    listed = as_list(resources)
    return {**written, "Resource": [named.get(str(one), one) for one in listed]}


def _free_name(model: TemplateModel, wanted: str) -> str:
    taken = model.resources.keys() | model.parameters.keys()
    return next(
        name for number in range(1, len(taken) + 2) if (name := wanted + (str(number) if number > 1 else "")) not in taken
    )
