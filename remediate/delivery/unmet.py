"""Whether a condition is in the way of a request: the one answer that patches act on, and that the diagnosis tells."""

from __future__ import annotations

from enum import Enum

from remediate.cloudformation.policy_conditions import WrittenCondition
from remediate.delivery.decide import entry_truth
from remediate.delivery.delivery import Delivery
from remediate.iam.match import ARN_FIELDS, arn_fields
from remediate.iam.request import Request
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart


class Unmet(Enum):
    """How far a condition is from being met."""

    DENIES = "it does not hold"
    UNNAMED = "it names exactly a source whose name CloudFormation is to make"
    UNSHOWN = "it cannot be shown to hold"

    @property
    def surely(self) -> bool:
        """Whether the request is denied at the next deployment."""
        return self is not Unmet.UNSHOWN


def unmet(delivery: Delivery, entry: WrittenCondition, request: Request) -> Unmet | None:
    """Return how far a condition is from being met by a request of a delivery, None where it is met.

    Of a source in another template nothing here shows that an open condition is wrong.
    """
    truth = entry_truth(delivery, entry, request)
    if truth is Truth.YES or (truth is Truth.UNKNOWN and delivery.source is None):
        return None
    if _names_an_unnamed(delivery, entry):
        return Unmet.UNNAMED
    return Unmet.DENIES if truth is Truth.NO else Unmet.UNSHOWN


def _names_an_unnamed(delivery: Delivery, entry: WrittenCondition) -> bool:
    """Tell whether a condition names the delivery's source exactly, although CloudFormation is to make its name.

    Whatever the text is, the first request of the new source has another name.
    Source: AWS CloudFormation User Guide, Name type: a generated name ends in random characters.
    """
    name = delivery.facts.arn.parts[-1]
    generated = isinstance(name, UnknownPart) and name.generated
    if not generated or entry.key.lower() not in delivery.service.source_keys or "Not" in entry.operator:
        return False
    found = delivery.resolver.value(entry.value)
    values = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, PartialString)]
    names = [fields[-1] for one in values if (fields := arn_fields(one)) and len(fields) == ARN_FIELDS]
    return len(names) == len(values) > 0 and not any(name in one.parts or _is_wild(one) for one in names)


def _is_wild(name: PartialString) -> bool:
    return any(isinstance(part, str) and ("*" in part or "?" in part) for part in name.parts)
