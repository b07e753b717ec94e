"""A template that is deployed with several sets of parameters: one fix that holds for all of them, or none.

The environments come one after another, each seeing what the ones before did. What comes out is tried with each again:
nothing may be left to change, and nobody may get in whom the fix of no single environment let in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from remediate.delivery.comparison import Verdict, worst
from remediate.delivery.locate import locate
from remediate.delivery.new_access import NewAccess, NewAccesses, new_access
from remediate.diagnosis import Finding
from remediate.diagnosis.health import DeliveryHealth
from remediate.engine import Report, remediate_all
from remediate.errors import RemediateError
from remediate.iam.evaluate import Outcome
from remediate.patch_set import PatchSet
from remediate.plan import Options, Skipped
from remediate.suppressions import RULES

_Said = TypeVar("_Said", Finding, Skipped)


class Disagree(RemediateError):
    """No template was found that is right for all environments; nothing is written."""


class Environment(Struct, frozen=True):
    """An environment by its name, and what is wanted with its parameters."""

    name: str
    options: Options


def remediate_for(raw: bytes, name: str, patch_sets: Sequence[PatchSet], environments: Sequence[Environment]) -> Report:
    """Fix a template for all environments. A finding of some of them names these.

    Raises as :func:`remediate.engine.remediate_all` does, and Disagree where what one environment needs breaks another.
    """
    if len(environments) == 1:
        return remediate_all(raw, name, patch_sets, environments[0].options)
    before = [remediate_all(raw, name, patch_sets, one.options) for one in environments]
    whole = before[0]
    for one, found in zip(environments[1:], before[1:], strict=True):
        whole = whole.followed_by(remediate_all(whole.to_bytes(), name, patch_sets, one.options), found)
    # What is left is told of the result, as each environment sees it.
    after = (
        [remediate_all(whole.to_bytes(), name, patch_sets, one.options) for one in environments] if whole.changed else before
    )
    verdicts = [_compared(one, settled) for one, settled in zip(before, after, strict=True)]
    opened = _checked(whole, after, verdicts, patch_sets, environments) if whole.changed else []
    names = [one.name for one in environments]
    return replace(
        whole,
        findings=tuple(_named([one.findings for one in before], names, _finding_in)),
        skipped=(*_named([_without_ignores(one) for one in after], names, _skipped_in), *_of_ignores(before)),
        verdicts=tuple(verdict for one in verdicts for verdict in one),
        deliveries=_worst_health(before),
        services=before[0].services,
        givens=before[0].givens,
        opened=NewAccesses(tuple(opened), whole.opened.asked),
    )


def _compared(before: Report, after: Report) -> list[Verdict]:
    """Return the verdicts of a report, each with the worst that another report, of the result, says of the same request."""
    if before is after:
        return [*before.verdicts]
    settled = {_request(one): one for one in worst(after.verdicts)}
    return [replace(one, after=settled[_request(one)].after) for one in before.verdicts if _request(one) in settled]


def _worst_health(reports: Sequence[Report]) -> tuple[DeliveryHealth, ...]:
    """Return each delivery as it is in the environment in which it is worst."""
    found: dict[str, DeliveryHealth] = {}
    for one in (one for report in reports for one in report.deliveries):
        if one.name not in found or one.health > found[one.name].health:
            found[one.name] = one
    return tuple(found.values())


def _request(verdict: Verdict) -> tuple[str, str, str]:
    return verdict.source, verdict.logical_id, verdict.request.id


def _lost(compared: Sequence[Verdict]) -> Verdict | None:
    """Return a request that was allowed in every scenario and is no longer."""
    kept = {_request(one) for one in compared} - {
        _request(one) for one in compared if one.before.outcome is not Outcome.ALLOWED
    }
    return next((one for one in compared if _request(one) in kept and one.after.outcome is not Outcome.ALLOWED), None)


def _checked(
    whole: Report,
    after: Sequence[Report],
    verdicts: Sequence[Sequence[Verdict]],
    patch_sets: Sequence[PatchSet],
    environments: Sequence[Environment],
) -> list[NewAccess]:
    """Hold the result to what every environment asks for, and return who else gets in. Raises Disagree."""
    known = {_door(one) for one in whole.opened.found}
    opened: dict[tuple[str, str, str, str], NewAccess] = {}
    for one, report, compared in zip(environments, after, verdicts, strict=True):
        if report.changed:
            raise Disagree(f"{_DISAGREE}: with those of {one.name}, {_resources(report)} would have to be changed again")
        if verdict := _lost(compared):
            what = f"{verdict.request.request.action} on {verdict.logical_id}"
            raise Disagree(f"{_DISAGREE}: with those of {one.name}, {what} would no longer be allowed")
        for access in _new_access(whole, patch_sets, one):
            if not access.told_only and _door(access) not in known:
                raise Disagree(f"{_DISAGREE}: with those of {one.name}, {_described(access)}")
            opened.setdefault((*_door(access), str(access.outsider.request.resource)), access)
    return [*opened.values()]


def _new_access(whole: Report, patch_sets: Sequence[PatchSet], environment: Environment) -> Iterator[NewAccess]:
    for patch_set in patch_sets:
        given = environment.options.for_service(patch_set.service).given
        yield from new_access(locate(whole.model, given), locate(whole.model_after, given)).found


def _without_ignores(report: Report) -> list[Skipped]:
    return [one for one in report.skipped if one.subject not in RULES]


def _of_ignores(reports: Sequence[Report]) -> Iterator[Skipped]:
    """Yield what is said of the template's ignores in every environment: one that is used in any of them is used."""
    for one in reports[0].skipped:
        if one.subject in RULES and all(one in report.skipped for report in reports):
            yield one


_DISAGREE = "no fix is right with the parameters of all environments"


def _door(access: NewAccess) -> tuple[str, str, str]:
    """Return who may do what by which policy: where, differs from environment to environment."""
    return access.outsider.who, access.outsider.request.action, access.logical_id


def _described(access: NewAccess) -> str:
    who, action, policy = _door(access)
    return f"{who} would be allowed {action} on {access.outsider.request.resource} by the policy of {policy}"


def _resources(report: Report) -> str:
    return ", ".join(dict.fromkeys(one.logical_id for one in report.applied))


def _named(
    groups: Sequence[Sequence[_Said]], names: Sequence[str], in_some: Callable[[_Said, str], _Said]
) -> Iterator[_Said]:
    """Yield what was said in any environment once, with the names of those in which it was, unless they are all."""
    said: dict[_Said, list[str]] = {}
    for name, group in zip(names, groups, strict=True):
        for one in dict.fromkeys(group):
            said.setdefault(one, []).append(name)
    for one, where in said.items():
        yield one if len(where) == len(names) else in_some(one, f" (with the parameters of {', '.join(where)})")


def _finding_in(one: Finding, said: str) -> Finding:
    return replace(one, detail=one.detail + said)


def _skipped_in(one: Skipped, said: str) -> Skipped:
    return replace(one, reason=one.reason + said)
