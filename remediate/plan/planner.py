"""Planning a patch set: patch by patch, role by role, rule by rule, each seeing what those before it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from remediate.causes import Finding, is_wanted
from remediate.cloudformation.documents import documents
from remediate.cloudformation.locate import Given, Located, locate
from remediate.cloudformation.resources import properties
from remediate.cloudformation.view import View
from remediate.patchset import AddPolicy, Allow, Complete, DependOn, Ensure, NotRequire, Patch, PatchSet, Require
from remediate.plan.add_policy import ensure_policy
from remediate.plan.allow import ensure_allow
from remediate.plan.case import Case
from remediate.plan.complete import ensure_complete
from remediate.plan.depend_on import ensure_depends
from remediate.plan.draft import Draft
from remediate.plan.not_require import ensure_not_required
from remediate.plan.outcome import Applied, Skipped
from remediate.plan.require import ensure_required
from remediate.plan.residue import residue
from remediate.plan.separate import ensure_separate
from remediate.plan.target import Target, targets
from remediate.template import Operation, Plain

_ROUNDS = 4
"""A patch set that has not settled after so many rounds does not settle, which guarantee 5 then says."""


@dataclass(frozen=True)
class Options:
    """What the user chose: what is said about the template, which patches, and whether those that need a review too.

    ``ignore`` can hold root causes, by their id, as well as patches.
    """

    given: Given = field(default_factory=Given)
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    review: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be done to a template.

    ``located`` is what was found in it, ``data`` its data after the operations. ``wanted`` tells which root causes the user
    wants to hear of.
    """

    located: Located
    applied: tuple[Applied, ...]
    skipped: tuple[Skipped, ...]
    operations: tuple[Operation, ...]
    data: dict[str, Plain]
    wanted: Callable[[Finding], bool]


def plan(data: dict[str, Plain], located: Located, patch_set: PatchSet, options: Options) -> Plan:
    """Plan a patch set for a template's data, which stays as it is."""
    planner = _Planner(data, located, patch_set, options)
    planner.run()
    wanted = partial(is_wanted, chosen={patch.id for patch in planner.chosen}, ignored=options.ignore)
    rest = residue(planner.located, planner.draft.data, planner.skipped, wanted)
    skipped = (*dict.fromkeys(planner.skipped), *rest)
    return Plan(
        located, tuple(planner.applied.values()), skipped, tuple(planner.draft.operations), planner.draft.data, wanted
    )


def planned_operations(
    data: dict[str, Plain], located: Located, patch_set: PatchSet, options: Options
) -> tuple[Operation, ...]:
    """Return the operations that :func:`plan` would come to, without saying what is left."""
    planner = _Planner(data, located, patch_set, options)
    planner.run()
    return tuple(planner.draft.operations)


class _Planner:
    def __init__(self, data: dict[str, Plain], found: Located, patch_set: PatchSet, options: Options) -> None:
        self.located = found
        self.patch_set = patch_set
        self.options = options
        self.chosen = [*self._chosen()]
        self.draft = Draft(data)
        self.applied: dict[tuple[str, str], Applied] = {}
        self.skipped: list[Skipped] = []

    def run(self) -> None:
        """Plan patch by patch, and again where a later one gave an earlier one something to do."""
        kept: list[Skipped] | None = None
        for number in range(_ROUNDS):
            done = len(self.draft.operations)
            self.skipped = []
            for patch in self.chosen:
                for role in patch.roles:
                    for target in list(targets(self.located, role)):
                        self._patch(patch, target)
            if len(self.draft.operations) == done:
                break
            # What is kept is said of the template as it was, not of what was added to it.
            kept = [one for one in self.skipped if one.why == "kept"] if number == 0 else None
        if kept is not None:
            self.skipped = kept + [one for one in self.skipped if one.why != "kept"]

    def _chosen(self) -> Iterator[Patch]:
        for patch in self.patch_set.patches:
            selected = not self.options.select or patch.id in self.options.select
            if selected and patch.id not in self.options.ignore:
                yield patch

    def _patch(self, patch: Patch, target: Target) -> None:
        start = len(self.draft.operations)
        notes: list[str] = []
        for rule in patch.ensure:
            if isinstance(rule, DependOn):
                ensure_depends(patch.id, self.draft, target, notes, self.skipped)
            elif isinstance(rule, AddPolicy):
                notes += self._add_policy(patch, rule, target)
            else:
                notes += self._at_documents(patch, rule, target)
        operations = tuple(self.draft.operations[start:])
        if operations:
            earlier = self.applied.get((patch.id, target.logical_id))
            before = (earlier.operations, earlier.notes) if earlier else ((), ())
            whole = Applied(patch, target.logical_id, (*before[0], *operations), (*before[1], *notes))
            self.applied[patch.id, target.logical_id] = whole

    def _at_documents(self, patch: Patch, rule: Ensure, target: Target) -> list[str]:
        notes: list[str] = []
        kind = target.kind
        if kind is None:
            return notes
        if kind == "key" and isinstance(rule, Allow) and "KeyPolicy" not in properties(self.draft.data, target.logical_id):
            notes.append(self._write_out_default_key_policy(target.logical_id))
        for document in documents(self.draft.data, target.logical_id, kind):
            views = tuple(view for view in target.views if view.resolver.scenario.admits(document.guard))
            if not views:
                continue
            if document.obstacle:
                continue  # said at the end, once for all patches
            case = Case(
                patch.id, self.draft, document.path, target.logical_id, kind, views, self.options.given, self.options.review
            )
            _apply_rule(case, rule)
            notes += case.notes
            self.skipped += case.skipped
        return notes

    def _add_policy(self, patch: Patch, rule: AddPolicy, target: Target) -> list[str]:
        has_one = any(view.bucket_policies for view in self.located.views if _is_bucket(view, target.logical_id))
        if has_one:
            reason = f"{target.logical_id} has a policy under some conditions only; a second one would overwrite it"
            advice = f"let the policy have the same Condition as {target.logical_id}"
            self.skipped.append(Skipped(patch.id, "obstacle", reason, target.logical_id, advice))
            return []
        if patch.safety == "review" and not self.options.review:
            advice = "if no other stack gives it one, run again with --review to add it"
            reason = f"the log bucket {target.logical_id} has no policy in the template"
            self.skipped.append(Skipped(patch.id, "review", reason, target.logical_id, advice))
            return []
        added = ensure_policy(self.draft, target, rule)
        self.located = locate(self.draft.data, self.options.given)
        shown = ", ".join(f"`{one['Sid']}`" for one in rule.statements if "Sid" in one)
        notes = [f"{added} is added for {target.logical_id}, with {shown}"]
        for name in rule.including:
            included = self.patch_set.patch(name)
            for one in targets(self.located, "bucket-policy"):
                if included and one.logical_id == added:
                    for part in included.ensure:
                        notes += self._at_documents(included, part, one)
        return notes

    def _write_out_default_key_policy(self, key: str) -> str:
        """Write the key policy that KMS gives a key without one, so that a statement can be added to it.

        Source: AWS KMS Developer Guide, Default key policy.
        """
        root: Plain = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
        statement: Plain = {
            "Sid": "EnableIAMUserPermissions",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "kms:*",
            "Resource": "*",
        }
        policy: Plain = {"Version": "2012-10-17", "Statement": [statement]}
        if properties(self.draft.data, key):
            self.draft.add(("Resources", key, "Properties", "KeyPolicy"), policy)
        else:
            self.draft.add(("Resources", key, "Properties"), {"KeyPolicy": policy})
        return f"{key} had no KeyPolicy: the default one of KMS is written out, so that CloudTrail's statement can join it"


def _apply_rule(case: Case, rule: Ensure) -> None:
    match rule:
        case Allow():
            ensure_allow(case, rule)
        case NotRequire():
            ensure_not_required(case, rule)
        case Require():
            ensure_required(case, rule)
        case Complete():
            ensure_complete(case, rule)
        case _:
            ensure_separate(case, rule)  # type: ignore[arg-type]  # the planner handles the two other rules itself


def _is_bucket(view: View, logical_id: str) -> bool:
    return view.bucket is not None and view.bucket.logical_id == logical_id
