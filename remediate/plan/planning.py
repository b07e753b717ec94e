"""What a patch set comes to at a template: which deliveries are changed, by which operations, and what is left."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.locate import Located
from remediate.diagnosis import Finding, diagnose, is_wanted
from remediate.diagnosis.health import DeliveryHealth, Health, delivery_of, health_of_all
from remediate.patch_set import PatchSet
from remediate.plan.acknowledged import acknowledged
from remediate.plan.decided_by_default import decided_by_default
from remediate.plan.options import Options
from remediate.plan.outcome import Applied, Skipped
from remediate.plan.planner import Planner, chosen_patches
from remediate.plan.remaining import remaining
from remediate.plan.selected import Selected
from remediate.plan.sizes import check_sizes
from remediate.template import Operation


class Plan(Struct, frozen=True):
    """What is to be done to a template.

    ``located`` is what was found in it, ``findings`` the root causes that the user wants to hear of, ``deliveries`` how each
    delivery is before, ``changeable`` the names of those that may be changed, ``model`` the template after the
    operations.
    """

    located: Located
    findings: tuple[Finding, ...]
    deliveries: tuple[DeliveryHealth, ...]
    changeable: frozenset[str]
    applied: tuple[Applied, ...]
    skipped: tuple[Skipped, ...]
    operations: tuple[Operation, ...]
    model: TemplateModel


def plan(located: Located, patch_set: PatchSet, options: Options) -> Plan:
    """Plan a patch set for a template, which stays as it is."""
    model, chosen = located.model, {patch.id for patch in chosen_patches(patch_set, options)}
    everything = diagnose(located, model, patch_set.fixing)
    known = acknowledged(everything, options.ignore)

    def wanted(finding: Finding) -> bool:
        return is_wanted(finding, chosen) and not known.finding(finding)

    findings = tuple(filter(wanted, everything))
    found = health_of_all(located, model, findings, options.error, known.request)
    planner = _planned(located, patch_set, options, found)
    operations = tuple(planner.draft.operations)
    left = (
        tuple(filter(wanted, diagnose(planner.located, planner.draft.model, patch_set.fixing))) if operations else findings
    )
    rest = [
        *remaining(planner.located, planner.draft.model, planner.skipped, left, patch_set),
        *decided_by_default(planner.located, planner.draft.model, options.given),
    ]
    said = [one for one in (*dict.fromkeys(planner.skipped), *rest) if not known.skipped(one)]
    selected = Selected(planner.chosen if options.select else ())
    skipped = [one for one in said if selected.skipped(one, (*findings, *left))]
    skipped += selected.rest(planner.applied.values(), skipped, (one for one in said if one not in skipped))
    findings = tuple(filter(selected.finding, findings))
    if not options.precautions and "precautions" not in options.ignore:
        found = tuple(_with_precautions(planner, found))
    applied = tuple(planner.applied.values())
    check_sizes(planner.located, model, planner.draft.model)
    return Plan(located, findings, found, planner.changeable, applied, tuple(skipped), operations, planner.draft.model)


def planned_again(located: Located, patch_set: PatchSet, options: Options, before: Plan) -> tuple[Operation, ...]:
    """Return the operations that a patch set comes to for the same deliveries: none, once it has settled."""
    planner = Planner(located, patch_set, options, before.changeable)
    planner.run()
    return tuple(planner.draft.operations)


def _planned(located: Located, patch_set: PatchSet, options: Options, found: tuple[DeliveryHealth, ...]) -> Planner:
    """Plan for the deliveries that are broken, and after a review for those that are not decided.

    Precautions go along with a repair: a delivery that nothing here repairs is left as it is.
    """
    wanted = {Health.BROKEN, Health.UNDECIDED} if options.review else {Health.BROKEN}
    changeable = frozenset(one.name for one in found if one.health in wanted)
    planner = Planner(located, patch_set, options, changeable)
    planner.run()
    repaired = {logical_id for (_, logical_id), applied in planner.applied.items() if applied.need == "repair"}
    idle = frozenset(one.name for one in found if not one.reported and not one.resources & repaired)
    if options.review or not planner.draft.operations or not changeable & idle:
        return planner
    obstacles = [one for one in planner.skipped if one.why in {"obstacle", "review"}]  # why nothing repairs it
    planner = Planner(located, patch_set, options, changeable - idle)
    planner.run()
    planner.skipped = [*dict.fromkeys((*obstacles, *planner.skipped))]
    return planner


def _with_precautions(planner: Planner, found: tuple[DeliveryHealth, ...]) -> Iterator[DeliveryHealth]:
    """Yield the deliveries with the patches that would change the healthy ones if precautions were wanted."""
    healthy = {one.name for one in found if one.health is Health.HEALTHY}
    deliveries = tuple(delivery for delivery in planner.located.deliveries if delivery_of(delivery) in healthy)
    options = replace(planner.options, precautions=True)
    located = replace(planner.located, model=planner.draft.model, deliveries=deliveries)
    again = Planner(located, planner.patch_set, options, frozenset())
    if deliveries:
        again.run()
    for one in found:
        own = one.resources if one.name in healthy else frozenset()
        patches = dict.fromkeys(
            patch for (patch, logical_id), made in again.applied.items() if logical_id in own and made.need == "precaution"
        )
        yield replace(one, precautions=tuple(patches)) if patches else one
