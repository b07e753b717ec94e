"""Reading patch sets: the files in ``patches/`` that say what must hold in a template, and why."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from msgspec.structs import replace

from remediate.delivery.service import LogService, UsedBy
from remediate.delivery.service_file import load_service
from remediate.delivery.services import DEFAULT, service_file, service_ids, shipped
from remediate.errors import RemediateError
from remediate.patch_set.rules import (
    RULES,
    AddPolicy,
    AddProperty,
    Allow,
    DependOn,
    Ensure,
    NameByArn,
    Need,
    OfResources,
    Patch,
    PatchSet,
    RemoveProperty,
)
from remediate.template import MappingNode, Node, Plain, SequenceNode, TemplateError, line_and_column, read, read_data


class PatchError(RemediateError):
    """A patch set or patch file that cannot be used; the message begins with its place."""


def load(name: str, extra: Path | None = None, service: str = DEFAULT) -> PatchSet:
    """Read a patch set, shipped and in the folder ``extra``: ``<service>/<set>``, or ``<set>`` of the service.

    A file of ``extra`` replaces the shipped patch with the same id; one with a new id is added. File names give the order.
    ``<service>-<set>`` is another way to write the name. Shipped sets are read once. Raises PatchError where there is no
    such set, or a file does not fit the schema.
    """
    return _load(name, extra, service) if extra else _load_shipped(name, service)


@functools.cache
def _load_shipped(name: str, service: str) -> PatchSet:
    return _load(name, None, service)


def _load(name: str, extra: Path | None, service: str) -> PatchSet:
    known = names(extra)
    full = next((one for one in known if name in (one, one.replace("/", "-"))), f"{service}/{name}")
    if extra and full not in _sets(extra):
        raise PatchError(f"{extra}: it has no folder {full!r}, which is where its patches for that set would be")
    if full not in known:  # which no path to somewhere else is
        raise PatchError(f"there is no patch set {name!r}; known are: {', '.join(known)}")
    files = _files(full, extra)
    if not files:
        raise PatchError(f"the patch set {full!r} holds no patch")
    ordered = sorted(files.items(), key=lambda item: item[1].name)
    patches = tuple(_read_patch(file, patch_id, (full,), extra) for patch_id, file in ordered)
    loaded = PatchSet(full, patches, _service(full.partition("/")[0], extra))
    for patch in loaded.patches:
        _check_including(loaded, patch, files[patch.id])
        _check_requests(loaded, patch, files[patch.id])
    return loaded


def load_all(name: str, services: Sequence[str], extra: Path | None = None) -> tuple[PatchSet, ...]:
    """Read a patch set for each of several services; ``all`` stands for every one that is known.

    A name with a service in it is for that service alone. Raises PatchError as :func:`load` does.
    """
    if name in names(extra) or name in {one.replace("/", "-") for one in names(extra)}:
        return _with_legs((load(name, extra),), extra)
    known = service_ids(extra)
    chosen = known if "all" in services else list(dict.fromkeys(services))
    for service in chosen:
        if service not in known:
            raise PatchError(f"there is no service {service!r}; known are: {', '.join(known)}")
    ordered = sorted(chosen, key=lambda one: (one != DEFAULT, one)) if "all" in services else chosen
    return _with_legs(tuple(load(name, extra, service) for service in ordered), extra)


def _with_legs(sets: tuple[PatchSet, ...], extra: Path | None) -> tuple[PatchSet, ...]:
    """Return sets with those of the services that are legs of their services, where there is a set of the same name."""
    chosen, known = {one.service.id for one in sets}, names(extra)
    found = list(sets)
    for one in sets:
        for leg, path in one.service.legs.items():
            full = f"{leg}/{one.name.partition('/')[2]}"
            if leg not in chosen and full in known:
                own = extra if extra and full in _sets(extra) else None
                found.append(_leg(load(full, own), UsedBy(one.service, path)))
    return tuple(found)


def _leg(loaded: PatchSet, by: UsedBy) -> PatchSet:
    """Return a set as that of a leg, without what changes buckets as such: the set of the service that uses it has that."""
    rules = (AddProperty, RemoveProperty)
    patches = [one for one in loaded.patches if not all(isinstance(rule, rules) for rule in one.ensure)]
    return replace(loaded, patches=tuple(patches), used_by=by)


def combined(patch_sets: Sequence[PatchSet]) -> PatchSet:
    """Return several sets as one, for reports: with the patches of all."""
    first, *rest = patch_sets
    patches = [patch for one in patch_sets for patch in one.patches]
    return PatchSet(", ".join(one.name for one in patch_sets), tuple(patches), first.service) if rest else first


@functools.cache
def shipped_ids() -> frozenset[str]:
    """Return the ids of all shipped patches, also of the sets that a run does not use."""
    return frozenset(patch.id for name in names() for patch in load(name).patches)


def names(extra: Path | None = None) -> list[str]:
    """Return the names of all patch sets, shipped and in ``extra``: ``<service>/<set>``."""
    return sorted({*_shipped_sets(), *(_sets(extra) if extra else ())})


def schema(name: str = "patch") -> dict[str, Plain]:
    """Return the JSON Schema of a patch file, or with ``service`` that of a service file."""
    return cast("dict[str, Plain]", json.loads((shipped() / "schema" / f"{name}.json").read_text("utf-8")))


def _service(service: str, extra: Path | None) -> LogService:
    file = service_file(service, extra)
    if file is None:
        raise PatchError(f"{service}: there is no {service}/service.yaml that says what the service is")
    try:
        if extra and file.is_relative_to(extra):
            template = read(file.read_bytes(), str(file))
            _check(template.data, template.root, template.text, file, "service")
        return load_service(file)
    except TemplateError as error:
        raise PatchError(error.located(str(file))) from error
    except OSError as error:
        raise _unreadable(file, error) from error


@functools.cache
def _shipped_sets() -> tuple[str, ...]:
    return tuple(_sets(shipped()))


def _sets(root: Path) -> list[str]:
    return [f"{service}/{one}" for service in _folders(root) if service != "schema" for one in _folders(root / service)]


def _folders(root: Path) -> list[str]:
    try:
        return [folder.name for folder in root.iterdir() if folder.is_dir()]
    except OSError as error:
        raise _unreadable(root, error) from error


def _files(name: str, extra: Path | None) -> dict[str, Path]:
    """Return the files of a set by the ids of their patches; one of ``extra`` counts before a shipped one."""
    files: dict[str, Path] = {}
    for root in (shipped(), extra):
        for file in _patch_files(root / name) if root else ():
            number, _, patch_id = file.stem.partition("-")
            if not number.isdigit() or not patch_id:
                raise PatchError(f"{file}: a patch file is named <number>-<id>.yaml")
            files[patch_id] = file
    return files


def _patch_files(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix == ".yaml") if folder.is_dir() else []
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: Path, error: OSError) -> PatchError:
    return PatchError(f"{error.filename or path}: {error.strerror or error}")


def _check_including(loaded: PatchSet, patch: Patch, file: Path) -> None:
    """Raise PatchError where a policy that is added includes what is no patch for a bucket policy's statements."""
    for name in (name for rule in patch.ensure if isinstance(rule, AddPolicy) for name in rule.including):
        included = loaded.patch(name)
        if included is None:
            raise PatchError(f"{file}: `with` names {name!r}, which {loaded.name} does not have")
        if any(isinstance(rule, OfResources) for rule in included.ensure):
            raise PatchError(f"{file}: `with` names {name!r}, which is not about the statements of a policy")


def _check_requests(loaded: PatchSet, patch: Patch, file: Path) -> None:
    """Raise PatchError where a rule is about a request that the service does not make."""
    known = {one.id for one in loaded.service.requests}
    for name in (name for rule in patch.ensure if isinstance(rule, Allow) for name in rule.denied):
        if name not in known:
            raise PatchError(f"{file}: {name!r} is not a request of {loaded.service.id}: {', '.join(sorted(known))}")


def _read_patch(file: Path, patch_id: str, within: tuple[str, ...], extra: Path | None) -> Patch:
    raw = _read(file)
    if raw["id"] != patch_id:
        raise PatchError(f"{file}: its id is {raw['id']!r}; it must be the {patch_id!r} of the file's name")
    if "same-as" in raw:
        name = str(raw["same-as"])
        full = name if "/" in name else f"{within[0].partition('/')[0]}/{name}"
        return _same(file, patch_id, (*within, full), extra)
    roles = raw["resource"]
    ensure = cast("list[dict[str, Plain]]", raw["ensure"])
    return Patch(
        id=patch_id,
        title=str(raw["title"]),
        why=str(raw["why"]),
        references=tuple(cast("list[str]", raw["references"])),
        safety=cast("Literal['safe', 'review']", raw["safety"]),
        roles=tuple(str(role) for role in (roles if isinstance(roles, list) else [roles])),
        ensure=tuple(map(_ensure, ensure)),
        mends=tuple(cast("list[str]", raw.get("mends", []))),
    )


def _read(file: Path) -> dict[str, Plain]:
    """Return what is in a patch file. A test holds the shipped ones to the schema, which saves every run the import."""
    try:
        if file.is_relative_to(shipped()):
            return cast("dict[str, Plain]", read_data(file.read_text("utf-8"), "yaml"))
        template = read(file.read_bytes(), str(file))
    except TemplateError as error:
        raise PatchError(error.located(str(file))) from error
    except OSError as error:
        raise _unreadable(file, error) from error
    _check(template.data, template.root, template.text, file)
    return template.data


def _same(file: Path, patch_id: str, within: tuple[str, ...], extra: Path | None) -> Patch:
    """Return the patch with the same id in another set, the last of the sets through which it is looked for."""
    *before, name = within
    if name in before:
        raise PatchError(f"{file}: `same-as` leads in a circle: {' to '.join(within)}")
    found = _files(name, extra).get(patch_id) if name in names(extra) else None
    if found is None:
        raise PatchError(f"{file}: there is no {patch_id!r} in the patch set {name!r}")
    return _read_patch(found, patch_id, within, extra)


def _ensure(written: dict[str, Plain]) -> Ensure:
    need = cast("Need", written["need"])
    name, raw = next((name, raw) for name, raw in written.items() if name != "need")
    rule = RULES[name]
    if rule is DependOn or rule is NameByArn:
        return rule(str(raw), need)
    content = cast("dict[str, Plain]", raw)
    if rule is AddPolicy:
        statements = cast("list[dict[str, Plain]]", content["statements"])
        return AddPolicy(tuple(statements), tuple(cast("list[str]", content["with"])), need)
    values = {
        name: content[name] if name == "value" else _frozen(content[name])
        for name in rule.__struct_fields__
        if name in content
    }
    return rule(**values, need=need)  # type: ignore[arg-type]  # the schema has checked the members


def _frozen(value: Plain) -> object:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def _check(data: Plain, root: Node, text: str, file: Path, kind: str = "patch") -> None:
    import jsonschema  # only for patch files of the user's own

    error = next(iter(jsonschema.Draft202012Validator(schema(kind)).iter_errors(data)), None)
    if error is None:
        return
    node = root
    for step in error.absolute_path:
        if isinstance(node, MappingNode):
            node = next((member.value for member in node.members if member.key.text == step), node)
        elif isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
    line, column = line_and_column(text, node.span.start)
    raise PatchError(
        f"{file}:{line}:{column}: {error.message}; `remediate config schema --of {kind}` prints what such a file holds"
    )
