"""The hooks, tried by pre-commit itself on a repository that the test makes.

pre-commit builds an environment for the tool, which needs the package index and takes half a minute. So these tests run only
if ``REMEDIATE_TEST_HOOKS`` is set: ``REMEDIATE_TEST_HOOKS=1 pytest tests/test_pre_commit.py``; ``.ci/run`` sets it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pipelines import HOOKS, ROOT, committed, copy_of_tool, git, needs_pre_commit, takes_long, tries

BROKEN = (ROOT / "examples" / "minimal.yaml").read_text("utf-8")


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository of the tool as it is now."""
    return copy_of_tool(tmp_path_factory.mktemp("tool"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where pre-commit keeps its environments: the second run finds that of the first."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a repository with one broken template among files of other kinds."""
    folder = tmp_path / "project"
    (folder / "cdk.out").mkdir(parents=True)
    (folder / "legacy").mkdir()
    (folder / "logs.yaml").write_text(BROKEN)
    (folder / "cdk.out" / "App.template.json").write_text("{}\n")
    (folder / "cdk.out" / "App.yaml").write_text(BROKEN)
    (folder / "legacy" / "logs.yaml").write_text(BROKEN)
    (folder / ".remediate.toml").write_text('exclude = ["legacy/"]\n')
    (folder / "docker-compose.yml").write_text("services: {web: {image: nginx}}\n")
    (folder / "data.json").write_text('[{"a": 1}]\n')
    (folder / "list.yaml").write_text("- AWS::CloudTrail::Trail\n")
    return committed(folder)


def test_both_hooks_look_at_the_same_files_and_run_once() -> None:
    check, fix = HOOKS
    assert [check["id"], fix["id"]] == ["remediate-check", "remediate-fix"]
    for key in ("types", "files", "exclude", "language", "require_serial"):
        assert check[key] == fix[key]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("infra/logs.yaml", False),
        ("package.yaml", False),
        ("services/compose/template.json", False),
        ("my-package.json", False),
        ("web/package.json", True),
        ("package-lock.json", True),
        ("tsconfig.build.json", True),
        ("cdk.out/App.template.json", True),
        ("a/node_modules/x/y.json", True),
        (".github/workflows/ci.yml", True),
        ("docker-compose.override.yml", True),
        (".pre-commit-config.yaml", True),
    ],
)
def test_what_is_never_a_template_is_left_out_by_its_name(path: str, expected: bool) -> None:
    assert bool(re.search(HOOKS[0]["exclude"], path)) == expected


@takes_long
@needs_pre_commit
class TestTried:
    def test_check_reports_and_changes_nothing(self, tool: Path, project: Path, home: Path) -> None:
        code, said = tries(tool, project, home, "remediate-check")
        assert code == 1, said
        assert "exit code: 1" in said
        assert "\nlogs.yaml:27:13: error: CloudTrail is not allowed s3:GetBucketAcl" in said
        assert "legacy/logs.yaml" not in said
        assert "cdk.out" not in said.partition("=" * 60)[2].replace("exclude", "")
        assert git(project, "status", "--short") == ""

    def test_fix_fails_once_and_then_passes(self, tool: Path, project: Path, home: Path) -> None:
        code, said = tries(tool, project, home, "remediate-fix")
        assert code == 1, said
        assert "files were modified by this hook" in said
        assert "+    DependsOn: LogBucketPolicy" in said
        assert git(project, "status", "--short") == " M logs.yaml\n"
        code, said = tries(tool, project, home, "remediate-fix")
        assert (code, "Passed" in said) == (0, True), said
        code, said = tries(tool, project, home, "remediate-check")
        assert (code, "Passed" in said) == (0, True), said
