"""Fixes the S3, KMS and ordering errors that keep a CloudFormation stack with log delivery from deploying."""

from __future__ import annotations

# The command begins here: until it can handle an interrupt, nothing is imported that takes time, `typing` included.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from remediate.diagnosis import Finding
    from remediate.engine import Report
    from remediate.errors import BadChoice, RemediateError
    from remediate.plan import Applied, Skipped
    from remediate.report.annotations import Annotation
    from remediate.template import TemplateError

__all__ = [
    "Annotation",
    "Applied",
    "BadChoice",
    "Finding",
    "RemediateError",
    "Report",
    "Skipped",
    "TemplateError",
    "__version__",
    "check",
    "fix",
    "to_dict",
]
_HOMES = {
    "Annotation": "remediate.report.annotations",
    "Applied": "remediate.plan",
    "BadChoice": "remediate.errors",
    "Finding": "remediate.diagnosis",
    "RemediateError": "remediate.errors",
    "Report": "remediate.engine",
    "Skipped": "remediate.plan",
    "TemplateError": "remediate.template",
}
__version__ = "0.1.0"


def fix(
    template: str | Path,
    *,
    patch_set: str = "create",
    service: str | Iterable[str] = "cloudtrail",
    select: str | Iterable[str] = (),
    ignore: str | Iterable[str] = (),
    review: bool = False,
    precautions: bool = False,
    no_ignores: bool = False,
    generated: bool = False,
    patches: Path | None = None,
    source: str | None = None,
    bucket: str | None = None,
    key: str | None = None,
    parameters: Mapping[str, str] | None = None,
    organization_id: str | None = None,
) -> Report:
    """Return what becomes of a template: a Path is read, a str is the template's own text. Nothing is written.

    The arguments are the options of ``remediate fix``, with ``source`` for --trail. Raises RemediateError: TemplateError for
    what is no template, PatchError for patches, BadChoice for what cannot be meant, Broken where a guarantee does not hold.
    """
    from remediate.choices import fixed  # `import remediate` costs nothing
    from remediate.delivery.locate import Given

    given = Given(source, bucket, key, dict(parameters or {}), organization_id)
    flags = {"review": review, "precautions": precautions, "no_ignores": no_ignores, "generated": generated}
    return fixed(template, patch_set, service, patches, given, select=_ids(select), ignore=_ids(ignore), **flags)


def check(
    template: str | Path,
    *,
    patch_set: str = "create",
    service: str | Iterable[str] = "cloudtrail",
    ignore: str | Iterable[str] = (),
    patches: Path | None = None,
    source: str | None = None,
    bucket: str | None = None,
    key: str | None = None,
    parameters: Mapping[str, str] | None = None,
    organization_id: str | None = None,
) -> list[Annotation]:
    """Return the problems of a template, in its order.

    Each has ``rule`` (an id that ``explain`` knows), ``level``, ``message``, ``line``, ``column`` and ``remedy``. The
    arguments are those of :func:`fix`, and so are the errors.
    """
    from remediate.choices import fixed  # as above
    from remediate.delivery.locate import Given
    from remediate.report.annotations import annotate

    given = Given(source, bucket, key, dict(parameters or {}), organization_id)
    return annotate(fixed(template, patch_set, service, patches, given, ignore=_ids(ignore)))


def to_dict(report: Report) -> dict[str, Any]:
    """Return a report as JSON data: the entry of the template in ``templates`` of ``--format json``, as its schema says."""
    from remediate.report.json import of_template

    return of_template(report)


def _ids(given: str | Iterable[str]) -> frozenset[str]:
    return frozenset(given.replace(" ", "").split(",") if isinstance(given, str) else given)


def __getattr__(name: str) -> object:
    """Import what is exported only when it is asked for."""
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'remediate' has no attribute {name!r}")
