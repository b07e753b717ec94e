"""A template before and after: who else got in, was it healthy, and is the evaluator of one mind with the tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from tests.outside.asking import INFERRED, Asked, documented
from tests.outside.evaluator import Evaluator, agreed
from tests.outside.parameters import PSEUDO, samples
from tests.outside.parts import LogGroup, Policy, Stack, Trail
from tests.outside.reading import read
from tests.outside.stack import stack
from tests.outside.strangers import at_home, outsiders
from tests.outside.tool import Told, fixed

Health = Literal["healthy", "broken", "outside", "elsewhere", "unknown"]
ELSEWHERE = "a trail of another template"


@dataclass(frozen=True)
class Opened:
    """A stranger's request that was denied and is allowed now; ``parameters`` are those that differ from the defaults."""

    policy: str
    asked: Asked
    by: tuple[str, ...]
    parameters: str

    def __str__(self) -> str:
        """Return it for people."""
        under = f" under {self.parameters}" if self.parameters else ""
        return f"{self.policy} lets in {self.asked} (statement {', '.join(self.by)}){under}"


@dataclass(frozen=True)
class Difference:
    """A request on which the tool and the evaluator differ."""

    trail: str
    policy: str
    request: str
    when: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.policy}, {self.request} of {self.trail}, {self.when}: here {self.ours}, there {self.theirs}"


def opened(evaluator: Evaluator, before: str, after: str, *, others_at_home: bool = False) -> list[Opened]:
    """Return the requests of strangers that a changed template allows and the old one denied, one of each kind.

    ``others_at_home``: other services of which the template has a source are no strangers in their own account.
    """
    old, new = read(before), read(after)
    if old is None or new is None or before == after:
        return []
    found: dict[tuple[str, str, str], Opened] = {}
    home = at_home(old) if others_at_home else frozenset()
    asked = [one for values in _samples(old) for one in _of_strangers(evaluator, old, new, values, home)]
    evaluator.ask()
    acl = {
        (policy, _caller(one), str(parameters)): was is not None and evaluator.answer(was) == "allowed"
        for policy, one, was, _, parameters in asked
        if one.action == "s3:GetBucketAcl"
    }
    for policy, one, was, now, parameters in asked:
        if evaluator.answer(now) != "allowed" or (was is not None and evaluator.answer(was) == "allowed"):
            continue
        # Who reads the bucket's list of grants learns nothing new from its Region.
        if one.action == "s3:GetBucketLocation" and acl.get((policy, _caller(one), str(parameters))):
            continue
        found.setdefault((policy, one.who, one.action), Opened(policy, one, evaluator.by(now), parameters))
    return list(found.values())


def health(evaluator: Evaluator, text: str) -> Health:
    """Return how a template stands before anything is done, under every sample of its parameters.

    *broken*: a documented request is denied, the order is wrong, or S3 refuses something. *outside*: trails, but none of
    their policies. *elsewhere*: no trail.
    """
    template = read(text)
    if template is None:
        return "unknown"
    stacks = [stack(template, values) for values, _ in _samples(template)]
    trails = [(one, trail) for one in stacks for trail in one.trails]
    if any(one.missed for one in stacks):
        return "unknown"
    if not trails:
        return "elsewhere"
    if any(one.refused for one in stacks) or not all(trail.ordered for _, trail in trails):
        return "broken"
    if not all(trail.policies for _, trail in trails):
        return "outside"
    asked = [
        evaluator.add(text, form)
        for one in stacks
        for source, policy, _ in _sources(one)
        for text in _held_to(source, policy)
        for name, forms in documented(source, policy).items()
        if name not in INFERRED
        for form in forms
    ]
    evaluator.ask()
    return "healthy" if all(evaluator.answer(one) == "allowed" for one in asked) else "broken"


def _held_to(source: Trail | LogGroup, policy: Policy) -> set[str]:
    """Return what has to allow the requests: a policy, of a role's permissions also those that the trail waits for."""
    created = {source.at_creation} if policy.kind == "permissions" and isinstance(source, Trail) else set()
    return {policy.text} | created


def differences(evaluator: Evaluator, raw: bytes, name: str, patch_set: str, told: Told) -> tuple[list[Difference], int]:
    """Return where the tool's verdicts and the evaluator's differ, and how many were compared."""
    template = read(raw.decode("utf-8-sig", "replace"))
    if template is None:
        return [], 0
    values = next(samples(template)) | told.parameters
    organization = told.organization_id or _organization(template, values)
    said = replace(told, parameters={**PSEUDO, **values}, organization_id=organization)
    result = fixed(raw, name, patch_set, said)
    after = read(result.after) if result else None
    if result is None or after is None:
        return [], 0
    questions = []
    for when, number, data in (("before", 0, template), ("after", 1, after)):
        found = stack(data, values)
        for source, policy, label in _pairs(found):
            if isinstance(source, Trail):
                source = replace(source, organization=organization if source.organization else None)
            for request, forms in documented(source, policy).items():
                ours = result.verdicts.get((label, policy.logical_id, request))
                if ours is not None:
                    asked = [evaluator.add(policy.text, one) for one in forms]
                    guessed = source.guessed or policy.guessed
                    questions.append((label, policy.logical_id, request, when, ours[number], asked, guessed))
    evaluator.ask()
    merged: dict[tuple[str, str, str, str], tuple[str, list[str], bool]] = {}
    for label, policy_id, request, when, verdict, asked, guessed in questions:
        answers = [evaluator.answer(one) for one in asked]
        key = (label, policy_id, request, when)
        known = merged.get(key, (verdict, [], False))
        merged[key] = (verdict, [*known[1], *answers], known[2] or guessed or label == ELSEWHERE)
    differing = [
        Difference(*key, ours, agreed(answers))
        for key, (ours, answers, guessed) in merged.items()
        if _differ(ours, agreed(answers), guessed=guessed)
    ]
    return differing, len(merged)


def _differ(ours: str, theirs: str, *, guessed: bool) -> bool:
    if ours == "undecidable":
        return theirs != "open" and not guessed
    return ours != theirs


def _sources(found: Stack) -> Iterator[tuple[Trail | LogGroup, Policy, str]]:
    """Yield each trail and each log group with each of its policies."""
    for source in (*found.trails, *found.groups):
        for policy in source.policies:
            yield source, policy, source.logical_id


def _pairs(found: Stack) -> Iterator[tuple[Trail | LogGroup, Policy, str]]:
    """Yield the same; policies of no trail with trails that another template may have."""
    yield from _sources(found)
    if found.trails:
        return
    for policy in found.policies:
        if policy.kind not in {"bucket", "key"}:
            continue
        for account in ("111122223333", "444455556666"):
            for prefix in ("", "logs"):
                arn = f"arn:aws:cloudtrail:us-east-1:{account}:trail/elsewhere"
                bucket, key = (policy.arn, None) if policy.kind == "bucket" else ("arn:aws:s3:::elsewhere", policy.arn)
                made = Trail(ELSEWHERE, arn, bucket, prefix, key, policies=(policy,), guessed=True, account=account)
                yield made, policy, ELSEWHERE


def _organization(template: dict[str, Any], values: dict[str, str]) -> str | None:
    return next((one.organization for one in stack(template, values).trails if one.organization), None)


def _samples(template: dict[str, Any]) -> Iterator[tuple[dict[str, str], str]]:
    """Yield values of the parameters, and in words how they differ from the first."""
    base: dict[str, str] = {}
    for values in samples(template):
        base = base or values
        yield values, ", ".join(f"{name}={one!r}" for name, one in values.items() if base.get(name) != one)


def _of_strangers(
    evaluator: Evaluator,
    old: dict[str, Any],
    new: dict[str, Any],
    values: tuple[dict[str, str], str],
    home: frozenset[str],
) -> Iterator[tuple[str, Asked, str | None, str, str]]:
    before, after = stack(old, values[0]), stack(new, values[0])
    for policy in after.policies:
        was = before.policy(policy)
        if was is not None and was.text == policy.text:
            continue
        folders = [*dict.fromkeys([*policy.folders(), *(was.folders() if was else [])])]
        for one in outsiders(policy, list(after.trails), folders):
            if one.principal in home and one.context["aws:SourceAccount"] == one.account:
                continue
            number = evaluator.add(was.text, one) if was else None
            yield policy.logical_id, one, number, evaluator.add(policy.text, one), values[1]


def _caller(asked: Asked) -> str:
    return f"{asked.principal} {asked.context.get('aws:SourceArn')}"
