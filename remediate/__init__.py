"""Mends CloudFormation templates whose CloudTrail logging stack does not deploy."""

from __future__ import annotations

# The command begins here: until it can handle an interrupt, nothing is imported that takes time, `typing` included.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from remediate.engine import Report

__all__ = ["fix"]
__version__ = "0.1.0"


def fix(
    template: str | Path,
    *,
    patch_set: str = "cloudtrail-create",
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    review: bool = False,
    precautions: bool = False,
    patches: Path | None = None,
    parameters: Mapping[str, str] | None = None,
    organization_id: str | None = None,
) -> Report:
    """Return what becomes of a template: a Path is read, a str is the template's own text. Nothing is written.

    ``select`` names patches, ``ignore`` patches and root causes. ``review`` also makes the changes that need one,
    ``precautions`` also those in healthy deliveries that no request fails without. The report's ``after`` is the new text,
    ``applied`` what was changed and why, ``skipped`` what was not and why, ``findings`` what was wrong. Raises
    ``remediate.template.TemplateError`` for what is not a template, ``remediate.patch_set.PatchError`` for patches that
    cannot be used and ``remediate.verify.Broken`` where a guarantee does not hold.
    """
    # Imported here, so that `import remediate` costs nothing.
    from pathlib import Path

    from remediate.delivery.locate import Given
    from remediate.engine import remediate
    from remediate.patch_set import load
    from remediate.plan import Options

    raw = template.read_bytes() if isinstance(template, Path) else template.encode()
    given = Given(parameters=dict(parameters or {}), organization_id=organization_id)
    options = Options(given, frozenset(select), frozenset(ignore), review, precautions)
    name = str(template) if isinstance(template, Path) else "template"
    return remediate(raw, name, load(patch_set, patches), options)
