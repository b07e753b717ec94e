"""What becomes of real templates: ``python -m tests.corpus [CORPUS] [--validators]`` prints the tables of docs/corpus.md.

CORPUS is a folder with ``manifest.jsonl`` and ``templates/``; without it the environment variable REMEDIATE_CORPUS or
``../shared/corpus`` is used. Both patch sets run on every template. Each result is checked with other means than the tool's
own: another YAML parser, jsonpatch, ``git apply`` and ``patch``, an outside policy evaluator where it is at hand (see
``tests/outside``), cfn-lint and cloudformation-validate if asked for. Exit 1 if anything is wrong.
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
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonpatch
import yaml

from remediate.delivery.comparison import worst
from remediate.engine import Report, remediate
from remediate.iam.evaluate import Outcome
from remediate.patch_set import load
from remediate.plan import Options
from remediate.report import diff
from remediate.template import Unreadable, read

TRAIL = "AWS::CloudTrail::Trail"

if TYPE_CHECKING:
    from tests.outside.evaluator import Evaluator

_PLACE = re.compile(r"(at )?\b(byte|line|column) \d+")
LOGGING_TYPES = {"AWS::CloudTrail::Trail", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"}
PATCH_SETS = ("cloudtrail-create", "cloudtrail-documented")
APPLYING = {
    "git apply": ["git", "apply", "--whitespace=nowarn", "-"],
    "patch -p1": ["patch", "-p1", "--binary", "--silent"],
}


@dataclass
class Result:
    """What became of one template: ``outcome`` for the table, ``wrong`` where a check failed."""

    file: str
    kind: str
    outcome: str
    reasons: list[str] = field(default_factory=list)
    patches: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    before: Counter[tuple[bool, str]] = field(default_factory=Counter)
    after: Counter[tuple[bool, str]] = field(default_factory=Counter)
    denied: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def has_trail(self) -> bool:
        """Whether a trail of the template itself has policies in it; else its trails are elsewhere."""
        return any(own for own, _ in self.after)


def corpus_folder() -> Path | None:
    """Return the corpus that this machine has, None where there is none."""
    candidates = (os.environ.get("REMEDIATE_CORPUS"), Path(__file__).parents[2] / "shared" / "corpus")
    return next((Path(one) for one in candidates if one and (Path(one) / "manifest.jsonl").is_file()), None)


def rows(folder: Path | None) -> list[dict[str, Any]]:
    """Return the manifest of a corpus, a row for each template."""
    lines = (folder / "manifest.jsonl").read_text("utf-8").splitlines() if folder else []
    return [json.loads(line) for line in lines]


def examine(folder: Path, row: dict[str, Any], patch_set: str, *, validators: bool = False, outside: bool = False) -> Result:
    """Run a patch set on one template and check the result."""
    file = folder / row["file"]
    raw = file.read_bytes()
    name = file.name
    try:
        report = remediate(raw, name, load(patch_set), Options())
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
    if row["kind"] == "negative" and report.to_bytes() != raw:
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
        own = verdict.source in report.model.of_type(TRAIL)
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
    again = remediate(report.to_bytes(), report.name, load(patch_set), Options())
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
    was, now = (health(evaluator, text) for text in (report.before, report.after))
    result.counts[f"{was} before"] += 1
    if was == "broken":
        result.counts[f"broken before, {now} after"] += 1
    if was == "healthy" and report.changed:
        result.counts["healthy, changed"] += 1
        result.wrong.append("a healthy template changed")
    found = opened(evaluator, report.before, report.after)
    result.counts["opened"] += len(found)
    result.wrong += map(str, found)
    differing, compared = differences(evaluator, raw, result.file, patch_set, Told())
    rest = unexplained(f"corpus/{result.file}", differing)
    result.counts += Counter({"compared": compared, "explained": len(differing) - len(rest), "differing": len(rest)})
    result.wrong += map(str, rest)


@lru_cache
def _evaluator() -> Evaluator:
    """Return this process's evaluator."""
    from tests.outside.evaluator import Evaluator

    return Evaluator()


def _table(results: dict[str, list[Result]], *, outside: bool) -> str:
    parts = [_trust(results, outside=outside)]
    for patch_set, found in results.items():
        parts += [f"### `{patch_set}`", _outcomes(found), _listed("patch", Counter(one for r in found for one in r.patches))]
        said = Counter(reason for one in found if one.outcome != "refused" for reason in one.reasons)
        parts += [_listed("what is said of a template", said), _requests(found)]
    first = next(iter(results.values()))
    parts.append(_listed("root cause", Counter(cause for one in first for cause in one.causes)))
    denied = [f"still denied: {one.file}: {reason}" for one in first for reason in one.denied]
    refused = [f"refused: {reason}" for one in first if one.outcome == "refused" for reason in one.reasons]
    parts.append("\n".join([*denied, *refused]))
    return "\n\n".join(parts)


def _trust(results: dict[str, list[Result]], *, outside: bool) -> str:
    """Return the table of what a healthy, a broken and a changed template come to, a column for each patch set."""
    lines = ["| | " + " | ".join(f"`{name}`" for name in results) + " |", "|---|" + "---:|" * len(results)]
    asked = [
        ("healthy before: all documented requests allowed, order right, nothing refused", "healthy before"),
        ("… of them changed", "healthy, changed"),
        ("broken before", "broken before"),
        ("… of them healthy afterwards", "broken before, healthy after"),
        ("… still broken, and told why", "broken before, broken after"),
        ("trails here, their policies elsewhere", "outside before"),
        ("no trail", "elsewhere before"),
        ("the sample does not tell", "unknown before"),
        ("requests of strangers newly allowed", "opened"),
        ("verdicts compared with the outside evaluator", "compared"),
        ("… that differ for a reason that is written down", "explained"),
        ("… that differ otherwise", "differing"),
    ]
    always = [("diffs", "diffs"), ("… that `git apply` takes", "git apply"), ("… that `patch -p1` takes", "patch -p1")]
    for title, name in [*(asked if outside else []), *always]:
        totals = [sum(one.counts[name] for one in found) for found in results.values()]
        lines.append(f"| {title} | " + " | ".join(map(str, totals)) + " |")
    return "\n".join(lines)


def _outcomes(results: list[Result]) -> str:
    kinds = ["positive", "negative", "unparseable"]
    lines = ["| | " + " | ".join(kinds) + " | all |", "|---|" + "---:|" * (len(kinds) + 1)]
    for outcome in ["patched", "left with a reason", "nothing to do", "refused", "raised"]:
        counts = [sum(one.kind == kind and one.outcome == outcome for one in results) for kind in kinds]
        lines.append(f"| {outcome} | " + " | ".join(map(str, counts)) + f" | {sum(counts)} |")
    return "\n".join(lines)


def _listed(title: str, found: Counter[str]) -> str:
    lines = [f"| {title} | templates |", "|---|---:|"]
    return "\n".join(
        lines + [f"| {name} | {count} |" for name, count in sorted(found.items(), key=lambda one: (-one[1], one[0]))]
    )


def _requests(results: list[Result]) -> str:
    columns = [(own, when) for own in (True, False) for when in ("before", "after")]
    lines = [
        "| CloudTrail's documented requests | of trails here, before | after | of trails elsewhere, before | after |",
        "|---|---:|---:|---:|---:|",
    ]
    for outcome in ("allowed", "undecidable", "denied"):
        counts = [sum(getattr(one, when)[own, outcome] for one in results) for own, when in columns]
        lines.append(f"| {outcome} | " + " | ".join(map(str, counts)) + " |")
    own = [one for one in results if one.has_trail]
    sure = sum(set(one.after) == {(True, "allowed")} for one in own)
    text = f"Of {len(own)} templates with a trail and its policies all documented requests are allowed afterwards in {sure}."
    return "\n".join([*lines, "", text])


def _run(folder: Path, patch_set: str, *, validators: bool, outside: bool) -> list[Result]:
    with ProcessPoolExecutor(2) as pool:
        futures = [
            pool.submit(examine, folder, row, patch_set, validators=validators, outside=outside) for row in rows(folder)
        ]
        return [future.result() for future in futures]


def main() -> int:
    """Print the tables, then whatever is wrong."""
    from tests.outside.evaluator import unavailable

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=corpus_folder())
    parser.add_argument("--patch-set", choices=PATCH_SETS, action="append", help="one set alone")
    parser.add_argument("--validators", action="store_true", help="ask cfn-lint and cloudformation-validate too (minutes)")
    parser.add_argument("--verbose", action="store_true", help="a line for each template")
    chosen = parser.parse_args()
    if chosen.corpus is None:
        parser.error("there is no corpus here; name its folder")
    reason = unavailable()
    options = {"validators": chosen.validators, "outside": reason is None}
    results = {name: _run(chosen.corpus, name, **options) for name in chosen.patch_set or PATCH_SETS}
    print(_table(results, outside=reason is None))  # noqa: T201  # a script's output
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
