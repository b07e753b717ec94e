"""Planning a patch set: patch by patch, role by role, rule by rule, each seeing what those before it did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from remediate.cloudformation.generated import generator, where_to_change
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import documents
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located, locate
from remediate.diagnosis.health import delivery_of
from remediate.patch_set import (
    AddPolicy,
    AddProperty,
    Allow,
    Complete,
    DependOn,
    Ensure,
    NameByArn,
    NotRequire,
    OfResources,
    Patch,
    PatchSet,
    PropertyRule,
    RemoveProperty,
    Require,
    Separate,
)
from remediate.plan.at_resources import AtResources
from remediate.plan.change import Change
from remediate.plan.chosen import Chosen
from remediate.plan.default_key_policy import write_out_default_key_policy
from remediate.plan.draft import Draft
from remediate.plan.guard import keeping_out
from remediate.plan.options import Options
from remediate.plan.outcome import Applied, Skipped, Why
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.rules.add_policy import ensure_policy
from remediate.plan.rules.allow import ensure_allow
from remediate.plan.rules.complete import ensure_complete
from remediate.plan.rules.depend_on import ensure_depends
from remediate.plan.rules.name_by_arn import ensure_named_by_arn
from remediate.plan.rules.not_require import ensure_not_required
from remediate.plan.rules.properties import ensure_property
from remediate.plan.rules.require import ensure_required
from remediate.plan.rules.separate import ensure_separate
from remediate.plan.targets import Target, changes_kind, targets, without_policy

ROUNDS = 4
"""A patch set that has not settled after so many rounds does not settle, which guarantee 5 then says."""


_WRITE_OUT = "write the value out where the alias or the merge key stands, and run again"


class Planner:
    """Plans the patches of a set for the deliveries ``changeable``, by their names, into a draft of the template."""

    def __init__(
        self,
        found: Located,
        patch_set: PatchSet,
        options: Options,
        changeable: frozenset[str],
        ignored: AtResources | None = None,
    ) -> None:
        """Begin with what was found in a template, which is read only; ``ignored`` is what it says is to be left."""
        self.located = found
        self.patch_set = patch_set
        self.options = options
        self.chosen = tuple(chosen_patches(patch_set, options))
        self.changeable = changeable
        self.ignored = ignored or AtResources()
        self.draft = Draft(found.model)
        self.applied: dict[tuple[str, str], Applied] = {}
        self.skipped: list[Skipped] = []

    def run(self) -> None:
        """Plan patch by patch, and again where a later one gave an earlier one something to do."""
        kept: list[Skipped] | None = None
        for number in range(ROUNDS):
            done = len(self.draft.operations)
            self.skipped = []
            for patch in self.chosen:
                for role in patch.roles:
                    for target in list(targets(self.located, role)):
                        if self._is_to_change(patch, target):
                            self._patch(patch, target)
            if len(self.draft.operations) == done:
                break
            # What is kept is said of the template as it was, not of what was added to it.
            kept = [one for one in self.skipped if one.why == "kept"] if number == 0 else None
        if kept is not None:
            self.skipped = kept + [one for one in self.skipped if one.why != "kept"]

    def _is_to_change(self, patch: Patch, target: Target) -> bool:
        """Tell whether a resource may be changed: a delivery that needs it may, or the user wants precautions too."""
        if (patch.id, target.logical_id) in self.options.declined:
            return False
        if self.options.precautions or patch.id in self.options.select:
            return True
        return any(delivery_of(delivery) in self.changeable for delivery in target.deliveries)

    def _patch(self, patch: Patch, target: Target) -> None:
        change = Change()
        start, before, located = len(self.draft.operations), self.draft.snapshot(), self.located
        for rule in patch.ensure:
            done = len(self.draft.operations)
            if isinstance(rule, DependOn):
                ensure_depends(patch.id, self.draft, target, change.notes, self.skipped)
            elif isinstance(rule, NameByArn):
                self._name_by_arn(rule, target, change)
            elif isinstance(rule, AddPolicy):
                self._add_policy(patch, rule, without_policy(target), change)
            elif isinstance(rule, AddProperty | RemoveProperty):
                self._property(patch, rule, target, change)
            else:
                self._at_documents(patch, rule, target, change)
            if len(self.draft.operations) > done and isinstance(rule, OfResources):
                change.needs.add(rule.need)  # the other rules tell themselves whether a request is denied
        operations = tuple(self.draft.operations[start:])
        left = self._left(patch, target.logical_id, change) if operations else None
        if left:
            self.draft.restore(before)
            self.located = located
            self.skipped.append(left)
        elif operations:
            earlier = self.applied.get((patch.id, target.logical_id))
            self.applied[patch.id, target.logical_id] = change.applied(patch, target.logical_id, operations, earlier)

    def _left(self, patch: Patch, logical_id: str, change: Change) -> Skipped | None:
        """Return why a patch leaves a resource as it is, although it would change it."""
        if self.ignored.holds(patch, logical_id):
            return Skipped(patch.id, "kept", "what it would change is ignored", logical_id)
        if unwritable := self.options.unwritable.get(logical_id):
            return Skipped(patch.id, "obstacle", unwritable, logical_id, _WRITE_OUT)
        source = None if self.options.generated else where_to_change(self.located.model, logical_id)
        if source is None:
            return None
        _, _, advice = source.partition(": ")
        reason = (
            f"{generator(self.located.model)} overwrites changes in this template; not written: {'; '.join(change.notes)}"
        )
        why: Why = "generated" if "repair" in change.needs else "kept"
        return Skipped(patch.id, why, reason, logical_id, f"{advice}, or add --generated to change it here")

    def _at_documents(self, patch: Patch, rule: Ensure, target: Target, change: Change) -> None:
        kind = target.kind
        if kind is None or (kind == "key" and isinstance(rule, Allow) and not self._has_key_policy(patch, target, change)):
            return
        for document in documents(self.draft.model, target.logical_id, kind):
            deliveries, idle = (
                tuple(one for one in found if one.resolver.scenario.admits(document.guard))
                for found in (target.deliveries, target.idle)
            )
            if not deliveries or document.obstacle:  # said at the end, once for all patches
                continue
            editor = PolicyEditor(
                patch.id,
                self.draft,
                document.path,
                target.logical_id,
                kind,
                deliveries,
                self.options.given,
                self.options.review,
                self._keys(target),
                idle,
            )
            APPLIED[type(rule)](editor, rule)
            change.add(editor)
            self.skipped += map(_kept, editor.skipped) if rule.need == "precaution" else editor.skipped

    def _has_key_policy(self, patch: Patch, target: Target, change: Change) -> bool:
        """Tell whether a key has a policy that a statement can join; the default one is written out where it has none."""
        if "KeyPolicy" in self.draft.model.properties(target.logical_id):
            return True
        note = write_out_default_key_policy(self.draft, target.logical_id, self.located.service.name)
        if note is None:
            reason = "its Properties are not a mapping, so no KeyPolicy can be added to them"
            self.skipped.append(Skipped(patch.id, "obstacle", reason, target.logical_id))
            return False
        change.notes.append(note)
        return True

    def _keys(self, target: Target) -> Chosen:
        """Return which conditions of a policy the run takes away, and which it leaves because the user wants them left."""
        declined = {patch for patch, resource in self.options.declined if resource == target.logical_id}
        about = [one for one in self.patch_set.patches if changes_kind(one, target.kind)]
        wanted = [
            one
            for one in about
            if one in self.chosen and one.id not in declined and not self.ignored.holds(one, target.logical_id)
        ]
        return Chosen(_removing(wanted), _removing(one for one in about if one not in wanted))

    def _property(self, patch: Patch, rule: PropertyRule, target: Target, change: Change) -> None:
        said = ensure_property(patch, rule, self.draft, target, self.options)
        if isinstance(said, Skipped):
            self.skipped.append(said)
        elif said:
            change.notes.append(said)
            self.located = locate(self.draft.model, self.options.given)  # what a policy must say may depend on it

    def _name_by_arn(self, rule: NameByArn, target: Target, change: Change) -> None:
        done = len(self.draft.operations)
        ensure_named_by_arn(self.draft, rule, target, change.notes)
        if len(self.draft.operations) > done:
            self.located = locate(self.draft.model, self.options.given)  # by which name it is known is told from there

    def _add_policy(self, patch: Patch, rule: AddPolicy, target: Target, change: Change) -> None:
        if not target.deliveries or not self._is_to_change(patch, target):
            return
        is_topic = target.role == "topic"
        has_one = any(
            delivery.topic_policies if is_topic else delivery.bucket_policies
            for delivery in self.located.deliveries
            if _is_holder(delivery, target.logical_id)
        )
        if has_one:
            reason = f"{target.logical_id} has a policy under some conditions only; a second one would overwrite it"
            advice = _covering(self.located.model, target.logical_id)
            self.skipped.append(Skipped(patch.id, "obstacle", reason, target.logical_id, advice))
            return
        if patch.safety == "review" and not self.options.review:
            advice = "if no other stack gives it one, run again with --review to add it"
            reason = f"the {'topic' if is_topic else 'log bucket'} {target.logical_id} has no policy in the template"
            self.skipped.append(Skipped(patch.id, "review", reason, target.logical_id, advice))
            return
        added = ensure_policy(self.draft, target, rule)
        self.located = locate(self.draft.model, self.options.given)
        shown = ", ".join(f"`{one['Sid']}`" for one in rule.statements if "Sid" in one)
        change.notes.append(f"added {added} for {target.logical_id}, with {shown}")
        for name in rule.including:
            included = self.patch_set.patch(name)
            for one in targets(self.located, "topic-policy" if is_topic else "bucket-policy"):
                if included and one.logical_id == added:
                    for part in included.ensure:
                        self._at_documents(included, part, one, change)


APPLIED: dict[type, Callable[[PolicyEditor, Any], None]] = {
    Allow: ensure_allow,
    NotRequire: ensure_not_required,
    Require: keeping_out(ensure_required),
    Complete: keeping_out(ensure_complete),
    Separate: ensure_separate,
}
"""How the rules are applied that change a policy document; the others, ``OfResources``, change resources."""


def _covering(model: TemplateModel, logical_id: str) -> str:
    """Return what lets a policy hold for a resource whenever that is there."""
    if model.resource(logical_id).get("Condition") is None:
        return f"{logical_id} is always there: let its policy have no Condition, and name it without Fn::If"
    return f"let the policy have the same Condition as {logical_id}"


def _removing(patches: Iterable[Patch]) -> tuple[NotRequire | Separate, ...]:
    """Return the rules of patches that take conditions away."""
    return tuple(rule for patch in patches for rule in patch.ensure if isinstance(rule, NotRequire | Separate))


def _kept(skipped: Skipped) -> Skipped:
    """Return a remark of a precaution, which leaves nothing to do: no request fails without it."""
    return replace(skipped, why="kept") if skipped.why in {"obstacle", "review"} else skipped


def _is_holder(delivery: Delivery, logical_id: str) -> bool:
    """Tell whether a resource is the bucket or the topic of a delivery."""
    return any(one is not None and one.logical_id == logical_id for one in (delivery.bucket, delivery.topic))


def chosen_patches(patch_set: PatchSet, options: Options) -> Iterator[Patch]:
    """Yield the patches of a set that the user wants."""
    for patch in patch_set.patches:
        selected = not options.select or patch.id in options.select
        if selected and patch.id not in options.ignore:
            yield patch
