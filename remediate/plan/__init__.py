"""From patches and located resources to operations, or the reasons why there are none."""

from __future__ import annotations

from remediate.plan.at_resources import AtResources, Suppressed
from remediate.plan.ignore_remarks import fault_remark, unused
from remediate.plan.options import Options
from remediate.plan.other_services import other_services
from remediate.plan.outcome import Applied, Skipped
from remediate.plan.planning import Plan, planned_again
from remediate.plan.writable import plan_edits

__all__ = [
    "Applied",
    "AtResources",
    "Options",
    "Plan",
    "Skipped",
    "Suppressed",
    "fault_remark",
    "other_services",
    "plan_edits",
    "planned_again",
    "unused",
]
