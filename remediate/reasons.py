"""What every id means that a report prints in brackets."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import cast

from remediate.delivery.service import LogService, RequestForm
from remediate.delivery.services import known_services
from remediate.diagnosis import Cause, catalogue
from remediate.template import Plain, read


def reasons() -> dict[str, Cause]:
    """Return by its id what is neither a patch nor a root cause, as ``reasons.yaml`` describes it."""
    return _reasons(known_services())


@functools.cache
def _reasons(services: tuple[LogService, ...]) -> dict[str, Cause]:
    file = Path(__file__).with_name("reasons.yaml")
    described = cast("dict[str, dict[str, Plain]]", read(file.read_bytes(), str(file)).data)
    written = {name: _reason(name, one) for name, one in described.items()}
    made = (_request(service, form) for service in services for form in service.requests)
    return {one.id: one for one in made} | written


def described() -> dict[str, Cause]:
    """Return the root causes and the reasons by their ids: all ids but those of patches."""
    return {**catalogue(), **reasons()}


def _request(service: LogService, form: RequestForm) -> Cause:
    why = f"{service.name} makes the request {form.action}: {form.title}. Source: {form.source}"
    return Cause(form.id, f"{service.name}: {form.title}", why, (service.page,))


def _reason(name: str, written: dict[str, Plain]) -> Cause:
    references = tuple(cast("list[str]", written.get("references", [])))
    return Cause(name, str(written["title"]), str(written["why"]), references)
