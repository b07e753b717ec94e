"""The command line: options in, reports out, exit codes. Nothing is decided about templates here."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from remediate import __version__, engine, files
from remediate.cloudformation.locate import Given
from remediate.patchset import PatchError, PatchSet, load
from remediate.plan import Options
from remediate.report import diff, json_patch, summary
from remediate.template import TemplateError, Unreadable, parse_operation
from remediate.verify import Broken

NOTHING_TO_DO, FOUND, FAILED = 0, 1, 2
_EXIT_CODES = """\b
Exit codes:
  0  nothing is left to do
  1  `check` found something, or `fix` left something unfixed
  2  usage error, or input that cannot be read or changed safely
"""
_Command = TypeVar("_Command", bound=Callable[..., Any])
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXIT_CODES)
@click.version_option(__version__)
def main() -> None:
    """Mend CloudFormation templates whose CloudTrail logging stack does not deploy.

    It finds the log bucket, its policy, the key and the trail in a YAML or JSON template, changes what makes CloudTrail
    refuse them, leaves every other byte as it was, and prints a diff.

    \b
      remediate fix stack.yaml --dry-run     show the diff, write nothing
      remediate fix stack.yaml               patch in place
      remediate check templates/             for CI: exit 1 where something needs fixing
      remediate explain                      what the patches ensure, and why
    """


def _template_options(command: _Command) -> _Command:
    """Add the options that say how a template is to be understood and which patches are wanted."""
    options = [
        click.option("--patch-set", default="cloudtrail-create", show_default=True, help="The set of patches."),
        click.option("--select", multiple=True, metavar="ID", help="Only this patch (repeatable)."),
        click.option("--ignore", multiple=True, metavar="ID", help="All but this patch (repeatable)."),
        click.option("--review", is_flag=True, help="Apply patches that need a review, and decide doubts for CloudTrail."),
        click.option("--patches", type=click.Path(exists=True, file_okay=False, path_type=Path), help="More patches."),
        click.option("--trail", metavar="LOGICAL_ID", help="Look at this trail only."),
        click.option("--bucket", metavar="LOGICAL_ID", help="This is the log bucket, where the template does not tell."),
        click.option("--key", metavar="LOGICAL_ID", help="This is the key, where the template does not tell."),
        click.option("--parameter", multiple=True, metavar="KEY=VALUE", help="A parameter's value (repeatable)."),
        click.option("--organization-id", metavar="ID", help="The organization's id (o-…) for an organization trail."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _output_options(command: _Command) -> _Command:
    color = click.option("--color/--no-color", default=None, help="Colour, or none. [default: on a terminal]")
    quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing on standard error but errors.")
    return color(quiet(command))


def _reports_errors(command: _Command) -> _Command:
    """Turn errors that concern no single template into usage errors."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except PatchError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(FAILED)

    return wrapped  # type: ignore[return-value]


@main.command(epilog=_EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@click.option("--format", "style", type=click.Choice(["diff", "json-patch"]), default="diff", show_default=True)
@_template_options
@_output_options
@_reports_errors
def fix(templates: tuple[str, ...], dry_run: bool, style: str, color: bool | None, quiet: bool, **chosen: Any) -> None:
    """Patch templates in place and show the diff.

    TEMPLATE is a file, a folder, or - for standard input; the patched template then goes to standard output. Standard
    output carries the diff (or --format) alone, so that `remediate fix stack.yaml --dry-run | git apply` works; what was
    done and what was not is told on standard error.
    """
    patch_set, options = _chosen(**chosen)
    run = _Run(color, quiet)
    reports: list[engine.Report] = []
    for name, raw in run.inputs(templates):
        report = run.attempt(name, _fix_one, raw, name, patch_set, options, dry_run)
        if report is None:
            continue
        reports.append(report)
        if name == "-" and not dry_run:
            run.out(report.to_bytes())
        elif style == "diff":
            run.diff(report)
        run.say(summary.render(report, written=not dry_run))
        run.found |= bool(report.unfixed)
    if style == "json-patch" and reports:
        run.out(json_patch.render(reports).encode())
    run.exit()


@main.command(epilog=_EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@_template_options
@_output_options
@_reports_errors
def check(templates: tuple[str, ...], color: bool | None, quiet: bool, **chosen: Any) -> None:
    """Tell what needs fixing, and change nothing: exit 1 where something does.

    TEMPLATE is a file, a folder, or - for standard input. In folders *.yaml, *.yml, *.json and *.template files are
    looked at, and those that are no CloudFormation templates are passed over.
    """
    patch_set, options = _chosen(**chosen)
    run = _Run(color, quiet)
    for name, raw in run.inputs(templates):
        report = run.attempt(name, engine.remediate, raw, name, patch_set, options)
        if report is not None:
            run.out(summary.render(report, written=False).encode() + b"\n")
            run.found |= report.changed or bool(report.unfixed)
    run.exit()


@main.command(epilog=_EXIT_CODES)
@click.argument("changes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("template")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@_output_options
def apply(changes: Path, template: str, dry_run: bool, color: bool | None, quiet: bool) -> None:
    """Apply a JSON patch (RFC 6902) to a YAML or JSON file, leaving every other byte as it is.

    CHANGES is a JSON array of operations. In YAML, short-form intrinsic functions have the pointers of their long form:
    `!Sub text` is at /Fn::Sub.
    """
    run = _Run(color, quiet)
    try:
        written = json.loads(changes.read_bytes())
        operations = [parse_operation(one) for one in (written if isinstance(written, list) else [written])]
    except (ValueError, TemplateError) as error:
        click.echo(f"{changes}: {error}", err=True)
        sys.exit(FAILED)
    for name, raw in run.inputs((template,)):
        report = run.attempt(name, engine.apply, raw, name, operations)
        if report is None:
            continue
        if name == "-" and not dry_run:
            run.out(report.to_bytes())
            continue
        run.diff(report)
        if not dry_run and report.changed:
            run.attempt(name, files.write, Path(name), raw, report.to_bytes())
    run.exit()


@main.command()
@click.argument("patch_id", required=False)
@click.option("--patch-set", default="cloudtrail-create", show_default=True, help="The set of patches.")
@click.option("--patches", type=click.Path(exists=True, file_okay=False, path_type=Path), help="More patches.")
@_reports_errors
def explain(patch_id: str | None, patch_set: str, patches: Path | None) -> None:
    """Say what a patch ensures and why; without PATCH_ID list all of the set."""
    loaded = load(patch_set, patches)
    if patch_id is None:
        width = max(len(patch.id) for patch in loaded.patches)
        for patch in loaded.patches:
            click.echo(f"{patch.id:{width}}  {patch.title}{' (with --review)' if patch.safety == 'review' else ''}")
        return
    found = loaded.patch(patch_id)
    if found is None:
        known = ", ".join(one.id for one in loaded.patches)
        raise click.BadParameter(f"{patch_id!r} is not in {loaded.name}, which has: {known}", param_hint="PATCH_ID")
    click.echo(f"{found.id}: {found.title}\n")
    click.echo(click.wrap_text(found.why, 100) + "\n")
    click.echo(f"acts on:    {', '.join(found.roles)}")
    click.echo(f"applied:    {'always' if found.safety == 'safe' else 'with --review only'}")
    for reference in found.references:
        click.echo(f"see:        {reference}")


def _chosen(
    patch_set: str,
    patches: Path | None,
    select: Sequence[str],
    ignore: Sequence[str],
    parameter: Sequence[str],
    review: bool,
    **given: str | None,
) -> tuple[PatchSet, Options]:
    loaded = load(patch_set, patches)
    for patch_id in (*select, *ignore):
        if loaded.patch(patch_id) is None:
            known = ", ".join(one.id for one in loaded.patches)
            raise click.BadParameter(f"{patch_id!r} is not in {loaded.name}, which has: {known}", param_hint="--select/--ignore")
    parameters: dict[str, str] = {}
    for one in parameter:
        key, equals, value = one.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{one!r} is not KEY=VALUE", param_hint="--parameter")
        parameters[key] = value
    return loaded, Options(Given(parameters=parameters, **given), frozenset(select), frozenset(ignore), review)


def _fix_one(raw: bytes, name: str, patch_set: PatchSet, options: Options, dry_run: bool) -> engine.Report:
    report = engine.remediate(raw, name, patch_set, options)
    if report.changed and not dry_run and name != "-":
        files.write(Path(name), raw, report.to_bytes())
    return report


class _Run:
    """One run over several inputs: one bad file stops no other, and the worst decides the exit code."""

    def __init__(self, color: bool | None, quiet: bool) -> None:
        if color is None:
            color = _is_terminal() and not os.environ.get("NO_COLOR")  # https://no-color.org
        self.color = color
        self.quiet = quiet
        self.found = False
        self.failed = False
        self._from_folder: set[str] = set()

    def inputs(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of every input; what cannot be read is said and passed over."""
        for name in names:
            path = Path(name)
            if name != "-" and path.is_dir():
                found = [str(one) for one in files.templates_in(path)]
                self._from_folder.update(found)
            else:
                found = [name]
            for one in found:
                try:
                    yield one, sys.stdin.buffer.read() if one == "-" else Path(one).read_bytes()
                except OSError as error:
                    self.fail(f"{one}: {error.strerror}")

    def attempt(self, name: str, action: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs) -> _Result | None:
        """Run one action on one input; None, and said, where it fails."""
        try:
            return action(*args, **kwargs)
        except Unreadable as error:
            if name not in self._from_folder:
                self.fail(error.located(name))
        except TemplateError as error:
            self.fail(error.located(name))
        except (Broken, files.Changed, OSError) as error:
            self.fail(f"{name}: {error}; the file is as it was")
        return None

    def out(self, content: bytes) -> None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def diff(self, report: engine.Report) -> None:
        rendered = diff.render(report)
        self.out((_colored(rendered) if self.color else rendered).encode())

    def say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, err=True)

    def fail(self, message: str) -> None:
        click.echo(message, err=True)
        self.failed = True

    def exit(self) -> None:
        sys.exit(FAILED if self.failed else FOUND if self.found else NOTHING_TO_DO)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _colored(rendered: str) -> str:
    colors = {"+": "green", "-": "red", "@": "cyan"}
    lines = rendered.split("\n")
    heads = ("--- ", "+++ ")
    return "\n".join(
        click.style(line, bold=True) if line.startswith(heads) else click.style(line, fg=colors[line[0]]) if line[:1] in colors else line
        for line in lines
    )
