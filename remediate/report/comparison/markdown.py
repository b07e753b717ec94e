"""What a change does to templates, for a comment on a pull request: summary and new access first, details folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from remediate.compare import Comparison, RequestChange
from remediate.delivery.new_access import NewAccess
from remediate.iam.evaluate import Decision, Outcome
from remediate.report.access import labels, opening_lines
from remediate.report.annotations import Annotation
from remediate.report.comparison import Problems
from remediate.report.comparison.words import difference, outcome, removed_deny, summary
from remediate.report.escape import cell, code, prose, relative
from remediate.report.failed import Failed
from remediate.report.suppressed import ignored_item
from remediate.report.totals import several


def render(found: Sequence[tuple[Comparison, Problems]], failed: Sequence[Failed] = ()) -> str:
    """Return one Markdown document over all templates, with a table of them first where there are several."""
    return "\n".join(_document(found, failed)).rstrip("\n") + "\n"


def _document(found: Sequence[tuple[Comparison, Problems]], failed: Sequence[Failed]) -> Iterator[str]:
    yield "# Log delivery: what this change does"
    yield ""
    if not found and not failed:
        yield "No template differs."
    if len(found) > 1:
        yield "| template | new problems | resolved | new access |"
        yield "|---|---|---|---|"
        for one, known in found:
            opened = f"**{len(one.new_access)}**" if one.new_access else "none"
            yield f"| {cell(code(relative(one.name)))} | {len(known.new)} | {len(known.resolved)} | {opened} |"
        yield ""
    for one, known in found:
        yield from _template(one, known)
    if failed:
        yield "## Files that could not be compared"
        yield ""
    for each in failed:
        place = f":{each.line}:{each.column}" if each.line else ""
        yield f"- {code(relative(each.name) + place)}: {prose(each.message)}"


def _template(found: Comparison, known: Problems) -> Iterator[str]:
    yield f"## {code(relative(found.name))}"
    yield ""
    yield prose(_sentence(summary(found, len(known.new), len(known.resolved))))
    yield ""
    yield from _access(found)
    yield from _problems("### New problems", known.new)
    yield from _problems("### Resolved problems", known.resolved)
    if known.ignored:
        yield "### Newly ignored problems"
        yield ""
        yield "The new template itself acknowledges them, so that no check fails for them:"
        yield ""
        yield from map(ignored_item, known.ignored)
        yield ""
    yield from _requests(found.requests)
    yield from _folded("Problems as before", [_problem(one) for one in known.remaining])
    yield from _folded("What differs in the template", [f"- {prose(difference(one))}" for one in found.structure])


def _access(found: Comparison) -> Iterator[str]:
    opened, told = found.new_access, [one for one in found.access.gained if one.told_only]
    if opened or found.removed_denies:
        yield "### New access for others"
        yield ""
        yield from (f"- **New:** {prose(line)}" for line in opening_lines(opened))
        yield from (f"- {prose(_sentence(removed_deny(one)))}" for one in found.removed_denies)
        yield ""
    lines = [*_who("Also newly allowed", told), *_who("No longer allowed", found.access.lost)]
    yield from lines
    if lines:
        yield ""
    if found.new:
        number = several(found.access.asked, "request")
        title = f"Access of others as it stands: {len(found.access.standing)} of {number} that were tried are not denied"
        yield from _folded(title, [f"- {prose(line)}" for line in opening_lines(found.access.standing)])


def _who(lead: str, found: Sequence[NewAccess]) -> Iterator[str]:
    yield from (f"- {lead}: {prose(line)}" for line in opening_lines(found))


def _problems(title: str, found: Sequence[Annotation]) -> Iterator[str]:
    if found:
        yield title
        yield ""
        yield from (_problem(one, remedy=title.endswith("New problems")) for one in found)
        yield ""


def _problem(one: Annotation, *, remedy: bool = True) -> str:
    told = f" {prose(_sentence(one.remedy))}." if one.remedy and remedy else ""
    return f"- {one.level}, line {one.line}, {code(one.rule)}: {prose(one.message)}.{told}"


def _requests(found: Sequence[RequestChange]) -> Iterator[str]:
    changed, same = [one for one in found if one.changed], [one for one in found if not one.changed]
    if changed:
        yield "### Requests that are decided differently"
        yield ""
        yield from _table(changed)
        yield ""
    yield from _folded("Requests as before", [*_table(same)] if same else [])


def _table(found: Iterable[RequestChange]) -> Iterator[str]:
    yield "| request | purpose | source | before | after |"
    yield "|---|---|---|---|---|"
    for one in found:
        request = one.verdict.request
        named = code(request.request.action), prose(request.title), code(one.verdict.source)
        yield f"| {' | '.join(map(cell, (*named, _decided(one.before), _decided(one.after))))} |"


def _decided(decision: Decision | None) -> str:
    if decision is None or decision.outcome is not Outcome.ALLOWED:
        return f"**{outcome(decision)}**" if decision else outcome(decision)
    by = prose(labels(decision.by))
    return f"allowed by {by}" if by else "allowed"


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield lines that a reader opens with a click, where there are any."""
    if lines:
        yield f"<details><summary>{title}</summary>"
        yield ""
        yield from lines
        yield ""
        yield "</details>"
        yield ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
