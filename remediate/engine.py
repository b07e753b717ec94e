"""The whole of it, in one sentence: read, locate, plan, splice, verify, report."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.candidates import used_sources
from remediate.delivery.comparison import Verdict
from remediate.delivery.locate import Given, locate
from remediate.delivery.new_access import NewAccesses, new_access
from remediate.delivery.service import LogService
from remediate.diagnosis import Finding
from remediate.diagnosis.health import DeliveryHealth
from remediate.patch_set import PatchSet
from remediate.plan import (
    Applied,
    AtResources,
    Options,
    Plan,
    Skipped,
    Suppressed,
    fault_remark,
    other_services,
    plan_edits,
    planned_again,
    unused,
)
from remediate.suppressions import Ignores, read_ignores
from remediate.template import (
    Alias,
    Edit,
    MappingNode,
    NotTemplate,
    Operation,
    Plain,
    Template,
    TemplateInside,
    Unreadable,
    compose,
    edit,
    line_and_column,
    read,
    splice,
)
from remediate.verify import verify_outsiders, verify_plan, verify_settled, verify_text


def remediate(raw: bytes, name: str, patch_set: PatchSet, options: Options) -> Report:
    """Fix a template given as bytes; ``name`` is what messages call it.

    Raises Unreadable for input that is no template, and Broken where a guarantee does not hold.
    """
    template, model = _opened(raw, name)
    ignores = Ignores() if options.no_ignores else read_ignores(template, [patch.id for patch in patch_set.patches])
    options = replace(options.for_service(patch_set.service, patch_set.used_by), ignores=ignores.valid)
    located = locate(model, options.given)
    planned, edits, options = plan_edits(template, located, patch_set, options)
    after = splice(template.text, edits)
    model_after = TemplateModel(verify_text(template, planned.operations, edits, after))
    verdicts, opened = _judged(planned, model_after, patch_set, options)
    return Report(
        *(name, template, located.model, after, model_after, planned.operations, tuple(edits)),
        applied=planned.applied,
        skipped=planned.skipped,
        verdicts=verdicts,
        findings=planned.findings,
        deliveries=planned.deliveries,
        opened=opened,
        options=options,
        ignores=ignores,
        suppressed=planned.suppressed,
        services=(patch_set.service,),
        patch_sets={patch_set.name: tuple(patch.id for patch in patch_set.patches)},
        concerned=(patch_set.service,) if planned.deliveries or verdicts or planned.findings else (),
        givens=(options.given,),
    )


@functools.lru_cache(maxsize=4)
def _opened(raw: bytes, name: str) -> tuple[Template, TemplateModel]:
    """Return a template and what it holds; the runs for several services begin with the same bytes. Raises Unreadable."""
    template = check_is_cloudformation(read(raw, name))
    return template, TemplateModel(template.data)


def _judged(
    planned: Plan, after: TemplateModel, patch_set: PatchSet, options: Options
) -> tuple[tuple[Verdict, ...], NewAccesses]:
    """Check what a plan has come to; return how each request is decided, and who else has got in. Raises Broken."""
    verdicts = verify_plan(planned.located.model, after, planned, options.given.parameters)
    if not planned.operations:
        return verdicts, NewAccesses()
    relocated = locate(after, options.given)
    verify_settled(planned_again(relocated, patch_set, options, planned))
    opened = new_access(planned.located, relocated)
    verify_outsiders(opened, planned)
    return verdicts, opened


def remediate_all(raw: bytes, name: str, patch_sets: Sequence[PatchSet], options: Options) -> Report:
    """Fix a template for several services, one after another, each seeing what the ones before did.

    A leg of another service is passed over where nothing is used of it. What was wrong is told of the template as it was.
    Raises as :func:`remediate` does.
    """
    first, *rest = patch_sets
    report = whole = remediate(raw, name, first, options)
    rest = [one for one in rest if one.used_by is None or used_sources(report.model, one.service, one.used_by)]
    settled = {first.name}  # those that have run on the text as it is now; each proves its own second run
    for patch_set in rest:
        before = remediate(raw, name, patch_set, options)
        after = remediate(whole.to_bytes(), name, patch_set, options) if whole.changed else before
        settled = {patch_set.name} if after.changed else {*settled, patch_set.name}
        whole = whole.followed_by(after, replace(before, skipped=after.skipped))
    again = (remediate(whole.to_bytes(), name, one, options) for one in (first, *rest) if one.name not in settled)
    verify_settled([operation for one in again for operation in one.operations])
    return _of_the_whole(whole, (first, *rest), options)


def _of_the_whole(report: Report, patch_sets: Sequence[PatchSet], options: Options) -> Report:
    """Add what no service tells alone: that there are others, and what the template's ignores come to."""
    others = [*other_services(report.model, patch_sets)]
    there = AtResources(report.ignores.valid)
    report = replace(report, suppressed=(*report.suppressed, *there.told(others)))
    said = [*(one for one in others if not there.skipped(one)), *_of_ignores(report, options, narrow=bool(others))]
    return replace(report, skipped=(*report.skipped, *(one for one in said if one.subject not in options.ignore)))


def _of_ignores(report: Report, options: Options, *, narrow: bool) -> Iterator[Skipped]:
    """Yield what is to be said of a template's ignores; a ``narrow`` run was not about all that it could be about."""
    yield from map(fault_remark, report.ignores.faults)
    about = frozenset(name for one in report.deliveries for name in (one.name, *one.resources))
    if not options.select:
        yield from unused(report.ignores.valid, report.suppressed, about if narrow or options.given.source else None)


def apply(raw: bytes, name: str, operations: Sequence[Operation]) -> Report:
    """Apply RFC 6902 operations to a YAML or JSON document, leaving every other byte as it is.

    Raises Unreadable, Refused and Broken as :func:`remediate` does.
    """
    template = read(raw, name)
    edits = edit(template, operations)
    after = splice(template.text, edits)
    model_after = TemplateModel(verify_text(template, operations, edits, after))
    model = TemplateModel(template.data)
    return Report(name, template, model, after, model_after, tuple(operations), tuple(edits))


def check_is_cloudformation(template: Template) -> Template:
    """Return a document that is a CloudFormation template. Raises Unreadable where it is not one.

    Source: AWS CloudFormation User Guide, Template sections: Resources is the one that must be there.
    """
    members = template.root.members if isinstance(template.root, MappingNode) else []
    found = next((member for member in members if member.key.text == "Resources"), None)
    if found is None and not isinstance(template.data.get("Resources"), dict):
        raise _not_template(template)
    if found is not None and not isinstance(found.value, MappingNode | Alias):
        where = line_and_column(template.text, found.key.span.start)
        raise Unreadable("the Resources section is not a mapping of logical IDs to resources", *where)
    return template


def _not_template(template: Template) -> NotTemplate:
    """Return what a document without Resources is. Source: Serverless Framework, AWS infrastructure resources."""
    inside = template.data.get("resources")
    if not isinstance(inside, dict) or not isinstance(inside.get("Resources"), dict):
        return NotTemplate("this is not a CloudFormation template: it has no Resources section", 1, 1)
    return TemplateInside(
        "the resources of a Serverless Framework service are not checked: run `serverless package`, and check the template "
        "that it writes, .serverless/cloudformation-template-update-stack.json",
        1,
        1,
    )


class Report(Struct, frozen=True):
    """What was found in a template and what becomes of it.

    ``template`` is what was read and ``model`` what it holds, ``after`` the new text without byte-order mark, equal to the
    old where nothing is to be changed, ``edits`` what makes it of the old, and ``model_after`` what it holds.
    ``options`` are those of the run.
    ``verdicts`` tell of each request of the ``services``. ``ignores`` are what the template has of its own, ``suppressed``
    what is not reported for them. ``patch_sets`` are the names of the sets in use, each with the ids of its patches.
    ``concerned`` are those of the services that the template has to do with, ``givens`` what the user
    said, for each of the services.
    """

    name: str
    template: Template
    model: TemplateModel
    after: str
    model_after: TemplateModel
    operations: tuple[Operation, ...]
    edits: tuple[Edit, ...] = ()
    applied: tuple[Applied, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    deliveries: tuple[DeliveryHealth, ...] = ()
    opened: NewAccesses = field(default_factory=NewAccesses)
    options: Options = field(default_factory=Options)
    ignores: Ignores = field(default_factory=Ignores)
    suppressed: tuple[Suppressed, ...] = ()
    services: tuple[LogService, ...] = ()
    patch_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    concerned: tuple[LogService, ...] = ()
    givens: tuple[Given, ...] = ()

    @property
    def before(self) -> str:
        """The whole text as it was, without byte-order mark."""
        return self.template.text

    @property
    def data(self) -> Mapping[str, Plain]:
        """What the new text holds."""
        return self.model_after.data

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after

    @property
    def unfixed(self) -> tuple[Skipped, ...]:
        """What is left to do for the user."""
        return tuple(one for one in self.skipped if one.unfixed)

    @property
    def told_of(self) -> tuple[LogService, ...]:
        """The services that a report is about: all that were looked at where the template has to do with none."""
        return self.concerned or self.services

    @property
    def chosen_services(self) -> tuple[LogService, ...]:
        """The services that were asked for, without their legs."""
        return tuple(one for one, given in zip(self.services, self.givens, strict=True) if given.used_by is None)

    @property
    def service_names(self) -> str:
        """The names of these services."""
        return " and ".join(one.name for one in self.told_of)

    def causes(self) -> tuple[Finding, ...]:
        """Return what was wrong with the template before, whether or not it is fixed now."""
        return self.findings

    def new_access(self) -> NewAccesses:
        """Return who else has got in, tried with the requests of strangers."""
        return self.opened

    def followed_by(self, after: Report, found: Report) -> Report:
        """Return this report together with that of a run on its result; ``found`` tells what that run found at first."""
        return replace(
            self,
            after=after.after,
            model_after=after.model_after,
            operations=(*self.operations, *after.operations),
            edits=compose(self.edits, after.edits, len(self.before)),
            applied=(*self.applied, *after.applied),
            skipped=(*self.skipped, *(one for one in found.skipped if not any(map(one.says_like, self.skipped)))),
            verdicts=(*self.verdicts, *after.verdicts),
            findings=(*self.findings, *(one for one in found.findings if not any(map(one.is_like, self.findings)))),
            deliveries=(*self.deliveries, *found.deliveries),
            services=(*self.services, *after.services),
            givens=(*self.givens, *after.givens),
            patch_sets={**self.patch_sets, **after.patch_sets},
            concerned=(*self.concerned, *(one for one in found.concerned if one not in self.concerned)),
            suppressed=(*self.suppressed, *(one for one in found.suppressed if one not in self.suppressed)),
            opened=NewAccesses((*self.opened.found, *after.opened.found), self.opened.asked + after.opened.asked),
        )

    def to_bytes(self) -> bytes:
        """Return the new file, with the byte-order mark that the old one had."""
        return (b"\xef\xbb\xbf" if self.template.bom else b"") + self.after.encode()
