"""A root cause, and what is found of it in a template."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import replace

from remediate.delivery.service import LogService
from remediate.delivery.services import known_services
from remediate.iam.holders import PolicyKind
from remediate.template import Plain, read_data

Level: TypeAlias = Literal["error", "warning", "note"]
"""What a finding means for a deployment: it stops it, it may stop it, it does not (or the template does not tell)."""

CauseId: TypeAlias = str
"""A key of ``catalogue.yaml``; a test holds that each that is used is one."""


class Cause(Struct, frozen=True):
    """A way in which a logging stack goes wrong; which patches fix it, the patches say.

    ``level``: an ``error`` stops the deployment, a ``warning`` may.
    """

    id: str
    title: str
    why: str
    references: tuple[str, ...]
    level: Level = "error"


class Finding(Struct, frozen=True):
    """A cause at its place in a template.

    ``path`` leads to the place as JSON-pointer tokens, ``detail`` is a sentence about it. ``kind`` is the policy whose
    requests suffer. ``blocking``: the stack fails, or may fail, on it; else it only does not do what it says.
    ``requests`` are the ids of the requests that are refused for it, empty where it shows without one. ``advice`` is what
    the user can do, ``patches`` are the ids of the patches that fix it. ``said`` is how bad the service says it is.
    """

    cause: CauseId
    logical_id: str
    path: tuple[str | int, ...]
    detail: str
    kind: PolicyKind
    blocking: bool = True
    requests: tuple[str, ...] = ()
    advice: str = ""
    patches: tuple[str, ...] = ()
    said: Level | None = None

    @property
    def level(self) -> Level:
        """How bad it is: as the service says, else as its cause is."""
        if self.said is not None and self.blocking:
            return self.said
        return catalogue()[self.cause].level if self.blocking else "note"

    def is_like(self, other: Finding) -> bool:
        """Tell whether another one is the same: found for another service too, where it shows without a request."""
        if self.requests or other.requests:
            return self == other
        return (self.cause, self.logical_id, self.path) == (other.cause, other.logical_id, other.path)


def slug(noun: str) -> str:
    """Return a noun as a part of an id."""
    return noun.lower().replace(" ", "-")


def catalogue() -> dict[str, Cause]:
    """Return every cause by its id, as ``catalogue.yaml`` describes it."""
    return _catalogue(known_services())


@functools.cache
def _catalogue(services: tuple[LogService, ...]) -> dict[str, Cause]:
    file = Path(__file__).with_name("catalogue.yaml")
    described = cast("dict[str, dict[str, Plain]]", read_data(file.read_text("utf-8"), "yaml"))
    found = {name: _cause(name, one) for name, one in described.items()}
    default, *others = services
    for kind in (kind for service in others for kind in service.kinds):
        own = [one for one in described if _is_of(kind, described[one])]
        for one in _of_another([found[name] for name in own], default, kind):
            found.setdefault(one.id, one)  # of the places that one source delivers to the first speaks for all
    return found


def _is_of(service: LogService, described: dict[str, Plain]) -> bool:
    """Tell whether a cause is one that the sources of other services have too: not all need a bucket when they are made."""
    needed = bool(service.source.bucket) and not service.silent
    return bool(described.get("of-the-source")) and (needed or not described.get("of-a-bucket"))


def _of_another(causes: list[Cause], default: LogService, service: LogService) -> Iterator[Cause]:
    """Yield causes that name the default service's source as those of another service, under ids of their own."""
    for one in causes:
        texts = (_reworded(text, default, service) for text in (one.title, one.why))
        title, why = texts
        yield replace(one, id=one.id.replace(slug(default.source.noun), slug(service.source.noun)), title=title, why=why)


def _reworded(text: str, default: LogService, service: LogService) -> str:
    named = text.replace(default.name, service.name).replace(str(default.source.bucket), str(service.source.bucket))
    one, other = default.source.a_noun, service.source.a_noun
    for mine, theirs in ((one, other), (one.capitalize(), other[0].upper() + other[1:])):
        named = re.sub(rf"\b{mine}\b", theirs, named)
    return named.replace(default.source.noun, service.source.noun)


def _cause(name: str, described: dict[str, Plain]) -> Cause:
    references = tuple(cast("list[str]", described["references"]))
    level = cast("Level", described.get("level", "error"))
    return Cause(name, str(described["title"]), str(described["why"]), references, level)
