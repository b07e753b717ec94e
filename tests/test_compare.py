"""What somebody else's change does: problems, requests, access of strangers, structure, and the exit code of `compare`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import remediate
from remediate.cli import main
from remediate.cloudformation.differences import differences
from remediate.compare import Comparison, compare
from remediate.delivery.locate import Given
from remediate.engine import remediate_all
from remediate.patch_set import load_all
from remediate.plan import Options
from remediate.report.comparison import Problems, problems
from remediate.template import read

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(one for one in (ROOT / "examples").iterdir() if one.suffix in {".yaml", ".json"})
HEALTHY = (ROOT / "examples" / "healthy.yaml").read_text("utf-8")
SETS = load_all("create", ["all"], None)


def compared(old: str | None, new: str | None) -> tuple[Comparison, Problems]:
    options = Options(Given())
    both = (("old.yaml", old), ("new.yaml", new))
    sides = [None if one is None else remediate_all(one.encode(), name, SETS, options) for name, one in both]
    found = compare("new.yaml", *sides, SETS, options)
    return found, problems(found)


def changed(old: str, new: str, text: str = HEALTHY) -> str:
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda one: one.name)
def test_a_template_compared_with_itself_has_no_difference(file: Path) -> None:
    text = file.read_text("utf-8")
    found, known = compared(text, text)
    assert (known.new, known.resolved, found.access.gained, found.access.lost, found.removed_denies) == ((), (), (), (), ())
    assert found.structure == ()
    assert not any(one.changed for one in found.requests)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda one: one.name)
def test_the_fix_as_seen_by_a_reviewer_makes_nothing_worse(file: Path) -> None:
    fixed = remediate.fix(file, service="all").after
    found, known = compared(file.read_text("utf-8"), fixed)
    assert [one for one in known.new if one.level != "note"] == []
    assert found.new_access == found.removed_denies == ()
    assert not any(one.worse for one in found.requests)
    back, worse = compared(fixed, file.read_text("utf-8"))
    assert {one.rule for one in worse.new} == {one.rule for one in known.resolved}
    assert sum(one.worse for one in back.requests) == sum(one.changed for one in found.requests)


BUCKET_STATEMENT = """\
          - Sid: Everybody
            Effect: Allow
            Principal: '*'
            Action: s3:GetObject
            Resource: !Sub ${LogBucket.Arn}/*
"""
OPEN = changed("        Statement:\n", "        Statement:\n" + BUCKET_STATEMENT)
DENIED = changed(
    "        Statement:\n",
    "        Statement:\n" + BUCKET_STATEMENT + BUCKET_STATEMENT.replace("Everybody", "Nobody").replace("Allow", "Deny"),
)
BY_PARAMETER = changed(
    "Resources:\n", "Parameters:\n  Who: { Type: String, Default: 'arn:aws:iam::111122223333:root' }\nResources:\n"
)
BY_PARAMETER = changed(
    "        Statement:\n", "        Statement:\n" + BUCKET_STATEMENT.replace("'*'", "{ AWS: !Ref Who }"), BY_PARAMETER
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(HEALTHY, OPEN, id="a statement is added"),
        pytest.param(DENIED, OPEN, id="a Deny is removed"),
        pytest.param(BY_PARAMETER, changed("arn:aws:iam::111122223333:root", "*", BY_PARAMETER), id="a default is changed"),
        pytest.param(None, OPEN, id="the template is new"),
        pytest.param(
            OPEN.replace("Resource: !Sub ${LogBucket.Arn}/*\n", "Resource: !Sub ${LogBucket.Arn}/elsewhere/*\n", 1),
            OPEN,
            id="the resource is wider",
        ),
    ],
)
def test_new_access_is_found_whatever_opens_it(old: str | None, new: str) -> None:
    found, _ = compared(old, new)
    assert ("anybody", "s3:GetObject") in {(one.outsider.who, one.outsider.request.action) for one in found.new_access}
    assert found.access.standing
    if old is not None:
        back, _ = compared(new, old)
        assert back.new_access == ()
        assert back.access.lost


def test_a_policy_under_another_name_lets_in_nobody_else() -> None:
    found, known = compared(OPEN, OPEN.replace("LogBucketPolicy", "AuditPolicy"))
    assert found.new_access == ()
    assert (known.new, known.resolved) == ((), ())
    assert ("renamed", "AuditPolicy") in {(one.kind, one.new) for one in found.structure}


def test_a_removed_and_a_changed_deny_are_told() -> None:
    removed, _ = compared(DENIED, OPEN)
    assert [(one.logical_id, one.label, one.changed) for one in removed.removed_denies] == [
        ("LogBucketPolicy", "`Nobody`", False)
    ]
    weaker = DENIED.replace("Action: s3:GetObject", "Action: s3:GetObjectTagging")
    softened, _ = compared(DENIED, weaker.replace("Action: s3:GetObjectTagging", "Action: s3:GetObject", 1))
    assert [one.changed for one in softened.removed_denies] == [True]


@pytest.mark.parametrize("file", [one for one in EXAMPLES if one.suffix == ".yaml"], ids=lambda one: one.name)
def test_whoever_takes_a_request_away_makes_a_new_problem(file: Path) -> None:
    fixed = remediate.fix(file, service="all")
    resources = fixed.data["Resources"]
    assert isinstance(resources, dict)
    worsened = 0
    for name, one in resources.items():
        for holder in ("PolicyDocument", "KeyPolicy"):
            document = one["Properties"].get(holder) if isinstance(one, dict) and "Properties" in one else None
            for number, _ in enumerate(document["Statement"] if document else ()):
                operation = {"op": "remove", "path": f"/Resources/{name}/Properties/{holder}/Statement/{number}"}
                new = remediate.engine.apply(
                    fixed.to_bytes(), "new.yaml", [remediate.template.parse_operation(operation)]
                ).after
                found, known = compared(fixed.after, new)
                worse = [r for r in found.requests if r.worse and r.verdict.request.confidence != "inferred"]
                worsened += len(worse)
                assert not worse or [p for p in known.new if p.level != "note"]
                assert found.structure
    assert worsened


def test_differences_are_in_the_words_of_the_template() -> None:
    old = read(
        b"Resources:\n  B: {Type: U}\n"
        b"  A: {Type: T, Properties: {Tags: [{Key: a, Value: '1'}, {Key: b, Value: '2'}], N: 1}}\n",
        "old",
    )
    new = read(
        b"Resources:\n  C: {Type: U}\n"
        b"  A: {Type: T, Properties: {Tags: [{Key: b, Value: '3'}, {Key: a, Value: '1'}], N: '1'}}\n"
        b"Outputs: {O: {Value: x}}\n",
        "new",
    )
    assert [(one.kind, one.path, one.old, one.new) for one in differences(old.data, new.data)] == [
        ("renamed", ("Resources", "B"), "B", "C"),
        ("changed", ("Resources", "A", "Properties", "N"), 1, "1"),
        ("changed", ("Resources", "A", "Properties", "Tags", "b", "Value"), "2", "3"),
        ("added", ("Outputs", "O"), None, {"Value": "x"}),
    ]
    assert differences(old.data, old.data) == ()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_text(HEALTHY, "utf-8")
    (tmp_path / "new.yaml").write_text(OPEN, "utf-8")
    return tmp_path


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["compare", *arguments], input=stdin, prog_name="remediate", terminal_width=100)


@pytest.mark.usefixtures("folder")
def test_the_exit_code_follows_the_worst_of_what_is_new() -> None:
    assert run("old.yaml", "new.yaml").exit_code == 1
    assert run("old.yaml", "new.yaml", "--fail-on", "never").exit_code == 0
    assert run("new.yaml", "old.yaml").exit_code == 0
    assert run("old.yaml", "-", stdin=OPEN.encode()).exit_code == 1
    assert run("old.yaml").exit_code == 2
    missing = run("old.yaml", "missing.yaml")
    assert (missing.exit_code, missing.stderr) == (2, "missing.yaml: No such file or directory\n")


@pytest.mark.usefixtures("folder")
def test_json_has_the_form_of_its_schema() -> None:
    schema = json.loads((ROOT / "remediate" / "report" / "comparison" / "schema.json").read_text("utf-8"))
    for arguments in (("old.yaml", "new.yaml"), ("new.yaml", "old.yaml"), ("old.yaml", "missing.yaml")):
        jsonschema.validate(json.loads(run(*arguments, "--format", "json").stdout), schema)


@pytest.mark.usefixtures("folder")
def test_markdown_says_new_access_first() -> None:
    shown = run("old.yaml", "new.yaml", "--format", "markdown").stdout
    assert shown.index("### New access for others") < shown.index("What differs in the template")
    assert "anybody: s3:GetObject (LogBucketPolicy, `Everybody`)" in shown


def git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], check=True, capture_output=True
    )


@pytest.fixture
def repository(folder: Path) -> Path:
    git("init", "-q", "-b", "main")
    (folder / "sub").mkdir()
    (folder / "sub" / "stack.yaml").write_text(HEALTHY, "utf-8")
    (folder / "sub" / "gone.yaml").write_text(HEALTHY, "utf-8")
    (folder / "sub" / "same.yaml").write_text(HEALTHY, "utf-8")
    (folder / "sub" / "notes.json").write_text("{}", "utf-8")
    git("add", ".")
    git("commit", "-qm", "base")
    (folder / "sub" / "stack.yaml").write_text(OPEN, "utf-8")
    (folder / "sub" / "gone.yaml").unlink()
    (folder / "sub" / "added.yaml").write_text(HEALTHY, "utf-8")
    (folder / "sub" / "notes.json").write_text('{"a": 1}', "utf-8")
    return folder


def names(result: Result) -> dict[str, tuple[object, object]]:
    return {one["name"]: (one["old"], one["new"]) for one in json.loads(result.stdout)["templates"]}


@pytest.mark.usefixtures("repository")
def test_a_folder_is_compared_with_a_revision_file_by_file() -> None:
    result = run("--base", "HEAD", "--format", "json")
    assert result.exit_code == 1
    assert names(result) == {
        "sub/added.yaml": (None, "sub/added.yaml"),
        "sub/gone.yaml": ("HEAD:sub/gone.yaml", None),
        "sub/stack.yaml": ("HEAD:sub/stack.yaml", "sub/stack.yaml"),
    }
    assert "sub/gone.yaml: the template was deleted" in run("--base", "HEAD", "sub").stdout
    assert "sub/added.yaml: new template; no new problems" in run("--base", "HEAD", "sub/added.yaml").stdout


def test_a_revision_is_found_from_another_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "sub")
    assert names(run("--base", "main", "stack.yaml", "--format", "json")) == {
        "stack.yaml": ("main:stack.yaml", "stack.yaml")
    }
    monkeypatch.chdir(repository.parent)
    assert len(names(run("--base", "HEAD", str(repository), "--format", "json"))) == 3


def test_three_dots_are_where_the_branches_parted(repository: Path) -> None:
    git("checkout", "-qb", "feature")
    git("commit", "-qam", "feature")
    git("checkout", "-q", "main")
    (repository / "old.yaml").write_text(OPEN, "utf-8")
    git("commit", "-qam", "main goes on")
    git("checkout", "-q", "feature")
    assert "old.yaml" in names(run("--base", "main", "--format", "json"))
    assert "old.yaml" not in names(run("--base", "main...", "--format", "json"))


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("revision", ["nowhere", "--output=x", ""])
def test_a_revision_that_is_not_there_is_said(revision: str) -> None:
    result = run(f"--base={revision}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "git rev-parse" in result.stderr


def test_where_there_is_no_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    result = run("--base", "HEAD", "old.yaml")
    assert result.exit_code == 2
    assert "not a git repository" in result.stderr


def test_two_folders_are_compared_by_the_names_in_them(folder: Path) -> None:
    for side, text in (("before", HEALTHY), ("after", OPEN)):
        (folder / side).mkdir()
        (folder / side / "stack.yaml").write_text(text, "utf-8")
    (folder / "after" / "other.yaml").write_text("a: 1\n", "utf-8")
    assert names(run("before", "after", "--format", "json")) == {
        "after/stack.yaml": ("before/stack.yaml", "after/stack.yaml")
    }


def test_a_template_that_cannot_be_read_is_said_with_its_place(folder: Path) -> None:
    (folder / "new.yaml").write_text("Resources:\n  A: [\n", "utf-8")
    result = run("old.yaml", "new.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith("new.yaml:")


def test_what_check_leaves_out_of_a_folder_is_not_compared(repository: Path) -> None:
    (repository / ".remediate.toml").write_text('exclude = ["/legacy/"]\n', "utf-8")
    (repository / ".gitignore").write_text("build/\n", "utf-8")
    (repository / "sub" / "team").mkdir()
    (repository / "sub" / "team" / ".remediate.toml").write_text('exclude = ["draft.yaml"]\n', "utf-8")
    git("add", ".remediate.toml", ".gitignore", "sub/team")
    out = ("legacy/a.yaml", "cdk.out/a.json", "web/node_modules/b.yaml", "env/lib/c.yaml", "build/d.yaml", ".aws-sam/e.yaml")
    out = (*out, "sub/team/draft.yaml", ".hidden.yaml")
    for name in out:
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(HEALTHY, "utf-8")
    (repository / "env" / "pyvenv.cfg").touch()
    git("add", "--force", *out[::2])  # the others are new to git
    git("commit", "-qm", "more")
    for name in out[::2]:
        (repository / name).write_text(OPEN, "utf-8")
    (repository / "web" / "node_modules" / "b.yaml").unlink()
    (repository / "sub" / "team" / "t.yaml").write_text(HEALTHY, "utf-8")
    checked = CliRunner().invoke(main, ["check", "--list-files"]).stdout.split()
    found = names(run("--base", "HEAD~", "--format", "json"))
    assert {*found} == {"sub/added.yaml", "sub/gone.yaml", "sub/stack.yaml", "sub/team/t.yaml"}
    assert {name for name, (_, new) in found.items() if new} <= {*checked}
    assert {*names(run("--base", "HEAD", *out, "--format", "json"))} == {*out}  # what is named is compared all the same


def test_a_renamed_file_is_compared_with_what_it_was(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("checkout", "-q", ".")
    (repository / "sub" / "added.yaml").unlink()
    git("mv", "new.yaml", "renamed.yaml")  # of the same bytes, and with access for everybody
    git("mv", "sub/stack.yaml", "moved.yaml")
    (repository / "moved.yaml").write_text(changed("Outputs:", "# a comment\nOutputs:"), "utf-8")
    git("mv", "sub/gone.yaml", "gone.txt")
    result = run("--base", "main", "--format", "json")
    assert names(result) == {
        "moved.yaml": ("main:sub/stack.yaml", "moved.yaml"),
        "renamed.yaml": ("main:new.yaml", "renamed.yaml"),
        "sub/gone.yaml": ("main:sub/gone.yaml", None),
    }
    assert (result.exit_code, run("--base", "main", "renamed.yaml").exit_code) == (0, 0)
    assert names(run("--base", "main", "sub", "--format", "json")) == {
        "sub/gone.yaml": ("main:sub/gone.yaml", None),
        "sub/stack.yaml": ("main:sub/stack.yaml", None),
    }
    git("mv", "renamed.yaml", "sub/renamed.yaml")
    monkeypatch.chdir(repository / "sub")
    assert names(run("--base", "main", "--format", "json"))["renamed.yaml"] == ("main:../new.yaml", "renamed.yaml")
    assert run("--base", "main", "renamed.yaml").exit_code == 0
    monkeypatch.chdir(repository)
    assert run("--base", "main", "sub/renamed.yaml").exit_code == 0


LARGE = json.dumps({"data": ["x" * 1000] * 1100})


@pytest.mark.parametrize(("before", "after"), [("{}", LARGE), (LARGE, "{}"), (LARGE, LARGE + "\n"), (LARGE, None)])
def test_a_large_file_that_is_no_template_is_skipped(repository: Path, before: str, after: str | None) -> None:
    file = repository / "data.json"
    file.write_text(before, "utf-8")
    git("add", ".")
    git("commit", "-qm", "data")
    file.unlink() if after is None else file.write_text(after, "utf-8")
    limited = ("--base", "HEAD", "--max-size", "1")
    assert run(*limited).stderr == "no template differs\n"
    assert "larger than 1 MB" in run(*limited, "data.json").stderr
    for side, text in (("o", before), ("n", after)):
        (repository / side).mkdir()
        (repository / side / "data.json").write_text(text or "{}", "utf-8")
    assert run("o", "n", "--max-size", "1").stderr == "no template differs\n"


def test_a_large_file_that_says_it_is_a_template_is_an_error(repository: Path) -> None:
    (repository / "large.json").write_text(json.dumps({"Resources": {}, "data": LARGE}), "utf-8")
    result = run("--base", "HEAD", "--max-size", "1")
    assert (result.exit_code, "large.json:1:1: larger than 1 MB" in result.stderr) == (2, True)


TAB = "Resources:\n\tA: 1\n"


def where(*arguments: str) -> str:
    """Return the file that a comparison cannot read, which all formats name alike, at the place of the tab."""
    (failed,) = json.loads(run(*arguments, "--format", "json").stdout)["errors"]
    assert (failed["line"], failed["column"]) == (2, 1)
    text = run(*arguments)
    assert (text.exit_code, text.stderr.startswith(f"{failed['name']}:2:1: ")) == (2, True)
    assert f"- `{failed['name']}:2:1`: " in run(*arguments, "--format", "markdown").stdout
    return str(failed["name"])


def test_an_old_template_that_cannot_be_read_is_named(repository: Path) -> None:
    (repository / "tab.yaml").write_text(TAB, "utf-8")
    assert where("tab.yaml", "new.yaml") == "tab.yaml"
    for side, text in (("o", TAB), ("n", HEALTHY)):
        (repository / side).mkdir()
        (repository / side / "x.yaml").write_text(text, "utf-8")
    assert where("o", "n") == "o/x.yaml"
    shutil.rmtree(repository / "o")
    git("add", "tab.yaml")
    git("commit", "-qm", "broken")
    git("branch", "brk")
    (repository / "tab.yaml").write_text(HEALTHY, "utf-8")
    assert where("--base", "brk", "tab.yaml") == "brk:tab.yaml"
    assert where("--base", "brk") == "brk:tab.yaml"


def test_both_templates_that_cannot_be_read_are_named(folder: Path) -> None:
    (folder / "tab.yaml").write_text(TAB, "utf-8")
    assert run("missing.yaml", "tab.yaml").stderr.startswith("missing.yaml: No such file or directory\ntab.yaml:2:1: ")


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("name", ["nofile.yaml", "sub/nofile.yaml", "no/such/file.yaml"])
def test_a_file_that_is_neither_in_git_nor_on_disk_is_an_error(name: str) -> None:
    result = run("--base", "main", name)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{name}: No such file or directory\n")


def test_a_file_that_is_gone_with_its_folder_was_deleted(repository: Path) -> None:
    shutil.rmtree(repository / "sub")
    assert run("--base", "main", "sub/stack.yaml").stdout.startswith("sub/stack.yaml: the template was deleted\n")


def test_line_ends_are_no_difference() -> None:
    found, known = compared(HEALTHY, HEALTHY.replace("\n", "\r\n"))
    assert (found.structure, known.new) == ((), ())
