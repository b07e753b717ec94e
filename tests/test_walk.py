"""Which files a run takes: what git would, without what tools have made, and all that is named."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from remediate.cli import main

EXAMPLE = Path(__file__).parent.parent / "examples" / "minimal.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # the top of the repository
    return tmp_path


def write(*names: str, content: str = "") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content, "utf-8")


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def files(*arguments: str, stdin: str | bytes | None = None) -> list[str]:
    result = run("check", "--list-files", *arguments, stdin=stdin)
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def test_the_working_folder_is_the_default() -> None:
    write("b.yaml", "a/x.json", "a/notes.txt")
    assert files() == ["a/x.json", "b.yaml"]
    assert files("a") == ["a/x.json"]
    assert run("fix").exit_code == 2


def test_what_tools_have_made_is_left_out_unless_it_is_named() -> None:
    write(
        "app/cdk.out/a.json",
        "node_modules/b.yaml",
        "venv/c.yaml",
        ".aws-sam/d.yaml",
        "build/e.yaml",
        "out/f.json",
        "f/g.yaml",
    )
    write("out/cdk.out", "env/lib/h.yaml", "env/pyvenv.cfg")
    assert files() == ["build/e.yaml", "f/g.yaml"]
    assert files("app/cdk.out", ".aws-sam", "out") == ["app/cdk.out/a.json", ".aws-sam/d.yaml", "out/f.json"]
    assert "app/cdk.out: left out (made by a tool)\n" in run("check", "-v").stderr
    empty = run("check", "app").stderr
    assert empty == "app: this folder contains no *.yaml, *.yml, *.json or *.template file (left out: app/cdk.out)\n"


def test_what_tools_have_made_is_left_out_by_force_even_if_it_is_named() -> None:
    made = ["cdk.out/a.json", "node_modules/b/c.yaml", "venv/d.yaml", ".aws-sam/e.yaml", "out/f.json", ".hidden.yaml"]
    write(*made, "out/cdk.out", "kept/g.yaml")
    names = "".join(f"{name}\0" for name in (*made, "kept/g.yaml"))
    assert files("--files-from", "-", "--force-exclude", stdin=names) == ["kept/g.yaml"]
    assert files("--force-exclude", "cdk.out", "out", "kept", "h.yaml") == ["kept/g.yaml", "h.yaml"]
    assert "cdk.out/a.json: left out (made by a tool)\n" in run("check", "-v", "--force-exclude", made[0]).stderr


@pytest.mark.parametrize("repository", [True, False])
def test_the_folders_around_a_checkout_leave_out_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, repository: bool
) -> None:
    (folder / ".git").rmdir()
    write("venv/project/a.yaml", *(["venv/project/.git/HEAD"] if repository else []))
    monkeypatch.chdir(folder / "venv" / "project")
    assert files("--force-exclude", "a.yaml") == ["a.yaml"]
    assert files("--force-exclude", ".") == ["a.yaml"]
    assert files("--force-exclude", str(folder / "venv" / "project")) == [str(folder / "venv" / "project" / "a.yaml")]


def test_what_git_ignores_is_left_out_unless_it_is_named() -> None:
    write(".gitignore", content="/out/\n*.gen.yaml\n")
    write("a.gen.yaml", "out/a.yaml", "sub/out/b.yaml", "sub/c.gen.yaml")
    assert files() == ["sub/out/b.yaml"]
    assert files("a.gen.yaml", "out") == ["a.gen.yaml", "out/a.yaml"]
    assert files("--no-gitignore") == ["a.gen.yaml", "out/a.yaml", "sub/c.gen.yaml", "sub/out/b.yaml"]
    assert files("--force-exclude", "a.gen.yaml", "out", "sub/out/b.yaml") == ["sub/out/b.yaml"]


def test_a_folder_below_takes_the_rules_from_above() -> None:
    write(".gitignore", content="*.gen.yaml\nsub/deep/skip/\n")
    write("sub/.gitignore", content="!kept.gen.yaml\n/own.yaml\n")
    write("sub/deep/a.gen.yaml", "sub/deep/kept.gen.yaml", "sub/deep/own.yaml", "sub/own.yaml", "sub/deep/skip/b.yaml")
    expected = ["sub/deep/kept.gen.yaml", "sub/deep/own.yaml"]
    assert files() == files("sub") == files("sub/deep") == expected
    write(".git/info/exclude", content="own.yaml\n")
    assert files("sub/deep") == ["sub/deep/kept.gen.yaml"]


def test_rules_end_at_the_top_of_the_repository(folder: Path) -> None:
    write(".gitignore", content="*.yaml\n")
    write("inner/.git/HEAD", "inner/a.yaml", "outer.yaml")
    assert files("inner") == ["inner/a.yaml"]
    assert files() == []
    assert folder.joinpath("outer.yaml").exists()


PATTERNS = """\
# a comment
*.log.yaml
!important.log.yaml
/top.yaml
doc/*.json
doc/**/deep.yaml
**/any/x.yaml
folder/
!folder/back.yaml
a?c.yaml
[xyz].yaml
\\#hash.yaml
trailing.yaml{blanks}
sp\\ ace.yaml
[
"""
NAMES = [
    *("x.log.yaml", "important.log.yaml", "top.yaml", "sub/top.yaml", "doc/a.json", "doc/sub/a.json", "doc/sub/deep.yaml"),
    *(
        "any/x.yaml",
        "sub/any/x.yaml",
        "folder/back.yaml",
        "sub/folder/a.yaml",
        "abc.yaml",
        "abbc.yaml",
        "x.yaml",
        "#hash.yaml",
    ),
    *("trailing.yaml", "sp ace.yaml", "sub/x.log.yaml", "sub/important.log.yaml", "sub/keep/y.yaml", "ü.yaml", "sub/[.yaml"),
]


def test_git_itself_finds_the_same(folder: Path) -> None:
    (folder / ".git").rmdir()
    git = ["git", "-c", "core.quotePath=false", "-c", "core.excludesFile=/dev/null"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    write(".gitignore", content=PATTERNS.replace("{blanks}", "   "))
    write("sub/.gitignore", content="!x.log.yaml\nkeep/*\n!keep/y.yaml\n")
    write(*NAMES)
    listed = subprocess.run([*git, "ls-files", "-o", "--exclude-standard"], capture_output=True, text=True, check=True)
    expected = sorted(name for name in listed.stdout.splitlines() if not name.endswith(".gitignore"))
    assert 5 < len(expected) < len(NAMES)
    assert sorted(files()) == expected
    below = sorted(name for name in expected if name.startswith("sub/"))
    assert sorted(files("sub")) == below


def test_excluded_patterns() -> None:
    write("a/x.yaml", "b/x.yaml", "b/y.yaml", "c/z.yaml")
    assert files("--exclude", "/a,*/y.yaml", "--exclude", "c/") == ["b/x.yaml"]
    assert files("--exclude", "*", "b/x.yaml") == ["b/x.yaml"]
    assert files("--exclude", "*", "--force-exclude", "b/x.yaml", "b") == []
    assert "Invalid value for --exclude" in run("check", "--exclude", "!").stderr


def test_patterns_that_no_shell_has_expanded() -> None:
    write("a/x.yaml", "a/b/y.yaml", "a/[z].yaml")
    assert files("a/*.yaml") == ["a/[z].yaml", "a/x.yaml"]
    assert files("**/y.yaml") == ["a/b/y.yaml"]
    assert files("a/[z].yaml") == ["a/[z].yaml"]
    result = run("check", "none/*.yaml")
    assert (result.exit_code, result.stderr) == (2, "none/*.yaml: No such file or directory\n")


def test_lists_of_files() -> None:
    write("a.yaml", "b b.yaml", "c/d.yaml")
    write("list", content="a.yaml\n\nb b.yaml\r\nc\na.yaml\n")
    assert files("--files-from", "list") == ["a.yaml", "b b.yaml", "c/d.yaml"]
    assert files("--files-from", "-", stdin="a.yaml\n") == ["a.yaml"]
    assert files("--files-from", "-", stdin=b"a.yaml\0b b.yaml\0") == ["a.yaml", "b b.yaml"]
    assert files("--files-from", "-", stdin="") == []
    assert run("fix", "--files-from", "-", stdin="").exit_code == 0
    missing = run("check", "--files-from", "nowhere")
    assert (missing.exit_code, "nowhere: No such file or directory" in missing.stderr) == (2, True)
    assert "cannot be a template too" in run("check", "--files-from", "-", "-").stderr
    both = run("check", "--files-from", "-", "--error", "-", stdin="MalformedPolicy")
    assert (both.exit_code, "already read for --error" in both.stderr) == (2, True)


def test_a_link_and_its_target_are_one_file() -> None:
    write("a/x.yaml")
    Path("b.yaml").symlink_to("a/x.yaml")
    Path("c").symlink_to("a")
    assert files("b.yaml", "a", ".", "c") == ["b.yaml"]


def test_no_more_than_the_list_is_printed() -> None:
    write("x.yaml", content=EXAMPLE.read_text("utf-8"))
    for command in ("check", "fix", "simulate"):
        result = run(command, "--list-files", ".")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "x.yaml\n", "")
    assert run("check", "--list-files", "--format", "json", ".").stdout == "x.yaml\n"
    assert Path("x.yaml").read_text("utf-8") == EXAMPLE.read_text("utf-8")
