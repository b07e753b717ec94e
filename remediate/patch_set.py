"""Reading patch sets: the files in ``patches/`` that say what must hold in a template, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, cast

from remediate.template import MappingNode, Node, Plain, SequenceNode, TemplateError, line_and_column, read

Condition = Mapping[str, Mapping[str, str]]
Guard = Mapping[str, Condition]
"""The condition that keeps strangers out, by the role of the policy."""
Need = Literal["repair", "precaution", "either"]
"""What a rule is for: a documented request fails without a repair; none fails without a precaution.

``either``: the one where a documented request is denied for what the rule is about, else the other.
"""


class Allow(NamedTuple):
    """A service may do the actions on the resources; needed where one of the ``denied`` requests is denied.

    ``guard`` is the condition that every statement which is added carries. ``joins``: a statement for one of these
    actions may be completed, too.
    """

    sid: str
    service: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    denied: tuple[str, ...]
    joins: tuple[str, ...] = ()
    condition: Condition | None = None
    guard: Guard | None = None
    need: Need = "either"


class NotRequire(NamedTuple):
    """No Allow statement of the service requires the condition keys (``*`` at the end of one matches any rest).

    With ``unless: matches-trail`` those that can be shown to match stay. ``guard`` takes the place of a condition that kept
    others out.
    """

    service: str
    conditions: tuple[str, ...]
    because: str
    unless: str | None = None
    when: Mapping[str, tuple[str, ...]] | None = None
    guard: Guard | None = None
    need: Need = "either"


class Require(NamedTuple):
    """The service's Allow statements, for the action or all of them, carry the condition."""

    service: str
    condition: Condition
    because: str
    action: str | None = None
    when: Mapping[str, tuple[str, ...]] | None = None
    need: Need = "precaution"


class Complete(NamedTuple):
    """An Allow statement that the service already has gains the actions."""

    service: str
    actions: tuple[str, ...]
    need: Need = "precaution"


class Separate(NamedTuple):
    """The condition keys stand on these actions alone, which keep them in a statement of their own.

    ``guard`` takes the place of the conditions where they kept others out.
    """

    service: str
    actions: tuple[str, ...]
    conditions: tuple[str, ...]
    because: str
    guard: Guard | None = None
    need: Need = "either"


class DependOn(NamedTuple):
    """The resource is created after the one with this role."""

    role: str
    need: Need = "either"


class AddPolicy(NamedTuple):
    """The bucket has a policy of these statements and of what the named patches ensure."""

    statements: tuple[dict[str, Plain], ...]
    including: tuple[str, ...]
    need: Need = "either"


Ensure: TypeAlias = "Allow | NotRequire | Require | Complete | Separate | DependOn | AddPolicy"


@dataclass(frozen=True)
class Patch:
    """One patch, as its file says."""

    id: str
    title: str
    why: str
    references: tuple[str, ...]
    safety: Literal["safe", "review"]
    roles: tuple[str, ...]
    ensure: tuple[Ensure, ...]


@dataclass(frozen=True)
class PatchSet:
    """A named set of patches in the order in which they are planned."""

    name: str
    patches: tuple[Patch, ...]

    def patch(self, patch_id: str) -> Patch | None:
        """Return the patch with an id, None where the set has none."""
        return next((patch for patch in self.patches if patch.id == patch_id), None)


class PatchError(Exception):
    """A patch set or patch file that cannot be used; the message begins with its place."""


def load(name: str, extra: Path | None = None) -> PatchSet:
    """Read the patch set ``name``, shipped and in the folder ``extra``.

    A file of ``extra`` replaces the shipped patch with the same id; one with a new id is added. File names give the order.
    Raises PatchError where there is no such set or a file does not fit the schema.
    """
    if extra and name not in _folders(extra):
        raise PatchError(f"{extra}: it has no folder {name!r}, which is where its patches for that set would be")
    if name not in names(extra):  # which no path to somewhere else is
        raise PatchError(f"there is no patch set {name!r}; known are: {', '.join(names(extra))}")
    files = _files(name, extra)
    if not files:
        raise PatchError(f"the patch set {name!r} holds no patch")
    ordered = sorted(files.items(), key=lambda item: item[1].name)
    loaded = PatchSet(name, tuple(_read_patch(file, patch_id, (name,), extra) for patch_id, file in ordered))
    for patch in loaded.patches:
        _check_including(loaded, patch, files[patch.id])
    return loaded


def names(extra: Path | None = None) -> list[str]:
    """Return the names of all patch sets, shipped and in ``extra``."""
    return sorted({*_folders(shipped()), *(_folders(extra) if extra else ())})


def schema() -> dict[str, Plain]:
    """Return the JSON Schema of a patch file."""
    return cast("dict[str, Plain]", json.loads((shipped() / "schema.json").read_text("utf-8")))


def shipped() -> Path:
    """Return the shipped patches: inside the installed package, or at the top of a source checkout."""
    inside = Path(__file__).parent / "patches"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "patches"


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
        if any(isinstance(rule, AddPolicy | DependOn) for rule in included.ensure):
            raise PatchError(f"{file}: `with` names {name!r}, which is not about the statements of a policy")


def _read_patch(file: Path, patch_id: str, within: tuple[str, ...], extra: Path | None) -> Patch:
    try:
        template = read(file.read_bytes(), str(file))
    except TemplateError as error:
        raise PatchError(error.located(str(file))) from error
    except OSError as error:
        raise _unreadable(file, error) from error
    # The shipped ones are held to the schema by a test, which saves every run the import.
    if not file.is_relative_to(shipped()):
        _check(template.data, template.root, template.text, file)
    raw = template.data
    if raw["id"] != patch_id:
        raise PatchError(f"{file}: its id is {raw['id']!r}; it must be the {patch_id!r} of the file's name")
    if "same-as" in raw:
        return _same(file, patch_id, (*within, str(raw["same-as"])), extra)
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
    )


def _same(file: Path, patch_id: str, within: tuple[str, ...], extra: Path | None) -> Patch:
    """Return the patch with the same id in another set, the last of the sets through which it is looked for."""
    *before, name = within
    if name in before:
        raise PatchError(f"{file}: `same-as` leads in a circle: {' to '.join(within)}")
    found = _files(name, extra).get(patch_id) if name in names(extra) else None
    if found is None:
        raise PatchError(f"{file}: there is no {patch_id!r} in the patch set {name!r}")
    return _read_patch(found, patch_id, within, extra)


_KINDS: dict[str, type[Allow | NotRequire | Require | Complete | Separate]] = {
    "allow": Allow,
    "not-require": NotRequire,
    "require": Require,
    "complete": Complete,
    "separate": Separate,
}


def _ensure(written: dict[str, Plain]) -> Ensure:
    need = cast("Need", written["need"])
    kind, raw = next((kind, raw) for kind, raw in written.items() if kind != "need")
    if kind == "depend-on":
        return DependOn(str(raw), need)
    content = cast("dict[str, Plain]", raw)
    if kind == "policy":
        statements = cast("list[dict[str, Plain]]", content["statements"])
        return AddPolicy(tuple(statements), tuple(cast("list[str]", content["with"])), need)
    made = _KINDS[kind]
    values = {name: _frozen(content[name]) for name in made._fields if name in content}
    return made(**values, need=need)  # type: ignore[arg-type]  # the schema has checked the members


def _frozen(value: Plain) -> object:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def _check(data: Plain, root: Node, text: str, file: Path) -> None:
    import jsonschema  # only for patch files of the user's own

    error = next(iter(jsonschema.Draft202012Validator(schema()).iter_errors(data)), None)
    if error is None:
        return
    node = root
    for step in error.absolute_path:
        if isinstance(node, MappingNode):
            node = next((member.value for member in node.members if member.key.text == step), node)
        elif isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
    line, column = line_and_column(text, node.span.start)
    raise PatchError(f"{file}:{line}:{column}: {error.message}; patches/schema.json says what a patch file holds")
