"""The pull request's description: what changed and why, what did not, and what to see after the deployment."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import documents
from remediate.cloudformation.resource_types import BUCKET_POLICY, KEY, TOPIC_POLICY
from remediate.delivery.comparison import Verdict, worst
from remediate.delivery.service import LogService
from remediate.engine import Report
from remediate.iam.evaluate import Decision, Outcome
from remediate.iam.holders import held_by
from remediate.patch_set import PatchSet
from remediate.plan import Applied, Skipped
from remediate.report import diagram, markdown_access, markdown_summary
from remediate.report.access import labels
from remediate.report.annotations import fixing
from remediate.report.escape import cell, code, prose, relative
from remediate.report.failed import Failed
from remediate.report.source_map import SourceMap
from remediate.report.suppressed import ignored_item, suppressed

_NOT_FIXED = "the items marked *Not fixed* in the notes below are resolved"
_REMOVED = re.compile(r"\bremoved\b")
_FOLDED = {"kept", "harmless", "noted"}
_LEADS = {
    "kept": "Kept",
    "harmless": "No effect",
    "noted": "Note",
    "undecidable": "Undetermined",
    "declined": "**Not fixed**, declined",
    "default": "Parameter default",
    "unchecked": "Not checked",
    "unselected": "Not selected",
    "unused": "Unused ignore",
}


def render(reports: Sequence[Report], _: PatchSet, failed: Sequence[Failed] = (), *, written: bool = True) -> str:
    """Return one Markdown document: first a summary; templates without changes and unreadable files are short.

    Of several templates, those without any problem are only named in the summary, which says if nothing is ``written``.
    """
    lines = [line for report in markdown_summary.told_of(reports) for line in _template(report)]
    return "\n".join([*markdown_summary.lines(reports, failed, written=written), *lines, *_failed(failed)]) + "\n"


def _template(report: Report) -> Iterator[str]:
    yield f"# {report.service_names.removesuffix(' logging')} logging in {code(relative(report.name))}"
    yield ""
    if not report.changed:
        ignored = ", apart from what is ignored" if report.suppressed else ""
        yield "Nothing was changed." if report.unfixed else f"No changes needed{ignored}."
        yield ""
        yield from _problems(report)
    else:
        yield from _changes(report)
        yield from _unchanged(report)
    yield from _ignored(report)
    yield from _requests(report)
    yield from markdown_access.lines(report)
    if report.changed:
        yield from _observable(report)
    yield from _notes(report)


def _changes(report: Report) -> Iterator[str]:
    yield "## What was changed and why"
    yield ""
    yield from _problems(report)
    for applied in report.applied:
        yield f"### {code(applied.logical_id)}: {prose(applied.patch.title)}"
        yield ""
        yield from (f"- {prose(note)}" for note in applied.notes)
        yield ""
        links = ", ".join(f"[{number}]({link})" for number, link in enumerate(applied.patch.references, 1))
        yield from _folded("Why", [prose(applied.patch.why), "", f"{code(applied.patch.id)}; references: {links}"])


def _problems(report: Report) -> Iterator[str]:
    causes, places = report.causes(), SourceMap(report)
    if not causes:
        return
    yield "Problems found:"
    yield ""
    for one in sorted(causes, key=lambda one: places.of(one.path)):
        patches = ", ".join(code(patch.id) for patch in fixing(one, report))
        fixed = f" Fixed by {patches}." if patches else ""
        yield f"- line {places.of(one.path)[0]}, `{one.cause}`: {prose(one.detail)}.{fixed}"
    yield ""


def _unchanged(report: Report) -> Iterator[str]:
    before, after = report.model, report.model_after
    old, new = before.resources, after.resources
    same = sum(new.get(name) == resource for name, resource in old.items())
    lines, kept = _lines(report)
    denies = sum(
        _denies(before, name)
        for name in (*before.of_type(BUCKET_POLICY), *before.of_type(KEY), *before.of_type(TOPIC_POLICY))
    )
    yield "## What remained unchanged"
    yield ""
    yield "Verified on the new text:"
    yield ""
    yield f"- {same} of {len(old)} resources are unchanged; changed: {_listed(_differing(old, new))}."
    sections = [name for name in before.data if name != "Resources"]
    if sections:
        yield f"- The other sections of the template ({_listed(sections)}) are unchanged."
    yield f"- {kept} of {lines} lines are unchanged byte for byte, including comments and line endings."
    yield f"- Deny statements: {denies}, all unchanged." if denies else "- The template has no Deny statements."
    yield f"- Every {report.service_names} request that was allowed before is still allowed. A second run makes no changes."
    yield ""


def _ignored(report: Report) -> Iterator[str]:
    """Yield what a reviewer must know that this report leaves out."""
    found = suppressed(report)
    if not found:
        return
    yield "## What is ignored, and why"
    yield ""
    yield "The template itself acknowledges these problems. They are not fixed, and no check fails for them:"
    yield ""
    yield from map(ignored_item, found)
    yield ""


def _requests(report: Report) -> Iterator[str]:
    verdicts = worst(report.verdicts)
    if not verdicts:
        return
    yield "## Why this resolves the failure" if report.changed else f"## Requests of {report.service_names}"
    yield ""
    made = " and ".join(_when(one) for one in report.told_of)
    makes = "makes" if len(report.told_of) == 1 else "make"
    yield f"{report.service_names} {makes} these requests when {made}. The policies in this template decide them:"
    yield ""
    drawn = [*diagram.lines(report)]
    if drawn:
        yield from (*drawn, "")
    yield from _folded(f"Each request: {len(verdicts)}", _table(report, verdicts))
    refused = [one for one in verdicts if one.before.outcome is Outcome.DENIED]
    if report.changed and any(one.request.confidence != "inferred" for one in refused):
        yield f"Before the change, {_count(refused)}. {_outcome_of(report, refused)}"
        yield ""
    if report.unfixed:
        yield f"**The stack may still fail** until {_NOT_FIXED}."
        yield ""


def _when(service: LogService) -> str:
    noun = service.a_noun
    return f"logs of {noun} are delivered" if service.silent else f"{noun} is created or updated"


def _outcome_of(report: Report, refused: Sequence[Verdict]) -> str:
    """Return what came of requests that were denied."""
    silent = {request.id: one.silent for one in report.told_of if one.silent for request in one.requests}
    if all(one.request.id in silent for one in refused):
        return f"Then {silent[refused[0].request.id]}."
    return "One is enough for CloudFormation to roll back the stack."


def _table(report: Report, verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield f"| {'/'.join(one.noun for one in report.told_of)} | request | policy | before | after |"
    yield "|---|---|---|---|---|"
    for one in verdicts:
        action = f"{code(one.request.request.action)}: {one.request.title}"
        doubt = "" if one.request.confidence == "documented" else f" ({one.request.confidence})"
        row = (prose(one.source), f"{action}{doubt}", code(one.logical_id), _outcome(one.before), _outcome(one.after))
        yield f"| {' | '.join(map(cell, row))} |"


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield what is read on demand. The title is our own text; the empty lines make Markdown of what is inside."""
    yield from ("<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>", "")


def _observable(report: Report) -> Iterator[str]:
    sources = [one for one in dict.fromkeys(one.source for one in report.verdicts) if one in report.after]
    yield "## Observable results after deployment"
    yield ""
    if report.unfixed:
        yield f"Expect these only when {_NOT_FIXED}:"
        yield ""
    nouns = " and ".join(one.noun for one in report.told_of)
    yield f"- {_listed(sources) or f'The {nouns}'} reaches `CREATE_COMPLETE` or `UPDATE_COMPLETE`."
    written = [(one.request.id, str(one.request.request.resource)) for one in report.verdicts if one.request.is_write]
    for service in report.told_of:
        yield f"- {service.delivered}"
        yield from (f"  - {code(f'{folder}/')}" for folder in sorted(_folders(service, written)))
    yield from (f"- {one.status}" for one in report.told_of if one.status)
    yield ""


def _notes(report: Report) -> Iterator[str]:
    yield "## Notes for future changes"
    yield ""
    removed = [note for applied in report.applied for note in applied.notes if _REMOVED.search(note)]
    if removed:
        yield "- Removed conditions (please review): access is now limited only by the remaining conditions."
        yield from (f"  - {prose(note)}" for note in removed)
    left = [line for one in report.skipped if one.why not in _FOLDED for line in _skipped(one)]
    yield from left
    order = [one for one in report.applied if _orders(one)]
    if order:
        yield "- If you rename the bucket policy, update `DependsOn` too: only `DependsOn` sets the order."
    command = code(f"remediate check {relative(report.name) if report.name != '-' else '-'}")
    yield f"- {command} in CI prevents regressions (patch set {code(', '.join(report.patch_sets))})."
    yield ""
    kept = [line for one in report.skipped if one.why in _FOLDED for line in _skipped(one)]
    if kept:
        yield from _folded("What needs no change", kept)


def _skipped(skipped: Skipped) -> Iterator[str]:
    lead = _LEADS.get(skipped.why, "**Not fixed**")
    where = f" ({code(skipped.logical_id)})" if skipped.logical_id else ""
    advice = f" What to do: {prose(skipped.advice)}." if skipped.advice else ""
    yield f"- {lead}: {prose(skipped.subject)}{where}: {prose(skipped.reason)}.{advice}"
    if skipped.paste:
        yield ""
        yield "  ```json"
        yield from (f"  {line}" for line in skipped.paste.splitlines())
        yield "  ```"
        yield ""


def _failed(failed: Sequence[Failed]) -> Iterator[str]:
    if failed:
        yield "# Files that could not be checked"
        yield ""
    for one in failed:
        place = f":{one.line}:{one.column}" if one.line else ""
        yield f"- {code(relative(one.name) + place)}: {prose(one.message)}"


def _outcome(decision: Decision) -> str:
    names = prose(labels(decision.by))
    if decision.explicit:
        return f"**denied** by {names}"
    if decision.outcome is Outcome.UNDECIDABLE:
        return "**undetermined**"
    return f"allowed by {names}" if names and decision.outcome is Outcome.ALLOWED else f"**{decision.outcome.value}**"


def _count(verdicts: Sequence[Verdict]) -> str:
    number = len(verdicts)
    inferred = sum(one.request.confidence == "inferred" for one in verdicts)
    doubt = f" ({inferred} of them inferred)" if inferred else ""
    return f"{number} of these requests {'was' if number == 1 else 'were'} denied{doubt}"


def _orders(applied: Applied) -> bool:
    return any("/DependsOn" in operation.path for operation in applied.operations)


def _differing(old: object, new: object) -> list[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return []
    changed = [name for name, resource in old.items() if new.get(name) != resource]
    return changed + [f"{name} (new)" for name in new if name not in old]


def _lines(report: Report) -> tuple[int, int]:
    before, after = report.before.split("\n"), report.after.split("\n")
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return len(before), sum(block.size for block in matcher.get_matching_blocks())


def _denies(model: TemplateModel, logical_id: str) -> int:
    kind = held_by(model.type_of(logical_id))
    found = documents(model, logical_id, kind) if kind else ()
    return sum(one.data.get("Effect") == "Deny" for document in found for one in document.statements)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names)


def _folders(service: LogService, written: Iterable[tuple[str, str]]) -> set[str]:
    """Return the folders that people know a service's files by, of the ids of writes and what is written."""
    ends = {one.id: f"/{service.subfolder(one.id)}" for one in service.requests if one.target == "object"}
    paths = [(path.split(":::")[-1], ends[one]) for one, path in written if one in ends]
    return {path.split(end)[0] for path, end in paths if end in path}
