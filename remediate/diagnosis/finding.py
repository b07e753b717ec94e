"""A root cause, and what is found of it in a template."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, cast

from remediate.cloudformation.policies import Kind
from remediate.template import Plain, read

Level: TypeAlias = Literal["error", "warning", "note"]
"""What a finding means for a deployment: it stops it, it may stop it, it does not (or the template does not tell)."""

CauseId: TypeAlias = str
"""A key of ``catalogue.yaml``; a test holds that each that is used is one."""


@dataclass(frozen=True)
class Cause:
    """A way in which a logging stack goes wrong. ``patches`` are the ids of those that fix it, empty where none does.

    ``level``: an ``error`` stops the deployment, a ``warning`` may.
    """

    id: str
    title: str
    why: str
    references: tuple[str, ...]
    patches: tuple[str, ...] = ()
    level: Level = "error"


@dataclass(frozen=True)
class Finding:
    """A cause at its place in a template.

    ``path`` leads to the place as JSON-pointer tokens, ``detail`` is a sentence about it. ``kind`` is the policy whose
    requests suffer. ``blocking``: the stack fails, or may fail, on it; else it only does not do what it says.
    ``requests`` are the ids of the requests that are refused for it, empty where it shows without one. ``advice`` is what
    the user can do.
    """

    cause: CauseId
    logical_id: str
    path: tuple[str | int, ...]
    detail: str
    kind: Kind
    blocking: bool = True
    requests: tuple[str, ...] = ()
    advice: str = ""

    @property
    def level(self) -> Level:
        """How bad it is."""
        return catalogue()[self.cause].level if self.blocking else "note"


def slug(noun: str) -> str:
    """Return a noun as a part of an id."""
    return noun.replace(" ", "-")


@functools.cache
def catalogue() -> dict[str, Cause]:
    """Return every cause by its id, as ``catalogue.yaml`` describes it."""
    file = Path(__file__).with_name("catalogue.yaml")
    described = cast("dict[str, dict[str, Plain]]", read(file.read_bytes(), str(file)).data)
    return {name: _cause(name, one) for name, one in described.items()}


def _cause(name: str, described: dict[str, Plain]) -> Cause:
    references, patches = (tuple(cast("list[str]", described.get(key, []))) for key in ("references", "patches"))
    level = cast("Level", described.get("level", "error"))
    return Cause(name, str(described["title"]), str(described["why"]), references, patches, level)
