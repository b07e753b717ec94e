"""What is wanted of each template: the command line, then the configuration that is nearest to the template."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from remediate.cli.configured import arguments_with, config, is_given, nearest
from remediate.cli.wanted import ParameterFiles, Source, Wanted
from remediate.cloudformation.model import TemplateModel
from remediate.config import Config
from remediate.patch_set import PatchSet

_ENVIRONMENT = re.compile(r"([A-Za-z0-9_.-]+)=(.+)", re.DOTALL)


class Settings:
    """What is wanted of all templates of a run."""

    def __init__(
        self,
        arguments: Mapping[str, Any],
        found: Config,
        given: frozenset[str],
        nearest_of: Callable[[str], Config] | None = None,
    ) -> None:
        """Take the arguments of a command; ``given`` are the names of those that count before any configuration.

        ``found`` is the configuration of the run, and ``nearest_of`` returns that of a file; None: ``found`` holds for all.
        Raises as Source does.
        """
        self._arguments, self._given, self._nearest_of = dict(arguments), given, nearest_of
        self._files = ParameterFiles(_environment_files(arguments["parameter_file"]))
        self._here = Source(found, arguments, given, self._files)
        self._alike: dict[str, Wanted] = {}  # by the folder, where the same is wanted of all its files
        self._sources: dict[Path | None, Source] = {found.file: self._here}
        self.default = self._here.of((), self._fail_on(()))
        named = (one.partition("=")[0] for one in arguments["parameter"])
        from_files = (name for file in self._files.given.values() for name in self._files.values(file))
        self.names = frozenset(name for name in (*named, *from_files) if not name.startswith("AWS::"))
        """The parameters that the command line names: each must be in some template."""

    def of(self, name: str) -> Wanted:
        """Return what is wanted of a template, by its path. Raises as Source does where its configuration is wrong.

        From which level on a run fails is for the run to say: its configuration does, whatever a nearer one says.
        """
        folder = os.path.dirname(name)  # noqa: PTH120  # asked several times of every file of a run
        found = self._alike.get(folder)
        return self._of(name, folder) if found is None else found

    def _of(self, name: str, folder: str) -> Wanted:
        here = self._here.config
        try:
            path = os.path.abspath(name)  # noqa: PTH100  # resolve() follows links
        except OSError:  # the working folder is gone
            return self.default
        source = self._source(path)
        if not source.config.overrides and not here.overrides:
            self._alike[folder] = source.of((), self._fail_on(()))
            return self._alike[folder]
        own = source.config.overrides_for(path) if source.config.overrides else ()
        at_run = own if source is self._here else here.overrides_for(path) if here.overrides else ()
        return source.of(own, self._fail_on(at_run))

    def patch_sets(self) -> tuple[PatchSet, ...]:
        """Return every patch set in use."""
        found = (one for source in self._sources.values() for one in source.patch_sets())
        return tuple({one.name: one for one in found}.values())

    def _source(self, path: str) -> Source:
        found = self._nearest_of(path) if self._nearest_of else self._here.config
        if found.file not in self._sources:
            own = arguments_with(found, self._arguments, self._given)
            self._sources[found.file] = Source(found, own, self._given, self._files)
        return self._sources[found.file]

    def _fail_on(self, numbers: Sequence[int]) -> str:
        said = str(self._arguments.get("fail_on", "warning"))
        if "fail_on" in self._given:
            return said
        tables = [self._here.config.overrides[number].values for number in numbers]
        return next((str(one["fail-on"]) for one in reversed(tables) if "fail-on" in one), said)


def settings(**arguments: Any) -> Settings:
    """Return the settings of the current command, made of its arguments about templates. Raises as Settings does."""
    each = nearest()
    given = frozenset(name for name in arguments if is_given(name))
    return Settings(arguments, config(), given, each.of_file if each else None)


def unknown(names: Iterable[str], model: TemplateModel) -> list[str]:
    """Return a sentence for each name that is no parameter of a template."""
    known = [*model.parameters]
    others = f"; it has: {', '.join(known) or 'none'}"
    return [
        f"this template has no parameter {name!r}{meant(name, known) or others}"
        for name in sorted(names)
        if name not in known
    ]


def meant(name: str, known: Iterable[str]) -> str:
    """Return the question whether another name was meant, if one is near."""
    near = difflib.get_close_matches(name, [*known], 1)
    return f"; did you mean {near[0]!r}?" if near else ""


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
