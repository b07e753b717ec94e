"""Sources of other services that may write the bucket policy before the template does."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.creation_order import Dependencies
from remediate.cloudformation.existence import Deployments
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.finding import Finding
from remediate.diagnosis.waiting import how_to_wait


def policy_writer_findings(delivery: Delivery, waiting: Dependencies, deployments: Deployments) -> Iterator[Finding]:
    """Yield each source that delivers to the same bucket, writes its policy itself, and does not wait for the policy.

    Source: Amazon CloudWatch Logs User Guide, Logs sent to Amazon S3.
    """
    for source in delivery.policy_writers:
        for policy in delivery.bucket_policies:
            if not waiting.waits_for(source, policy) and not waiting.circle(source, [policy]):
                detail = (
                    f"{source} may be created before {policy}, and then has a policy written to {delivery.own_bucket}: "
                    f"{policy} fails, because the bucket has one already"
                )
                advice = how_to_wait(deployments, source, policy)
                yield Finding("policy-exists-already", source, ("Resources", source), detail, "bucket", advice=advice)
