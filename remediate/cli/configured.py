"""Options from elsewhere: first counts the command line, then REMEDIATE_* in the environment, then the configuration."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from remediate.cli.help import long_name
from remediate.cli.output import FAILED, emit, say
from remediate.config import Config, ConfigError, find, load
from remediate.config.nearest import Nearest
from remediate.gitignore import Chain

_CONFIG = "remediate.config"
_SEARCHED = "remediate.config-searched"
_NEAREST = "remediate.config-nearest"
_SHOW = "remediate.show-settings"
_PREFIX = "REMEDIATE_"
OWN = frozenset({"parameters", "parameter-files", "exclude"})
"""Keys that the command line adds to."""
_LISTS = frozenset({"select", "ignore"})
_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_options(command: _Command) -> _Command:
    """Add the options about the configuration file, and let a command only show its settings."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        context = click.get_current_context()
        if context.meta.get(_SHOW):
            from remediate.cli.showing import shown  # few runs want that

            emit(shown(context))
            return None
        return command(*args, **kwargs)

    for option in reversed(_options()):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # functools.wraps keeps the signature, which mypy cannot see


def config() -> Config:
    """Return the configuration of the current command."""
    found = click.get_current_context().meta.get(_CONFIG)
    return found if isinstance(found, Config) else Config()


def nearest() -> Nearest | None:
    """Return what tells which configuration holds for a file; None where one holds for all, or none is wanted."""
    meta = click.get_current_context().meta
    if not meta.get(_SEARCHED):
        return None
    found: Nearest = meta.setdefault(_NEAREST, Nearest(config()))
    return found


def excluded_in(folder: str) -> Chain:
    """Return the patterns of the configuration that holds in a folder, if that is not the one of the run."""
    each = nearest()
    found = each.of_folder(folder) if each else None
    return found.excluded if found and each and found is not each.here else ()


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
    found = {key.replace("-", "_"): value for key, value in values.items() if key not in OWN}
    if isinstance(found.get("service"), str):
        found["service"] = [found["service"]]
    for name in _LISTS & found.keys():
        found[name] = [one.strip() for text in found[name] for one in text.split(",") if one.strip()]
    if file is not None and "patches" in found:
        found["patches"] = file.parent / found["patches"]
    return found


def is_alias(option: click.Option) -> bool:
    """Tell whether an option is another word for a value of another one, as --strict is."""
    return option.is_flag and isinstance(option.flag_value, str)


def arguments_with(found: Config, arguments: Mapping[str, Any], given: frozenset[str]) -> dict[str, Any]:
    """Return the arguments of the current command as they would be with another configuration.

    Those that are ``given`` stay, and so do those that no configuration says anything of.
    """
    context = click.get_current_context()
    own = arguments_of(found.values, found.file)
    options = {one.name: one for one in context.command.params if isinstance(one, click.Option) and not is_alias(one)}
    other = {**arguments}
    for name in arguments.keys() - given:
        if name in own:
            other[name] = own[name]
        elif context.get_parameter_source(name) is ParameterSource.DEFAULT_MAP:
            other[name] = _default(options[name])
    return other


def _default(option: click.Option) -> Any:
    """Return what an option is without any configuration."""
    empty: Any = () if option.multiple else False if option.is_flag else None
    return option.default if isinstance(option.default, str | list | bool | int) else empty


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
            help="Configuration file for all templates. [default: for each the nearest .remediate.toml, or pyproject.toml "
            "with [tool.remediate], above it]",
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
    context.meta[_CONFIG], context.meta[_SEARCHED] = found, value is None
    context.default_map = {**(context.default_map or {}), **arguments_of(found.values, found.file)}


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it is gone
        return Path("/")


def _show(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.meta[_SHOW] = value
