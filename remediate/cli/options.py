"""The options that several commands share, and what they mean together."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from remediate.choices import options_for
from remediate.cli import inputs
from remediate.cli.completion import FILE, all_ids, patch_ids, patch_set_names, service_ids
from remediate.cli.configured import config_options
from remediate.cli.output import FAILED, say
from remediate.config import ConfigError
from remediate.delivery.locate import Given
from remediate.delivery.services import DEFAULT
from remediate.errors import BadChoice
from remediate.files import TooLarge, read_stream
from remediate.patch_set import PatchError, PatchSet, load_all
from remediate.plan import Options

if TYPE_CHECKING:
    from remediate.delivery.error_messages import Evidence

_PSEUDO = {f"AWS::{name}" for name in ("AccountId", "Partition", "Region", "StackId", "StackName", "URLSuffix")}
"""Source: AWS CloudFormation User Guide, Pseudo parameters reference, without those that are no text."""
NOTHING_SELECTED = "the list is empty; name a patch, or leave it out for all patches"
NO_CAUSE = "remediate.no-cause"
"""The member of click's context that has the known codes where the message of --error names no cause."""
_LONGEST_MESSAGE = 1024 * 1024
_Command = TypeVar("_Command", bound=Callable[..., Any])


def reports_patch_errors(command: _Command) -> _Command:
    """Let a command end with the message of a PatchError or a ConfigError."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (PatchError, ConfigError) as error:
            say(f"Error: {error}")
            sys.exit(FAILED)

    return wrapped  # type: ignore[return-value]  # functools.wraps keeps the signature, which mypy cannot see


def patch_set_options(command: _Command) -> _Command:
    """Add the options that name a patch set."""
    known = "create or documented."
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    own = click.option(
        "--patches", type=folder, metavar="DIR", help="Load extra patches from DIR/<service>/<set>/; the same id replaces."
    )
    name = click.option(
        "--patch-set", default="create", show_default=True, metavar="NAME", shell_complete=patch_set_names, help=known
    )
    text = "A service whose log delivery is checked (repeatable), or all."
    service = click.option(
        "--service",
        multiple=True,
        default=[DEFAULT],
        show_default=True,
        metavar="ID",
        shell_complete=service_ids,
        help=text,
    )
    return config_options(service(name(own(command))))


def template_options(command: _Command) -> _Command:
    """Add the options that say which patches are wanted and how a template is to be understood."""
    options = [
        *_selection(),
        click.option(
            "--review",
            is_flag=True,
            help="Also apply changes that need human review, including where the template alone cannot decide.",
        ),
        click.option("--no-ignores", is_flag=True, help="Report also what the template itself says is to be ignored."),
        click.option("--generated", is_flag=True, help="Also change templates that the AWS CDK or AWS SAM generates."),
        click.option("--precautions", is_flag=True, help="Also apply optional changes to trails without problems."),
        click.option("--trail", metavar="LOGICAL_ID", help="Check only this trail."),
        click.option("--bucket", metavar="LOGICAL_ID", help="Logical ID of the log bucket, if it cannot be determined."),
        click.option("--key", metavar="LOGICAL_ID", help="Logical ID of the key, if it cannot be determined."),
        click.option("--parameter", multiple=True, metavar="KEY=VALUE", help="Value of a parameter (repeatable)."),
        click.option(
            "--parameter-file",
            type=FILE,
            multiple=True,
            metavar="[ENV=]FILE",
            help="File with values of parameters (repeatable: one for each environment).",
        ),
        click.option("--organization-id", metavar="ID", help="ID of the organization (o-...), for an organization trail."),
    ]
    for option in reversed(options):
        command = option(command)
    return patch_set_options(size_option(command))


def _selection() -> list[Callable[[Any], Any]]:
    selected: dict[str, Any] = {"help": "Apply these patches alone, and judge by them.", "shell_complete": patch_ids}
    ignored: dict[str, Any] = {"help": "Ignore these ids, shown in brackets in reports.", "shell_complete": all_ids}
    common: dict[str, Any] = {"metavar": "IDS", "multiple": True, "callback": _ids}
    return [click.option("--select", **common, **selected), click.option("--ignore", **common, **ignored)]


def _ids(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of lists with commas between them. A selection of nothing is a mistake: an empty variable, say."""
    found = tuple(one.strip() for value in values for one in value.split(",") if one.strip())
    if values and not found and option.name == "select":
        raise click.BadParameter(NOTHING_SELECTED, param_hint="--select")
    return found


def size_option(command: _Command) -> _Command:
    """Add the option that says how large a template may be."""
    text = "Largest template to read; CloudFormation accepts up to 1 MB."
    return click.option("--max-size", type=click.IntRange(min=1), default=5, show_default=True, metavar="MB", help=text)(
        command
    )


def error_option(command: _Command) -> _Command:
    """Add the option that takes an error message, and pass on as ``told`` the Evidence that it is, or None."""
    text = (
        "Error message of the failed deployment: the text, @FILE, or - for standard input. "
        "Trails that it can be about count as broken."
    )
    return click.option("--error", "told", metavar="MESSAGE", callback=_failure, help=text)(command)


def fail_options(command: _Command) -> _Command:
    """Add the options that say from which level on a finding is a failure; they are passed on as ``fail_on``."""
    levels = click.Choice(["error", "warning", "note", "never"])
    text = "Lowest severity that makes the exit code 1."
    strict = click.option("--strict", "fail_on", flag_value="note", help="Same as --fail-on note.")
    zero = click.option("--exit-zero", "fail_on", flag_value="never", help="Same as --fail-on never.")
    return click.option("--fail-on", type=levels, default="warning", show_default=True, help=text)(strict(zero(command)))


def output_options(command: _Command) -> _Command:
    """Add the options that say how much is told, and in which colours."""
    color = click.option("--color/--no-color", default=None, help="Force colour on or off. [default: on in a terminal]")
    quiet = click.option("-q", "--quiet", is_flag=True, help="Print only errors to standard error.")
    return color(quiet(command))


def chosen(
    patch_set: str,
    patches: Path | None,
    service: Sequence[str],
    parameter: Sequence[str],
    organization_id: str | None = None,
    **options: Any,
) -> tuple[tuple[PatchSet, ...], Options]:
    """Return what the template options chose. Raises click.BadParameter, and PatchError for patches that cannot be used."""
    sets = load_all(patch_set, service, patches)
    trail, bucket, key = (options.pop(name, None) for name in ("trail", "bucket", "key"))
    given = Given(trail, bucket, key, _parameters(parameter), organization_id, sets[0].service)
    try:
        return sets, options_for(sets, given, **options)
    except BadChoice as error:
        if not error.option:
            raise click.UsageError(str(error)) from error
        raise click.BadParameter(str(error), param_hint=error.option) from error


def _parameters(given: Sequence[str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            about_files = "; --parameter-file reads a file" if one.startswith(("@", "file:")) else ""
            raise click.BadParameter(f"{one!r} is not KEY=VALUE{about_files}", param_hint="--parameter")
        if name.startswith("AWS::") and name not in _PSEUDO:
            known = ", ".join(sorted(_PSEUDO))
            raise click.BadParameter(f"unknown pseudo parameter {name!r}. Known: {known}", param_hint="--parameter")
        parameters[name] = value
    return parameters


def _failure(context: click.Context, _: click.Parameter, value: str | None) -> Evidence | None:
    from remediate.delivery.error_messages import evidence, names_no_cause  # most runs are told of none
    from remediate.delivery.services import shipped_services

    if not value or context.resilient_parsing:  # a shell that completes a command line reads nothing
        return None
    # A message that is copied may be broken into lines.
    services = shipped_services()
    message = " ".join(_message(context, value).split())
    told = evidence(message, services)
    if told is None:
        codes = ", ".join(dict.fromkeys(one.code for service in services for one in service.failures))
        if not names_no_cause(message):
            raise click.BadParameter(f"not a known error about log delivery. Known: {codes}", param_hint="--error")
        context.meta[NO_CAUSE] = codes
    return told


def _message(context: click.Context, value: str) -> str:
    """Return the text of a message that is given as such, by ``-``, by ``@FILE``, or by the path of a file."""
    try:
        if value == inputs.STDIN:
            if sys.stdin is None:
                raise click.BadParameter("standard input is closed", param_hint="--error")
            if context.meta.get(inputs.STDIN_TAKEN):
                taken = context.meta[inputs.STDIN_TAKEN]
                raise click.BadParameter(f"standard input was already read for {taken}", param_hint="--error")
            context.meta[inputs.STDIN_TAKEN] = "--error"
            return read_stream(sys.stdin.buffer, _LONGEST_MESSAGE).decode("utf-8", "replace")
        path = Path(value.removeprefix("@"))
        if value.startswith("@") or _is_file(path):
            with path.open("rb") as stream:
                return read_stream(stream, _LONGEST_MESSAGE).decode("utf-8", "replace")
    except OSError as error:
        raise click.BadParameter(f"{value}: {error.strerror}", param_hint="--error") from error
    except TooLarge as error:
        raise click.BadParameter(f"{value}: larger than 1 MB, so not an error message", param_hint="--error") from error
    return value


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # too long for a name: it is the message itself
        return False
