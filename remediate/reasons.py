"""What every id means that a report prints in brackets."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import cast

from remediate.delivery.service import LogService, RequestForm
from remediate.delivery.services import shipped_services
from remediate.diagnosis import Cause, catalogue
from remediate.template import Plain, read_data


@functools.cache
def reasons() -> dict[str, Cause]:
    """Return by its id what is neither a patch nor a root cause, as ``reasons.yaml`` describes it."""
    file = Path(__file__).with_name("reasons.yaml")
    described = cast("dict[str, dict[str, Plain]]", read_data(file.read_text("utf-8"), "yaml"))
    written = {name: _reason(name, one) for name, one in described.items()}
    made = (_request(service, form) for service in shipped_services() for form in service.requests)
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
