"""The options that several commands share, and what they mean together."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from remediate.cli import inputs
from remediate.delivery.locate import Given
from remediate.delivery.organization import ORGANIZATION_ID
from remediate.files import TooLarge, read_stream
from remediate.patch_set import PatchSet, load
from remediate.plan import Options
from remediate.reasons import described

if TYPE_CHECKING:
    from remediate.delivery.error_messages import Failure

EXIT_CODES = """\b
Exit codes:
  0  no problems (undetermined items are reported but do not affect the exit code)
  1  problems at or above --fail-on (`check`), or problems that remain after `fix`
  2  usage error, unreadable input, failed verification, or output that cannot be written
  130  interrupted (128 plus the signal number)
"""
_LONGEST_MESSAGE = 1024 * 1024
_Command = TypeVar("_Command", bound=Callable[..., Any])


def patch_set_options(command: _Command) -> _Command:
    """Add the options that name a patch set."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    own = click.option(
        "--patches", type=folder, metavar="DIR", help="Load extra patches from DIR/<patch set>/; the same id replaces."
    )
    name = click.option(
        "--patch-set", default="cloudtrail-create", show_default=True, help="cloudtrail-create or cloudtrail-documented."
    )
    return name(own(command))


def template_options(command: _Command) -> _Command:
    """Add the options that say which patches are wanted and how a template is to be understood."""
    options = [
        click.option("--select", multiple=True, metavar="ID", help="Apply only this patch (repeatable)."),
        click.option(
            "--ignore", multiple=True, metavar="ID", help="Ignore this id, shown in brackets in reports (repeatable)."
        ),
        click.option(
            "--review",
            is_flag=True,
            help="Also apply changes that need human review, including where the template alone cannot decide.",
        ),
        click.option("--precautions", is_flag=True, help="Also apply optional changes to trails without problems."),
        click.option("--trail", metavar="LOGICAL_ID", help="Check only this trail."),
        click.option("--bucket", metavar="LOGICAL_ID", help="Logical ID of the log bucket, if it cannot be determined."),
        click.option("--key", metavar="LOGICAL_ID", help="Logical ID of the key, if it cannot be determined."),
        click.option("--parameter", multiple=True, metavar="KEY=VALUE", help="Value of a parameter (repeatable)."),
        click.option("--organization-id", metavar="ID", help="ID of the organization (o-...), for an organization trail."),
    ]
    for option in reversed(options):
        command = option(command)
    return patch_set_options(size_option(command))


def size_option(command: _Command) -> _Command:
    """Add the option that says how large a template may be."""
    text = "Largest template to read; CloudFormation accepts up to 1 MB."
    return click.option("--max-size", type=click.IntRange(min=1), default=5, show_default=True, metavar="MB", help=text)(
        command
    )


def error_option(command: _Command) -> _Command:
    """Add the option that takes an error message, and pass on as ``told`` the Failure that it tells of, or None."""
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
    return click.option("--fail-on", type=levels, default="warning", show_default=True, help=text)(strict(command))


def output_options(command: _Command) -> _Command:
    """Add the options that say how much is told, and in which colours."""
    color = click.option("--color/--no-color", default=None, help="Force colour on or off. [default: on in a terminal]")
    quiet = click.option("-q", "--quiet", is_flag=True, help="Print only errors to standard error.")
    return color(quiet(command))


def chosen(
    patch_set: str,
    patches: Path | None,
    select: Sequence[str],
    ignore: Sequence[str],
    parameter: Sequence[str],
    review: bool,
    precautions: bool,
    told: Failure | None = None,
    **given: str | None,
) -> tuple[PatchSet, Options]:
    """Return what the template options chose. Raises click.BadParameter, and PatchError for patches that cannot be used."""
    loaded = load(patch_set, patches)
    for patch_id in select:
        _check_patch_id(loaded, patch_id, "--select")
    for ignored in ignore:
        if loaded.patch(ignored) is None and ignored not in described():
            message = f"unknown id {ignored!r}; `remediate explain` lists all ids"
            raise click.BadParameter(message, param_hint="--ignore")
    parameters: dict[str, str] = {}
    for one in parameter:
        key, equals, value = one.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{one!r} is not KEY=VALUE", param_hint="--parameter")
        parameters[key] = value
    if not re.fullmatch(r"[0-9]{12}", parameters.get("AWS::AccountId", "0" * 12)):
        raise click.BadParameter("an account ID has twelve digits", param_hint="--parameter AWS::AccountId")
    if not ORGANIZATION_ID.fullmatch(given.get("organization_id") or "o-0123456789"):
        raise click.BadParameter("an organization ID looks like o-a1b2c3d4e5", param_hint="--organization-id")
    if all(one.id in ignore or (select and one.id not in select) for one in loaded.patches):
        raise click.UsageError("--select and --ignore exclude every patch")
    found = Given(parameters=parameters, **given)
    return loaded, Options(found, frozenset(select), frozenset(ignore), review, precautions, told)


def _check_patch_id(loaded: PatchSet, patch_id: str, hint: str) -> None:
    """Raise click.BadParameter for an id that the set does not have."""
    if loaded.patch(patch_id) is None:
        known = ", ".join(one.id for one in loaded.patches)
        raise click.BadParameter(f"no patch {patch_id!r} in {loaded.name}. Known: {known}", param_hint=hint)


def _failure(context: click.Context, _: click.Parameter, value: str | None) -> Failure | None:
    from remediate.delivery.error_messages import FAILURES, failure  # most runs are told of none

    if not value:
        return None
    # A message that is copied may be broken into lines.
    told = failure(" ".join(_message(context, value).split()))
    if told is None:
        codes = ", ".join(one.code for one in FAILURES)
        raise click.BadParameter(f"not a known CloudTrail bucket or key error. Known: {codes}", param_hint="--error")
    return told


def _message(context: click.Context, value: str) -> str:
    """Return the text of a message that is given as such, by ``-``, by ``@FILE``, or by the path of a file."""
    try:
        if value == inputs.STDIN:
            if sys.stdin is None:
                raise click.BadParameter("standard input is closed", param_hint="--error")
            context.meta[inputs.STDIN_TAKEN] = True
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
