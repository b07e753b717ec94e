"""What differs between two templates as data, by sections, logical IDs and properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from remediate.cloudformation.model import Section
from remediate.template import Plain, identical

Step: TypeAlias = "str | int"
Kind = Literal["added", "removed", "changed", "renamed"]


class Difference(Struct, frozen=True):
    """One difference. ``path`` leads to it: section, name and what is inside, where a statement of a policy has its Sid.

    Of a resource that is renamed ``new`` is its name now.
    """

    kind: Kind
    path: tuple[Step, ...]
    old: Plain = None
    new: Plain = None


def differences(old: Section, new: Section) -> tuple[Difference, ...]:
    """Return what differs, in the order of the new template; nothing where two templates mean the same.

    The order of members, of statements that have a Sid and of tags says nothing in CloudFormation, and is not compared.
    """
    return tuple(found for name in dict.fromkeys([*new, *old]) for found in _section(name, old, new))


def _section(name: str, old: Section, new: Section) -> Iterator[Difference]:
    before, after = old.get(name), new.get(name)
    if not isinstance(before, dict) or not isinstance(after, dict):
        if name not in old and isinstance(after, dict):
            yield from (Difference("added", (name, member), None, value) for member, value in after.items())
        elif name not in new and isinstance(before, dict):
            yield from (Difference("removed", (name, member), value) for member, value in before.items())
        else:
            yield from _value((name,), old, new)
        return
    renamed = dict(_renamed(before, after))
    yield from (Difference("renamed", (name, was), was, now) for was, now in renamed.items())
    gone = {member: value for member, value in before.items() if member not in renamed}
    come = {member: value for member, value in after.items() if member not in renamed.values()}
    for member in dict.fromkeys([*come, *gone]):
        yield from _value((name, member), gone, come)


def _value(path: tuple[Step, ...], old: Section, new: Section) -> Iterator[Difference]:
    """Yield what differs in the member of two mappings that a path ends with."""
    name = str(path[-1])
    if name not in old:
        yield Difference("added", path, None, new[name])
    elif name not in new:
        yield Difference("removed", path, old[name])
    elif not identical(old[name], new[name]):
        yield from _inside(path, old[name], new[name])


def _renamed(old: dict[str, Plain], new: dict[str, Plain]) -> Iterator[tuple[str, str]]:
    """Yield members that are the same under another name."""
    come = [name for name in new if name not in old]
    for name in old:
        if name not in new and (found := next((one for one in come if identical(new[one], old[name])), None)):
            come.remove(found)
            yield name, found


def _inside(path: tuple[Step, ...], old: Plain, new: Plain) -> Iterator[Difference]:
    from deepdiff import DeepDiff  # slow to import, and most templates that are compared are the same

    tree = DeepDiff(_by_name(old), _by_name(new), view="tree", ignore_private_variables=False, threshold_to_diff_deeper=0)
    found = [(report, level) for report, levels in tree.items() for level in levels]
    made = [_difference(path, report, level) for report, level in found]
    yield from sorted(made, key=lambda one: [(isinstance(step, str), str(step).zfill(6)) for step in one.path])


def _difference(path: tuple[Step, ...], report: str, level: object) -> Difference:
    steps = tuple(level.path(output_format="list"))  # type: ignore[attr-defined]  # deepdiff describes no types
    old, new = level.t1, level.t2  # type: ignore[attr-defined]  # as above
    kind: Kind = "added" if report.endswith("_added") else "removed" if report.endswith("_removed") else "changed"
    return Difference(kind, (*path, *steps), None if kind == "added" else old, None if kind == "removed" else new)


def _by_name(value: Plain) -> Plain:
    """Return a value in which lists of statements and of tags are mappings by Sid and by key."""
    if isinstance(value, dict):
        return {key: _by_name(one) for key, one in value.items()}
    if not isinstance(value, list):
        return value
    items = [_by_name(one) for one in value]
    names = [_name(one, number) for number, one in enumerate(items, 1)]
    known = [name for name in names if name is not None]
    # Two of one name are told apart by their place alone.
    return dict(zip(known, items, strict=True)) if items and len(set(known)) == len(items) else items


def _name(item: Plain, number: int) -> str | None:
    if not isinstance(item, dict):
        return None
    if "Effect" in item:
        sid = item.get("Sid")
        return sid if isinstance(sid, str) else f"statement {number}"
    key = item.get("Key")
    return key if isinstance(key, str) and item.keys() <= _TAG else None


_TAG = {"Key", "Value", "PropagateAtLaunch"}
"""The members of a tag. Source: AWS CloudFormation Template Reference, Tag, and TagProperty of Auto Scaling groups."""
