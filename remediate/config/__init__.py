"""The configuration file: ``.remediate.toml``, or ``[tool.remediate]`` in ``pyproject.toml``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from remediate.errors import RemediateError
from remediate.gitignore import Chain, is_ignored, rules

__all__ = ["Config", "ConfigError", "Override", "find", "load", "of_folder"]

_OWN, _SHARED = ".remediate.toml", "pyproject.toml"
_TABLE = ("tool", "remediate")
_AT = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


class ConfigError(RemediateError):
    """A configuration that cannot be used; the message begins with its place."""


class Override(Struct, frozen=True):
    """Other values for the files that patterns match."""

    paths: Chain
    values: Mapping[str, Any]


class Config(Struct, frozen=True):
    """What a configuration file says; ``file`` is None if no file was found. Keys are as in the file.

    ``excluded`` are its patterns of what is left out, ``table`` is what leads to its table in the file.
    """

    file: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    excluded: Chain = ()
    table: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """What its paths are relative to."""
        return self.file.absolute().parent if self.file else Path()

    def files(self) -> Iterator[Path]:
        """Yield what it is made of: its own file, the files with parameters and the folders with patches that it names."""
        if self.file:
            yield self.file.absolute()
        for table in (self.values, *(one.values for one in self.overrides)):
            named = (*table.get("parameter-files", {}).values(), *([table["patches"]] if "patches" in table else ()))
            yield from (self.folder / one for one in named)

    def fault(self, path: tuple[str | int, ...], message: str) -> ConfigError:
        """Return an error about a value that turns out to be wrong when it is used; ``path`` leads to its key."""
        try:
            line, column = _place(self.file.read_text("utf-8"), (*self.table, *path)) if self.file else (1, 1)
        except (OSError, UnicodeDecodeError):  # it has changed since
            line, column = 1, 1
        return ConfigError(f"{self.file}:{line}:{column}: {message}")

    def overrides_for(self, path: str) -> tuple[int, ...]:
        """Return the numbers of the overrides for a file, given by its absolute path; a later one counts first."""
        return tuple(
            number
            for number, one in enumerate(self.overrides)
            if any(is_ignored(one.paths, up, is_folder=folder) for up, folder in _up(path))
        )


def find(folder: Path) -> Config:
    """Return the nearest configuration of a folder, from itself up to the top of its git repository.

    Raises ConfigError, as :func:`load` does.
    """
    for current in (folder, *folder.parents):
        found = of_folder(current)
        if found is not None:
            return found
        if (current / ".git").exists():
            break
    return Config()


def of_folder(folder: Path) -> Config | None:
    """Return the configuration that a folder has of its own, None where it has none. Raises ConfigError."""
    found = (_load(folder / name, shared=name == _SHARED, optional=True) for name in (_OWN, _SHARED))
    return next((one for one in found if one is not None), None)


def load(file: Path) -> Config:
    """Return the configuration in a file. Raises ConfigError for what cannot be read, unknown keys and wrong types."""
    found = _load(file, shared=file.name == _SHARED, optional=False)
    if found is None:
        raise ConfigError(f"{file}: it has no table [tool.remediate]")
    return found


def _load(file: Path, *, shared: bool, optional: bool) -> Config | None:
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        if optional and (isinstance(error, FileNotFoundError | NotADirectoryError) or shared):
            return None
        raise ConfigError(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        if optional and shared:  # not ours to judge
            return None
        raise ConfigError(f"{file}: byte {error.start + 1} is not valid UTF-8: save the file as UTF-8") from error
    if optional and shared and _TABLE[1] not in text:
        return None
    data: Any = _parsed(text, file)
    for name in _TABLE if shared else ():
        data = data.get(name) if isinstance(data, dict) else None
    return None if data is None else _config(file, text, data, _TABLE if shared else ())


def _parsed(text: str, file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line, column = (at[1], at[2]) if at and at[1] else (str(text.count("\n") + 1), "1")
        raise ConfigError(f"{file}:{line}:{column}: {_AT.sub('', str(error))}") from error


def _config(file: Path, text: str, data: Any, prefix: tuple[str, ...]) -> Config:
    from remediate.config.validate import faults  # as all that reads a file: most runs have none

    for fault in faults(data):
        line, column = _place(text, (*prefix, *fault.path))
        name = next((f"{one}: " for one in reversed(fault.path) if isinstance(one, str)), "")
        raise ConfigError(f"{file}:{line}:{column}: {name}{fault.message}")
    base = str(file.absolute().parent)
    overrides = tuple(
        Override(_rules(base, one["paths"], file, text, (*prefix, "overrides", number, "paths")), one)
        for number, one in enumerate(data.get("overrides", ()))
    )
    excluded = _rules(base, data.get("exclude", ()), file, text, (*prefix, "exclude"))
    values = {key: value for key, value in data.items() if key != "overrides"}
    found = Config(file, values, overrides, excluded, prefix)
    for path, table in [((), values), *((("overrides", number), one.values) for number, one in enumerate(overrides))]:
        if "patches" in table and not (found.folder / table["patches"]).is_dir():
            raise found.fault((*path, "patches"), f"patches: there is no folder {table['patches']!r} beside this file")
    return found


def _rules(base: str, patterns: list[str], file: Path, text: str, path: tuple[str | int, ...]) -> Chain:
    try:
        return rules(base, patterns)
    except ValueError as error:
        line, column = _place(text, path)
        raise ConfigError(f"{file}:{line}:{column}: {error}") from error


def _place(text: str, path: tuple[str | int, ...]) -> tuple[int, int]:
    from remediate.config.places import place

    return place(text, path)


def _up(path: str) -> list[tuple[str, bool]]:
    """Return a file and the folders that it is in, with whether each is a folder."""
    return [(path, False), *((str(one), True) for one in Path(path).parents)]
