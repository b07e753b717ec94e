"""The command line: options in, reports out, exit codes. Nothing is decided about templates here."""

from __future__ import annotations

import functools
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from remediate import __version__, engine
from remediate.cli.options import (
    EXIT_CODES,
    chosen,
    error_option,
    fail_options,
    output_options,
    patch_set_options,
    size_option,
    template_options,
)
from remediate.cli.output import FAILED, Program, emit, say
from remediate.cli.run import Run
from remediate.patch_set import Patch, PatchError, combined, load_all
from remediate.report import FORMATS, diff, summary
from remediate.report.escape import visible
from remediate.template import Operation, TemplateError, parse_operation

if TYPE_CHECKING:
    from remediate.delivery.error_messages import Failure

__all__ = ["main"]
_FORMAT = "json-patch: an array for one file that is named, else an object from file name to array."
_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__)
def main() -> None:
    """Mend CloudFormation templates whose CloudTrail logging stack does not deploy.

    It finds the log bucket, its policy, the key and the trail in a YAML or JSON template, changes what makes CloudTrail
    refuse them, leaves every other byte as it was, and prints a diff.

    \b
      remediate fix stack.yaml --dry-run     show the diff, write nothing
      remediate fix stack.yaml               patch in place
      remediate check templates/             for CI: exit 1 where something needs fixing
      remediate simulate stack.yaml          each request of CloudTrail: allowed or denied, before and after
      remediate explain                      what the patches ensure, and why
    """  # noqa: D301  # the backspace is click's mark for a paragraph that keeps its lines
    # A run is short and makes many objects but no cycles: looking for garbage would take a tenth of its time.
    gc.disable()


def _reports_patch_errors(command: _Command) -> _Command:
    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except PatchError as error:
            say(f"Error: {error}")
            sys.exit(FAILED)

    return wrapped  # type: ignore[return-value]  # functools.wraps keeps the signature, which mypy cannot see


@main.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@click.option("--format", "style", type=click.Choice(["diff", *FORMATS]), default="diff", show_default=True, help=_FORMAT)
@error_option
@template_options
@output_options
@_reports_patch_errors
def fix(
    templates: tuple[str, ...],
    dry_run: bool,
    style: str,
    max_size: int,
    color: bool | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Patch templates in place and show the diff.

    TEMPLATE is a file, a folder, or - for standard input; the patched template then goes to standard output. What is no
    CloudFormation template is passed over, with a note or, in a folder, counted. Standard
    output carries the diff (or --format) alone, so that `remediate fix stack.yaml --dry-run | git apply` works; what was
    done and what was not is told on standard error. A file is changed only when its diff could be written.
    """
    if "-" in templates and style != "diff" and not dry_run:
        raise click.UsageError("standard output takes the patched template here: --format needs --dry-run with -")
    sets, wanted = chosen(**options)
    reports: list[engine.Report] = []
    with Run(color, quiet, max_size, in_place=not dry_run) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is None or not run.attempt(name, _deliver, run, report, raw, style == "diff", dry_run):
                continue
            reports.append(report)
            run.found |= bool(report.unfixed)
            run.say(run.attempt(name, summary.render, report, written=not dry_run) or "")
        if style != "diff":
            run.report(style, reports, combined(sets), templates)


@main.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@click.option("--format", "style", type=click.Choice(["text", *FORMATS]), default="text", show_default=True, help=_FORMAT)
@fail_options
@error_option
@template_options
@output_options
@_reports_patch_errors
def check(
    templates: tuple[str, ...],
    style: str,
    fail_on: str,
    max_size: int,
    color: bool | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Tell what needs fixing, and change nothing: exit 1 where something does.

    An error stops the deployment, a warning may. A note tells what would be changed as a precaution, and what cannot be
    determined from the template.

    TEMPLATE is a file, a folder, or - for standard input. In folders *.yaml, *.yml, *.json and *.template files are
    looked at. What is no CloudFormation template is passed over, with a note or, in a folder, counted.
    """
    from remediate.report import listing  # the other commands start without them
    from remediate.report.annotations import fails

    sets, wanted = chosen(**options)
    reports: list[engine.Report] = []
    with Run(color, quiet, max_size) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is not None:
                reports.append(report)
                run.found |= fails(report, fail_on)
                if style == "text":
                    run.out(run.attempt(name, listing.render, report) or "")
        if style != "text":
            run.report(style, reports, combined(sets), templates)


@main.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@error_option
@template_options
@output_options
@_reports_patch_errors
def simulate(
    templates: tuple[str, ...], told: Failure | None, max_size: int, color: bool | None, quiet: bool, **options: Any
) -> None:
    """Show each request that CloudTrail makes: allowed or denied, by which statement, before and after the fix.

    Nothing is changed. Exit 1 where a request is denied even after the fix, or something else is left to do.
    """
    from remediate.report import simulation  # the other commands start without it

    sets, wanted = chosen(told=told, **options)
    with Run(color, quiet, max_size) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is not None:
                run.out(run.attempt(name, simulation.render, report, told) or "")
                run.found |= bool(report.unfixed) or any(one.denied for one in simulation.shown(report, told))
                for one in simulation.left(report, told):
                    run.say("\n".join(summary.explained(one)))


@main.command(epilog=EXIT_CODES)
@click.argument("changes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("template")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@size_option
@output_options
def apply(changes: Path, template: str, dry_run: bool, max_size: int, color: bool | None, quiet: bool) -> None:
    """Apply a JSON patch (RFC 6902) to a YAML or JSON file, leaving every other byte as it is.

    CHANGES is a JSON array of operations. In YAML, short-form intrinsic functions have the pointers of their long form:
    `!Sub text` is at /Fn::Sub.
    """
    with Run(color, quiet, max_size, in_place=not dry_run, lenient=False) as run:
        operations = run.attempt(str(changes), _operations, changes)
        for name, raw in run.inputs((template,)) if operations is not None else ():
            report = run.attempt(name, engine.apply, raw, name, operations or ())
            if report is None or not run.attempt(name, _deliver, run, report, raw, True, dry_run):
                continue
            done = "patched" if report.changed and not dry_run else "would be patched" if report.changed else "nothing to do"
            if name != "-" or dry_run:
                run.say(f"{visible(name)}: {done}")


@main.command()
@click.argument("topic", required=False, metavar="[ID]")
@patch_set_options
@_reports_patch_errors
def explain(topic: str | None, patch_set: str, patches: Path | None, service: tuple[str, ...]) -> None:
    """Say what an id of a report means, a patch's or a root cause's, and why; without ID list all of them."""
    from remediate.diagnosis import catalogue  # the other commands start without them
    from remediate.reasons import described, reasons

    loaded = combined(load_all(patch_set, service, patches))
    if topic is None:
        width = max(map(len, (*described(), *(patch.id for patch in loaded.patches))))
        lines = [f"patches of {loaded.name}:"]
        review = {patch.id: " (with --review)" for patch in loaded.patches if patch.safety == "review"}
        lines += [f"  {patch.id:{width}}  {patch.title}{review.get(patch.id, '')}" for patch in loaded.patches]
        for title, causes in (("root causes that check finds", catalogue()), ("what else is told", reasons())):
            lines += ["", f"{title}:", *(f"  {cause.id:{width}}  {cause.title}" for cause in causes.values())]
        emit("\n".join(lines) + "\n")
        return
    found = described().get(topic) or loaded.patch(topic)
    if found is None:
        raise click.BadParameter(f"{topic!r} is no id that a report shows; `remediate explain` lists all of them")
    lines = [f"{found.id}: {found.title}", "", click.wrap_text(found.why, 100), ""]
    if isinstance(found, Patch):
        lines.append(f"acts on:    {', '.join(found.roles)}")
        lines.append(f"applied:    {'always' if found.safety == 'safe' else 'with --review only'}")
    else:
        lines.append(f"mended by:  {', '.join(loaded.fixing(found.id)) or 'nobody but you'}")
    emit("\n".join([*lines, *(f"see:        {reference}" for reference in found.references)]) + "\n")


def _deliver(run: Run, report: engine.Report, raw: bytes, shown: bool, dry_run: bool) -> bool:
    """Write what becomes of an input to where it belongs; raises what Run.attempt takes."""
    if report.name == "-" and not dry_run:
        run.out(report.to_bytes())
        return True
    rendered = diff.render(report) if shown else ""
    if report.changed and not dry_run:
        run.deliver(report, raw, rendered if shown else None)
    else:
        run.diff(rendered)
    return True


def _operations(changes: Path) -> list[Operation]:
    """Read a JSON patch. Raises TemplateError, with the place or the number of the operation, for what is not one."""
    try:
        written = json.loads(changes.read_bytes())
    except json.JSONDecodeError as error:
        message = f"{error.msg}: a JSON array of operations is wanted (RFC 6902)"
        raise TemplateError(message, error.lineno, error.colno) from error
    except RecursionError as error:
        raise TemplateError("it is nested too deeply: a JSON array of operations is wanted (RFC 6902)", 1, 1) from error
    except ValueError as error:
        raise TemplateError(str(error), 1, 1) from error
    return [_operation(number, raw) for number, raw in enumerate(written if isinstance(written, list) else [written], 1)]


def _operation(number: int, raw: object) -> Operation:
    try:
        return parse_operation(raw)
    except TemplateError as error:
        raise TemplateError(f"operation {number}: {error.message}") from error
