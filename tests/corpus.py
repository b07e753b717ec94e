"""What becomes of real templates: ``python tests/corpus.py [CORPUS] [--cfn-lint]`` prints the table of docs/corpus.md.

CORPUS is a folder with ``manifest.jsonl`` and ``templates/``; without it the environment variable REMEDIATE_CORPUS or
``../shared/corpus`` is used. Every result is checked with other means than the tool's own: another YAML parser, jsonpatch,
and cfn-lint if asked for. Exit 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonpatch
import yaml

from remediate.cloudformation.resources import TRAIL, of_type
from remediate.engine import Report, remediate
from remediate.patchset import load
from remediate.plan import Options
from remediate.policy.evaluate import Outcome
from remediate.proof import worst
from remediate.template import Unreadable, read

LOGGING_TYPES = {"AWS::CloudTrail::Trail", "AWS::S3::BucketPolicy", "AWS::KMS::Key"}


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

    @property
    def has_trail(self) -> bool:
        """Whether a trail of the template itself has policies in it; else its trails are elsewhere."""
        return any(own for own, _ in self.after)


def corpus_folder() -> Path | None:
    """Return the corpus that this machine has, None where there is none."""
    candidates = (os.environ.get("REMEDIATE_CORPUS"), Path(__file__).parents[2] / "shared" / "corpus")
    return next((Path(one) for one in candidates if one and (Path(one) / "manifest.jsonl").is_file()), None)


def examine(folder: Path, row: dict[str, Any], *, lint: bool) -> Result:
    """Run the default patch set on one template and check the result."""
    file = folder / row["file"]
    raw = file.read_bytes()
    name = file.name
    try:
        report = remediate(raw, name, load("cloudtrail-create"), Options())
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
    data = read(raw, name).data
    for verdict in worst(report.verdicts):
        own = verdict.trail in of_type(data, TRAIL)
        result.before[own, verdict.before.outcome.value] += 1
        result.after[own, verdict.after.outcome.value] += 1
        if own and verdict.after.outcome is not Outcome.ALLOWED and not verdict.after.explicit:
            result.wrong.append(f"{verdict.request.id} of {verdict.trail} is not allowed, and no Deny is to blame")
        if verdict.after.outcome is Outcome.DENIED:
            result.denied.append(f"{verdict.request.id} of {verdict.trail}: {verdict.after.reason}")
    if row["kind"] == "negative" and report.to_bytes() != raw:
        result.wrong.append("a negative changed")
    if report.changed:
        result.wrong += _check_patched(raw, report)
        if lint:
            result.wrong += _new_findings(report.before, report.after)
    return result


def _check_patched(raw: bytes, report: Report) -> list[str]:
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
    again = remediate(report.to_bytes(), report.name, load("cloudtrail-create"), Options())
    if again.changed:
        wrong.append("the second run changes something")
    return wrong


def _new_findings(before: str, after: str) -> list[str]:
    return [f"cfn-lint: {finding}" for finding in (_findings(after) - _findings(before)).elements()]


def _findings(template: str) -> Counter[str]:
    """Return cfn-lint's errors and warnings, without their places, which move."""
    from cfnlint import api

    return Counter(f"{one.rule.id} {one.message}" for one in api.lint_all(template) if one.rule.id[0] in "EW")


def _table(results: list[Result]) -> str:
    kinds = ["positive", "negative", "unparseable"]
    outcomes = ["patched", "left with a reason", "nothing to do", "refused", "raised"]
    lines = ["| | " + " | ".join(kinds) + " | all |", "|---|" + "---:|" * (len(kinds) + 1)]
    for outcome in outcomes:
        counts = [sum(one.kind == kind and one.outcome == outcome for one in results) for kind in kinds]
        lines.append(f"| {outcome} | " + " | ".join(map(str, counts)) + f" | {sum(counts)} |")
    lines.append("")
    lines += ["| patch | templates |", "|---|---:|"]
    for patch, count in sorted(Counter(patch for one in results for patch in one.patches).items()):
        lines.append(f"| {patch} | {count} |")
    lines.append("")
    lines += ["| what is said of a template | templates |", "|---|---:|"]
    said = Counter(reason for one in results if one.outcome != "refused" for reason in one.reasons)
    lines += [f"| {reason} | {count} |" for reason, count in sorted(said.items())]
    lines.append("")
    lines += ["| root cause | templates |", "|---|---:|"]
    causes = Counter(cause for one in results for cause in one.causes)
    lines += [f"| {cause} | {count} |" for cause, count in sorted(causes.items(), key=lambda item: (-item[1], item[0]))]
    lines.append("")
    columns = [(own, when) for own in (True, False) for when in ("before", "after")]
    lines.append("| CloudTrail's requests | of trails here, before | after | of trails elsewhere, before | after |")
    lines.append("|---|---:|---:|---:|---:|")
    for outcome in ("allowed", "undecidable", "denied"):
        counts = [sum(getattr(one, when)[own, outcome] for one in results) for own, when in columns]
        lines.append(f"| {outcome} | " + " | ".join(map(str, counts)) + " |")
    own = [one for one in results if one.has_trail]
    sure = sum(set(one.after) == {(True, "allowed")} for one in own)
    lines.append("")
    lines.append(f"Of {len(own)} templates with a trail and its policies all requests are allowed afterwards in {sure}.")
    lines.append("")
    lines += [f"still denied: {one.file}: {reason}" for one in results for reason in one.denied]
    lines += [f"refused: {reason}" for one in results if one.outcome == "refused" for reason in one.reasons]
    return "\n".join(lines)


def main() -> int:
    """Print the table, then whatever is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=corpus_folder())
    parser.add_argument("--cfn-lint", action="store_true", help="judge each patched template with cfn-lint too (minutes)")
    parser.add_argument("--verbose", action="store_true", help="a line for each template")
    chosen = parser.parse_args()
    if chosen.corpus is None:
        parser.error("there is no corpus here; name its folder")
    rows = [json.loads(line) for line in (chosen.corpus / "manifest.jsonl").read_text("utf-8").splitlines()]
    with ProcessPoolExecutor(2) as pool:
        futures = [pool.submit(examine, chosen.corpus, row, lint=chosen.cfn_lint) for row in rows]
        results = [future.result() for future in futures]
    print(_table(results))  # noqa: T201  # a script's output
    if chosen.verbose:
        for one in results:
            print(one.kind[:3], one.outcome, one.file, one.patches, one.reasons)  # noqa: T201
    wrong = [f"{one.file}: {what}" for one in results for what in one.wrong]
    print(f"\n{len(results)} templates, {len(wrong)} wrong", *wrong, sep="\n")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
