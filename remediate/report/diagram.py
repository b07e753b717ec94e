"""A Mermaid graph of who writes through which policy to which bucket, topic and key, and what is allowed before and after.

GitHub and GitLab draw it where a Markdown document has it in a code block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from remediate.delivery.comparison import Verdict, worst
from remediate.engine import Report
from remediate.iam.evaluate import Outcome
from remediate.iam.holders import PolicyKind
from remediate.report.escape import diagram

MOST_ARROWS = 60
"""How many arrows people can follow, and more. Source: Mermaid documentation, maxEdges: 500 are drawn at most."""

_Arrow: TypeAlias = "tuple[str, str]"
_NOUNS: dict[PolicyKind, str] = {
    "bucket": "bucket policy",
    "topic": "topic policy",
    "key": "key",
    "role": "role",
    "permissions": "role",
}
_WORDS = {Outcome.ALLOWED: "allowed", Outcome.DENIED: "denied", Outcome.UNDECIDABLE: "undetermined"}
_COLORS = {Outcome.ALLOWED: "#1a7f37", Outcome.UNDECIDABLE: "#9a6700", Outcome.DENIED: "#cf222e"}
_THEIR_OWN: frozenset[PolicyKind] = frozenset({"key", "role", "permissions"})
"""The policies that are part of the resource that they are about."""
_ORDER = list(_COLORS)  # from good to bad
_NAME = re.compile(r"\$\{([A-Za-z0-9]+)\}")


def lines(report: Report) -> Iterator[str]:
    """Yield the lines of a code block; none without requests, or with more arrows than a graph can show."""
    arrows = _arrows(worst(report.verdicts))
    if not arrows or len(arrows) > MOST_ARROWS:
        return
    yield "```mermaid"
    yield "flowchart LR"
    nodes = _Nodes()
    for number, ((source, policy), verdicts) in enumerate(arrows.items()):
        start = nodes.id_of(f"{_noun(report, source)}: {source}")
        end = nodes.id_of(f"{_NOUNS[verdicts[0].kind]}: {policy}")
        yield from nodes.new_lines()
        yield f'  {start} -->|"{_label(verdicts)}"| {end}'
        color = _COLORS[max((one.after.outcome for one in verdicts), key=_ORDER.index)]
        nodes.styles.append(f"  linkStyle {number + len(nodes.holders)} stroke:{color},stroke-width:2px")
        yield from nodes.holder_lines(end, verdicts)
    yield from nodes.styles
    yield "```"


class _Nodes:
    """The boxes of a graph: what their text may be named by in the lines."""

    def __init__(self) -> None:
        self.styles: list[str] = []
        self.holders: set[tuple[str, str]] = set()
        self._ids: dict[str, str] = {}
        self._waiting: list[str] = []

    def id_of(self, text: str) -> str:
        """Return the name of the box with a text."""
        if text not in self._ids:
            self._ids[text] = f"n{len(self._ids)}"
            self._waiting.append(f'  {self._ids[text]}["{diagram(text)}"]')
        return self._ids[text]

    def new_lines(self) -> Iterator[str]:
        """Yield the lines of the boxes that have none yet."""
        yield from self._waiting
        self._waiting.clear()

    def holder_lines(self, policy: str, verdicts: Sequence[Verdict]) -> Iterator[str]:
        """Yield a line from a policy to the bucket or topic that it is of; a key and a role have their own."""
        for name in dict.fromkeys(_holder(one) for one in verdicts if one.kind not in _THEIR_OWN):
            holder = self.id_of(f"{verdicts[0].kind}: {name}")
            if (policy, holder) not in self.holders:
                self.holders.add((policy, holder))
                yield from self.new_lines()
                yield f"  {policy} --- {holder}"


def _arrows(verdicts: Sequence[Verdict]) -> dict[_Arrow, list[Verdict]]:
    found: dict[_Arrow, list[Verdict]] = {}
    for one in verdicts:
        found.setdefault((one.source, one.logical_id), []).append(one)
    return found


def _label(verdicts: Sequence[Verdict]) -> str:
    """Return a line for each action: its worst decision, before and, where that is something else, after."""
    decided: dict[str, tuple[Outcome, Outcome]] = {}
    for one in sorted(verdicts, key=lambda one: (_ORDER.index(one.after.outcome), _ORDER.index(one.before.outcome))):
        decided[one.request.request.action] = one.before.outcome, one.after.outcome
    told = {action: " → ".join(dict.fromkeys(_WORDS[one] for one in pair)) for action, pair in decided.items()}
    actions = dict.fromkeys(one.request.request.action for one in verdicts)
    return "<br/>".join(f"{diagram(action)}: {told[action]}" for action in actions)


def _holder(verdict: Verdict) -> str:
    """Return the bucket or topic of a request's ARN, by its logical ID where it is one."""
    name = str(verdict.request.request.resource).split(":", 5)[-1].split("/")[0]
    found = _NAME.fullmatch(name)
    return found[1] if found else name


def _noun(report: Report, source: str) -> str:
    kind = report.model.type_of(source)
    return next(
        (one.source.noun for service in report.services for one in service.kinds if one.source.type == kind), "source"
    )
