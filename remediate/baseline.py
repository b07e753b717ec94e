"""Acknowledging what a template has today: an ignore for each problem, written as one more edit."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from remediate import engine
from remediate.cloudformation.generated import where_to_change
from remediate.cloudformation.model import Section
from remediate.diagnosis import catalogue
from remediate.engine import Report
from remediate.environments import Environment, remediate_for
from remediate.patch_set import PatchSet
from remediate.report.annotations import Annotation, annotate, fails
from remediate.suppressions import RULES
from remediate.template import Operation, Plain, Refused, pointer

_ROUNDS = 5
"""What is ignored can bring out what it stood for, but each round leaves less."""
_BEGINNING = frozenset({"AWSTemplateFormatVersion", "Description", "Transform"})
"""The sections that stand above Metadata. Source: AWS CloudFormation User Guide, Template sections."""


class Baseline(Struct, frozen=True):
    """A template with its ignores, as a change of it; ``left`` is what could not be ignored, and why."""

    report: Report
    ignored: tuple[Annotation, ...]
    left: tuple[tuple[Annotation, str], ...] = ()


def baseline(
    raw: bytes, found: Report, patch_sets: Sequence[PatchSet], environments: Sequence[Environment], level: str, reason: str
) -> Baseline:
    """Ignore each problem of a template that has ``level`` or a worse one, where ``found`` is what a run found in it.

    Raises as :func:`remediate.engine.apply` does.
    """
    done = _Writer(raw, found.name, reason, may_write=all(one.options.generated for one in environments))
    report = found
    for _ in range(_ROUNDS):
        failing = [one for one in annotate(report) if fails([one.level], level)]
        new = [one for one in failing if (one.rule, one.logical_id) not in done.seen]
        if not new:
            break
        causes = [one for one in new if one.rule in catalogue()]
        for one in causes or new:  # what is told of a patch or a request is mostly gone with the root causes
            done.write(one, report)
        report = remediate_for(done.raw, found.name, patch_sets, environments)
    return Baseline(engine.apply(raw, found.name, done.operations), tuple(done.ignored), tuple(done.left))


class _Writer:
    """Writes ignores one after another, each into the text that the one before left."""

    def __init__(self, raw: bytes, name: str, reason: str, *, may_write: bool) -> None:
        self.raw, self.name, self.reason, self.may_write = raw, name, reason, may_write
        self.data: Section = engine.apply(raw, name, ()).model.data
        self.operations: list[Operation] = []
        self.ignored: list[Annotation] = []
        self.left: list[tuple[Annotation, str]] = []
        self.seen: set[tuple[str, str]] = set()

    def write(self, one: Annotation, report: Report) -> None:
        if (one.rule, one.logical_id) in self.seen:
            return
        self.seen.add((one.rule, one.logical_id))
        source = None if self.may_write else where_to_change(report.model, one.logical_id)
        if one.rule in RULES or source:
            self.left.append((one, source or one.remedy))
            return
        entry: dict[str, Plain] = {"id": one.rule, "reason": self.reason}
        resources = self.data.get("Resources")
        if isinstance(resources, dict) and one.logical_id in resources:
            if self.take(_added(resources[one.logical_id], ("Resources", one.logical_id), entry)):
                self.ignored.append(one)
                return
            entry["resource"] = one.logical_id  # an alias or a macro stands there
        if self.take(_added({**self.data}, (), entry)):
            self.ignored.append(one)
        else:
            self.left.append((one, "its Metadata cannot be edited: write the ignore there by hand"))

    def take(self, operation: Operation | None) -> bool:
        """Apply an operation, and tell whether it can be."""
        if operation is None:
            return False
        try:
            report = engine.apply(self.raw, self.name, (operation,))
        except Refused:
            return False
        self.raw, self.data = report.to_bytes(), report.model_after.data
        self.operations.append(operation)
        return True


def _added(holder: Plain, path: tuple[str, ...], entry: Plain) -> Operation | None:
    """Return what adds an ignore to the Metadata of a resource or of the template, None where that has another form."""
    if not isinstance(holder, dict):
        return None
    if "Metadata" not in holder:
        above = {"Type"} if path else _BEGINNING
        before = next((name for name in holder if name not in above), None)
        return Operation("add", pointer(*path, "Metadata"), {"remediate": {"ignore": [entry]}}, before=before)
    metadata = holder["Metadata"]
    if not isinstance(metadata, dict):
        return None
    if "remediate" not in metadata:
        return Operation("add", pointer(*path, "Metadata", "remediate"), {"ignore": [entry]})
    own = metadata["remediate"]
    is_list = isinstance(own, dict) and isinstance(own.get("ignore"), list)
    return Operation("add", pointer(*path, "Metadata", "remediate", "ignore", "-"), entry) if is_list else None
