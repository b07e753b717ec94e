"""What every id means that a report prints in brackets."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import cast

from msgspec.structs import replace

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
    default, *others = services
    found = {form.id: _request(default, form) for form in default.requests} | written
    for service in others:
        for form in service.requests:
            found[form.id] = _also(found[form.id], service, form) if form.id in found else _request(service, form)
    return found


def described() -> dict[str, Cause]:
    """Return the root causes and the reasons by their ids: all ids but those of patches."""
    return {**catalogue(), **reasons()}


def _also(reason: Cause, service: LogService, form: RequestForm) -> Cause:
    """Return what an id means that requests of several services have."""
    own = _request(service, form)
    if service.name in reason.why:
        return reason
    references = tuple(dict.fromkeys((*reason.references, *own.references)))
    title = reason.title if own.title in reason.title else f"{reason.title}; {own.title}"
    return replace(reason, title=title, why=f"{reason.why}\n\n{own.why}", references=references)


def _request(service: LogService, form: RequestForm) -> Cause:
    why = f"{service.name} makes the request {form.action}: {form.title}. Source: {form.source}"
    return Cause(form.id, f"{service.name}: {form.title}", why, (service.page,))


def _reason(name: str, written: dict[str, Plain]) -> Cause:
    references = tuple(cast("list[str]", written.get("references", [])))
    return Cause(name, str(written["title"]), str(written["why"]), references)
