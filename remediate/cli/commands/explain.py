"""``remediate explain``: what an id means."""

from __future__ import annotations

from pathlib import Path

import click

from remediate.cli.completion import any_id
from remediate.cli.help import Command
from remediate.cli.options import patch_set_options, reports_patch_errors
from remediate.cli.output import emit
from remediate.delivery.services import DEFAULT
from remediate.diagnosis import catalogue
from remediate.patch_set import Patch, combined, load, load_all, names
from remediate.reasons import described, reasons
from remediate.report.terminal import width


@click.command(cls=Command, short_help="Explain a problem or a patch by its id.")
@click.argument("topic", required=False, metavar="[ID]", shell_complete=any_id)
@patch_set_options
@reports_patch_errors
def explain(topic: str | None, patch_set: str, patches: Path | None, service: tuple[str, ...]) -> None:
    """Explain a problem or a patch by its id. Without an ID, list all."""
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
    found = described().get(topic) or loaded.patch(topic) or _in_another_set(topic, patches)
    if found is None:
        raise click.BadParameter(f"unknown id {topic!r}; `remediate explain` lists all ids")
    lines = [f"{found.id}: {found.title}", "", click.wrap_text(found.why, min(width(), 100), preserve_paragraphs=True), ""]
    if isinstance(found, Patch):
        lines.append(f"changes:    {', '.join(found.roles)}")
        lines.append(f"applied:    {'always' if found.safety == 'safe' else 'with --review only'}")
    else:
        lines.append(f"fix:        {', '.join(loaded.fixing(found.id)) or 'manual'}")
    emit("\n".join([*lines, *(f"see:        {reference}" for reference in found.references)]) + "\n")


def _in_another_set(topic: str, patches: Path | None) -> Patch | None:
    """Return a patch of a set that is not chosen: a report may have named it that was made with that set."""
    return next((patch for name in names(patches) if (patch := load(name, patches).patch(topic))), None)
