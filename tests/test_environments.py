"""Values of parameters from files, for one environment or several, and names that no template has."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from remediate.cli import main
from remediate.config.parameter_file import read_parameters
from remediate.template import TemplateError

TEMPLATE = """\
Parameters:
  Prefix: {Type: String}
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
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: [s3:GetBucketAcl, s3:GetBucketLocation]
            Resource: !GetAtt Bucket.Arn
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub '${Bucket.Arn}/prod/AWSLogs/${AWS::AccountId}/*'
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: BucketPolicy
    Properties: {S3BucketName: !Ref Bucket, IsLogging: true, S3KeyPrefix: !Ref Prefix}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "t.yaml").write_text(TEMPLATE, "utf-8")
    for name in ("prod", "dev", "test"):
        (tmp_path / f"{name}.env").write_text(f"Prefix={name}\n", "utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"ParameterKey": "A", "ParameterValue": "x=y"}, {"ParameterKey": "B", "UsePreviousValue": true}]', {"A": "x=y"}),
        ('["A=x=y", "B="]', {"A": "x=y", "B": ""}),
        ('{"Parameters": {"A": "x", "N": 1, "T": true, "L": ["a", "b"], "P": {"Fn::GetParam": ["a", "b"]}}, "Tags": {}}',
         {"A": "x", "N": "1", "T": "true", "L": "a,b"}),
        ("# values\n\nA=x y\r\nB = z\n", {"A": "x y", "B": "z"}),
        ("\ufeffA=x\n", {"A": "x"}),
        ("", {}),
        ("[]", {}),
    ],
)  # fmt: skip
def test_the_shapes_that_aws_uses(folder: Path, text: str, expected: dict[str, str]) -> None:
    (folder / "p").write_text(text, "utf-8")
    assert read_parameters(folder / "p") == expected


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"Parameters": []}', (1, 1), "expected"),
        ('{"A": "x"}', (1, 1), "expected"),
        ('[\n  {"Key": "A"}\n]', (2, 3), "expected"),
        ('["A=x",\n "B"]', (2, 2), "'B' is not KEY=VALUE"),
        ('["A=x",\n "A=y"]', (2, 2), "the parameter A has a value already"),
        ('{"Parameters": {"A": null}}', (1, 22), "expected"),
        ('{"Parameters": {"A": "x"', (1, 25), "the text ends before"),
        ("A=x\nnothing\n", (2, 1), "'nothing' is not KEY=VALUE"),
    ],
)
def test_what_has_no_shape_is_an_error_with_its_place(folder: Path, text: str, place: tuple[int, int], message: str) -> None:
    (folder / "p").write_text(text, "utf-8")
    with pytest.raises(TemplateError, match=message) as raised:
        read_parameters(folder / "p")
    assert (raised.value.line, raised.value.column) == place
    result = run("check", "--parameter-file", "p", "t.yaml")
    assert (result.exit_code, f"p:{place[0]}:{place[1]}: " in result.stderr) == (2, True)


def test_a_finding_names_its_environments_unless_it_is_in_all() -> None:
    assert "prefix-not-allowed" not in run("check", "--parameter-file", "prod.env", "t.yaml").stdout
    one = run("check", "--parameter-file", "dev.env", "t.yaml").stdout
    assert "[prefix-not-allowed]" in one
    assert "with the parameters of" not in one
    files = ("--parameter-file", "live=prod.env", "--parameter-file", "dev.env", "--parameter-file", "test.env")
    result = run("check", *files, "t.yaml")
    assert (result.exit_code, "(with the parameters of dev, test) [prefix-not-allowed]" in result.stdout) == (1, True)
    assert run("check", *files[2:], "t.yaml").stdout.count("with the parameters of") == 0
    assert "two files are for 'dev'" in run("check", *files, "--parameter-file", "dev=x", "t.yaml").stderr


def test_a_fix_holds_in_all_environments(folder: Path) -> None:
    files = ("--parameter-file", "prod.env", "--parameter-file", "dev.env", "--parameter-file", "test.env")
    assert run("fix", *files, "t.yaml").exit_code == 0
    fixed = (folder / "t.yaml").read_text("utf-8")
    for name in ("prod", "dev", "test"):
        assert run("check", "--parameter-file", f"{name}.env", "t.yaml").exit_code == 0
    assert run("fix", *files, "t.yaml").stdout == ""
    assert (folder / "t.yaml").read_text("utf-8") == fixed


def test_environments_that_disagree_leave_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from remediate import environments

    real = environments.remediate_all
    changed: list[bytes] = []

    def unsettled(raw: bytes, *rest: object) -> object:
        changed.append(raw)
        return real(TEMPLATE.encode() if len(changed) == 5 else raw, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(environments, "remediate_all", unsettled)
    result = run("fix", "--parameter-file", "dev.env", "--parameter-file", "test.env", "t.yaml")
    message = (
        "t.yaml: no fix is right with the parameters of all environments: with those of test, BucketPolicy would have to"
    )
    assert (result.exit_code, result.stderr.startswith(message)) == (2, True)
    assert (folder / "t.yaml").read_text("utf-8") == TEMPLATE


def test_the_configuration_names_files_too(folder: Path) -> None:
    (folder / ".remediate.toml").write_text('[parameter-files]\nprod = "prod.env"\ndev = "dev.env"\n', "utf-8")
    assert "(with the parameters of dev)" in run("check").stdout
    (folder / ".remediate.toml").write_text('[parameters]\nPrefix = "prod"\nOther = 1\n', "utf-8")
    assert run("check", "--fail-on", "error").exit_code == 0
    assert run("check", "--parameter", "Prefix=dev").exit_code == 1


def test_a_name_that_no_template_has_is_an_error(folder: Path) -> None:
    one = run("fix", "--parameter", "Prefx=dev", "t.yaml")
    assert (one.exit_code, one.stdout) == (2, "")
    assert one.stderr.splitlines()[0] == "t.yaml: this template has no parameter 'Prefx'; did you mean 'Prefix'?"
    assert (folder / "t.yaml").read_text("utf-8") == TEMPLATE
    (folder / "u.yaml").write_text(TEMPLATE.replace("Prefix", "Other"), "utf-8")
    assert "has no parameter" not in run("check", "--parameter", "Prefix=dev", ".").stderr
    many = run("check", "--parameter", "Prefx=dev", ".")
    assert (many.exit_code, "--parameter Prefx: no template of this run has this parameter\n" in many.stderr) == (2, True)
    pseudo = run("check", "--parameter", "AWS::Acount=1", "t.yaml")
    assert (pseudo.exit_code, "unknown pseudo parameter 'AWS::Acount'" in pseudo.stderr) == (2, True)


def test_a_name_in_the_configuration_that_no_template_has_is_a_warning(folder: Path) -> None:
    """The configuration may hold for templates that the run is not about, so that it is no error."""
    (folder / ".remediate.toml").write_text(
        '[parameters]\nPrefx = "prod"\n"AWS::AccountId" = "111122223333"\n\n'
        '[parameter-files]\ndev = "own.env"\n\n'
        '[[overrides]]\npaths = ["u.yaml"]\nparameters = {Prefix = "x", Other = "y"}\n',
        "utf-8",
    )
    (folder / "own.env").write_text("Prefix=dev\nThird=1\n", "utf-8")
    (folder / "u.yaml").write_text(TEMPLATE.replace("Prefix", "Other"), "utf-8")
    result = run("check", "t.yaml", "--exit-zero")
    assert (
        result.exit_code,
        [line for line in result.stderr.replace(f"{folder}/", "").splitlines() if "warning: " in line],
    ) == (
        0,
        [
            "own.env: warning: no template of this run has the parameter 'Third'",
            ".remediate.toml:2:1: warning: no template of this run has the parameter 'Prefx'; did you mean 'Prefix'?",
        ],
    )
    both = run("check", ".", "--exit-zero").stderr
    assert ".remediate.toml:10:1: warning: no template of this run has the parameter 'Prefix'" in both
    assert "'Other'" not in both
    assert "warning" not in run("check", "t.yaml", "--quiet", "--exit-zero").stderr
    assert "'Third'" not in run("check", "t.yaml", "--exit-zero", "--parameter-file", "dev.env").stderr
