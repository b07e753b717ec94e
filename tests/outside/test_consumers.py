"""Reports as their consumers read them: Microsoft's SARIF validator with GitHub's rules, the schema of OASIS, and Mermaid.

REMEDIATE_CONSUMERS names a folder in which ``npm install`` put ``PACKAGES``; without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from remediate import fix
from remediate.cli import main
from remediate.engine import Report
from remediate.report import diagram
from remediate.report.escape import visible
from tests.test_hostile import HOSTILE, hostile

PACKAGES = (
    "@microsoft/sarif-multitool@5.7.0",
    "@microsoft/jest-sarif@1.0.0-beta.0",
    "mermaid@11.17.2",
    "jsdom@29.1.1",
)
VARIABLE = "REMEDIATE_CONSUMERS"
ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(one for one in (ROOT / "examples").iterdir() if one.suffix in {".yaml", ".json"})
SYSTEM = {"linux": "linux", "darwin": "darwin", "win32": "win32"}.get(sys.platform, "")


def unavailable() -> str | None:
    """Return why the consumers cannot be asked, None where they can."""
    if not shutil.which("node"):
        return "node is not installed"
    folder = os.environ.get(VARIABLE)
    if not folder:
        return f"{VARIABLE} is not set: npm install {' '.join(PACKAGES)} in some folder, and name it there"
    missing = [one for one in PACKAGES if not (Path(folder) / "node_modules" / one.rpartition("@")[0]).is_dir()]
    return f"{VARIABLE}: {folder} has no {', '.join(missing)}" if missing else None


@pytest.fixture
def modules() -> Path:
    if reason := unavailable():
        pytest.skip(reason)
    return Path(os.environ[VARIABLE]) / "node_modules"


@pytest.fixture
def sarif(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a log about the examples, hostile templates, names that a URI must encode, and files that cannot be checked."""
    monkeypatch.chdir(tmp_path)
    for example in EXAMPLES:
        shutil.copy(example, tmp_path)
    odd = tmp_path / "my dir"
    odd.mkdir()
    shutil.copy(EXAMPLES[0].with_name("minimal.yaml"), odd / "a b#1é.yaml")
    for number, text in enumerate(HOSTILE.values()):
        (tmp_path / f"hostile{number}.json").write_text(hostile(text), "utf-8")
    (tmp_path / "bad.yaml").write_text("Resources:\n  Trail: [\n", "utf-8")
    result = CliRunner().invoke(main, ["check", ".", "missing.yaml", "--service", "all", "--format", "sarif:out.sarif"])
    assert result.exit_code == 2
    return tmp_path / "out.sarif"


def test_the_consumers_are_there_where_they_must_be() -> None:
    """Where the variable is set, nothing may be skipped unseen."""
    if os.environ.get(VARIABLE):
        assert unavailable() is None


def test_the_gate_installs_the_versions_that_are_pinned_here() -> None:
    gate = (ROOT / ".ci" / "run").read_text("utf-8")
    assert [one for one in PACKAGES if one not in gate] == []


def test_the_validator_with_the_rules_of_github_finds_no_fault(modules: Path, sarif: Path) -> None:
    program = modules / "@microsoft" / f"sarif-multitool-{SYSTEM}" / f"Sarif.Multitool{'.exe' if SYSTEM == 'win32' else ''}"
    program.chmod(0o755)  # npm runs no install script that nobody has approved
    result = sarif.with_name("validated.sarif")
    options = ["--rule-kind", "Sarif;Ghas", "--output", str(result), "--log", "ForceOverwrite"]
    done = subprocess.run([program, "validate", sarif, *options], capture_output=True, text=True, check=False)
    assert (done.returncode, "Analysis completed successfully." in done.stdout) == (0, True), done.stdout
    found = json.loads(result.read_text("utf-8-sig"))["runs"][0]["results"]
    assert Counter((one["ruleId"], one.get("level", "warning")) for one in found) == {}


def test_the_validator_does_find_faults(modules: Path, sarif: Path) -> None:
    sarif.write_text(sarif.read_text("utf-8").replace('"help": {', '"helb": {').replace("my%20dir", "my dir"), "utf-8")
    with pytest.raises(AssertionError, match=r"GH|SARIF"):
        test_the_validator_with_the_rules_of_github_finds_no_fault(modules, sarif)


def test_the_log_fits_the_schema_of_oasis(modules: Path, sarif: Path) -> None:
    file = modules / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
    written = json.loads(sarif.read_text("utf-8"))
    jsonschema.Draft7Validator(json.loads(file.read_text("utf-8"))).validate(written)
    assert sum("fixes" in one for one in written["runs"][0]["results"]) > 20


def read_by_mermaid(reports: list[Report]) -> list[dict[str, object]]:
    drawn = ["\n".join([*diagram.lines(one)][1:-1]) for one in reports]
    script = Path(__file__).with_name("mermaid.mjs")
    done = subprocess.run(["node", script], input=json.dumps(drawn), capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


@pytest.mark.usefixtures("modules")
def test_mermaid_reads_the_graphs() -> None:
    reports = [one for one in (fix(example, service="all") for example in EXAMPLES) if one.verdicts]
    for report, read in zip(reports, read_by_mermaid(reports), strict=True):
        assert read["type"] == "flowchart-v2"
        boxes = [str(one).split(": ", 1)[1] for one in read["boxes"]]  # type: ignore[attr-defined]  # a list, says the type
        assert {one.source for one in report.verdicts} | {one.logical_id for one in report.verdicts} <= {*boxes}


@pytest.mark.usefixtures("modules")
def test_mermaid_reads_text_of_a_template_as_text() -> None:
    reports = [fix(hostile(text)) for text in HOSTILE.values()]
    for report, read in zip(reports, read_by_mermaid(reports), strict=True):
        (verdict, *_) = report.verdicts
        assert "error" not in read
        assert len(read["arrows"]) == 2  # type: ignore[arg-type]  # a list, says the type
        shown = {"".join(str(one).split(": ", 1)[1].split()) for one in read["boxes"]}  # type: ignore[attr-defined]  # as above
        assert {"".join(visible(one).split()) for one in (verdict.source, verdict.logical_id)} <= shown
