"""The tables of docs/corpus.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class OfService:
    """What a run for one service finds in a template: how its deliveries are, its root causes, what it does."""

    health: set[str]
    causes: set[str]
    patches: set[str]


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
    services: dict[str, OfService] = field(default_factory=dict)

    @property
    def has_trail(self) -> bool:
        """Whether a trail of the template itself has policies in it; else its trails are elsewhere."""
        return any(own for own, _ in self.after)


def table(results: dict[str, list[Result]], *, outside: bool) -> str:
    parts = [_trust(results, outside=outside)]
    for patch_set, found in results.items():
        if any(one.services for one in found):
            parts += [f"### `{patch_set}`", _per_service(found), _causes_per_service(found)]
            continue
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
        unasked = {one for _, one in asked} - {"opened"}  # of a run for all services, where the evaluator knows one of them
        totals = [
            "" if name in unasked and any(one.services for one in found) else sum(one.counts[name] for one in found)
            for found in results.values()
        ]
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


def _per_service(results: list[Result]) -> str:
    """Return how many templates each service is found in, and how they are by its worst delivery."""
    lines = ["| service | templates with it | healthy | undecided | broken | patched |", "|---|---:|---:|---:|---:|---:|"]
    for service, found in _by_service(results):
        worst = Counter(next(one for one in ("broken", "undecided", "healthy") if one in each.health) for each in found)
        counts = [len(found), worst["healthy"], worst["undecided"], worst["broken"], sum(bool(one.patches) for one in found)]
        lines.append(f"| {service} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def _causes_per_service(results: list[Result]) -> str:
    lines = ["| service | root cause | templates |", "|---|---|---:|"]
    for service, found in _by_service(results):
        count = Counter(cause for one in found for cause in one.causes)
        rows = sorted(count.items(), key=lambda one: (-one[1], one[0]))
        lines += [f"| {service} | {cause} | {number} |" for cause, number in rows]
    return "\n".join(lines)


def _by_service(results: list[Result]) -> Iterator[tuple[str, list[OfService]]]:
    """Yield each service with what is found in the templates that have it, in the order in which they are looked at."""
    for service in dict.fromkeys(name for one in results for name in one.services):
        yield (
            service,
            [one.services[service] for one in results if one.services.get(service) and one.services[service].health],
        )
