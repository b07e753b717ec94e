"""A look at the bytes: what is not read has nothing in it that reading would have told."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from remediate.broken_lines import has_broken_lines
from remediate.cli import main
from remediate.delivery.locate import Given
from remediate.delivery.services import default_service, shipped_services
from remediate.engine import remediate_all
from remediate.patch_set import load_all
from remediate.plan import Options
from remediate.relevance import Look, Relevance
from remediate.template import Unreadable, read
from tests.corpus import corpus_folder

ROOT = Path(__file__).parent.parent
PLAIN = b"""\
AWSTemplateFormatVersion: "2010-09-09"
Description: It doesn't log.
Resources:
  Queue:
    Type: AWS::SQS::Queue
  Configuration:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: "no trail here: {{resolve:ssm:x}}"}
"""
JSON = b'{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'


def relevance(*services: str, values: tuple[str, ...] = ()) -> Relevance:
    sets = load_all("create", services or ("cloudtrail",))
    return Relevance(
        [one.service for one in sets if one.used_by is None], values
    )  # a leg is looked at with what it is a leg of


def resource(kind: str, properties: str = "{}") -> bytes:
    return PLAIN + f"  Other:\n    Type: {kind}\n    Properties: {properties}\n".encode()


def bucket_policy(principal: str) -> bytes:
    return resource("AWS::S3::BucketPolicy", f"{{PolicyDocument: {{Statement: [{{Principal: {{Service: {principal}}}}}]}}}}")


@pytest.mark.parametrize(
    "raw", [PLAIN, JSON, PLAIN.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + PLAIN, b"\xef\xbb\xbf" + JSON]
)
def test_a_template_of_something_else_is_not_read(raw: bytes) -> None:
    assert relevance().look(raw) is Look.UNCONCERNED
    assert relevance("all").look(raw) is Look.UNCONCERNED


@pytest.mark.parametrize(
    "raw", [b"", b"kind: Deployment\n", b"{}", b"\x89PNG\0\0", b'"AWS::" and Resources', b"resources: [AWS]"]
)
def test_what_does_not_mention_cloudformation_is_something_else(raw: bytes) -> None:
    assert relevance().look(raw) is Look.OTHER


READ = {
    "a trail": resource("AWS::CloudTrail::Trail"),
    "a principal": bucket_policy("cloudtrail.amazonaws.com"),
    "a principal in capitals": bucket_policy("CLOUDTRAIL.amazonaws.com"),
    "a principal with Fn::Sub": bucket_policy("!Sub 'cloudtrail.${AWS::URLSuffix}'"),
    "a principal with Fn::Join": bucket_policy("!Join ['.', [cloudtrail, amazonaws, com]]"),
    "a principal as an escape of JSON": JSON[:-1] + rb', "P": "\u0063loudtrail.amazonaws.com"}',
    "a principal as an escape of YAML": bucket_policy(r'"\x63loudtrail.amazonaws.com"'),
    "a principal over two lines": bucket_policy('"cloud\\\n          trail.amazonaws.com"'),
    "a type that a loop makes": resource("!Sub 'AWS::${Service}::Trail'") + b"Transform: AWS::LanguageExtensions\n",
    "a loop": PLAIN + b"  Fn::ForEach::Trails: []\nTransform: AWS::LanguageExtensions\n",
    "what a macro makes": PLAIN + b"  Fn::Transform: {Name: Trails}\n",
    "the same in short form": resource("AWS::S3::Bucket", "!Transform {Name: Trails}"),
    "a macro for the template": PLAIN + b"Transform: [Macro]\nDescription: for myCloudTrailBucket\n",
    "a source of another service": resource("AWS::Config::DeliveryChannel"),
    "a nested stack for logging": resource("AWS::CloudFormation::Stack", "{TemplateURL: https://s3/audit.yaml}"),
    "a stack set for logging": resource("AWS::CloudFormation::StackSet", "{TemplateURL: https://s3/baseline.yaml}"),
    "a stack set with a trail": resource("AWS::CloudFormation::StackSet", "{TemplateBody: 'MyCloudTrailRole'}"),
    "UTF-16": PLAIN.decode().encode("utf-16"),
    "Latin-1": PLAIN.replace(b"It doesn't", b"f\xfcr").replace(b"log", b"x"),
    "a tab": PLAIN + b"\tX: 1\n",
    "a cut off beginning": b"Resources:\n  Trail: [\n",
    "half a file of JSON": JSON[:-3],
    "JSON with a key twice": b'{"Resources": {"A": {"Type": "AWS::SQS::Queue"}, "A": {"Type": "AWS::SQS::Queue"}}}',
    "JSON with a comma too many": b'{"Resources": {"A": {"Type": "AWS::SQS::Queue",}}}',
    "a quote that is not closed": PLAIN.replace(b'09-09"', b"09-09"),
    "Jinja": b"{% if x %}\n" + PLAIN + b"{% endif %}\n",
    "a second document": PLAIN + b"---\n" + PLAIN,
    "marks of a merge": PLAIN + b"<<<<<<< HEAD\n",
    "a first line and no Resources": b'AWSTemplateFormatVersion: "2010-09-09"\n',
}


@pytest.mark.parametrize("raw", READ.values(), ids=READ.keys())
def test_what_may_matter_is_read(raw: bytes) -> None:
    assert relevance().look(raw) is Look.READ


def test_a_source_of_another_service_is_read_for_where_it_may_be_one() -> None:
    without_key = b"Resources:\n  A:\n    Type: AWS::Logs::LogGroup\n"
    cloudtrail = Relevance([default_service()])
    log_groups = Relevance([one for one in shipped_services() if one.id == "log-groups"])

    assert (cloudtrail.look(without_key), log_groups.look(without_key)) == (Look.UNCONCERNED, Look.READ)
    assert cloudtrail.look(without_key + b"    Properties: { KmsKeyId: !Ref Key }\n") is Look.READ


def test_words_of_a_service_are_its_own() -> None:
    raw = bucket_policy("!Sub 'config.${AWS::URLSuffix}'")
    assert relevance("cloudtrail").look(raw) is Look.UNCONCERNED
    assert relevance("config").look(raw) is Look.READ


def test_a_value_of_a_parameter_may_be_a_principal() -> None:
    raw = bucket_policy("!Ref Service")
    assert relevance(values=("prod",)).look(raw) is Look.UNCONCERNED
    assert relevance(values=("prod", "cloudtrail.amazonaws.com")).look(raw) is Look.READ


@pytest.mark.parametrize("service", ["cloudtrail", "config"])
def test_nothing_is_lost_of_real_templates(service: str) -> None:
    sets = load_all("create", [service])
    looked = relevance(service)
    options = Options(Given(service=sets[0].service))
    skipped = 0
    folder = corpus_folder()
    for file in [*(folder.glob("templates/*") if folder else ()), *ROOT.glob("tests/cases/*/*/before.*")]:
        raw = file.read_bytes()
        look = looked.look(raw)
        if look is Look.READ:
            continue
        skipped += 1
        try:
            report = remediate_all(raw, str(file), sets, options)
        except Unreadable:
            continue  # broken in a way that its bytes do not show, and about something else
        assert (report.deliveries, report.verdicts, report.findings) == ((), (), ()), file
        told = {one.subject for one in report.skipped}
        assert told <= {"nested-stack", "stack-set"} if look is Look.NESTED else not told, file
    assert skipped > 20 or not folder


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_a_template_that_is_not_read_counts_as_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.yaml").write_bytes(PLAIN)
    (tmp_path / "k8s.yaml").write_bytes(b"kind: Deployment\n")
    line = "no CloudTrail trail, log bucket policy or key found"
    skipped = "1 other file skipped (not a CloudFormation template)"
    total = "1 file checked (none with log delivery): no problems found"
    assert run("check").stderr.splitlines() == [skipped, total]
    assert run("check", "-v").stderr.splitlines() == [
        "k8s.yaml: not a CloudFormation template (it does not mention CloudFormation); skipped",
        f"plain.yaml: {line}",
        skipped,
        total,
    ]
    assert run("check", "-v", "plain.yaml").stdout == f"plain.yaml: {line}\n"


def test_nested_stacks_of_what_is_not_read_are_counted(tmp_path: Path) -> None:
    for number, kind in enumerate(("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet")):
        raw = resource(kind, "{TemplateURL: ./network.yaml}").replace(b"no trail here", b"nothing")
        assert relevance().look(raw) is Look.NESTED
        (tmp_path / f"{number}.yaml").write_bytes(raw)
    (tmp_path / "plain.yaml").write_bytes(PLAIN)
    application = resource("AWS::Serverless::Application").replace(b"no trail here", b"nothing")
    assert relevance().look(application + b"Transform: AWS::Serverless-2016-10-31\n") is Look.NESTED
    total = "3 files checked (none with log delivery): no problems found"
    assert run("check", str(tmp_path)).stderr == f"{total}; nested stacks or stack sets of 2 files not looked into\n"
    named = run("check", "--strict", str(tmp_path / "0.yaml"))
    assert named.exit_code == 1
    assert "the template of the nested stack Other is not looked into here [nested-stack]" in named.stdout


def test_a_broken_template_is_an_error_whatever_it_is_about(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(PLAIN + b"  Other:\n    Type: AWS::SNS::Topic\n    Type: AWS::SNS::Topic\n")
    for name in (tmp_path, tmp_path / "x.yaml"):
        result = run("check", str(name))
        assert result.exit_code == 2
        assert "duplicate key" in result.stderr


def readable() -> list[bytes]:
    """Return the YAML templates of the corpus, or of the cases, that can be read."""
    folder = corpus_folder()
    files = sorted(folder.glob("templates/*")) if folder else sorted(ROOT.glob("tests/cases/*/*/before.yaml"))
    found = []
    for file in files:
        raw = file.read_bytes()
        if raw.lstrip()[:1] != b"{" and len(raw) < 50_000 and not is_unreadable(raw):
            found.append(raw)
    return found


def is_unreadable(raw: bytes) -> bool:
    try:
        read(raw, "x")
    except Unreadable:
        return True
    return False


def test_a_key_that_is_made_double_shows_in_the_lines() -> None:
    chance, tried = random.Random(7), 0  # noqa: S311  # it keeps no secret
    for raw in readable():
        lines = raw.split(b"\n")
        for place in chance.sample(range(len(lines)), min(5, len(lines))):
            broken = b"\n".join([*lines[: place + 1], *lines[place:]])
            try:
                read(broken, "x")
            except Unreadable as error:
                if "duplicate key" in str(error):
                    tried += 1
                    assert relevance("all").look(broken) is Look.READ, lines[place]
    assert tried > 50


def test_a_line_that_is_moved_mostly_shows() -> None:
    """Lines of a text, and of what is in braces, may be moved unseen."""
    chance, tried, seen = random.Random(8), 0, 0  # noqa: S311  # it keeps no secret
    for raw in readable():
        lines = raw.split(b"\n")
        for place in chance.sample(range(len(lines)), min(5, len(lines))):
            line = lines[place]
            moved = chance.choice([b" " + line, b"  " + line, line.removeprefix(b"  ")])
            broken = b"\n".join([*lines[:place], moved, *lines[place + 1 :]])
            if is_unreadable(broken):
                tried += 1
                seen += has_broken_lines(broken)
    assert tried > 100
    assert seen > 0.9 * tried


def test_what_can_be_read_seldom_looks_broken() -> None:
    """It would be read for nothing, which takes a hundred times as long."""
    templates = readable()
    assert sum(map(has_broken_lines, templates)) < 0.05 * len(templates)


def test_large_data_is_skipped_even_if_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text(json.dumps([{"type": "AWS::CloudTrail::Trail", "x": "y" * 1000}] * 6000), "utf-8")
    for name in (file, tmp_path):
        result = run("check", str(name))
        assert (result.exit_code, result.stdout) == (0, "")
        assert "skipped" in result.stderr
    file.write_text(json.dumps({"x": "y" * 6_000_000, "Resources": {}}), "utf-8")
    for name in (file, tmp_path):
        assert "larger than 5 MB" in run("check", str(name)).stderr
