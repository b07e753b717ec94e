"""Imports go only downwards, modules stay short, and what is slow to import is imported only where it is used."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from remediate.delivery.service import LogService
from remediate.delivery.services import shipped_services

PACKAGE = Path(__file__).parent.parent / "remediate"
EXAMPLES = PACKAGE.parent / "examples"

# Each part may import from itself and from the parts above it.
LAYERS = [
    *("errors", "signals", "partial_string", "template", "iam", "cloudformation", "delivery", "diagnosis", "reasons"),
    *(
        "patch_set",
        "broken_lines",
        "relevance",
        "suppressions",
        "plan",
        "verify",
        "engine",
        "environments",
        "compare",
        "choices",
        "files",
        "gitignore",
        "walk",
        "config",
    ),
    *("report", "undo", "baseline", "cli"),
]
# These know nothing of the parts above them.
NOTHING_OF = {
    "template": {"partial_string"},
    "iam": {"template"},
    "files": set(LAYERS) - {"errors", "signals", "files"},
}
HEAVY = {"deepdiff", "jsonschema", "rich", "ruamel"}
MAX_LINES = 300
MAX_FUNCTION = 29


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_function_is_too_long(file: Path) -> None:
    functions = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
    lines = {one.name: (one.end_lineno or 0) - one.lineno + 1 for one in functions}
    assert {name: count for name, count in lines.items() if count > MAX_FUNCTION} == {}


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_only_downwards(file: Path) -> None:
    part = part_of(file)
    if part in {"__init__", "__main__"}:
        return
    own = {name.split(".")[1] for name in imported(file) if name.startswith("remediate.") and name.count(".")}
    parts = own & set(LAYERS)
    below = set(LAYERS[: LAYERS.index(part) + 1]) - NOTHING_OF.get(part, set())
    assert parts <= below


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_module_is_too_long(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= MAX_LINES


def test_a_run_without_findings_imports_nothing_heavy() -> None:
    code = f"""
import sys
from click.testing import CliRunner
from remediate.cli import main
result = CliRunner().invoke(main, ["fix", "--dry-run", {str(EXAMPLES / "healthy.yaml")!r}])
print(result.exit_code, sorted({HEAVY!r} & sys.modules.keys()))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "0 []\n"


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_import_no_engine(option: str) -> None:
    code = f"""
import sys
from click.testing import CliRunner
from remediate.cli import main
result = CliRunner().invoke(main, [{option!r}])
heavy = {{"jsonpatch", "msgspec", "yaml", "remediate.engine", "remediate.template"}}
print(result.exit_code, sorted(heavy & sys.modules.keys()))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "0 []\n"


# A service is data: here no code names one. What counts as its name is read from the shipped data, so that a service that
# comes is held to the same.
WITHOUT_SERVICES = ("iam", "cloudformation", "plan", "diagnosis", "report", "verify", "engine.py", "patch_set")
# What logs are written to, or with, may be a source as well: a log group has a key. Code has to know these resources.
LOGGED_THROUGH = ("AWS::S3::Bucket", "AWS::Logs::LogGroup", "bucket", "log group", "log-groups")
EXCEPT = {
    "report/json.py": {'"trail"'},  # a member of the JSON report
    "plan/unread.py": {'r"trail|audit|logging|log-?archive|baseline"'},  # how people call stacks that log
    "iam/holders.py": {'"CloudWatch Logs"'},  # whose resource policies are a kind of policy, beside those of SNS and KMS
}


def names_of(service: LogService) -> Iterator[str]:
    """Yield what a service is called: its id, name and principal, and the types and nouns of its sources."""
    principal = service.principal.replace(".{region}", "").replace(".amazonaws.com", "")
    yield from (f"{principal}.amazonaws", service.name)
    if service.id not in service.principal.split(".")[0] or service.id == service.name.lower():
        yield service.id  # config alone is a word of this tool
    for kind in service.kinds:
        yield from (kind.source.type, kind.source.noun)


def pattern_of(names: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the names, also in the plural, with other signs between their words, or with none."""
    forms = {"[ _-]?".join(map(re.escape, re.split(r"[ _-]", one))) for one in names if one not in LOGGED_THROUGH}
    start, end = "(?-i:(?<![a-z])|(?=[A-Z]))", "(?-i:(?![a-z]))"  # of a word, also within a name such as auditTrail
    return re.compile(f"{start}(?:{'|'.join(sorted(forms))})s?{end}", re.IGNORECASE)


NAMED = pattern_of(name for service in shipped_services() for name in names_of(service))


@pytest.mark.parametrize(
    "text",
    [
        *(
            '"cloudtrail.amazonaws.com"',
            "CloudTrail",
            "cloudtrail_arn",
            "CloudTrailArn",
            "auditTrail",
            "trails",
            "of_trail",
            '"the trail of"',
        ),
        *("delivery_channel", "DeliveryChannel", '"config.amazonaws.com"', '"AWS::Config::DeliveryChannel"'),
        *('"AWS::EC2::FlowLog"', "flow_logs", '"delivery.logs.amazonaws.com"', "vended_logs", '"logs.amazonaws.com"'),
        *('"AWS::ElasticLoadBalancingV2::LoadBalancer"', '"the flow log"', "network_load_balancer"),
        *('"logging.s3.amazonaws.com s3:PutObject"', "elastic_load_balancing", '"the logged bucket"', "s3-access-logs"),
    ],
)
def test_a_service_that_is_named_is_found(text: str) -> None:
    assert NAMED.search(text)


def test_other_words_are_no_names() -> None:
    assert not any(NAMED.search(one) for one in ("config", "Config", "trailing", "log_group", "bucket", "remediate.config"))


def code_of(file: Path) -> Iterator[str]:
    """Yield names and strings, but no docstrings and comments, which may tell where a fact comes from."""
    with tokenize.open(file) as stream:
        for token in tokenize.generate_tokens(stream.readline):
            if token.type in {tokenize.NAME, tokenize.STRING} and not token.string.startswith('"""'):
                yield token.string


@pytest.mark.parametrize(
    "file", [one for one in modules() if part_of(one) in {name.removesuffix(".py") for name in WITHOUT_SERVICES}], ids=str
)
def test_no_service_is_named(file: Path) -> None:
    allowed = EXCEPT.get(file.relative_to(PACKAGE).as_posix(), set())
    assert [one for one in code_of(file) if NAMED.search(one) and one not in allowed] == []
