"""The shipped examples: what the tool makes of them, and what cfn-lint says before and after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cfnlint import api
from click.testing import CliRunner

from remediate import fix
from remediate.cli import main
from remediate.template import read

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
ALL = sorted(one for one in EXAMPLES.iterdir() if one.suffix in {".yaml", ".json"})

EXPECTED = {
    "access-logs.yaml": ["access-log-source", "access-log-delivery"],
    "config.yaml": ["config-delivery", "config-bucket-checks", "config-key-access", "config-order"],
    "healthy.yaml": [],
    "load-balancers.yaml": ["elb-delivery", "elb-order", "elb-order"],
    "log-group.yaml": ["log-group-key-arn", "log-group-key-use", "log-group-key-access", "log-group-key-access"],
    "minimal.yaml": ["bucket-checks", "trail-order"],
    "organization.yaml": ["log-delivery"],
    "sam.yaml": ["bucket-checks", "cloudtrail-key-access", "trail-order"],
    "vended-logs.yaml": [
        "vended-no-role",
        "vended-bucket-arn",
        "vended-key-arn",
        "vended-source",
        "vended-delivery",
        "vended-bucket-checks",
        "vended-key-access",
        "vended-order",
        "vended-order",
        "vended-order",
    ],
    "topic.yaml": ["topic-key-access", "topic-access", "trail-order"],
    "stack.json": [
        "no-fragile-source",
        "log-delivery",
        "bucket-checks",
        "s3-key-use",
        "cloudtrail-key-use",
        "cloudtrail-key-access",
    ],
    "stack.yaml": [
        "no-fragile-source",
        "log-delivery",
        "bucket-checks",
        "s3-key-use",
        "cloudtrail-key-use",
        "cloudtrail-key-access",
    ],
}


def findings(template: str) -> list[str]:
    """Return errors and warnings; the informational rules advise on style and change from release to release."""
    return sorted(f"{one.rule.id} {one.message}" for one in api.lint_all(template) if one.rule.id[0] in "EW")


def test_every_example_is_listed_here() -> None:
    assert [one.name for one in ALL] == sorted(EXPECTED)


@pytest.mark.parametrize("example", ALL, ids=lambda one: one.name)
def test_the_patches_that_change_it(example: Path) -> None:
    report = fix(example, service="all")
    assert [one.patch.id for one in report.applied] == EXPECTED[example.name]
    assert report.unfixed == ()


@pytest.mark.parametrize("example", ALL, ids=lambda one: one.name)
def test_cfn_lint_finds_nothing_before_or_after(example: Path) -> None:
    report = fix(example)
    assert findings(report.before) == []
    if report.changed:
        assert findings(report.after) == []


def test_yaml_and_json_of_the_stack_are_the_same_template() -> None:
    in_yaml, in_json = EXAMPLES / "stack.yaml", EXAMPLES / "stack.json"
    assert read(in_yaml.read_bytes(), "stack.yaml").data == json.loads(in_json.read_text("utf-8"))
    assert read(fix(in_yaml).after.encode(), "stack.yaml").data == json.loads(fix(in_json).after)


@pytest.mark.parametrize(("fence", "command"), [("diff", ["fix", "--dry-run"]), ("text", ["check"])])
def test_the_readme_shows_what_comes_out(fence: str, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    printed = CliRunner().invoke(main, [*command, "examples/stack.yaml"]).stdout.splitlines()
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = readme.partition(f"\n```{fence}\n")[2].partition("\n```")[0].splitlines()
    assert len(shown) > 1
    assert [line for line in shown if line not in printed] == []
