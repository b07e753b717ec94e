"""What a patch set comes to at a template: which deliveries are changed, by which operations, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.cloudformation.generated import generator, where_to_change
from remediate.cloudformation.model import TemplateModel
from remediate.delivery.locate import Located
from remediate.diagnosis import Finding, catalogue, diagnose, is_wanted
from remediate.diagnosis.health import DeliveryHealth, Health, delivery_of, health_of_all
from remediate.patch_set import PatchSet
from remediate.plan.at_resources import AtResources, Suppressed
from remediate.plan.decided_by_default import decided_by_default
from remediate.plan.options import Options
from remediate.plan.outcome import Applied, Skipped
from remediate.plan.planner import ROUNDS, Planner, chosen_patches
from remediate.plan.remaining import remaining
from remediate.plan.selected import Selected
from remediate.plan.sizes import check_sizes
from remediate.template import Operation


class Plan(Struct, frozen=True):
    """What is to be done to a template.

    ``located`` is what was found in it, ``findings`` the root causes that the user wants to hear of, ``deliveries`` how each
    delivery is before, ``changeable`` the names of those that may be changed, ``model`` the template after the
    operations. ``suppressed`` is what the template itself ignores.
    """

    located: Located
    findings: tuple[Finding, ...]
    deliveries: tuple[DeliveryHealth, ...]
    changeable: frozenset[str]
    applied: tuple[Applied, ...]
    skipped: tuple[Skipped, ...]
    operations: tuple[Operation, ...]
    model: TemplateModel
    ignored: AtResources = field(default_factory=AtResources)
    suppressed: tuple[Suppressed, ...] = ()


def plan(located: Located, patch_set: PatchSet, options: Options) -> Plan:
    """Plan a patch set for a template, which stays as it is."""
    model, chosen = located.model, {patch.id for patch in chosen_patches(patch_set, options)}
    everything = _diagnosed(located, model, patch_set, options)
    there = _ignored(everything, patch_set, options)

    def wanted(finding: Finding) -> bool:
        return is_wanted(finding, chosen) and not there.finding(finding)

    findings = tuple(filter(wanted, everything))
    found = health_of_all(located, model, findings, options.evidence, there.request)
    planner = _settled(_planned(located, patch_set, options, found, there))
    after, operations = planner.draft.model, tuple(planner.draft.operations)
    still = filter(wanted, _diagnosed(planner.located, after, patch_set, options)) if operations else findings
    left = _with_notes(still, findings)
    said = [
        *dict.fromkeys((*planner.skipped, *_of_error(options))),
        *remaining(planner.located, after, planner.skipped, left, patch_set),
        *decided_by_default(located, replace(planner.located, model=after), options.given),
    ]
    if not options.precautions and "precautions" not in options.ignore:
        found = tuple(_with_precautions(planner, found))
        said += [remark for one in found if one.precautions and (remark := _precautions(one)) and there.skipped(remark)]
        found = tuple(replace(one, precautions=()) if _needs_none(one, there) else one for one in found)
    check_sizes(planner.located, model, after)
    findings, skipped = _selected(planner, findings, left, [one for one in said if not there.skipped(one)])
    changed = planner.changeable, tuple(planner.applied.values())
    return Plan(located, findings, found, *changed, skipped, operations, after, planner.ignored, there.told(said))


def _ignored(everything: tuple[Finding, ...], patch_set: PatchSet, options: Options) -> AtResources:
    """Return what is ignored where all root causes are known."""
    anywhere = [one for one in sorted(options.ignore) if patch_set.patch(one) is None]  # a patch is only left out
    return AtResources(options.ignores, everything, patch_set.patches, anywhere)


def _settled(planner: Planner) -> Planner:
    """Plan on with what is ignored in the result: an ignored root cause that has become another one holds nothing back."""
    done = 0
    for _ in range(ROUNDS if planner.ignored.ignores else 0):
        if len(planner.draft.operations) == done:
            break
        done = len(planner.draft.operations)
        found = _diagnosed(planner.located, planner.draft.model, planner.patch_set, planner.options)
        planner.ignored = _ignored(found, planner.patch_set, planner.options)
        planner.run()
    return planner


def _of_error(options: Options) -> Iterator[Skipped]:
    """Yield what an error message means whose cause is in no policy, so that no template shows it."""
    for one in (one.failure for one in options.evidence):
        if not one.policies:
            yield Skipped("error-elsewhere", "noted", f"{one.code}: {one.meaning}")


def _with_notes(left: Iterable[Finding], findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what is left with the notes on the template as it was: no patch settles one, and none may bring one up."""
    faults = (one for one in left if catalogue()[one.cause].level != "note")
    return (*faults, *(one for one in findings if catalogue()[one.cause].level == "note"))


def _selected(
    planner: Planner, findings: tuple[Finding, ...], left: tuple[Finding, ...], said: list[Skipped]
) -> tuple[tuple[Finding, ...], tuple[Skipped, ...]]:
    """Return of the root causes, before and after, and of the remarks, what the patches that the user chose are about."""
    selected = Selected(planner.chosen if planner.options.select else ())
    skipped = [one for one in said if selected.skipped(one, (*findings, *left))]
    skipped += selected.rest(planner.applied.values(), skipped, (one for one in said if one not in skipped))
    return tuple(filter(selected.finding, findings)), tuple(skipped)


def _diagnosed(located: Located, model: TemplateModel, patch_set: PatchSet, options: Options) -> tuple[Finding, ...]:
    """Return all root causes; in a generated template each with the source in which it is to be fixed."""
    found = diagnose(located, model, patch_set.fixing)
    if options.generated or not found or generator(model) is None:
        return found
    return tuple(replace(one, advice=_advice(where_to_change(model, one.logical_id) or "", one.advice)) for one in found)


def _advice(source: str, advice: str) -> str:
    return f"{source}: {advice}" if advice else source


def _needs_none(one: DeliveryHealth, ignored: AtResources) -> bool:
    """Tell whether nobody wants to hear of precautions: they are ignored, or worse is."""
    return ignored.skipped(_precautions(one)) or ignored.at_any(one.resources)


def _precautions(one: DeliveryHealth) -> Skipped:
    return Skipped("precautions", "kept", f"optional precautions: {', '.join(one.precautions)}", one.name)


def planned_again(located: Located, patch_set: PatchSet, options: Options, before: Plan) -> tuple[Operation, ...]:
    """Return the operations that a patch set comes to for the same deliveries: none, once it has settled."""
    planner = Planner(located, patch_set, options, before.changeable, before.ignored)
    planner.run()
    return tuple(planner.draft.operations)


def _planned(
    located: Located, patch_set: PatchSet, options: Options, found: tuple[DeliveryHealth, ...], ignored: AtResources
) -> Planner:
    """Plan for the deliveries that are broken, and after a review for those that are not decided.

    Precautions go along with a repair: a delivery that nothing here repairs is left as it is.
    """
    wanted = {Health.BROKEN, Health.UNDECIDED} if options.review else {Health.BROKEN}
    changeable = frozenset(one.name for one in found if one.health in wanted)
    planner = Planner(located, patch_set, options, changeable, ignored)
    planner.run()
    repaired = {logical_id for (_, logical_id), applied in planner.applied.items() if applied.need == "repair"}
    idle = frozenset(one.name for one in found if not one.reported and not one.resources & repaired)
    if options.review or not planner.draft.operations or not changeable & idle:
        return planner
    obstacles = [one for one in planner.skipped if one.why in {"obstacle", "review", "generated"}]  # why nothing repairs it
    planner = Planner(located, patch_set, options, changeable - idle, ignored)
    planner.run()
    planner.skipped = [*dict.fromkeys((*obstacles, *planner.skipped))]
    return planner


def _with_precautions(planner: Planner, found: tuple[DeliveryHealth, ...]) -> Iterator[DeliveryHealth]:
    """Yield the deliveries with the patches that would change the healthy ones if precautions were wanted."""
    healthy = {one.name for one in found if one.health is Health.HEALTHY}
    deliveries = tuple(delivery for delivery in planner.located.deliveries if delivery_of(delivery) in healthy)
    options = replace(planner.options, precautions=True)
    located = replace(planner.located, model=planner.draft.model, deliveries=deliveries)
    again = Planner(located, planner.patch_set, options, frozenset(), planner.ignored)
    if deliveries:
        again.run()
    for one in found:
        own = one.resources if one.name in healthy else frozenset()
        patches = dict.fromkeys(
            patch for (patch, logical_id), made in again.applied.items() if logical_id in own and made.need == "precaution"
        )
        yield replace(one, precautions=tuple(patches)) if patches else one
