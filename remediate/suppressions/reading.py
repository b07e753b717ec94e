"""From a template to its ignores: those in Metadata, and in YAML those in comments."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from remediate.suppressions.comments import in_comments
from remediate.suppressions.ignore import Fault, Ignore, Ignores, Written
from remediate.template import Plain, Template

NAME = "remediate"
_MEMBERS = frozenset({"id", "reason", "until"})
_FORM = "write `Metadata: {remediate: {ignore: [{id: ID, reason: TEXT}]}}`"


def read_ignores(template: Template, own: Collection[str]) -> Ignores:
    """Return the ignores of a template; ``own`` are the ids of the patches of the run, which need not be shipped ones."""
    written = [*_in_metadata(template.data)]
    if template.format == "yaml":
        written += in_comments(template)
    found = [one.checked(own) if isinstance(one, Written) else one for one in written]
    return Ignores(
        tuple(one for one in found if isinstance(one, Ignore)), tuple(one for one in found if isinstance(one, Fault))
    )


def _in_metadata(data: dict[str, Plain]) -> Iterator[Written | Fault]:
    resources = data.get("Resources")
    known = {**resources} if isinstance(resources, dict) else {}
    yield from _of(data.get("Metadata"), ("Metadata",), "", known)
    for name, resource in known.items():
        if isinstance(resource, dict):
            yield from _of(resource.get("Metadata"), ("Resources", name, "Metadata"), name, known)


def _of(metadata: Plain, path: tuple[str | int, ...], name: str, known: Collection[str]) -> Iterator[Written | Fault]:
    if not isinstance(metadata, dict) or NAME not in metadata:
        return
    written = metadata[NAME]
    entries = written.get("ignore") if isinstance(written, dict) else None
    if not isinstance(written, dict) or written.keys() != {"ignore"} or not isinstance(entries, list):
        yield Fault("invalid-ignore", f"{NAME} has one member, the list `ignore`", _FORM, name, (*path, NAME))
        return
    for index, entry in enumerate(entries):
        yield _entry(entry, (*path, NAME, "ignore", index), name, known)


def _entry(entry: Plain, path: tuple[str | int, ...], name: str, known: Collection[str]) -> Written | Fault:
    allowed = _MEMBERS if name else _MEMBERS | {"resource"}
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        return Fault("invalid-ignore", "an entry of `ignore` is a mapping with `id` and `reason`", _FORM, name, path)
    if other := [*entry.keys() - allowed]:
        listed = ", ".join(f"`{one}`" for one in sorted(allowed))
        reason = f"an entry of `ignore` has no member {other[0]!r}"
        return Fault("invalid-ignore", reason, f"it takes {listed}", name, (*path, other[0]))
    for member, value in entry.items():
        if not isinstance(value, str):
            return Fault("invalid-ignore", f"{member!r} is not a string", "put it in quotes", name, (*path, member))
    parts = {member: str(value) for member, value in entry.items()}
    resource = parts.get("resource", name)
    if resource and resource not in known:
        advice = "name a logical ID under Resources"
        return Fault("invalid-ignore", f"there is no resource {resource!r}", advice, "", (*path, "resource"))
    return Written(parts["id"], parts.get("reason", ""), parts.get("until", ""), resource, path)
