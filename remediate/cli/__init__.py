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
from remediate.delivery.services import DEFAULT
from remediate.patch_set import Patch, PatchError, combined, load_all
from remediate.report import FORMATS, diff, summary
from remediate.report.annotations import annotate, fails, levels
from remediate.report.escape import visible
from remediate.template import Operation, TemplateError, parse_operation

if TYPE_CHECKING:
    from remediate.delivery.error_messages import Failure
    from remediate.report.totals import Fixes

__all__ = ["main"]
_FORMAT = "json-patch: an array for a single file, else an object that maps each file name to an array."
_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__)
def main() -> None:
    """Find and fix the S3, KMS and ordering errors that stop a CloudTrail trail from deploying with CloudFormation.

    It finds the trail, the log bucket, the bucket policy and the key in a YAML or JSON template, corrects what makes
    CloudTrail reject them, and prints a diff. Comments, formatting and line endings are preserved byte for byte.

    \b
      remediate fix stack.yaml --dry-run     show the diff, write nothing
      remediate fix stack.yaml               patch in place
      remediate check templates/             for CI: exit 1 if there are problems
      remediate simulate stack.yaml          each CloudTrail request: allowed or denied, before and after
      remediate explain                      list all problems and patches
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

    TEMPLATE is a file, a folder, or - for standard input; with -, the patched template goes to standard output. Files
    that are not CloudFormation templates are skipped.

    Standard output contains only the diff (or the --format output), so `remediate fix stack.yaml --dry-run | git apply`
    works; a summary goes to standard error. A file is changed only if its diff could be written.
    """
    if "-" in templates and style != "diff" and not dry_run:
        raise click.UsageError('with "-", standard output carries the patched template; add --dry-run to use --format')
    sets, wanted = chosen(**options)
    done: Fixes = "planned" if dry_run else "applied"
    reports: list[engine.Report] = []
    with Run(color, quiet, max_size, in_place=not dry_run) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is None or not run.attempt(name, _deliver, run, report, raw, style == "diff", dry_run):
                continue
            reports.append(report)
            run.found |= bool(report.unfixed)
            run.say(run.attempt(name, summary.render, report, done) or "")
            run.totals.add(report, levels(report))
        if style == "diff":
            run.close(done)
        else:
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
    """Report problems without changing files. Exit 1 if there are any.

    error: the deployment is expected to fail. warning: it may fail, depending on timing or on something outside the
    template. note: harmless, or cannot be determined from the template.

    TEMPLATE is a file, a folder, or - for standard input. In folders, *.yaml, *.yml, *.json and *.template files are
    checked; files that are not CloudFormation templates are skipped.
    """
    from remediate.report import listing  # the other commands start without it

    sets, wanted = chosen(**options)
    reports: list[engine.Report] = []
    with Run(color, quiet, max_size) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is not None:
                reports.append(report)
                found = annotate(report)
                run.totals.add(report, [one.level for one in found])
                run.found |= fails([one.level for one in found], fail_on)
                if style == "text":
                    run.out(run.attempt(name, listing.render, report, found, color=run.color, wrap=run.terminal) or "")
        if style == "text":
            run.close("available")
        else:
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
    """Show each CloudTrail request: allowed or denied, by which statement, before and after the fix.

    It also tests requests by other accounts and services, and lists any that the fix would newly allow. No file is
    changed. Exit 1 if a request is still denied after the fix, or another problem needs manual action.
    """
    from remediate.report import simulation  # the other commands start without it

    sets, wanted = chosen(told=told, **options)
    with Run(color, quiet, max_size) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is not None:
                run.out(run.attempt(name, simulation.render, report, told) or "")
                run.found |= bool(report.unfixed) or any(one.denied for one in simulation.shown(report, told))
                run.totals.add(report, levels(report))
                for one in simulation.left(report, told):
                    run.say("\n".join(summary.explained(one)))
        run.close("available")


@main.command(epilog=EXIT_CODES)
@click.argument("changes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("template")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@size_option
@output_options
def apply(changes: Path, template: str, dry_run: bool, max_size: int, color: bool | None, quiet: bool) -> None:
    """Apply a JSON patch (RFC 6902) to a YAML or JSON file; everything else stays the same, byte for byte.

    CHANGES is a JSON array of operations. In YAML, short-form intrinsic functions have the pointers of their long form:
    `!Sub text` is at /Fn::Sub.
    """
    with Run(color, quiet, max_size, in_place=not dry_run, lenient=False) as run:
        operations = run.attempt(str(changes), _operations, changes)
        for name, raw in run.inputs((template,)) if operations is not None else ():
            report = run.attempt(name, engine.apply, raw, name, operations or ())
            if report is None or not run.attempt(name, _deliver, run, report, raw, True, dry_run):
                continue
            done = (
                "patched"
                if report.changed and not dry_run
                else "would be patched"
                if report.changed
                else "no changes needed"
            )
            if name != "-" or dry_run:
                run.say(f"{visible(name)}: {done}")


@main.command()
@click.argument("topic", required=False, metavar="[ID]")
@patch_set_options
@_reports_patch_errors
def explain(topic: str | None, patch_set: str, patches: Path | None, service: tuple[str, ...]) -> None:
    """Explain a problem or a patch by its id. Without an ID, list all."""
    from remediate.diagnosis import catalogue  # the other commands start without them
    from remediate.reasons import described, reasons
    from remediate.report.terminal import width

    loaded = combined(load_all(patch_set, service if service != (DEFAULT,) else ["all"], patches))
    if topic is None:
        column = max(map(len, (*described(), *(patch.id for patch in loaded.patches))))
        lines = [f"patches of {loaded.name}:"]
        review = {patch.id: " (with --review)" for patch in loaded.patches if patch.safety == "review"}
        lines += [f"  {patch.id:{column}}  {patch.title}{review.get(patch.id, '')}" for patch in loaded.patches]
        for title, causes in (
            ("problems that `check` reports", catalogue()),
            ("requests and other ids in reports", reasons()),
        ):
            lines += ["", f"{title}:", *(f"  {cause.id:{column}}  {cause.title}" for cause in causes.values())]
        emit("\n".join(lines) + "\n")
        return
    found = described().get(topic) or loaded.patch(topic)
    if found is None:
        raise click.BadParameter(f"unknown id {topic!r}; `remediate explain` lists all ids")
    lines = [f"{found.id}: {found.title}", "", click.wrap_text(found.why, min(width(), 100)), ""]
    if isinstance(found, Patch):
        lines.append(f"changes:    {', '.join(found.roles)}")
        lines.append(f"applied:    {'always' if found.safety == 'safe' else 'with --review only'}")
    else:
        lines.append(f"fix:        {', '.join(loaded.fixing(found.id)) or 'manual'}")
    emit("\n".join([*lines, *(f"see:        {reference}" for reference in found.references)]) + "\n")


def _deliver(run: Run, report: engine.Report, raw: bytes, shown: bool, dry_run: bool) -> bool:
    """Write the result for one input: the template, the diff, or both. Raises what Run.attempt handles."""
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
        message = f"{error.msg}: expected a JSON array of operations (RFC 6902)"
        raise TemplateError(message, error.lineno, error.colno) from error
    except RecursionError as error:
        raise TemplateError("nested too deeply: expected a JSON array of operations (RFC 6902)", 1, 1) from error
    except ValueError as error:
        raise TemplateError(str(error), 1, 1) from error
    return [_operation(number, raw) for number, raw in enumerate(written if isinstance(written, list) else [written], 1)]


def _operation(number: int, raw: object) -> Operation:
    try:
        return parse_operation(raw)
    except TemplateError as error:
        raise TemplateError(f"operation {number}: {error.message}") from error
