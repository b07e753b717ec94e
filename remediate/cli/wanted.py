"""What one configuration, with the command line before it, wants of the templates that it holds for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from msgspec import Struct

from remediate.cli.configured import arguments_of
from remediate.cli.options import NOTHING_SELECTED, chosen
from remediate.config import Config
from remediate.delivery.service import LogService
from remediate.environments import Environment
from remediate.patch_set import PatchError, PatchSet
from remediate.template import TemplateError

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class Configured(Struct, frozen=True, eq=False):
    """A parameter of a configuration: it stands in a file with parameters, else at ``path`` in the configuration itself."""

    name: str
    config: Config
    path: tuple[str | int, ...]
    file: Path | None = None

    def warning(self, message: str) -> str:
        """Return a warning about it, with its place."""
        text = f"warning: {message}"
        return f"{self.file}: {text}" if self.file else str(self.config.fault(self.path, text))


class Wanted(Struct, frozen=True, eq=False):
    """What is wanted of a template: the patch sets, the options in each environment, and what counts as a failure.

    ``configured`` are the parameters that the configuration gives values to.
    """

    patch_sets: tuple[PatchSet, ...]
    environments: tuple[Environment, ...]
    fail_on: str
    configured: tuple[Configured, ...] = ()

    def services(self) -> tuple[LogService, ...]:
        """Return the services that are looked at, without their legs, which are there where a source of theirs is."""
        return tuple(one.service for one in self.patch_sets if one.used_by is None)


class ParameterFiles:
    """The files with values of parameters, each read once."""

    def __init__(self, given: Mapping[str, Path]) -> None:
        """Begin with the files of the command line, by the names of their environments."""
        self.given = given
        self._read: dict[Path, dict[str, str]] = {}

    def values(self, file: Path) -> dict[str, str]:
        """Return the values in a file. Raises click.BadParameter with what is wrong with it."""
        if file not in self._read:
            from remediate.config.parameter_file import read_parameters  # most runs have no such file

            try:
                self._read[file] = read_parameters(file)
            except TemplateError as error:
                raise click.BadParameter(error.located(str(file)), param_hint="--parameter-file") from error
            except OSError as error:
                raise click.BadParameter(f"{file}: {error.strerror or error}", param_hint="--parameter-file") from error
        return self._read[file]


class Source:
    """What is wanted of the templates for which a configuration holds."""

    def __init__(self, found: Config, arguments: Mapping[str, Any], given: frozenset[str], files: ParameterFiles) -> None:
        """Take the arguments that hold with a configuration; ``given`` are the names of those that count before it.

        Raises ConfigError for what the file cannot mean, click.BadParameter where that is from the command line, and
        PatchError for patches that cannot be used.
        """
        self.config = found
        self._arguments, self._given, self._files = dict(arguments), given, files
        self._wanted: dict[tuple[tuple[int, ...], str], Wanted] = {}
        self._parameters: dict[tuple[str, tuple[str | int, ...]], Configured] = {}
        self.of((), "warning")
        for number in range(len(found.overrides)):  # what is wrong in one is said before anything is done
            self.of((number,), "warning")

    def of(self, numbers: tuple[int, ...], fail_on: str) -> Wanted:
        """Return what is wanted where some of the overrides hold."""
        if (numbers, fail_on) not in self._wanted:
            self._wanted[numbers, fail_on] = self._made(numbers, fail_on)
        return self._wanted[numbers, fail_on]

    def patch_sets(self) -> tuple[PatchSet, ...]:
        """Return every patch set that was asked for."""
        return tuple(patch_set for wanted in self._wanted.values() for patch_set in wanted.patch_sets)

    def _made(self, numbers: tuple[int, ...], fail_on: str) -> Wanted:
        tables = [self.config.overrides[number].values for number in numbers]
        arguments = dict(self._arguments)
        self._check_selection(numbers)
        for table in tables:
            own = arguments_of({key: one for key, one in table.items() if key != "paths"}, self.config.file)
            arguments |= {key: one for key, one in own.items() if key not in self._given}
        del arguments["parameter_file"]
        arguments.pop("fail_on", None)
        sets: tuple[PatchSet, ...] = ()
        environments: list[Environment] = []
        for name, values in self._values(numbers).items():
            pairs = [f"{key}={one}" for key, one in values.items()]
            everything = {**arguments, "parameter": [*pairs, *self._arguments["parameter"]]}
            sets, options = self._located(numbers, chosen, **everything)
            environments.append(Environment(name, options))
        return Wanted(sets, tuple(environments), fail_on, self._configured(numbers))

    def _check_selection(self, numbers: tuple[int, ...]) -> None:
        """Raise ConfigError for a selection that has items, and no id among them."""
        for path, table in self._tables(numbers):
            if table.get("select") and not arguments_of({"select": table["select"]}, None)["select"]:
                raise self.config.fault((*path, "select"), f"select: {NOTHING_SELECTED}")

    def _values(self, numbers: tuple[int, ...]) -> dict[str, dict[str, str]]:
        """Return the values of parameters in each environment, but for those of the command line."""
        values = {
            name: _text(one) for _, table in self._tables(numbers) for name, one in table.get("parameters", {}).items()
        }
        if self._files.given:
            return {name: {**values, **self._files.values(file)} for name, file in self._files.given.items()}
        read = {name: self._located(numbers, self._files.values, file) for name, file in self._own_files(numbers).items()}
        return {name: {**own, **values} for name, own in read.items()} or {"": values}

    def _configured(self, numbers: tuple[int, ...]) -> tuple[Configured, ...]:
        """Return the parameters to which the configuration gives values; for each of them what counts."""
        files = {} if self._files.given else self._own_files(numbers)
        found = {
            name: self._parameter(name, ("parameter-files", environment), file)
            for environment, file in files.items()
            for name in self._files.values(file)
        }
        for path, table in self._tables(numbers):
            found |= {name: self._parameter(name, (*path, "parameters", name)) for name in table.get("parameters", {})}
        return tuple(one for name, one in found.items() if not name.startswith("AWS::"))

    def _parameter(self, name: str, path: tuple[str | int, ...], file: Path | None = None) -> Configured:
        """Return a parameter, the same one wherever it is wanted."""
        return self._parameters.setdefault((name, path), Configured(name, self.config, path, file))

    def _own_files(self, numbers: tuple[int, ...]) -> dict[str, Path]:
        """Return the files with parameters that the configuration names, by their environments."""
        tables = [table.get("parameter-files", {}) for _, table in self._tables(numbers)]
        return {name: self.config.folder / path for table in tables for name, path in table.items()}

    def _tables(self, numbers: tuple[int, ...]) -> list[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
        """Return the tables that hold, what counts last, with what leads to each."""
        overrides = [(("overrides", number), self.config.overrides[number].values) for number in numbers]
        return [((), self.config.values), *overrides]

    def _located(
        self,
        numbers: tuple[int, ...],
        action: Callable[_Arguments, _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """Do something with values; where one is wrong that the configuration has, say where it stands."""
        try:
            return action(*args, **kwargs)
        except (click.UsageError, PatchError) as error:
            message = error.message if isinstance(error, click.UsageError) else str(error)
            places = self._places(numbers, _keys(error))
            if not places:
                raise
            raise self.config.fault(places[0], message) from error

    def _places(self, numbers: Sequence[int], keys: Sequence[str]) -> Sequence[tuple[str | int, ...]]:
        """Return where the configuration has one of some keys that the command line does not have, what counts first."""
        wanted = [key for key in keys if key.replace("-", "_") not in self._given]
        found: list[tuple[str | int, ...]] = []
        for number in reversed(numbers):
            found += [("overrides", number, key) for key in wanted if key in self.config.overrides[number].values]
        return [*found, *((key,) for key in wanted if key in self.config.values)]


def _keys(error: click.UsageError | PatchError) -> Sequence[str]:
    """Return the keys that an error may be about; what is wrong with patches of one's own has its place already."""
    if isinstance(error, PatchError):
        about = {"there is no service": ["service"], "there is no patch set": ["patch-set"]}
        return next((keys for start, keys in about.items() if str(error).startswith(start)), [])
    hint = error.param_hint if isinstance(error, click.BadParameter) and isinstance(error.param_hint, str) else ""
    name = hint.removeprefix("--").partition(" ")[0]
    return {"parameter": ["parameters"], "parameter-file": ["parameter-files"], "": ["select", "ignore"]}.get(name, [name])


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
