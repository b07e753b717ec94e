"""The command line: options in, reports out, exit codes. Nothing is decided about templates here."""

from __future__ import annotations

import click

from remediate.cli.help import show_version
from remediate.cli.program import EXIT_CODES, Program

__all__ = ["main"]


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version with those of Python and the platform, and exit.",
)
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
