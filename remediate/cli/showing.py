"""Settings as TOML with the source of each: those of a run, or those that hold for one template."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from remediate.cli.configured import OWN, arguments_of, config, is_alias, nearest
from remediate.cli.help import long_name
from remediate.config import Config

_OF_RUN = frozenset({"fail-on", "force-exclude", "gitignore", "jobs", "max-size"})
"""Keys that count in the configuration of the run alone."""


def shown(context: click.Context) -> str:
    """Return the settings of a command, which hold where no nearer configuration does."""
    found = config()
    lines = [f"# configuration file: {found.file or 'none'}"]
    own = {key: found.values[key] for key in sorted(OWN & found.values.keys())}
    options = [one for one in _options(context) if one.name not in own]
    lines += [_line(one, context.params.get(str(one.name)), _source(context, one, found)) for one in options]
    if "exclude" in own:  # the command line adds to it
        own["exclude"] = [*own["exclude"], *context.params.get("exclude", ())]
    lines += [f"{key} = {_toml(value)}  # {found.file}" for key, value in own.items()]
    lines += [f"# override {number}: {_toml(one.values)}" for number, one in enumerate(found.overrides, 1)]
    return "\n".join(lines) + "\n"


def shown_for(context: click.Context, path: str) -> str:
    """Return the settings that hold for a template, where ``context`` is of a command without arguments.

    Raises ConfigError where a configuration cannot be used.
    """
    here, found, whole = config(), config_for(path), os.path.abspath(path)  # noqa: PTH100  # resolve() follows links
    layers = [*_layers(here, found, whole)]
    said = {name: (one, where) for where, table in layers for name, one in arguments_of(table, found.file).items()}
    lines = [f"# configuration file: {found.file or 'none'}"]
    for option in _options(context):
        name = str(option.name)
        if any(name in table for _, table in layers if name in OWN):
            continue
        value, where = context.params.get(name), _source(context, option, here)
        lines.append(_line(option, *(said.get(name, (value, where)) if where == "default" else (value, where))))
    lines += [line for key in sorted(OWN) for line in _of_layers(key, layers)]
    if found is not here:
        others = sorted(_OF_RUN & found.values.keys())
        lines += [f"# {key} of {found.file} counts only in a run from its folder" for key in others]
        if "exclude" in here.values:
            lines.append(f"# exclude of {here.file} counts too: {_toml(here.values['exclude'])}")
    return "\n".join(lines) + "\n"


def config_for(path: str) -> Config:
    """Return the configuration that holds for a file, or for the files in a folder. Raises ConfigError."""
    each, whole = nearest(), os.path.abspath(path)  # noqa: PTH100  # as above
    if each is None:
        return config()
    return each.of_folder(whole) if Path(whole).is_dir() else each.of_file(whole)


def _layers(here: Config, found: Config, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is said of a template, with where; what comes later counts before it."""
    for one, of_run in ((here, True), (found, False)):
        yield str(one.file), {key: value for key, value in one.values.items() if (key in _OF_RUN) == of_run}
    for one, of_run in ((here, True), (found, False)):
        for number in one.overrides_for(path):
            table = {key: value for key, value in one.overrides[number].values.items() if (key in _OF_RUN) == of_run}
            yield f"{one.file}, override {number + 1}", {key: value for key, value in table.items() if key != "paths"}


def _of_layers(key: str, layers: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """Yield the line of what is a list, or a table that overrides add to."""
    having = [(where, table[key]) for where, table in layers if key in table]
    if having:
        values = [value for _, value in having]
        together = {name: one for value in values for name, one in value.items()} if key != "exclude" else values[0]
        yield f"{key} = {_toml(together)}  # {'; '.join(dict.fromkeys(where for where, _ in having))}"


def _options(context: click.Context) -> list[click.Option]:
    found = (one for one in context.command.params if isinstance(one, click.Option) and one.expose_value)
    return [one for one in found if not is_alias(one)]


def _source(context: click.Context, option: click.Option, found: Config) -> str:
    source = context.get_parameter_source(str(option.name))
    return {
        ParameterSource.COMMANDLINE: "command line",
        ParameterSource.ENVIRONMENT: f"environment, {option.envvar}",
        ParameterSource.DEFAULT_MAP: str(found.file),
    }.get(source or ParameterSource.DEFAULT, "default")


def _line(option: click.Option, value: object, where: str) -> str:
    return f"# {long_name(option)} is not set" if value is None else f"{long_name(option)} = {_toml(value)}  # {where}"


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, default=str)
