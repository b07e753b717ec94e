"""The command line: whole outputs against snapshots, exit codes, and that nothing is written that should not be.

``pytest tests/test_cli.py --update`` rewrites the snapshots in ``tests/snapshots/``.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from remediate import __version__
from remediate.cli import main

ROOT = Path(__file__).parent.parent
SNAPSHOTS = Path(__file__).parent / "snapshots"

RUNS: dict[str, list[str]] = {
    "help": ["--help"],
    "help-fix": ["fix", "--help"],
    "help-check": ["check", "--help"],
    "help-apply": ["apply", "--help"],
    "help-baseline": ["baseline", "--help"],
    "baseline": ["baseline", "--dry-run", "--reason", "known", "minimal.yaml", "outside.yaml", "healthy.yaml"],
    "check-ignores": ["check", "-v", "ignores.yaml"],
    "fix-generated": ["fix", "generated.yaml"],
    "help-explain": ["explain", "--help"],
    "explain": ["explain"],
    "explain-one": ["explain", "log-delivery"],
    "explain-unknown": ["explain", "log-deliverance"],
    "fix-dry-run": ["fix", "--dry-run", "minimal.yaml"],
    "fix-dry-run-color": ["fix", "--dry-run", "--color", "minimal.yaml"],
    "fix-stack": ["fix", "--dry-run", "stack.yaml"],
    "fix-log-group": ["fix", "--dry-run", "--service", "log-groups", "log-group.yaml"],
    "simulate-log-group": ["simulate", "--service", "log-groups", "log-group.yaml"],
    "fix-in-place": ["fix", "minimal.yaml"],
    "fix-nothing-to-do": ["fix", "healthy.yaml"],
    "fix-json-patch": ["fix", "--dry-run", "--format", "json-patch", "minimal.yaml"],
    "fix-select": ["fix", "--dry-run", "--select", "trail-order", "minimal.yaml"],
    "fix-ignore": ["fix", "--dry-run", "--ignore", "bucket-checks", "minimal.yaml"],
    "fix-several-one-bad": ["fix", "--dry-run", "bad.yaml", "minimal.yaml", "missing.yaml", "healthy.yaml"],
    "fix-duplicate-key": ["fix", "duplicate.yaml"],
    "fix-not-a-template": ["fix", "notes.json"],
    "fix-not-utf-8": ["fix", "latin.yaml"],
    "fix-outside": ["fix", "--dry-run", "outside.yaml"],
    "fix-blocked": ["fix", "--dry-run", "blocked.yaml"],
    "fix-no-such-trail": ["fix", "--trail", "Trial", "minimal.yaml"],
    "fix-unknown-patch": ["fix", "--select", "bucket-cheques", "minimal.yaml"],
    "fix-unknown-patch-set": ["fix", "--patch-set", "cloudtrail-destroy", "minimal.yaml"],
    "fix-bad-parameter": ["fix", "--parameter", "Prefix", "minimal.yaml"],
    "fix-quiet": ["fix", "--dry-run", "--quiet", "minimal.yaml"],
    "check": ["check", "minimal.yaml", "healthy.yaml"],
    "check-folder": ["check", "."],
    "check-github": ["check", "--format", "github", "minimal.yaml"],
    "fix-documented": ["fix", "--dry-run", "--patch-set", "cloudtrail-documented", "minimal.yaml"],
    "fix-markdown": ["fix", "--dry-run", "--quiet", "--format", "markdown", "stack.yaml"],
    "help-simulate": ["simulate", "--help"],
    "simulate": ["simulate", "stack.yaml", "healthy.yaml"],
    "simulate-blocked": ["simulate", "blocked.yaml"],
    "simulate-error": ["simulate", "--error", "Incorrect S3 bucket policy is detected for bucket: logs", "stack.yaml"],
    "simulate-other-error": ["simulate", "--error", "Resource limit exceeded", "stack.yaml"],
    "help-compare": ["compare", "--help"],
    "compare": ["compare", "minimal.yaml", "changed.yaml"],
    "compare-markdown": ["compare", "--format", "markdown", "minimal.yaml", "changed.yaml"],
    "check-stack-events": ["check", "--stack-events", "events.json", "minimal.yaml"],
    "apply-dry-run": ["apply", "--dry-run", "changes.json", "minimal.yaml"],
    "apply-refused": ["apply", "nowhere.json", "minimal.yaml"],
    "apply-bad-patch": ["apply", "bad.json", "minimal.yaml"],
}

FILES = {
    "bad.yaml": b"Resources:\n  Trail: [\n",
    "duplicate.yaml": b"Resources:\n  Trail:\n    Type: AWS::CloudTrail::Trail\n  Trail:\n    Type: AWS::SNS::Topic\n",
    "notes.json": b'{"title": "not a template"}\n',
    "latin.yaml": "Description: Protokolle f\u00fcr alle\nResources: {}\n".encode("latin-1"),
    "outside.yaml": b"""\
Parameters:
  LogBucketName: { Type: String }
Resources:
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties:
      S3BucketName: !Ref LogBucketName
      S3KeyPrefix: audit
      IsLogging: true
""",
    "ignores.yaml": b"""\
Parameters:
  LogBucketName: { Type: String }
Resources:
  Trail: # remediate: ignore[bucket-outside] the bucket belongs to the log archive
    Type: AWS::CloudTrail::Trail
    Metadata:
      remediate:
        ignore:
          - { id: trail-order, reason: nothing to order, until: 2020-01-31 }
          - { id: missing-action, reason: the archive account allows it }
          - { id: bucket-outsider, reason: written wrongly }
    Properties: { S3BucketName: !Ref LogBucketName, IsLogging: true }
""",
    "generated.yaml": b"""\
Resources:
  LogsF9D1B0E7:
    Type: AWS::S3::Bucket
    Metadata: { "aws:cdk:path": App/Logs/Resource }
  LogsPolicy2A5C6F31:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref LogsF9D1B0E7
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub '${LogsF9D1B0E7.Arn}/AWSLogs/${AWS::AccountId}/*'
    Metadata: { "aws:cdk:path": App/Logs/Policy/Resource }
  Trail022F0CF2:
    Type: AWS::CloudTrail::Trail
    DependsOn: LogsPolicy2A5C6F31
    Properties: { S3BucketName: !Ref LogsF9D1B0E7, IsLogging: true }
    Metadata: { "aws:cdk:path": App/Trail/Resource }
""",
    "blocked.yaml": b"""\
Resources:
  Bucket:
    Type: AWS::S3::Bucket
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Sid: OnlyFromOurEndpoint
            Effect: Deny
            Principal: '*'
            Action: s3:PutObject
            Resource: !Sub '${Bucket.Arn}/*'
            Condition: { StringNotEquals: { 'aws:SourceVpce': vpce-0a1b2c3d } }
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: [s3:GetBucketAcl, s3:GetBucketLocation]
            Resource: !GetAtt Bucket.Arn
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub '${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*'
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: BucketPolicy
    Properties: { S3BucketName: !Ref Bucket, IsLogging: true }
""",
    "events.json": b"""\
{"StackEvents": [
  {"StackId": "arn:s", "StackName": "orders", "LogicalResourceId": "orders", "PhysicalResourceId": "arn:s",
   "ResourceType": "AWS::CloudFormation::Stack", "ResourceStatus": "ROLLBACK_COMPLETE"},
  {"StackId": "arn:s", "StackName": "orders", "LogicalResourceId": "LogBucket", "PhysicalResourceId": "orders-logs",
   "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "DELETE_SKIPPED"},
  {"StackId": "arn:s", "StackName": "orders", "LogicalResourceId": "Trail", "ResourceType": "AWS::CloudTrail::Trail",
   "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "Incorrect S3 bucket policy is detected for bucket: logs"}
]}
""",
    "changes.json": b'[{"op": "add", "path": "/Resources/Trail/Properties/EnableLogFileValidation", "value": true}]\n',
    "nowhere.json": b'[{"op": "remove", "path": "/Resources/Nobody"}]\n',
    "bad.json": b'[{"op": "delete", "path": "/Resources/Trail"}]\n',
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for example in ("minimal.yaml", "healthy.yaml", "stack.yaml", "log-group.yaml"):
        shutil.copy(ROOT / "examples" / example, tmp_path)
    minimal = (ROOT / "examples" / "minimal.yaml").read_text("utf-8")
    (tmp_path / "changed.yaml").write_text(minimal.replace("Service: cloudtrail.amazonaws.com", "AWS: '*'"), "utf-8")
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin, prog_name="remediate", terminal_width=100)


def shown(result: Result) -> str:
    return f"--- standard output\n{result.stdout}--- standard error\n{result.stderr}--- exit code {result.exit_code}\n"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", RUNS)
def test_whole_output(name: str, request: pytest.FixtureRequest) -> None:
    result = run(*RUNS[name])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    snapshot = SNAPSHOTS / f"{name}.txt"
    if request.config.getoption("--update"):
        snapshot.parent.mkdir(exist_ok=True)
        snapshot.write_bytes(shown(result).encode())
    assert shown(result).encode() == snapshot.read_bytes()


def test_every_snapshot_belongs_to_a_run() -> None:
    assert {one.stem for one in SNAPSHOTS.iterdir()} == set(RUNS)


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    assert run("fix", "--dry-run", "minimal.yaml", "stack.yaml").exit_code == 0
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


@pytest.mark.parametrize("example", ["minimal.yaml", "stack.yaml"])
def test_git_applies_the_dry_run_to_what_fix_writes(folder: Path, example: str) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    rendered = run("fix", "--dry-run", example).stdout_bytes
    original = (folder / example).read_bytes()
    assert run("fix", example).exit_code == 0
    fixed = (folder / example).read_bytes()
    (folder / example).write_bytes(original)
    subprocess.run(["git", "apply", "-"], input=rendered, check=True)
    assert (folder / example).read_bytes() == fixed


@pytest.mark.parametrize("example", ["minimal.yaml", "stack.yaml"])
def test_the_second_run_finds_nothing_to_do(folder: Path, example: str) -> None:
    run("fix", example)
    fixed = (folder / example).read_bytes()
    second = run("fix", "-v", example)
    assert (second.exit_code, second.stdout) == (0, "")
    assert f"{example}: no problems found" in second.stderr
    assert (folder / example).read_bytes() == fixed


def test_standard_input_goes_to_standard_output(folder: Path) -> None:
    piped = run("fix", "-", stdin=(folder / "minimal.yaml").read_bytes())
    run("fix", "minimal.yaml")
    assert piped.stdout_bytes == (folder / "minimal.yaml").read_bytes()
    assert piped.exit_code == 0


def test_standard_input_that_needs_nothing_comes_out_as_it_is(folder: Path) -> None:
    healthy = (folder / "healthy.yaml").read_bytes()
    assert run("fix", "-", stdin=healthy).stdout_bytes == healthy


def test_one_bad_file_stops_no_other(folder: Path) -> None:
    result = run("fix", "bad.yaml", "minimal.yaml")
    assert result.exit_code == 2
    assert "bad.yaml:" in result.stderr
    assert "GetBucketAcl" in (folder / "minimal.yaml").read_text("utf-8")
    assert (folder / "bad.yaml").read_bytes() == FILES["bad.yaml"]


def test_the_mode_and_the_byte_order_mark_stay(folder: Path) -> None:
    file = folder / "marked.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + (folder / "minimal.yaml").read_bytes().replace(b"\n", b"\r\n"))
    file.chmod(0o600)
    assert run("fix", "marked.yaml").exit_code == 0
    run("fix", "minimal.yaml")
    assert file.read_bytes() == b"\xef\xbb\xbf" + (folder / "minimal.yaml").read_bytes().replace(b"\n", b"\r\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_apply_writes_and_leaves_the_rest(folder: Path) -> None:
    before = (folder / "minimal.yaml").read_bytes()
    assert run("apply", "changes.json", "minimal.yaml").exit_code == 0
    after = (folder / "minimal.yaml").read_bytes()
    assert len(after) > len(before)
    assert b"EnableLogFileValidation: true" in after


def test_a_read_only_file_is_said_and_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "minimal.yaml").read_bytes()
    monkeypatch.setattr("os.access", lambda *_: False)
    result = run("fix", "minimal.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "minimal.yaml: the file is read-only; the file is unchanged\n"
    assert (folder / "minimal.yaml").read_bytes() == before


def test_a_format_and_a_template_cannot_share_standard_output(folder: Path) -> None:
    result = run("fix", "--format", "sarif", "-", stdin=(folder / "minimal.yaml").read_bytes())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "add --dry-run to use --format" in result.stderr


def test_a_folder_without_templates_is_said(folder: Path) -> None:
    (folder / "empty").mkdir()
    result = run("check", "empty")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "empty: this folder contains no *.yaml, *.yml, *.json or *.template file\n"


def test_no_color_wins_over_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remediate.cli.output.is_terminal", lambda _: True)
    assert "\x1b[" in run("fix", "--dry-run", "minimal.yaml").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("fix", "--dry-run", str(folder / "minimal.yaml")).stdout


def test_color_is_forced_by_the_environment_unless_it_is_forbidden(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = str(folder / "minimal.yaml")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("check", template).stdout
    assert "\x1b[" not in run("check", "--no-color", template).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("check", template).stdout


def test_a_patch_of_another_set_is_explained() -> None:
    assert run("explain", "trail-source").stdout == run("explain", "trail-source", "--patch-set", "documented").stdout
    assert "trail-source" not in run("explain").stdout


def test_a_patch_file_that_is_wrong_leads_to_its_schema(folder: Path) -> None:
    file = folder / "own" / "cloudtrail" / "create" / "10-x.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("id: x\n")
    said = run("check", "--patches", str(folder / "own"), str(folder / "minimal.yaml")).stderr
    assert said.endswith("; `remediate config schema --of patch` prints what such a file holds\n")
    for kind in ("patch", "service"):
        printed = run("config", "schema", "--of", kind)
        assert (printed.exit_code, printed.stdout) == (0, (ROOT / "patches" / "schema" / f"{kind}.json").read_text("utf-8"))


def test_a_file_for_a_parameter_is_told_its_option() -> None:
    for value in ("@p.json", "file://p.json"):
        assert "--parameter-file reads a file" in run("check", "--parameter", value).stderr


def test_patches_of_a_folder_of_ones_own(folder: Path) -> None:
    own = folder / "own" / "cloudtrail" / "create"
    own.mkdir(parents=True)
    shipped = ROOT / "patches" / "cloudtrail" / "create" / "80-trail-order.yaml"
    (own / "80-trail-order.yaml").write_text(shipped.read_text("utf-8").replace("safety: safe", "safety: sure"), "utf-8")
    result = run("fix", "--dry-run", "--patches", "own", "minimal.yaml")
    assert result.exit_code == 2
    assert "80-trail-order.yaml:" in result.stderr
    assert "'sure' is not one of ['safe', 'review']" in result.stderr


MESSAGE = "Incorrect S3 bucket policy is detected for bucket: logs"


@pytest.mark.parametrize("given", ["text", "file", "path", "standard input", "broken lines"])
def test_an_error_is_taken_as_text_from_a_file_and_from_standard_input(folder: Path, given: str) -> None:
    (folder / "message.txt").write_text(f"12:01 CREATE_FAILED Trail\n{MESSAGE}\n", "utf-8")
    value = {
        "text": MESSAGE,
        "file": "@message.txt",
        "path": "message.txt",
        "standard input": "-",
        "broken lines": MESSAGE.replace("is detected", "is\n  detected"),
    }[given]
    result = run("simulate", "--error", value, "stack.yaml", stdin=MESSAGE.encode())
    assert result.exit_code == 0
    assert "InsufficientS3BucketPolicyException: " in result.stdout
    assert "kms:" not in result.stdout


@pytest.mark.parametrize(("value", "reason"), [("@missing.txt", "No such file or directory"), ("@.", "Is a directory")])
@pytest.mark.usefixtures("folder")
def test_a_file_of_an_error_that_cannot_be_read(value: str, reason: str) -> None:
    result = run("simulate", "--error", value, "stack.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Invalid value for --error: {value}: {reason}" in result.stderr


def test_a_message_and_a_template_cannot_share_standard_input(folder: Path) -> None:
    result = run("simulate", "--error", "-", "-", "healthy.yaml", stdin=MESSAGE.encode())
    assert result.exit_code == 2
    assert "-: standard input was already read for --error\n" in result.stderr
    assert "healthy.yaml" in result.stdout
    assert (folder / "healthy.yaml").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", [name for name in RUNS if name.startswith("help")])
def test_help_is_for_every_terminal(name: str) -> None:
    assert run(*RUNS[name]).stdout.isascii()


def test_a_pipe_is_fixed_only_on_the_way_through(folder: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("the system has no named pipes")
    os.mkfifo(folder / "pipe.yaml")
    result = run("fix", "pipe.yaml", "minimal.yaml")
    assert result.exit_code == 2
    assert "pipe.yaml: not a regular file, so it cannot be changed in place; use --dry-run\n" in result.stderr
    assert "minimal.yaml: 2 fixes applied" in result.stderr


def test_another_name_of_a_file_is_warned_of(folder: Path) -> None:
    (folder / "other.yaml").hardlink_to(folder / "minimal.yaml")
    result = run("fix", "minimal.yaml")
    assert result.exit_code == 0
    assert result.stderr.startswith("minimal.yaml: warning: the file has 1 other hard link(s), which keep")


def test_fix_works_where_nobody_owns_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "chown")
    assert run("fix", "minimal.yaml").exit_code == 0
    assert run("check", str(folder / "minimal.yaml")).exit_code == 0


def test_the_distribution_has_a_name_of_its_own_and_the_command_has_not() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert '\nname = "remediate-cfn"\n' in project
    assert '\nremediate = "remediate.__main__:main"\n' in project
    assert run("--version").stdout.startswith(f"remediate, version {__version__} (Python ")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("message", ["The following resource(s) failed to create: [Trail]. ", "Resource creation cancelled"])
def test_a_message_without_a_cause_leaves_the_run_as_it_is(message: str) -> None:
    for command in ("check", "simulate"):
        told, alone = run(command, "--error", message, "stack.yaml"), run(command, "stack.yaml")
        assert (told.stdout, told.exit_code) == (alone.stdout, alone.exit_code)
        assert "--error: this message names no cause" in told.stderr
        assert "Known: InsufficientS3BucketPolicyException," in told.stderr.replace("\n      ", " ")
