"""``remediate compare``: what somebody else's change does to the log delivery of a template."""

from __future__ import annotations

import errno
import importlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from remediate.cli.git import GitFailed
from remediate.cli.help import Command
from remediate.cli.options import fail_options, output_options, reports_patch_errors, template_options
from remediate.cli.pairs import Pair, Side, pairs_of, pairs_since
from remediate.cli.run import Run
from remediate.cli.settings import settings
from remediate.cli.wanted import Wanted
from remediate.compare import Comparison
from remediate.compare import compare as compared
from remediate.engine import Report, remediate_all
from remediate.patch_set import PatchSet
from remediate.plan import Options
from remediate.report.annotations import fails
from remediate.report.comparison import FORMATS, Problems, levels, problems, text

_EXIT_CODES = """\b
Exit codes:
  0  no new problem, and nobody else gets access
  1  a new problem, new access or a removed Deny at or above --fail-on
  2  usage error, unreadable input, or output that cannot be written
"""


@click.command(cls=Command, epilog=_EXIT_CODES)
@click.argument("templates", nargs=-1, metavar="OLD NEW | --base REV [TEMPLATE]...")
@click.option("--base", metavar="REV", help="Compare with this git revision; REV... is where HEAD left REV.")
@click.option("--format", "style", type=click.Choice(FORMATS), default="text", show_default=True, help="Output format.")
@fail_options
@template_options
@output_options
@reports_patch_errors
def compare(
    templates: tuple[str, ...],
    base: str | None,
    style: str,
    max_size: int,
    color: bool | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Show what a change does: problems, requests and access of others before and after, and what else differs.

    OLD and NEW are two files or two folders; one may be - for standard input. With --base, TEMPLATE is a file or a
    folder in a git checkout, of which the files that differ are compared: by default the current folder.
    """
    said = settings(**options)
    found: list[tuple[Comparison, Problems]] = []
    with Run(color, quiet, max_size) as run:
        for one in _pairs(run, templates, base, max_size << 20):
            wanted = said.of(one.name)
            result = _compared(run, one, wanted)
            if result is None:
                continue
            known = problems(result)
            found.append((result, known))
            run.found |= fails(levels(result, known), wanted.fail_on)
            if style == "text":
                run.out(run.attempt(one.name, text.render, result, known, color=run.color) or "")
        _conclude(run, style, found)


def _pairs(run: Run, templates: tuple[str, ...], base: str | None, limit: int) -> Iterator[Pair]:
    if base is None:
        if len(templates) != 2:
            raise click.UsageError("give two files or folders, OLD and NEW, or --base REV")
        pairs = pairs_of(*templates, limit)
    else:
        pairs = pairs_since(base, templates or (".",), limit)
    try:
        yield from pairs
    except GitFailed as error:
        run.fail(base or "", str(error))
    except OSError as error:
        run.fail(str(error.filename or Path(templates[-1])), str(error.strerror or error))


def _compared(run: Run, pair: Pair, wanted: Wanted) -> Comparison | None:
    """Compare both sides; what is wrong with one of them is said of that one."""
    failures, options = len(run.failures), wanted.environments[0].options
    old, new = (run.attempt(one.name, _report, pair, one, wanted.patch_sets, options) for one in (pair.old, pair.new))
    if len(run.failures) > failures:
        return None
    if old or new:
        return run.attempt(pair.name, compared, pair.name, old, new, wanted.patch_sets, options)
    if not pair.found:
        run.fail(pair.name, os.strerror(errno.ENOENT))
    return None


def _report(pair: Pair, side: Side, patch_sets: Sequence[PatchSet], options: Options) -> Report | None:
    raw = pair.content(side)
    return None if raw is None else remediate_all(raw, side.name, patch_sets, options)


def _conclude(run: Run, style: str, found: list[tuple[Comparison, Problems]]) -> None:
    if style != "text":
        rendered = importlib.import_module(f"remediate.report.comparison.{style}").render(found, run.failures)
        run.out(rendered.encode("utf-8", "backslashreplace"))
    elif not found and not run.failures:
        run.say("no template differs")
