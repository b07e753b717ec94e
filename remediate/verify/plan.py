"""What a plan has come to: guarantees 3 to 6, judged on the template before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.access import Outsider
from remediate.delivery.comparison import Verdict, prove
from remediate.delivery.new_access import NewAccesses
from remediate.iam.evaluate import Outcome
from remediate.plan import Plan
from remediate.template import Operation
from remediate.verify.broken import Broken
from remediate.verify.principals import check_denies, check_others
from remediate.verify.resources import check_resources


def verify_plan(before: TemplateModel, after: TemplateModel, planned: Plan, given: Mapping[str, str]) -> tuple[Verdict, ...]:
    """Check guarantees 3 and 4 and return the verdicts that the latter rests on; ``given`` are parameters. Raises Broken."""
    check_resources(before, after, planned)
    check_denies(before, after, planned.located)
    check_others(before, after, planned, given)
    verdicts = prove(planned.located, before, after)
    for verdict in verdicts:
        _check_verdict(verdict, _promised_ids(planned, verdict.logical_id))
    return verdicts


def verify_settled(again: Sequence[Operation]) -> None:
    """Check guarantee 5 on the operations that a second run plans. Raises Broken."""
    if again:
        paths = ", ".join(dict.fromkeys(operation.path for operation in again))
        raise Broken(5, f"it would change {paths}")


def verify_outsiders(found: NewAccesses, planned: Plan) -> None:
    """Check guarantee 6: who got in came in with a change that the user has reviewed. Raises Broken."""
    reviewed = {_door(outsider) for one in planned.applied for outsider in one.let_in}
    for opening in found.found:
        who, action, resource = _door(opening.outsider)
        # Who may read the access control list learns nothing new from the Region.
        alike = "s3:GetBucketAcl" if action == "s3:GetBucketLocation" else action
        if not opening.told_only and not reviewed & {(who, action, resource), (who, alike, resource)}:
            raise Broken(6, f"{who} may {action} on {resource} by the policy of {opening.logical_id}")


def _door(outsider: Outsider) -> tuple[str, str, str]:
    return outsider.who, outsider.request.action, str(outsider.request.resource)


def _promised_ids(planned: Plan, logical_id: str) -> frozenset[str]:
    """Return the ids of the requests that a patch has come to allow at a resource."""
    promised = [one.promised for one in planned.applied if one.logical_id == logical_id]
    return frozenset().union(*promised)


def _check_verdict(verdict: Verdict, promised: frozenset[str]) -> None:
    what = f"{verdict.request.request.action} on {verdict.logical_id}"
    if verdict.before.outcome is Outcome.ALLOWED and verdict.after.outcome is not Outcome.ALLOWED:
        raise Broken(4, f"{what} was allowed and is no longer: {verdict.after.reason}")
    if verdict.before.explicit and not verdict.after.explicit:
        raise Broken(4, f"{what} was denied and is no longer: {verdict.before.reason}")
    if verdict.alone and verdict.request.id in promised and verdict.unblocked.outcome is Outcome.DENIED:
        raise Broken(4, f"{what} is still denied: {verdict.unblocked.reason}")
