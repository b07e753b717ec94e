"""What becomes of real templates: ``python -m tests.corpus [CORPUS] [--validators]`` prints the tables of docs/corpus.md.

CORPUS is a folder with ``manifest.jsonl`` and ``templates/``; without it the environment variable REMEDIATE_CORPUS or
``../shared/corpus`` is used. Both patch sets run on every template, for CloudTrail and for all services. Each result is
checked with other means than the tool's own: another YAML parser, jsonpatch, ``git apply`` and ``patch``, an outside policy
evaluator where it is at hand (see ``tests/outside``), cfn-lint and cloudformation-validate if asked for. Exit 1 if anything
is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonpatch
import yaml

from remediate.delivery.comparison import worst
from remediate.delivery.services import service_ids
from remediate.engine import Report, remediate, remediate_all
from remediate.iam.evaluate import Outcome
from remediate.patch_set import PatchSet, load, load_all
from remediate.plan import Options
from remediate.report import diff
from remediate.template import Unreadable, read
from tests.corpus_tables import OfService, Result, table

if TYPE_CHECKING:
    from tests.outside.evaluator import Evaluator

_PLACE = re.compile(r"(at )?\b(byte|line|column) \d+")
LOGGING_TYPES = {
    *("AWS::CloudTrail::Trail", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::IAM::Role"),
    *("AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy", "AWS::Logs::LogGroup", "AWS::Config::DeliveryChannel"),
    # What may have to wait for a bucket policy.
    *("AWS::EC2::FlowLog", "AWS::Route53Resolver::ResolverQueryLoggingConfig", "AWS::WAFv2::LoggingConfiguration"),
    *("AWS::NetworkFirewall::LoggingConfiguration", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    "AWS::ElasticLoadBalancing::LoadBalancer",
}
PATCH_SETS = ("cloudtrail-create", "cloudtrail-documented")
ALL_SERVICES = ("--service all", "--service all --patch-set documented")
"""Runs for every service; the rest of a name is that of the patch set."""
APPLYING = {
    "git apply": ["git", "apply", "--whitespace=nowarn", "-"],
    "patch -p1": ["patch", "-p1", "--binary", "--silent"],
}


def corpus_folder() -> Path | None:
    """Return the corpus that this machine has, None where there is none."""
    candidates = (os.environ.get("REMEDIATE_CORPUS"), Path(__file__).parents[2] / "shared" / "corpus")
    return next((Path(one) for one in candidates if one and (Path(one) / "manifest.jsonl").is_file()), None)


def rows(folder: Path | None) -> list[dict[str, Any]]:
    """Return the manifest of a corpus, a row for each template."""
    lines = (folder / "manifest.jsonl").read_text("utf-8").splitlines() if folder else []
    return [json.loads(line) for line in lines]


def sets_of(name: str) -> tuple[PatchSet, ...]:
    """Return the patch sets of a run, with those of the service's legs."""
    if name in ALL_SERVICES:
        return load_all("documented" if name.endswith("documented") else "create", ["all"])
    return load_all(name, ())


def examine(folder: Path, row: dict[str, Any], patch_set: str, *, validators: bool = False, outside: bool = False) -> Result:
    """Run a patch set on one template and check the result."""
    file = folder / row["file"]
    raw = file.read_bytes()
    name = file.name
    try:
        report = remediate_all(raw, name, sets_of(patch_set), Options())
    except Unreadable as error:
        result = Result(name, row["kind"], "refused", [error.located(name)])
        if not error.line:
            result.wrong.append("refused without a place")
        return result
    except Exception as error:  # noqa: BLE001  # whatever is raised is a finding, and must not hide the rest
        return Result(name, row["kind"], "raised", wrong=[f"{type(error).__name__}: {error}"])
    reasons = sorted({one.why for one in report.skipped})
    outcome = "patched" if report.changed else "left with a reason" if reasons else "nothing to do"
    result = Result(name, row["kind"], outcome, reasons, sorted({one.patch.id for one in report.applied}))
    result.causes = sorted({one.cause for one in report.causes()})
    _count_verdicts(result, report)
    if row["kind"] == "negative" and patch_set not in ALL_SERVICES and report.to_bytes() != raw:
        result.wrong.append("a negative changed")
    if report.changed:
        result.wrong += _check_patched(raw, report, patch_set)
        result.wrong += _check_diff(raw, report, result.counts)
        if validators:
            result.wrong += new_findings(report.before, report.after)
    if outside:
        _ask_outside(result, raw, report, patch_set)
    return result


def _count_verdicts(result: Result, report: Report) -> None:
    """Count what becomes of the documented requests."""
    for verdict in worst(report.verdicts):
        if verdict.request.confidence == "inferred":
            continue
        own = verdict.source in report.model.resources
        result.before[own, verdict.before.outcome.value] += 1
        result.after[own, verdict.after.outcome.value] += 1
        if own and report.changed and verdict.after.outcome is not Outcome.ALLOWED and not verdict.after.explicit:
            result.wrong.append(f"{verdict.request.id} of {verdict.source} is not allowed, and no Deny is to blame")
        if verdict.after.outcome is Outcome.DENIED:
            result.denied.append(f"{verdict.request.id} of {verdict.source}: {verdict.after.reason}")


def _check_patched(raw: bytes, report: Report, patch_set: str) -> list[str]:
    wrong: list[str] = []
    before, after = read(raw, report.name), read(report.to_bytes(), report.name)
    expected = jsonpatch.apply_patch(before.data, [operation.to_json() for operation in report.operations])
    if expected != after.data:
        wrong.append("the data is not what jsonpatch makes of it")
    if before.format == "yaml" and yaml.compose(report.after, Loader=yaml.SafeLoader) is None:
        wrong.append("another parser reads nothing")
    old, new = before.data["Resources"], after.data["Resources"]
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    for logical_id in old.keys() | new.keys():
        resource = new.get(logical_id)
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if old.get(logical_id) != resource and kind not in LOGGING_TYPES:
            wrong.append(f"{logical_id} ({kind}) changed")
    if {key: value for key, value in before.data.items() if key != "Resources"} != {
        key: value for key, value in after.data.items() if key != "Resources"
    }:
        wrong.append("another section changed")
    again = remediate_all(report.to_bytes(), report.name, sets_of(patch_set), Options())
    if again.changed:
        wrong.append("the second run changes something")
    return wrong


def _check_diff(raw: bytes, report: Report, counts: Counter[str]) -> list[str]:
    """Apply the diff with both programs in an empty folder, and compare the bytes."""
    wrong = []
    counts["diffs"] += 1
    for program, command in APPLYING.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / report.name
            file.write_bytes(raw)
            done = subprocess.run(command, cwd=folder, input=diff.render(report).encode(), capture_output=True, check=False)
            if done.returncode == 0 and file.read_bytes() == report.to_bytes():
                counts[program] += 1
            else:
                wrong.append(f"{program} does not take the diff: {done.stderr.decode(errors='replace').strip()}")
    return wrong


def new_findings(before: str, after: str) -> list[str]:
    """Return errors and warnings of cfn-lint and of cloudformation-validate that the old text did not have."""
    return [
        f"{name}: {finding}"
        for name, judge in (("cfn-lint", cfn_lint), ("cloudformation-validate", cloudformation_validate))
        for finding in (judge(after) - judge(before)).elements()
    ]


def cfn_lint(template: str) -> Counter[str]:
    """Return cfn-lint's errors and warnings, without their places, which move."""
    from cfnlint import api

    return Counter(f"{one.rule.id} {one.message}" for one in api.lint_all(template) if one.rule.id[0] in "EW")


def cloudformation_validate(template: str) -> Counter[str]:
    """Return the findings of AWS's own validator from warnings upwards, without their places."""
    from cloudformation_validate import Severity, TemplateContent, ValidateConfig

    report = _validator().validate_template(TemplateContent(template), ValidateConfig(severity_level=Severity.WARN))
    return Counter(_PLACE.sub("", f"{one.rule_id} {one.message}") for one in report.diagnostics)


@lru_cache
def _validator() -> Any:
    from cloudformation_validate import CompositeEngine

    return CompositeEngine()


def _ask_outside(result: Result, raw: bytes, report: Report, patch_set: str) -> None:
    """Have the outside evaluator say how the template stood, who else got in, and where it differs."""
    from tests.outside.judging import differences, health, opened
    from tests.outside.known import unexplained
    from tests.outside.tool import Told

    evaluator = _evaluator()
    whole = patch_set in ALL_SERVICES
    found = opened(evaluator, report.before, report.after, others_at_home=whole)
    result.counts["opened"] += len(found)
    result.wrong += map(str, found)
    if whole:
        return  # of the requests, the evaluator knows those of CloudTrail
    was, now = (health(evaluator, text) for text in (report.before, report.after))
    result.counts[f"{was} before"] += 1
    if was == "broken":
        result.counts[f"broken before, {now} after"] += 1
    if was == "healthy" and report.changed:
        result.counts["healthy, changed"] += 1
        result.wrong.append("a healthy template changed")
    differing, compared = differences(evaluator, raw, result.file, patch_set, Told())
    rest = unexplained(f"corpus/{result.file}", differing)
    result.counts += Counter({"compared": compared, "explained": len(differing) - len(rest), "differing": len(rest)})
    result.wrong += map(str, rest)


@lru_cache
def _evaluator() -> Evaluator:
    """Return this process's evaluator."""
    from tests.outside.evaluator import Evaluator

    return Evaluator()


def _of_services(folder: Path, row: dict[str, Any], patch_set: str, **asked: bool) -> Result:
    """Do the same, and in a run for all services tell what a run for each one alone finds, without its legs."""
    result = examine(folder, row, patch_set, **asked)
    if patch_set in ALL_SERVICES and result.outcome not in {"refused", "raised"}:
        raw, name = (folder / row["file"]).read_bytes(), "documented" if patch_set.endswith("documented") else "create"
        for service in service_ids():
            found = remediate(raw, result.file, load(name, service=service), Options())
            health = {one.health.name.lower() for one in found.deliveries}
            causes, patches = {one.cause for one in found.causes()}, {one.patch.id for one in found.applied}
            result.services[service] = OfService(health, causes, patches)
    return result


def _run(folder: Path, patch_set: str, *, validators: bool, outside: bool) -> list[Result]:
    with ProcessPoolExecutor(2) as pool:
        asked = {"validators": validators, "outside": outside}
        futures = [pool.submit(_of_services, folder, row, patch_set, **asked) for row in rows(folder)]
        return [future.result() for future in futures]


def main() -> int:
    """Print the tables, then whatever is wrong."""
    from tests.outside.evaluator import unavailable

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=corpus_folder())
    parser.add_argument("--patch-set", choices=PATCH_SETS + ALL_SERVICES, action="append", help="one run alone")
    parser.add_argument("--validators", action="store_true", help="ask cfn-lint and cloudformation-validate too (minutes)")
    parser.add_argument("--verbose", action="store_true", help="a line for each template")
    chosen = parser.parse_args()
    if chosen.corpus is None:
        parser.error("there is no corpus here; name its folder")
    reason = unavailable()
    options = {"validators": chosen.validators, "outside": reason is None}
    results = {name: _run(chosen.corpus, name, **options) for name in chosen.patch_set or PATCH_SETS + ALL_SERVICES}
    print(table(results, outside=reason is None))  # noqa: T201  # a script's output
    if reason:
        print(f"\nThe outside evaluator was not asked: {reason}")  # noqa: T201
    found = [(name, one) for name, templates in results.items() for one in templates]
    if chosen.verbose:
        for name, one in found:
            print(name, one.kind[:3], one.outcome, one.file, one.patches, one.reasons)  # noqa: T201
    wrong = [f"{one.file} ({name}): {what}" for name, one in found for what in one.wrong]
    print(f"\n{len(found)} results, {len(wrong)} wrong", *wrong, sep="\n")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
