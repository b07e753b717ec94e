"""How fast the command is, as ratios taken in one run: ``python benchmarks/speed.py``.

Each command runs several times in turn with the others, so that a slow minute of the machine hits all alike; the medians
are compared. Run it from a virtual environment that has the project and its test dependencies.
"""

from __future__ import annotations

import argparse
import re
import sys
import sysconfig
import tempfile
from pathlib import Path

import yaml
from timing import command, measure, say

EXAMPLE = Path(__file__).parent.parent / "examples" / "stack.yaml"
SCRIPTS = Path(sysconfig.get_path("scripts"))
MEGABYTE = 1_000_000


def main() -> None:
    """Measure and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.yaml"
        large.write_text(large_template(EXAMPLE.read_text("utf-8")), "utf-8")
        fix = [str(SCRIPTS / "remediate"), "fix", "--dry-run"]
        times = measure(
            {
                "fix": command([*fix, str(EXAMPLE)]),
                "lint": command([str(SCRIPTS / "cfn-lint"), str(EXAMPLE)]),
                "imports": command([sys.executable, "-c", "import click, yaml, jsonpatch"]),
                "click": command([sys.executable, "-c", "import click"]),
                "version": command([str(SCRIPTS / "remediate"), "--version"]),
                "help": command([str(SCRIPTS / "remediate"), "--help"]),
                "fix large": command([*fix, str(large)]),
                "events large": lambda: libyaml_events(large.read_text("utf-8")),
            },
            rounds,
        )
    size = len(EXAMPLE.read_bytes()) / 1000
    say(f"examples/stack.yaml ({size:.0f} KB), medians of {rounds} rounds")
    say(f"  cfn-lint takes {times['lint'] / times['fix']:.1f} times as long as fix --dry-run")
    say(f"  fix --dry-run takes {times['fix'] / times['imports']:.2f} times as long as importing click, yaml and jsonpatch")
    for option in ("version", "help"):
        say(f"  --{option} takes {times[option] / times['click']:.2f} times as long as importing click")
    start = times["imports"]
    ratio = (times["fix large"] - start) / times["events large"]
    say("1 MB template")
    whole = times["fix large"] / (times["events large"] + start)
    say(f"  fix --dry-run takes {whole:.2f} times as long as one libyaml parse to events plus those imports")
    say(f"  (without the imports on both sides {ratio:.2f} times)")


def large_template(template: str) -> str:
    """Return the template with a megabyte of unrelated resources in it, each copied from its security groups."""
    head, resources, rest = re.split(r"^(Resources:\n)", template, maxsplit=1, flags=re.MULTILINE)
    sample = re.search(r"^  \w+:\n    Type: AWS::EC2::SecurityGroup\n(?:    .*\n|\n)+", rest, flags=re.MULTILINE)
    if sample is None:
        raise SystemExit("the example has no security group to copy")
    blocks: list[str] = []
    size = 0
    while size < MEGABYTE:
        block = re.sub(r"^  \w+:", f"  Copy{len(blocks)}:", sample[0], count=1)
        blocks.append(block)
        size += len(block)
    return "".join((head, resources, *blocks, rest))


def libyaml_events(text: str) -> None:
    """Parse to events with libyaml and drop them."""
    for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
        pass


if __name__ == "__main__":
    main()
