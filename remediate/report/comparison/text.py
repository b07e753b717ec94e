"""What a change does to a template, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.compare import Comparison, RequestChange
from remediate.delivery.new_access import NewAccess
from remediate.report.access import labels, opening_lines
from remediate.report.annotations import Annotation
from remediate.report.comparison import Problems
from remediate.report.comparison.words import difference, outcome, removed_deny, summary
from remediate.report.escape import visible
from remediate.report.suppressed import Ignored
from remediate.report.terminal import limit, painted, wrapped
from remediate.report.totals import several


def render(found: Comparison, known: Problems, *, color: bool = False) -> str:
    """Return the result of a comparison: a headline, new access, problems, requests, and what else differs."""
    return "".join(f"{line}\n" for line in _lines(found, known, color=color))


def _lines(found: Comparison, known: Problems, *, color: bool) -> Iterator[str]:
    first = f"{visible(found.name)}: {summary(found, len(known.new), len(known.resolved))}"
    yield from wrapped(first, "", "    ") if limit() else [first]
    yield from _access(found)
    yield from _problems("new problems", known.new, found.name, color=color)
    old_name = found.old.name if found.old else found.name
    yield from _problems("resolved problems", known.resolved, old_name, color=color)
    yield from _ignored(known.ignored, found.name)
    if known.remaining:
        yield f"  problems as before: {len(known.remaining)}"
    yield from _requests(found.requests)
    if found.structure:
        yield "  what differs in the template:"
    for one in found.structure:
        yield from wrapped(difference(one), "    - ")


def _access(found: Comparison) -> Iterator[str]:
    opened, told = found.new_access, [one for one in found.access.gained if one.told_only]
    for line in opening_lines(opened):
        yield from wrapped(f"NEW ACCESS: {line}", "  ! ")
    for one in found.removed_denies:
        yield from wrapped(removed_deny(one), "  ! ")
    yield from _who("also newly allowed", told)
    yield from _who("no longer allowed", found.access.lost)
    if found.new:
        standing = found.access.standing
        tested = (
            f"access check: {several(found.access.asked, 'request')} by other principals tested, {len(standing)} not denied"
        )
        yield from wrapped(f"{tested} as the template stands{':' if standing else ''}", "  ")
        for line in opening_lines(standing):
            yield from wrapped(line, "    - ")


def _who(lead: str, found: Sequence[NewAccess]) -> Iterator[str]:
    for line in opening_lines(found):
        yield from wrapped(f"{lead}: {line}", "  ")


def _problems(title: str, found: Sequence[Annotation], name: str, *, color: bool) -> Iterator[str]:
    if found:
        yield f"  {title}:"
    for one in found:
        head, *others = wrapped(
            f"{name}:{one.line}:{one.column}: {one.level}: {one.message} [{one.rule}]", "    ", "        "
        )
        yield head.replace(f" {one.level}:", f" {painted(one.level, one.level, color=color)}:", 1)
        yield from others
        if one.remedy and title.startswith("new"):
            yield from wrapped(one.remedy, "        → ")


def _ignored(found: Sequence[Ignored], name: str) -> Iterator[str]:
    if found:
        yield "  newly ignored by the template:"
    for one in found:
        told = f"{name}:{one.what.line}:{one.what.column}: {one.what.message} [{one.what.rule}] ({one.why})"
        yield from wrapped(told, "    ", "        ")


def _requests(found: Sequence[RequestChange]) -> Iterator[str]:
    changed = [one for one in found if one.changed]
    if not found:
        return
    yield f"  requests: {len(found) - len(changed)} as before, {len(changed)} changed{':' if changed else ''}"
    for one in changed:
        request = one.verdict.request
        by = labels(one.after.by) if one.after else ""
        decided = f" by {by}" if by else ""
        named = f"{request.request.action} ({request.title}) of {one.verdict.source}"
        yield from wrapped(f"{named}: {outcome(one.before)} → {outcome(one.after)}{decided}", "    - ")
