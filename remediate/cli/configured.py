"""Options from elsewhere: first counts the command line, then REMEDIATE_* in the environment, then the configuration."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from remediate.cli.help import long_name
from remediate.cli.output import FAILED, emit, say
from remediate.config import Config, ConfigError, find, load

_CONFIG = "remediate.config"
_SHOW = "remediate.show-settings"
_PREFIX = "REMEDIATE_"
_OWN = frozenset({"parameters", "parameter-files", "exclude"})
"""Keys that the command line adds to."""
_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_options(command: _Command) -> _Command:
    """Add the options about the configuration file, and let a command only show its settings."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        context = click.get_current_context()
        if context.meta.get(_SHOW):
            emit(_shown(context))
            return None
        return command(*args, **kwargs)

    for option in reversed(_options()):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # functools.wraps keeps the signature, which mypy cannot see


def config() -> Config:
    """Return the configuration of the current command."""
    found = click.get_current_context().meta.get(_CONFIG)
    return found if isinstance(found, Config) else Config()


def is_given(name: str) -> bool:
    """Tell whether a parameter of the current command was given on the command line or in the environment."""
    source = click.get_current_context().get_parameter_source(name)
    return source in {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}


def take_environment(command: click.Command) -> None:
    """Let every option of a command be given by a variable of the environment, too: ``REMEDIATE_FAIL_ON``."""
    for option in command.params:
        if isinstance(option, click.Option) and option.envvar is None and option.name != "help":
            option.envvar = _PREFIX + long_name(option).upper().replace("-", "_")


def arguments_of(values: Mapping[str, Any], file: Path | None) -> dict[str, Any]:
    """Return what a table of a configuration file means as arguments of a command; its paths are relative to the file."""
    found = {key.replace("-", "_"): value for key, value in values.items() if key not in _OWN}
    if isinstance(found.get("service"), str):
        found["service"] = [found["service"]]
    if file is not None and "patches" in found:
        found["patches"] = file.parent / found["patches"]
    return found


def _options() -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--isolated",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_isolate,
            help="Ignore configuration files.",
        ),
        click.option(
            "--config",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            is_eager=True,
            expose_value=False,
            callback=_configure,
            help="Configuration file. [default: nearest .remediate.toml, or pyproject.toml with [tool.remediate]]",
        ),
        click.option(
            "--show-settings",
            is_flag=True,
            expose_value=False,
            callback=_show,
            help="Print each setting and where it comes from, and exit.",
        ),
    ]


def _isolate(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        if context.meta.get(_CONFIG):
            raise click.UsageError("--isolated and --config exclude each other")
        context.meta[_CONFIG] = Config()


def _configure(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if _CONFIG in context.meta:
        if value:
            raise click.UsageError("--isolated and --config exclude each other")
        return
    try:
        found = load(value) if value else find(_working_folder())
    except ConfigError as error:
        if context.resilient_parsing:  # a shell completes a command line, which a fault elsewhere must not disturb
            return
        say(f"Error: {error}")
        context.exit(FAILED)
    context.meta[_CONFIG] = found
    context.default_map = {**(context.default_map or {}), **arguments_of(found.values, found.file)}


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it is gone
        return Path("/")


def _show(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.meta[_SHOW] = value


def _is_alias(option: click.Option) -> bool:
    """Tell whether an option is another word for a value of another one, as --strict is."""
    return option.is_flag and isinstance(option.flag_value, str)


def _shown(context: click.Context) -> str:
    """Return the settings as TOML, with the source of each as a comment."""
    found = config()
    lines = [f"# configuration file: {found.file or 'none'}"]
    options = (one for one in context.command.params if isinstance(one, click.Option) and one.expose_value)
    lines += [_line(context, one, found) for one in options if not _is_alias(one)]
    lines += [f"{key} = {_toml(found.values[key])}  # {found.file}" for key in sorted(_OWN & found.values.keys())]
    lines += [f"# override {number}: {_toml(one.values)}" for number, one in enumerate(found.overrides, 1)]
    return "\n".join(lines) + "\n"


def _line(context: click.Context, option: click.Option, found: Config) -> str:
    name, value = str(option.name), context.params.get(str(option.name))
    source = context.get_parameter_source(name)
    where = {
        ParameterSource.COMMANDLINE: "command line",
        ParameterSource.ENVIRONMENT: f"environment, {option.envvar}",
        ParameterSource.DEFAULT_MAP: str(found.file),
    }.get(source or ParameterSource.DEFAULT, "default")
    if value is None:
        return f"# {long_name(option)} is not set"
    return f"{long_name(option)} = {_toml(value)}  # {where}"


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, default=str)
