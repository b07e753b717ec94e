"""What a user chose, checked: ids that exist, values that can be meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from remediate.delivery.error_messages import Evidence
from remediate.delivery.locate import Given
from remediate.delivery.organization import ORGANIZATION_ID
from remediate.engine import Report, remediate_all
from remediate.errors import BadChoice
from remediate.patch_set import PatchSet, combined, load_all, shipped_ids
from remediate.plan import Options
from remediate.reasons import described

_SUFFIXES = (".yaml", ".yml", ".json", ".template")


def fixed(
    template: str | Path,
    patch_set: str,
    service: str | Iterable[str],
    patches: Path | None,
    given: Given,
    **chosen: Any,
) -> Report:
    """Return what becomes of a template: a Path is read, a str is the template's own text.

    ``chosen`` are arguments of :func:`options_for`, whose errors are raised as well as those of the engine.
    """
    if isinstance(template, str) and "\n" not in template and Path(template).suffix in _SUFFIXES:
        raise BadChoice(
            f"a str is the text of a template; for the file {template} pass pathlib.Path({template!r})", "template"
        )
    raw = template.read_bytes() if isinstance(template, Path) else template.encode()
    sets = load_all(patch_set, [service] if isinstance(service, str) else [*service], patches)
    options = options_for(sets, replace(given, service=sets[0].service), **chosen)
    return remediate_all(raw, str(template) if isinstance(template, Path) else "template", sets, options)


def options_for(
    patch_sets: Sequence[PatchSet],
    given: Given,
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    review: bool = False,
    precautions: bool = False,
    evidence: tuple[Evidence, ...] = (),
    no_ignores: bool = False,
    generated: bool = False,
) -> Options:
    """Return the options of a run. Raises BadChoice for what cannot be meant."""
    loaded = combined(patch_sets)
    _check_ids(loaded, select, ignore)
    _check_values(given.parameters, given.organization_id)
    chosen = frozenset(select), frozenset(ignore)
    return Options(given, *chosen, review, precautions, evidence, no_ignores=no_ignores, generated=generated)


def _check_ids(loaded: PatchSet, select: Collection[str], ignore: Collection[str]) -> None:
    for patch_id in select:
        if loaded.patch(patch_id) is None:
            known = ", ".join(one.id for one in loaded.patches)
            raise BadChoice(f"no patch {patch_id!r} in {loaded.name}. Known: {known}", "--select")
    for ignored in ignore:
        if loaded.patch(ignored) is None and ignored not in described() and ignored not in shipped_ids():
            raise BadChoice(f"unknown id {ignored!r}; `remediate explain` lists all ids", "--ignore")
    if all(one.id in ignore or (select and one.id not in select) for one in loaded.patches):
        raise BadChoice("--select and --ignore exclude every patch", "")


def _check_values(parameters: Mapping[str, str], organization_id: str | None) -> None:
    if not re.fullmatch(r"[0-9]{12}", parameters.get("AWS::AccountId", "0" * 12)):
        raise BadChoice("an account ID has twelve digits", "--parameter AWS::AccountId")
    if not ORGANIZATION_ID.fullmatch(organization_id or "o-0123456789"):
        raise BadChoice(
            "an organization ID looks like o-a1b2c3d4e5; a parameter of the template that holds it needs no option: it is "
            "known by its name, such as OrganizationId, or by its AllowedPattern, ^o-[a-z0-9]{10,32}$",
            "--organization-id",
        )
