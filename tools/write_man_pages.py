"""Write the manual pages of the command and its subcommands: ``python tools/write_man_pages.py FOLDER``.

For packagers, at build time; it needs click-man, which is in the extra ``dev``. SOURCE_DATE_EPOCH sets their date.
"""

from __future__ import annotations

import sys
from inspect import cleandoc
from pathlib import Path

import click
from click_man.core import generate_man_page

from remediate import __version__
from remediate.cli import main
from remediate.cli.program import COMMANDS


def write(folder: Path) -> list[Path]:
    """Write all pages into a folder, which is made if it is not there, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    top = click.Context(main, info_name="remediate")
    for name in COMMANDS:
        command = main.get_command(top, name)
        if command is not None:
            main.add_command(command)
    contexts = [top, *(click.Context(one, info_name=name, parent=top) for name, one in main.commands.items())]
    return [_written(folder, one) for one in contexts]


def _written(folder: Path, context: click.Context) -> Path:
    command = context.command
    command.short_help = command.get_short_help_str(limit=200).rstrip(".")
    command.help = _roff(command.help or "")
    page = generate_man_page(context, version=__version__)
    if command.epilog:
        page += ".SH EXIT STATUS\n" + _exit_codes(command.epilog)
    file = folder / f"{context.command_path.replace(' ', '-')}.1"
    file.write_text(page, "utf-8")
    return file


def _exit_codes(epilog: str) -> str:
    rows = [line.split(None, 1) for line in cleandoc(epilog).splitlines() if line.strip()[:1].isdigit()]
    return "".join(f".TP\n.B {code}\n{meaning}\n" for code, meaning in rows)


def _roff(text: str) -> str:
    """Return help in the language of manual pages: paragraphs that click keeps as they are are kept here, too."""
    shown = []
    for paragraph in cleandoc(text).replace("\\", "\\e").split("\n\n"):
        lines = [f"\\&{line}" if line.startswith((".", "'")) else line for line in paragraph.split("\n")]
        shown.append("\n".join([".nf", *lines[1:], ".fi"] if lines[0].strip() == "\b" else lines))
    return "\n\n".join(shown)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/write_man_pages.py FOLDER")
    print(*write(Path(sys.argv[1])), sep="\n")  # noqa: T201  # a tool for the terminal
