"""What IAM knows of the actions of a service: their names, and which condition keys their requests carry.

``<service>.json`` has for each action the keys of :data:`DECIDED` that its requests may carry, in lower case, with ``*`` for
the part that the user names. ``tools/write_iam_reference.py`` writes it from the Service Authorization Reference (Actions,
resources, and condition keys for AWS services). ``own_rows`` has what AWS states elsewhere. A file is read when its service
is first asked for.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from remediate.iam.match import patterns_meet
from remediate.iam.reference.own_rows import CARRIED, DECIDED, OPERATIONS, SERVICES
from remediate.partial_string import lowered

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 128
"""A longer name is not compared: it is close to none."""

_OPERATIONS = {lowered(one.name): one.actions for one in OPERATIONS}


@functools.cache
def actions(service: str) -> tuple[str, ...]:
    """Return a service's actions as AWS writes them, none where it has no file. ``service`` is in lower case."""
    return tuple(_published(service)) if service in SERVICES else ()


@functools.lru_cache(maxsize=256)
def misspelt(action: str) -> str | None:
    """Return the action that was meant where a statement names one that is none, else None; ``*`` and ``?`` may be in it.

    Action names ignore case (IAM User Guide, IAM JSON policy elements: Action). Services gain actions, so a name that is not
    known is no proof by itself: only one that is close to a known name is called misspelt.
    """
    if len(action) > _LONGEST:
        return None
    if lowered(action) in _OPERATIONS:
        return _OPERATIONS[lowered(action)]
    service, colon, name = action.partition(":")
    if not colon:
        return _with_service(action)
    names = actions(lowered(service))
    if not names or any(patterns_meet(lowered(name), one.lower()) for one in names):
        return None
    import difflib  # few policies have a misspelt action

    by_name = {one.lower(): one for one in names}
    close = difflib.get_close_matches(lowered(name).replace("*", ""), by_name, n=1, cutoff=0.8)
    return f"{service}:{by_name[close[0]]}{'*' if name.endswith('*') else ''}" if close else None


@functools.lru_cache(maxsize=4096)
def never_present(action: str, key: str) -> bool:
    """Return whether no request for the action carries the key; both ignore case.

    An action with wildcards stands for all actions that it matches. A key of S3 or KMS is never part of the other
    service's requests. False says only that nothing is known, as of an action that has no row.
    """
    service, _, name = _OPERATIONS.get(lowered(action), action).partition(":")
    service, name, key = lowered(service), lowered(name), lowered(key)
    key_service = key.partition(":")[0]
    if key_service not in DECIDED or service not in DECIDED:
        return False
    if key_service != service:
        return True
    carriers = _carriers_of(service, key)
    if carriers is None or any(patterns_meet(name, one) for one in carriers):
        return False
    return any(patterns_meet(name, one.lower()) for one in actions(service))


def _with_service(name: str) -> str | None:
    """Return the action whose name stands alone, None where no service or more than one has it, and for ``*``.

    Only S3 and KMS are asked: it is their policies that are judged.
    """
    bare = lowered(name).replace("*", "")
    found = [service for service in DECIDED if bare in {one.lower() for one in actions(service)}]
    return f"{found[0]}:{name}" if len(found) == 1 else None


def _carriers_of(service: str, key: str) -> frozenset[str] | None:
    """Return the actions that carry a key, in lower case, None where nothing is claimed of the key."""
    table = _carriers(service)
    if key in table:
        return table[key]
    return next((names for pattern, names in table.items() if _stands_for(pattern, key)), None)


@functools.cache
def _carriers(service: str) -> Mapping[str, frozenset[str]]:
    """Return the actions that carry each decided key, in lower case; a key with ``*`` stands for all that begin so."""
    found: dict[str, set[str]] = {}
    for action, keys in _published(service).items():
        for key in keys:
            found.setdefault(key, set()).add(action.lower())
    for pattern in DECIDED[service]:
        fitting = [names for key, names in found.items() if _stands_for(pattern, key)]
        found[pattern] = set().union(*fitting)
    for row in CARRIED:
        if row.service == service:
            found[row.key] |= {one.lower() for one in actions(service) if _stands_for(row.action, one)}
    return {key: frozenset(names) for key, names in found.items()}


def _stands_for(pattern: str, name: str) -> bool:
    """Tell whether a row's key or action is the name, or with a final ``*`` the beginning of it."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


@functools.cache
def _published(service: str) -> dict[str, list[str]]:
    """Return a service's file: the keys by action."""
    file = Path(__file__).with_name(f"{service}.json")
    return cast("dict[str, list[str]]", json.loads(file.read_text("utf-8")))
