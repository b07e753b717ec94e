"""Which conditions of a statement do not hold for a request that it is for, and what is wrong with each."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.cloudformation.policy_conditions import WrittenCondition, written_conditions
from remediate.cloudformation.substitution import unsubstituted
from remediate.delivery.decide import entry_truth
from remediate.delivery.delivery import Delivery
from remediate.delivery.unmet import Unmet, unmet
from remediate.diagnosis.finding import CauseId, Finding
from remediate.diagnosis.statements import absent_key
from remediate.iam.match import arn_fields, matches
from remediate.iam.request import Request
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, partial

_ARN_FIELDS = ("arn", "partition", "service", "Region", "account")


def mismatches(delivery: Delivery, document: Document, raw: WrittenStatement, request: Request) -> Iterator[Finding]:
    """Yield the conditions that do not hold, and of a source in this template those that cannot be shown to.

    One that cannot be shown to hold is blocking where it names the source by a name that CloudFormation has yet to make.
    """
    for entry in written_conditions(raw):
        if not delivery.resolver.scenario.admits(entry.guard) or any(unsubstituted(delivery.resolver.model, entry.value)):
            continue
        found = unmet(delivery, entry, request)
        known = len(request.values_of(entry.key)) == 1
        if found is Unmet.DENIES or (found and known and _is_of_the_source(delivery, entry)):
            told = _mismatch(delivery, document, raw, entry, request)
            yield replace(told, blocking=True) if found is Unmet.UNNAMED else told
        elif entry.key.lower() == "aws:sourceorgid" and entry_truth(delivery, entry, request) is Truth.UNKNOWN:
            detail = f"{entry} of {raw.label}: AWS does not say that {delivery.service.name} sends it"
            yield Finding("organization-condition", document.logical_id, entry.path, detail, document.kind, blocking=False)


def _is_of_the_source(delivery: Delivery, entry: WrittenCondition) -> bool:
    return entry.key.lower() in delivery.service.source_keys and entry.operator.split(":")[-1].startswith(("String", "Arn"))


def _mismatch(
    delivery: Delivery, document: Document, raw: WrittenStatement, entry: WrittenCondition, request: Request
) -> Finding:
    absent = absent_key(delivery, document, raw, entry, request)
    if absent:
        return absent
    cause: CauseId
    name, noun = delivery.service.name, delivery.service.source.noun
    key = entry.key.lower()
    if _is_of_the_source(delivery, entry):
        cause = "wrong-source-arn" if key == "aws:sourcearn" else "wrong-encryption-context"
        detail = f"{entry} of {raw.label} {_fault(delivery, entry)}"
    elif key.startswith("s3:x-amz-server-side-encryption"):
        cause = "encryption-header"
        sent = delivery.facts.sse
        detail = f"{entry} of {raw.label} does not hold: {name} sends {sent}, for the {noun} has {_key(delivery)}"
    else:
        cause = "unmet-condition"
        found = " or ".join("nothing" if one is None else str(one) for one in request.values_of(entry.key))
        detail = f"{entry} of {raw.label} does not hold: {name}'s {request.action} request has {found}"
    return Finding(cause, document.logical_id, entry.path, detail, document.kind, blocking=False)


def _key(delivery: Delivery) -> str:
    return "no key" if delivery.facts.key_arn is None else "a key"


def _fault(delivery: Delivery, entry: WrittenCondition) -> str:
    """Say what is wrong with a value that is to be the source's ARN."""
    noun = delivery.service.source.noun
    found = delivery.resolver.value(entry.value)
    values = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, PartialString)]
    operator = entry.operator.split(":")[-1].removesuffix("IfExists")
    if any(one == partial(delivery.facts.arn, ":*") for one in values):
        return f"has `:*` behind the ARN of {delivery.source or f'the {noun}'}, which {entry.key} does not have"
    if operator.startswith("String") and "Like" not in operator and any("*" in str(one) for one in values):
        return f"contains `*`, which {operator} compares literally, so it never matches; use ArnLike"
    source = delivery.source if delivery.service.source.name else f"the one that {delivery.service.name} sends"
    source = source or f"the {noun}"
    if len(values) == 1:
        fields, wanted = arn_fields(values[0]), arn_fields(delivery.facts.arn)
        for name, written, own in zip((*_ARN_FIELDS, noun), fields or (), wanted or (), strict=False):
            if matches(written, own) is Truth.NO:
                return f"names a different {name} than that of {source}: {written}"
    if any(isinstance(part, UnknownPart) and part.name == delivery.source for part in delivery.facts.arn.parts):
        property_name = delivery.service.source.name
        return f"may not match {source}: without {property_name}, CloudFormation generates the name at deployment"
    return f"cannot be shown to match the ARN of {source}"
