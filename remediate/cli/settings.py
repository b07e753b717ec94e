"""What is wanted of each template: the options, with what the configuration file says otherwise for some paths."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from remediate.cli.configured import arguments_of, config, is_given
from remediate.cli.options import chosen
from remediate.cloudformation.model import TemplateModel
from remediate.config import Config
from remediate.delivery.service import LogService
from remediate.environments import Environment
from remediate.patch_set import PatchSet
from remediate.template import TemplateError

_ENVIRONMENT = re.compile(r"([A-Za-z0-9_.-]+)=(.+)", re.DOTALL)


class Wanted(Struct, frozen=True, eq=False):
    """What is wanted of a template: the patch sets, the options in each environment, and what counts as a failure."""

    patch_sets: tuple[PatchSet, ...]
    environments: tuple[Environment, ...]
    fail_on: str

    def services(self) -> tuple[LogService, ...]:
        """Return the services that are looked at."""
        return tuple(one.service for one in self.patch_sets)


class Settings:
    """What is wanted of all templates of a run."""

    def __init__(self, arguments: Mapping[str, Any], found: Config, given: frozenset[str]) -> None:
        """Take the arguments of a command; ``given`` are the names of those that count before any override.

        Raises click.BadParameter for what cannot be meant, and PatchError for patches that cannot be used.
        """
        self._arguments, self._config, self._given = dict(arguments), found, given
        self._files = _environment_files(arguments["parameter_file"])
        self._read: dict[Path, dict[str, str]] = {}
        self._wanted: dict[tuple[int, ...], Wanted] = {}
        self.default = self._of(())
        for number in range(len(found.overrides)):  # what is wrong in one is said before anything is done
            self._of((number,))
        named = (one.partition("=")[0] for one in arguments["parameter"])
        from_files = (name for file in self._files.values() for name in self._parameters_in(file))
        self.names = frozenset(name for name in (*named, *from_files) if not name.startswith("AWS::"))
        """The parameters that the command line names: each must be in some template."""

    def of(self, name: str) -> Wanted:
        """Return what is wanted of a template, by its path."""
        if not self._config.overrides:
            return self.default
        return self._of(self._config.overrides_for(os.path.abspath(name)))  # noqa: PTH100  # resolve() follows links

    def patch_sets(self) -> tuple[PatchSet, ...]:
        """Return every patch set in use."""
        return tuple({one.name: one for wanted in self._wanted.values() for one in wanted.patch_sets}.values())

    def _of(self, numbers: tuple[int, ...]) -> Wanted:
        if numbers not in self._wanted:
            self._wanted[numbers] = self._made(numbers)
        return self._wanted[numbers]

    def _made(self, numbers: tuple[int, ...]) -> Wanted:
        tables = [self._config.overrides[number].values for number in numbers]
        arguments = dict(self._arguments)
        for table in tables:
            own = arguments_of({key: one for key, one in table.items() if key != "paths"}, self._config.file)
            arguments |= {key: one for key, one in own.items() if key not in self._given}
        fail_on, sets = str(arguments.pop("fail_on", "warning")), None
        del arguments["parameter_file"]
        environments: list[Environment] = []
        for name, values in self._values(tables).items():
            pairs = [f"{key}={one}" for key, one in values.items()]
            sets, options = chosen(**{**arguments, "parameter": [*pairs, *self._arguments["parameter"]]})
            environments.append(Environment(name, options))
        return Wanted(sets or (), tuple(environments), fail_on)

    def _values(self, tables: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
        """Return the values of parameters in each environment, but for those of the command line."""
        base = self._config.file.parent if self._config.file else Path()
        files: dict[str, Path] = {}
        values: dict[str, str] = {}
        for table in (self._config.values, *tables):
            files |= {name: base / path for name, path in table.get("parameter-files", {}).items()}
            values |= {name: _text(one) for name, one in table.get("parameters", {}).items()}
        if self._files:
            return {name: {**values, **self._parameters_in(file)} for name, file in self._files.items()}
        return {name: {**self._parameters_in(file), **values} for name, file in files.items()} or {"": values}

    def _parameters_in(self, file: Path) -> dict[str, str]:
        if file not in self._read:
            from remediate.config.parameter_file import read_parameters  # most runs have no such file

            try:
                self._read[file] = read_parameters(file)
            except TemplateError as error:
                raise click.BadParameter(error.located(str(file)), param_hint="--parameter-file") from error
            except OSError as error:
                raise click.BadParameter(f"{file}: {error.strerror or error}", param_hint="--parameter-file") from error
        return self._read[file]


def settings(**arguments: Any) -> Settings:
    """Return the settings of the current command, made of its arguments about templates. Raises as Settings does."""
    return Settings(arguments, config(), frozenset(name for name in arguments if is_given(name)))


def unknown(names: Iterable[str], model: TemplateModel) -> list[str]:
    """Return a sentence for each name that is no parameter of a template."""
    known = [*model.parameters]
    return [f"this template has no parameter {name!r}{_near(name, known)}" for name in sorted(names) if name not in known]


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; it has: {', '.join(known) or 'none'}"


def _environment_files(written: Sequence[str]) -> dict[str, Path]:
    """Return the parameter files by their environments; one without a name is called as its file is."""
    files: dict[str, Path] = {}
    for one in written:
        named = None if Path(one).is_file() else _ENVIRONMENT.fullmatch(one)
        name, file = (named[1], Path(named[2])) if named else (Path(one).stem, Path(one))
        if name in files:
            raise click.BadParameter(f"two files are for {name!r}: write NAME=FILE", param_hint="--parameter-file")
        files[name] = file
    return files


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
