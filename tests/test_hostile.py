"""Inputs that nobody means well with: a plain message, an exit code of the table, and an untouched file."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt

from remediate import fix
from remediate.cli import main

EXAMPLE = Path(__file__).parent.parent / "examples" / "minimal.yaml"
PATCHES = EXAMPLE.parent.parent / "patches"

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CONDITIONAL = """\
Parameters: { Stage: { Type: String } }
Conditions: { Production: !Equals [!Ref Stage, production] }
Resources:
  Bucket: { Type: AWS::S3::Bucket }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement: !If
          - Production
          - - { Effect: Deny, Principal: "*", Action: "s3:DeleteBucket", Resource: !GetAtt Bucket.Arn }
          - !Ref AWS::NoValue
  Trail: { Type: AWS::CloudTrail::Trail, DependsOn: Policy, Properties: { S3BucketName: !Ref Bucket, IsLogging: true } }
"""

NO_ORGANIZATION = """\
Parameters: { OrganizationId: { Type: String, Default: "" } }
Resources:
  Bucket: { Type: AWS::S3::Bucket }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub ${Bucket.Arn}/AWSLogs/${OrganizationId}/*
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: [s3:GetBucketAcl, s3:GetBucketLocation]
            Resource: !GetAtt Bucket.Arn
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties:
      S3BucketName: !Ref Bucket
      IsLogging: true
      IsOrganizationTrail: true
"""

REFUSED = {
    "aliases of aliases": (
        BOMB + "Resources: {}\n",
        "x.yaml:7:4: the aliases in this template expand to more than 2,000,000 values: replace them by their values\n",
    ),
    "Resources behind a tag": (
        "Resources: !Sub abc\n",
        "x.yaml:1:1: the Resources section is not a mapping of logical IDs to resources\n",
    ),
    "Resources as a list": (
        "Description: x\nResources: []\n",
        "x.yaml:2:1: the Resources section is not a mapping of logical IDs to resources\n",
    ),
    "a template of a template": (
        "{% if x %}\nResources: {}\n{% endif %}\n",
        "x.yaml:1:2: contains Jinja/Helm syntax; render it first and run remediate on the result\n",
    ),
}

USAGE = {
    "an id that is none": (["--organization-id", "foo"], "an organization ID looks like o-a1b2c3d4e5"),
    "a parameter for an id": (
        ["--organization-id", "OrgId"],
        "known by its name, such as OrganizationId, or by its Allowed",
    ),
    "an account that is none": (["--parameter", "AWS::AccountId=abc"], "an account ID has twelve digits"),
    "nothing chosen": (["--select", "trail-order", "--ignore", "trail-order"], "--select and --ignore exclude every patch"),
    "a folder without the set": (["--patches", "."], "it has no folder 'cloudtrail/create'"),
    "a patch set that is a path": (["--patch-set", str(PATCHES / "cloudtrail" / "create")], "there is no patch set"),
    "a patch set above": (["--patch-set", ".."], "there is no patch set '..'"),
    "an id that no report shows": (["--ignore", "bucket-inside"], "unknown id 'bucket-inside'"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("command", ["check", "fix", "simulate"])
def test_refused_with_its_place(folder: Path, command: str, text: str, message: str) -> None:
    (folder / "x.yaml").write_text(text, "utf-8")
    result = run(command, "x.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)
    assert (folder / "x.yaml").read_text("utf-8") == text


@pytest.mark.parametrize(("options", "message"), USAGE.values(), ids=USAGE.keys())
def test_options_that_cannot_be_meant(folder: Path, options: list[str], message: str) -> None:
    (folder / "x.yaml").write_bytes(EXAMPLE.read_bytes())
    result = run("fix", *options, "x.yaml")
    assert result.exit_code == 2
    assert message in result.stderr
    assert (folder / "x.yaml").read_bytes() == EXAMPLE.read_bytes()


def test_a_statement_for_some_conditions_only_is_not_half_mended(folder: Path) -> None:
    (folder / "x.yaml").write_text(CONDITIONAL, "utf-8")
    result = run("fix", "x.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "its Statement is there under some conditions only" in " ".join(result.stderr.split())
    assert (folder / "x.yaml").read_text("utf-8") == CONDITIONAL


def test_an_organization_id_with_an_empty_default(folder: Path) -> None:
    (folder / "x.yaml").write_text(NO_ORGANIZATION, "utf-8")
    assert run("fix", "x.yaml").exit_code == 1
    result = run("fix", "--review", "x.yaml")
    assert result.exit_code == 0
    added = [line for line in result.stdout.splitlines() if line.startswith("+ ") and "Resource: " in line]
    assert [line.split("Resource: ")[-1] for line in added] == ["!Sub ${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*"]
    assert run("check", "x.yaml").exit_code == 0


@pytest.mark.parametrize("style", ["json", "markdown", "sarif", "github"])
def test_control_characters_and_half_characters_are_shown_as_escapes(folder: Path, style: str) -> None:
    text = EXAMPLE.read_text("utf-8").replace("Sid: CloudTrailWrite", 'Sid: "\\e[31mA\\n::error::x"')
    text = text.replace("Action: s3:PutObject", "Action: s3:PutObjectAcl")
    (folder / "x.yaml").write_text(text, "utf-8")
    result = run("check", "--format", style, "x.yaml")
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    assert not any(line.startswith("::error::") for line in result.stdout.splitlines())


def test_half_a_surrogate_pair_in_json(folder: Path) -> None:
    statement = {"Sid": "\ud800", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    statement |= {"Action": "s3:GetBucketAcl", "Resource": {"Fn::GetAtt": ["B", "Arn"]}}
    resources = {
        "B": {"Type": "AWS::S3::Bucket"},
        "P": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "B"}, "PolicyDocument": {"Statement": [statement]}},
        },
        "T": {"Type": "AWS::CloudTrail::Trail", "Properties": {"S3BucketName": {"Ref": "B"}, "IsLogging": True}},
    }
    (folder / "x.json").write_text(json.dumps({"Resources": resources}), "utf-8")
    assert run("check", "x.json").exit_code == 1
    assert run("check", "--format", "markdown", "x.json").exit_code == 1


ODD_PATCHES = {
    "operator": ('[{"op": ["add"], "path": "/x", "value": 1}]', "c.json: operation 1: `op` is ['add']: "),
    "second": ('[{"op": "test", "path": "", "value": 1}, 7]', "c.json: operation 2: an operation is a JSON object "),
    "nested patch": ("[" * 100_000, "c.json:1:1: nested too deeply: "),
    "nested array": ("[" * 900 + "]" * 900, "c.json: operation 1: an operation is a JSON object "),
    "nested value": (
        '[{"op": "add", "path": "/x", "value": ' + "[" * 900 + "]" * 900 + "}]",
        "c.json: operation 1: `value` is nested deeper than 200 levels",
    ),
    "not UTF-8": (b'[{"op": "\xff"}]', "c.json:1:1: "),
    "digits": (f'[{{"op": "remove", "path": "/l/{"9" * 5000}"}}]', "x.yaml: /l/999"),
    "deep": (
        '[{"op": "add", "path": "/x", "value": ' + "[" * 180 + "]" * 180 + "}]",
        "x.yaml: /x: the result would be nested more than 150 levels deep",
    ),
    "copies of copies": (
        str([{"op": "copy", "from": "", "path": f"/x{number}"} for number in range(30)]).replace("'", '"'),
        "x.yaml: /x15: the operations would copy more than 200,000 values",
    ),
}


def test_aliases_that_copies_would_make_too_many(folder: Path) -> None:
    inner = ", ".join(["1"] * 1000)
    lines = [f"a: &a [{inner}]", f"b: &b [{', '.join(['*a'] * 100)}]", f"c: [{', '.join(['*b'] * 18)}]"]
    (folder / "x.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "c.json").write_text('[{"op": "copy", "from": "/b", "path": "/d"}]', "utf-8")
    result = run("apply", "c.json", "x.yaml")
    assert (result.exit_code, result.stderr) == (2, "x.yaml: /d: the result would have more than 2,000,000 values\n")


@pytest.mark.parametrize(("patch", "message"), ODD_PATCHES.values(), ids=ODD_PATCHES.keys())
def test_odd_patches(folder: Path, patch: str | bytes, message: str) -> None:
    (folder / "x.yaml").write_text("l: [1]\nm: 2\n", "utf-8")
    (folder / "c.json").write_bytes(patch if isinstance(patch, bytes) else patch.encode())
    result = run("apply", "c.json", "x.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert "Error" not in result.stderr
    assert (folder / "x.yaml").read_text("utf-8") == "l: [1]\nm: 2\n"


def test_a_patch_that_is_no_pointer_is_blamed_on_the_patch(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(EXAMPLE.read_bytes())
    (folder / "c.json").write_text('[{"op": "add", "path": "/a~2b", "value": 1}]', "utf-8")
    result = run("apply", "c.json", "x.yaml")
    assert result.exit_code == 2
    assert (
        result.stderr
        == "c.json: operation 1: '/a~2b' is not a JSON pointer: `~` must be followed by 0 or 1 (RFC 6901 section 3)\n"
    )


def test_a_patch_that_is_no_json_has_its_place(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(EXAMPLE.read_bytes())
    (folder / "c.json").write_text("[\n", "utf-8")
    result = run("apply", "c.json", "x.yaml")
    assert (result.exit_code, result.stderr.split(": ")[0]) == (2, "c.json:2:1")


def test_the_same_file_twice_is_one_file(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(EXAMPLE.read_bytes())
    (folder / "link.yaml").symlink_to("x.yaml")
    assert run("fix", "--dry-run", "x.yaml", "./x.yaml", "link.yaml", ".").stdout.count("--- ") == 1


@pytest.mark.parametrize("name", ["new\nline.yaml", "with space.yaml", 'quo"ted.yaml', "\u00fcmlaut.yaml"])
def test_git_takes_the_diff_of_any_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(EXAMPLE.read_bytes())
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "apply", "-"], input=run("fix", "--dry-run", name).stdout_bytes, check=True)
    assert run("check", name).exit_code == 0


def test_the_diff_of_a_link_is_for_its_target(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(EXAMPLE.read_bytes())
    (folder / "link.yaml").symlink_to("x.yaml")
    assert run("fix", "--dry-run", "link.yaml").stdout.startswith("--- a/x.yaml\n+++ b/x.yaml\n")


def test_what_cloudformation_expands_is_said_not_to_be_looked_into() -> None:
    template = """\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Trails:
    - Name
    - [Main, Side]
    - ${Name}: { Type: AWS::CloudTrail::Trail, Properties: { S3BucketName: logs, IsLogging: true } }
  Fn::ForEach::Topics:
    - Name
    - [Main, Side]
    - ${Name}Topic: { Type: AWS::SNS::Topic }
  Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://templates/more.yaml } }
"""
    report = fix(template)
    assert [(one.why, one.logical_id) for one in report.skipped] == [
        ("undecidable", "Fn::ForEach::Trails"),
        ("undecidable", "Fn::Transform"),
    ]


def patches_of_ones_own(folder: Path, name: str) -> Path:
    """Return the path of a patch file in an own folder, which is not there yet."""
    (folder / "x.yaml").write_bytes(EXAMPLE.read_bytes())
    (folder / "own" / "cloudtrail" / "create").mkdir(parents=True)
    return folder / "own" / "cloudtrail" / "create" / name


@pytest.mark.parametrize(
    ("target", "reason"),
    [("nowhere", "No such file or directory"), ("80-trail-order.yaml", "Too many levels of symbolic links")],
)
def test_a_patch_file_that_leads_nowhere(folder: Path, target: str, reason: str) -> None:
    patches_of_ones_own(folder, "80-trail-order.yaml").symlink_to(target)
    result = run("check", "--patches", "own", "x.yaml")
    assert result.exit_code == 2
    assert result.stderr == f"Error: own/cloudtrail/create/80-trail-order.yaml: {reason}\n"


def test_a_folder_of_patches_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patches_of_ones_own(folder, "80-trail-order.yaml")
    real = Path.iterdir

    def locked(path: Path) -> Iterator[Path]:
        if path.name == "create" and path.parent.parent.name == "own":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", locked)
    result = run("check", "--patches", "own", "x.yaml")
    assert (result.exit_code, result.stderr) == (2, "Error: own/cloudtrail/create: Permission denied\n")


@pytest.mark.parametrize(
    ("included", "message"),
    [
        ("trail-order", "which is not about the statements of a policy"),
        ("trial-order", "which cloudtrail/create does not have"),
    ],
)
def test_a_policy_that_includes_what_it_cannot(folder: Path, included: str, message: str) -> None:
    name = "10-bucket-policy-missing.yaml"
    written = (PATCHES / "cloudtrail" / "create" / name).read_text("utf-8")
    patches_of_ones_own(folder, name).write_text(written.replace("[bucket-checks,", f"[{included},"), "utf-8")
    result = run("check", "--patches", "own", "x.yaml")
    assert result.exit_code == 2
    assert result.stderr == f"Error: own/cloudtrail/create/{name}: `with` names {included!r}, {message}\n"


def test_patches_that_are_the_same_as_each_other(folder: Path) -> None:
    file = patches_of_ones_own(folder, "80-trail-order.yaml")
    file.write_text("id: trail-order\nsame-as: documented\n", "utf-8")
    other = folder / "own" / "cloudtrail" / "documented"
    other.mkdir()
    (other / "80-trail-order.yaml").write_text("id: trail-order\nsame-as: create\n", "utf-8")
    result = run("check", "--patches", "own", "x.yaml")
    assert result.exit_code == 2
    circle = "`same-as` leads in a circle: cloudtrail/create to cloudtrail/documented to cloudtrail/create"
    assert result.stderr == f"Error: own/cloudtrail/documented/80-trail-order.yaml: {circle}\n"


def test_a_set_of_ones_own_may_name_a_shipped_one(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(EXAMPLE.read_bytes())
    (folder / "own" / "cloudtrail" / "mine").mkdir(parents=True)
    (folder / "own" / "cloudtrail" / "mine" / "10-trail-order.yaml").write_text(
        "id: trail-order\nsame-as: create\n", "utf-8"
    )
    result = run("fix", "--dry-run", "--patches", "own", "--patch-set", "mine", "x.yaml")
    assert "x.yaml: 1 fix available for Trail" in result.stderr


def test_a_patch_that_is_nested_too_deeply(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(EXAMPLE.read_bytes())
    (folder / "c.json").write_text("[" * 100_000, "utf-8")
    result = run("apply", "c.json", "x.yaml")
    message = "c.json:1:1: nested too deeply: expected a JSON array of operations (RFC 6902)\n"
    assert (result.exit_code, result.stderr) == (2, message)


HOSTILE = {
    "a line break and a command": "x\n::error file=README.md,line=1::all is lost",
    "a command": "::error::all is lost",
    "an old command": "##[error]all is lost",
    "a direction mark": "x\u202egnirts",
    "HTML": "<script>alert(1)</script>",
    "an image": "![x](https://evil.example/x.png)",
    "a cell and a code span": "a`|b`",
    "a heading": "x\n\n# Heading",
    "an emoji": "\U0001fae8",
    "DEL and C1": "\x7f\x9b31m",
    "no characters": "a\ufffe\uffffb",
    "a file of a test": "[[ATTACHMENT|/etc/passwd]]",
    "the end of an element": ']]></failure></testcase><testcase name="x"/>',
    "the end of a diagram": '"] --> n9["x\n```\n# Heading',
    "a link": "[x](https://evil.example/)",
}


DRAWN = re.compile(
    r"""  n\d+\["[^"`]+"\]|  n\d+ (-->\|"[^"`]+"\||---) n\d+|  linkStyle \d+ stroke:#[0-9a-f]{6},stroke-width:2px"""
)


def hostile(text: str) -> str:
    """Return a template in which a text stands wherever a report may show it."""
    bucket, policy, trail = f"B{text}", f"{text}P", text
    statements = [
        {
            "Sid": text,
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", text],
            "Resource": {"Fn::GetAtt": [bucket, "Arn"]},
            "Condition": {text: {text: text}, "StringEquals": {"aws:SourceArn": text}},
        },
        {"Sid": f"{text}2", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"},
    ]
    properties = {"Bucket": {"Ref": bucket}, "PolicyDocument": {"Statement": statements}}
    resources = {
        bucket: {"Type": "AWS::S3::Bucket"},
        policy: {"Type": "AWS::S3::BucketPolicy", "Properties": properties},
        trail: {
            "Type": "AWS::CloudTrail::Trail",
            "Metadata": {"remediate": {"ignore": [{"id": "trail-before-policy", "reason": text}]}},
            "Properties": {"S3BucketName": {"Ref": bucket}, "S3KeyPrefix": text, "KMSKeyId": text, "IsLogging": True},
        },
    }
    return json.dumps({"Resources": resources, text: {}})


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("command", ["check", "simulate", "fix --dry-run --format json", "fix --dry-run --format markdown"])
def test_text_of_a_template_commands_no_log_and_no_terminal(folder: Path, command: str, text: str) -> None:
    (folder / "x.json").write_text(hostile(text), "utf-8")
    result = run(*command.split(), "x.json")
    assert "internal error" not in result.stderr
    for line in (result.stdout + result.stderr).split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line or "json" in command or "markdown" in command
        assert all(character.isprintable() or character == "\U0001fae8" for character in line)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("style", ["json", "sarif", "json-patch", "gitlab", "rdjson"])
def test_machine_formats_stay_valid(folder: Path, style: str, text: str) -> None:
    (folder / "x.json").write_text(hostile(text), "utf-8")
    json.loads(run("check", "--format", style, "x.json").stdout)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_workflow_commands_are_ours_alone(folder: Path, text: str) -> None:
    (folder / "x.json").write_text(hostile(text), "utf-8")
    lines = run("check", "--format", "github", "x.json").stdout.splitlines()
    assert lines
    assert all(re.match(r"::(error|warning|notice) file=x\.json,line=", line) for line in lines)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_markdown_has_our_markup_alone(folder: Path, text: str) -> None:
    (folder / "x.json").write_text(hostile(text), "utf-8")
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(run("check", "--format", "markdown", "x.json").stdout)
    inline = [child for token in tokens for child in token.children or []]
    assert {one.type for one in inline} <= {
        "text",
        "code_inline",
        "link_open",
        "link_close",
        "strong_open",
        "strong_close",
        "em_open",
    } | {"em_close", "softbreak", "html_inline"}
    assert {one.content for one in inline if one.type == "html_inline"} <= {"<!-- -->"}
    links = [str(one.attrs["href"]) for one in inline if one.type == "link_open"]
    assert all(link.startswith(("https://docs.aws.amazon.com/", "https://github.com/aws/")) for link in links)
    headings = {
        tokens[index + 1].content for index, one in enumerate(tokens) if one.type == "heading_open" and one.tag != "h3"
    }
    assert "Heading" not in headings
    count = Counter(one.type for one in tokens)
    assert count["td_open"] == 8 + 5 * (count["tr_open"] - count["thead_open"] - 1)
    blocks = {one.content for one in tokens if one.type == "html_block"}
    assert all(re.fullmatch(r"<details>\n<summary>[A-Za-z0-9: ]+</summary>\n|</details>\n", one) for one in blocks)
    fences = [one for one in tokens if one.type == "fence"]
    assert {one.info for one in fences} <= {"json", "mermaid"}
    drawn = [line for one in fences if one.info == "mermaid" for line in one.content.splitlines()[1:]]
    assert drawn
    assert all(DRAWN.fullmatch(line) for line in drawn)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_junit_has_our_elements_alone(folder: Path, text: str) -> None:
    (folder / "x.json").write_text(hostile(text), "utf-8")
    written = run("check", "--format", "junit", "x.json").stdout
    elements = [one.tag for one in ET.fromstring(written).iter()]
    assert elements == ["testsuites", "testsuite", "testcase", "failure", "system-out", "testcase", "skipped"]
    assert "[[" not in written


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_comments_of_a_review_have_our_markup_alone(folder: Path, text: str) -> None:
    (folder / "x.json").write_text(hostile(text), "utf-8")
    reviewed = json.loads(run("check", "--format", "rdjson", "x.json").stdout)["diagnostics"]
    results = json.loads(run("check", "--format", "sarif", "x.json").stdout)["runs"][0]["results"]
    reader = MarkdownIt("gfm-like", {"linkify": False})
    for message in [one["message"] for one in reviewed] + [one["message"]["markdown"] for one in results]:
        paragraph = reader.parse(message)
        assert [one.type for one in paragraph] == ["paragraph_open", "inline", "paragraph_close"]
        parts = [one for token in paragraph for one in token.children or []]
        assert all(one.type in {"text", "code_inline"} or one.content == "<!-- -->" for one in parts)
    assert not any(re.search(r"(?<!\\)\[[^]]*\]\(", one["message"]["text"]) for one in results)


@pytest.mark.parametrize("name", ["x\n::error::y.yaml", "::error::y.yaml", "\u202ex.yaml"])
def test_the_name_of_a_file_commands_no_log(folder: Path, name: str) -> None:
    (folder / name).write_bytes(EXAMPLE.read_bytes())
    (folder / f"{name}.broken.yaml").write_text("Resources: [\n", "utf-8")
    for command in ("check", "simulate", "fix"):
        result = run(command, name, f"{name}.broken.yaml", f"{name}.missing.yaml")
        said = result.stderr if command == "fix" else result.stdout + result.stderr  # the diff is the file's own
        assert not any(line.lstrip().startswith("::") or "\u202e" in line for line in said.split("\n"))


def test_a_policy_that_would_become_too_large_for_s3(folder: Path) -> None:
    statement = """\
          - Effect: Allow
            Principal: { AWS: "arn:aws:iam::111122223333:root" }
            Action: s3:GetObject
            Resource: !Sub "${LogBucket.Arn}/AWSLogs/NUMBER/and-a-long-folder-to-fill-the-policy/*"
"""
    many = "".join(statement.replace("NUMBER", f"{number:06}") for number in range(113))
    text = EXAMPLE.read_text("utf-8").replace("        Statement:\n", f"        Statement:\n{many}", 1)
    (folder / "x.yaml").write_text(text, "utf-8")
    result = run("fix", "x.yaml")
    assert result.exit_code == 2
    assert "S3 takes no more than 20,480: take statements out of it first" in result.stderr
    assert (folder / "x.yaml").read_text("utf-8") == text


def test_a_prefix_with_a_wildcard_means_itself(folder: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace("S3BucketName:", 'S3KeyPrefix: "a*b"\n      S3BucketName:')
    (folder / "x.yaml").write_text(text, "utf-8")
    assert "${!*}" in run("fix", "x.yaml", "--dry-run").stdout
