"""What the shell completes: files, ids, patch sets and services.

Each function is a ``shell_complete`` of click, which shells run at a key press: what goes wrong completes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from remediate.patch_set import PatchSet


class _File(click.types.StringParamType):
    name = "file"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002  # the parameters are click's
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


FILE = _File()
"""A path for which shells complete the names of files. Unlike click.Path it is taken as it is: a run tells of each file
that it cannot read, and goes on with the others."""


def patch_ids(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the ids of the patches that are in use, in a list with commas, too."""
    return _in_list({one.id: one.title for loaded in _sets(context) for one in loaded.patches}, incomplete)


def all_ids(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete every id that a report may show, in a list with commas, too."""
    return _in_list(_described(context), incomplete)


def any_id(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete one id of all that ``explain`` knows: of each service, if none is named."""
    return _items(_described(context, ("all",)), incomplete)


def patch_set_names(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of patch sets: the short ones, and those with their service once it is begun."""
    from remediate.patch_set import names

    full = names(context.params.get("patches"))
    short = sorted({name.rpartition("/")[2] for name in full})
    return _items([*short, *(name for name in full if incomplete and name.startswith(incomplete))], incomplete)


def service_ids(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the ids of services."""
    from remediate.patch_set import names

    known = sorted({name.partition("/")[0] for name in names(context.params.get("patches"))})
    return _items([*known, "all"], incomplete)


def _described(context: click.Context, services: tuple[str, ...] = ()) -> dict[str, str]:
    from remediate.reasons import described

    patches = {one.id: one.title for loaded in _sets(context, services) for one in loaded.patches}
    return patches | {one.id: one.title for one in described().values()}


def _sets(context: click.Context, services: tuple[str, ...] = ()) -> tuple[PatchSet, ...]:
    from remediate.delivery.services import DEFAULT
    from remediate.patch_set import PatchError, load_all

    given = context.params
    named = tuple(given.get("service") or (DEFAULT,))
    try:
        wanted = services if services and named == (DEFAULT,) else named
        return load_all(given.get("patch_set") or "create", wanted, given.get("patches"))
    except PatchError:
        return ()


def _in_list(known: Mapping[str, str], incomplete: str) -> list[CompletionItem]:
    """Complete the last of several values with commas between them; those before it stay, and are not offered again."""
    before, comma, last = incomplete.rpartition(",")
    left = {name: title for name, title in known.items() if name not in before.split(",")}
    return _items(left, last, before + comma)


def _items(known: Mapping[str, str] | Iterable[str], incomplete: str, before: str = "") -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    titles = known if isinstance(known, Mapping) else dict.fromkeys(known)
    return [CompletionItem(before + name, help=title) for name, title in titles.items() if name.startswith(incomplete)]
