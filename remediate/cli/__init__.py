"""The command line: options in, reports out, exit codes. Nothing is decided about templates here."""

from __future__ import annotations

import functools
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from remediate import __version__, engine, files
from remediate.cli.options import EXIT_CODES, chosen, output_options, patch_set_options, template_options
from remediate.cli.run import FAILED, Run
from remediate.patchset import Patch, PatchError, PatchSet, load
from remediate.plan import Options
from remediate.report import FORMATS, diff, render, summary
from remediate.template import Operation, TemplateError, parse_operation

__all__ = ["main"]
_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
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
            click.echo(f"Error: {error}", err=True)
            sys.exit(FAILED)

    return wrapped  # type: ignore[return-value]  # functools.wraps keeps the signature, which mypy cannot see


@main.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@click.option("--format", "style", type=click.Choice(["diff", *FORMATS]), default="diff", show_default=True)
@template_options
@output_options
@_reports_patch_errors
def fix(templates: tuple[str, ...], dry_run: bool, style: str, color: bool | None, quiet: bool, **options: Any) -> None:
    """Patch templates in place and show the diff.

    TEMPLATE is a file, a folder, or - for standard input; the patched template then goes to standard output. Standard
    output carries the diff (or --format) alone, so that `remediate fix stack.yaml --dry-run | git apply` works; what was
    done and what was not is told on standard error.
    """
    if "-" in templates and style != "diff" and not dry_run:
        raise click.UsageError("standard output takes the patched template here: --format needs --dry-run with -")
    patch_set, wanted = chosen(**options)
    run = Run(color, quiet)
    reports: list[engine.Report] = []
    for name, raw in run.inputs(templates):
        report = run.attempt(name, _fix_one, raw, name, patch_set, wanted, dry_run)
        if report is None:
            continue
        reports.append(report)
        if name == "-" and not dry_run:
            run.out(report.to_bytes())
        elif style == "diff":
            run.diff(diff.render(report))
        run.say(summary.render(report, written=not dry_run))
        run.found |= bool(report.unfixed)
    if style != "diff":
        run.out(render(style, reports, patch_set))
    run.exit()


@main.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@click.option("--format", "style", type=click.Choice(["text", *FORMATS]), default="text", show_default=True)
@template_options
@output_options
@_reports_patch_errors
def check(templates: tuple[str, ...], style: str, color: bool | None, quiet: bool, **options: Any) -> None:
    """Tell what needs fixing, and change nothing: exit 1 where something does.

    TEMPLATE is a file, a folder, or - for standard input. In folders *.yaml, *.yml, *.json and *.template files are
    looked at, and those that are no CloudFormation templates are passed over.
    """
    from remediate.report import listing  # the other commands start without it

    patch_set, wanted = chosen(**options)
    run = Run(color, quiet)
    reports: list[engine.Report] = []
    for name, raw in run.inputs(templates):
        report = run.attempt(name, engine.remediate, raw, name, patch_set, wanted)
        if report is not None:
            reports.append(report)
            run.found |= report.changed or bool(report.unfixed)
            if style == "text":
                run.out(listing.render(report))
    if style != "text":
        run.out(render(style, reports, patch_set))
    run.exit()


@main.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@click.option("--error", "message", metavar="MESSAGE", help="Only what can cause this error of CloudFormation.")
@template_options
@output_options
@_reports_patch_errors
def simulate(templates: tuple[str, ...], message: str | None, color: bool | None, quiet: bool, **options: Any) -> None:
    """Show each request that CloudTrail makes: allowed or denied, by which statement, before and after the fix.

    Nothing is changed. Exit 1 where a request is denied even after the fix, or something else is left to do.
    """
    from remediate.policy.failures import FAILURES, failure  # the other commands start without them
    from remediate.report import simulation

    patch_set, wanted = chosen(**options)
    told = failure(message) if message else None
    if message and told is None:
        codes = ", ".join(one.code for one in FAILURES)
        raise click.BadParameter(f"this is no error about a trail's bucket or key; known are: {codes}", param_hint="--error")
    run = Run(color, quiet)
    for name, raw in run.inputs(templates):
        report = run.attempt(name, engine.remediate, raw, name, patch_set, wanted)
        if report is not None:
            run.out(simulation.render(report, told))
            run.found |= any(one.denied for one in simulation.shown(report, told))
            for one in simulation.left(report, told):
                run.say("\n".join(summary.explained(one)))
            run.found |= bool(report.unfixed)
    run.exit()


@main.command(epilog=EXIT_CODES)
@click.argument("changes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("template")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@output_options
def apply(changes: Path, template: str, dry_run: bool, color: bool | None, quiet: bool) -> None:
    """Apply a JSON patch (RFC 6902) to a YAML or JSON file, leaving every other byte as it is.

    CHANGES is a JSON array of operations. In YAML, short-form intrinsic functions have the pointers of their long form:
    `!Sub text` is at /Fn::Sub.
    """
    run = Run(color, quiet)
    operations = run.attempt(str(changes), _operations, changes)
    for name, raw in run.inputs((template,) if operations is not None else ()):
        report = run.attempt(name, engine.apply, raw, name, operations or ())
        if report is None:
            continue
        if name == "-" and not dry_run:
            run.out(report.to_bytes())
            continue
        run.diff(diff.render(report))
        if not dry_run and report.changed:
            run.attempt(name, files.write, Path(name), raw, report.to_bytes())
        done = "patched" if report.changed and not dry_run else "would be patched" if report.changed else "nothing to do"
        run.say(f"{name}: {done}")
    run.exit()


@main.command()
@click.argument("topic", required=False, metavar="[ID]")
@patch_set_options
@_reports_patch_errors
def explain(topic: str | None, patch_set: str, patches: Path | None) -> None:
    """Say what a patch ensures or a root cause means, and why; without ID list all of them."""
    from remediate.causes import catalogue  # the other commands start without it

    loaded, causes = load(patch_set, patches), catalogue()
    if topic is None:
        width = max(map(len, (*causes, *(patch.id for patch in loaded.patches))))
        click.echo(f"patches of {loaded.name}:")
        for patch in loaded.patches:
            click.echo(f"  {patch.id:{width}}  {patch.title}{' (with --review)' if patch.safety == 'review' else ''}")
        click.echo("\nroot causes that check finds:")
        for cause in causes.values():
            click.echo(f"  {cause.id:{width}}  {cause.title}")
        return
    if topic not in causes and loaded.patch(topic) is None:
        raise click.BadParameter(f"{topic!r} is no patch of {loaded.name} and no root cause; `remediate explain` lists both")
    found = causes.get(topic) or next(patch for patch in loaded.patches if patch.id == topic)
    click.echo(f"{found.id}: {found.title}\n")
    click.echo(click.wrap_text(found.why, 100) + "\n")
    if isinstance(found, Patch):
        click.echo(f"acts on:    {', '.join(found.roles)}")
        click.echo(f"applied:    {'always' if found.safety == 'safe' else 'with --review only'}")
    else:
        click.echo(f"mended by:  {', '.join(found.patches) or 'nobody but you'}")
    for reference in found.references:
        click.echo(f"see:        {reference}")


def _operations(changes: Path) -> list[Operation]:
    """Read a JSON patch. Raises TemplateError, with the place or the number of the operation, for what is none."""
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


def _fix_one(raw: bytes, name: str, patch_set: PatchSet, options: Options, dry_run: bool) -> engine.Report:
    report = engine.remediate(raw, name, patch_set, options)
    if report.changed and not dry_run and name != "-":
        files.write(Path(name), raw, report.to_bytes())
    return report
