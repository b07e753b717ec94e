"""The code under test, as the judges see it: the one module here that imports it."""

from __future__ import annotations

from dataclasses import dataclass, field

from remediate.delivery.locate import Given
from remediate.engine import remediate_all
from remediate.patch_set import load_all
from remediate.plan import Options
from remediate.template import Unreadable

PATCH_SETS = ("cloudtrail-create", "cloudtrail-documented")
_WORST_LAST = ("allowed", "undecidable", "denied")


@dataclass(frozen=True)
class Told:
    """What the user says to the tool."""

    parameters: dict[str, str] = field(default_factory=dict)
    organization_id: str | None = None
    review: bool = False
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fixed:
    """A template before and after, and the verdict on each request by trail, policy and request id."""

    before: str
    after: str
    raw: bytes
    verdicts: dict[tuple[str, str, str], tuple[str, str]]


def fixed(raw: bytes, name: str, patch_set: str, told: Told | None = None) -> Fixed | None:
    """Return what the tool makes of a template, None where it refuses to read it."""
    told = told or Told()
    given = Given(parameters=told.parameters, organization_id=told.organization_id, **told.names)
    try:
        report = remediate_all(raw, name, load_all(patch_set, ()), Options(given, review=told.review))
    except Unreadable:
        return None
    verdicts: dict[tuple[str, str, str], tuple[str, str]] = {}
    for one in report.verdicts:
        key = (one.source, one.logical_id, one.request.id)
        found = (one.before.outcome.value, one.after.outcome.value)
        known = verdicts.get(key, found)
        verdicts[key] = (_worse(known[0], found[0]), _worse(known[1], found[1]))
    return Fixed(report.before, report.after, report.to_bytes(), verdicts)


def _worse(one: str, other: str) -> str:
    return max(one, other, key=_WORST_LAST.index)
