"""What AWS does not accept in a statement, so that the policy itself cannot be created."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.cloudformation.substitution import ADVICE, unsubstituted
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.finding import Finding
from remediate.diagnosis.principals import hyphenated_accounts, wrong_principals
from remediate.iam.holders import HOLDERS, PolicyKind
from remediate.iam.match import matches
from remediate.iam.reference import misspelt
from remediate.iam.statement import Statement
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, partial


def refused_findings(
    delivery: Delivery, document: Document, raw: WrittenStatement, statement: Statement
) -> Iterator[Finding]:
    """Yield what is wrong with a statement whatever it is for."""
    yield from _unsubstituted(delivery, document, raw)
    yield from wrong_principals(delivery, document, raw, statement)
    yield from hyphenated_accounts(document, raw, statement)
    if HOLDERS[document.kind].strict:
        yield from misspelt_actions(document, raw)
        yield from _foreign(delivery, document, raw, statement)
        yield from _inapplicable(document, raw, statement)


def misspelt_actions(document: Document, raw: WrittenStatement, among: Iterable[str] | None = None) -> Iterator[Finding]:
    """Yield the actions of a statement, or those ``among`` them, that are none, each with the one that was meant."""
    for action in raw.actions if among is None else among:
        meant = misspelt(action)
        if meant:
            detail = f"{raw.label} names {action}, which is not an action; {meant} is"
            blocking = HOLDERS[document.kind].strict
            advice = f"write {meant} instead of {action}"
            path = raw.path_of("Action")
            yield Finding("misspelt-action", document.logical_id, path, detail, document.kind, blocking, advice=advice)


def _unsubstituted(delivery: Delivery, document: Document, raw: WrittenStatement) -> Iterator[Finding]:
    for path, names in unsubstituted(delivery.resolver.model, raw.data, raw.path):
        detail = f"{raw.label} has {', '.join(names)} but no Fn::Sub, so it is not substituted"
        yield Finding("missing-sub", document.logical_id, path, detail, document.kind, advice=ADVICE)


def _foreign(delivery: Delivery, document: Document, raw: WrittenStatement, statement: Statement) -> Iterator[Finding]:
    """Yield the resources that are neither the bucket nor in it, whatever the unknown parts are."""
    bucket, within = delivery.facts.bucket_arn, _within(delivery)
    for resource in (*statement.resources, *statement.not_resources):
        if is_foreign(delivery, resource):
            what, advice = f"is not in {bucket}", f"take {resource} out of {raw.label}"
            if not str(resource).startswith("arn:"):
                is_name = delivery.bucket is not None and resource == delivery.bucket.name
                what = "is the name of the bucket and no ARN" if is_name else "is no ARN"
                advice = f"write {bucket} instead" if is_name else advice
            detail = f"{raw.label} names {resource}, which {what}, so S3 refuses the policy"
            here = _here(resource, delivery.facts.partition)
            if matches(here, within) is not Truth.NO or matches(here, bucket) is not Truth.NO:
                advice = "write arn:${AWS::Partition}: in it, for the partition is another one"
            path = (*raw.path, "Resource" if statement.resources else "NotResource")
            yield Finding("foreign-resource", document.logical_id, path, detail, document.kind, advice=advice)


def is_foreign(delivery: Delivery, resource: PartialString) -> bool:
    """Tell whether a resource is surely neither the log bucket nor in it; what a policy variable stands for is not known."""
    variable = any(isinstance(part, str) and "${" in part for part in resource.parts)
    return not variable and {matches(resource, one) for one in (delivery.facts.bucket_arn, _within(delivery))} == {Truth.NO}


def _within(delivery: Delivery) -> PartialString:
    return partial(delivery.facts.bucket_arn, "/", UnknownPart("the key of an object", "any"))


def _here(resource: PartialString, partition: PartialString) -> PartialString:
    """Return an ARN as it is in another partition."""
    first, *rest = resource.parts or ("",)
    known = first.split(":", 2) if isinstance(first, str) else []
    return partial("arn:", partition, ":", known[2], *rest) if len(known) > len(("arn", "aws")) else resource


def _inapplicable(document: Document, raw: WrittenStatement, statement: Statement) -> Iterator[Finding]:
    """Yield the actions for which a statement has no resource that they can be about."""
    holder = HOLDERS[document.kind]
    lost = inapplicable_actions(document.kind, raw.actions, statement.resources)
    for actions, names, right in (
        (holder.on_itself, "only objects", "the bucket itself"),
        (holder.on_content, "only the bucket itself", "the objects: <bucket ARN>/…/*"),
    ):
        here = [one for one in lost if one.lower() in actions]
        if here:
            detail = f"{raw.label} is about {', '.join(here)} but names {names}, so S3 refuses the policy"
            advice = f"let {raw.label} name {right}"
            path = raw.path_of("Resource")
            yield Finding("inapplicable-resource", document.logical_id, path, detail, document.kind, advice=advice)


def inapplicable_actions(kind: PolicyKind, actions: Sequence[str], resources: Sequence[PartialString]) -> list[str]:
    """Return the actions for which none of a statement's resources can be meant."""
    about, holder = {*map(_about, resources)}, HOLDERS[kind]
    if not about or "any" in about:
        return []
    wanted = ((holder.on_itself, "bucket"), (holder.on_content, "object"))
    return [one for one in actions if any(one.lower() in names and what not in about for names, what in wanted)]


def _about(resource: PartialString) -> str:
    """Tell what a resource of a bucket policy can be about: the bucket, objects, or any of both."""
    after = "".join(part if isinstance(part, str) else "x" for part in resource.parts).partition(":::")[2]
    if any(isinstance(part, UnknownPart) and part.alphabet == "any" for part in resource.parts) or not after:
        return "any"
    if "/" in after:
        return "object"
    return "any" if "*" in after or "?" in after else "bucket"
