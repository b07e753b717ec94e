"""Whether a statement is for a folder of the bucket in which no source of the template writes."""

from __future__ import annotations

from remediate.delivery.decide import all_possible_requests
from remediate.delivery.delivery import Delivery
from remediate.delivery.object_keys import is_in_own_folder, object_key
from remediate.diagnosis.resource_paths import resource_fault
from remediate.iam.holders import PolicyKind
from remediate.iam.match import matches
from remediate.iam.statement import Statement
from remediate.iam.truth import Truth


def is_for_another_folder(delivery: Delivery, kind: PolicyKind, logical_id: str, statement: Statement) -> bool:
    """Tell whether all that a statement names are objects of the bucket that the source does not come to write.

    Its conditions are somebody else's matter then: they deny the source nothing.
    """
    if kind != "bucket" or not statement.resources:
        return False
    bucket = delivery.facts.bucket_arn
    writes = [one.request for one in all_possible_requests(delivery, kind, logical_id) if one.is_write]
    paths = [path for request in writes for path in (request.resource, *request.alternatives)]
    return all(
        object_key(resource, delivery.facts) is not None
        and not is_in_own_folder(resource, delivery.facts)
        and all(matches(resource, path) is Truth.NO and not resource_fault(resource, path, bucket) for path in paths)
        for resource in statement.resources
    )
