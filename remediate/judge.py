"""Putting CloudTrail's requests to the policies of a template, as they stand."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import replace

from remediate.cloudformation.documents import Document, Kind, RawStatement, documents
from remediate.cloudformation.entries import Entry
from remediate.cloudformation.influences import influences
from remediate.cloudformation.resources import Data, remembered
from remediate.cloudformation.text_document import breaks_text
from remediate.cloudformation.view import View
from remediate.policy.cloudtrail import CloudTrailRequest, TrailFacts, key_requests, promised_put_objects, requests
from remediate.policy.conditions import condition_truth
from remediate.policy.document import FIRST_VERSION, Condition, Policy, Statement, parse_statement
from remediate.policy.evaluate import Decision, evaluate
from remediate.policy.match import ARN_FIELDS, arn_fields
from remediate.policy.request import Request
from remediate.policy.truth import Truth
from remediate.symbolic import Text, Unknown, Value, text
from remediate.template import Plain

_REMEMBERED = 1 << 14
"""How many judgements, and what leads to them, are kept. They go by the objects, which is cheap and safe: none changes."""


@functools.lru_cache(maxsize=_REMEMBERED)
def made(view: View, kind: Kind) -> tuple[CloudTrailRequest, ...]:
    """Return the requests that the view's trail makes to its bucket or key."""
    return tuple(one for one in requests(view.facts) if one.policy == kind)


@functools.lru_cache(maxsize=_REMEMBERED)
def asked(view: View, kind: str) -> tuple[CloudTrailRequest, ...]:
    """Return the requests that a view's trail makes, with a prefix that surely is none of CloudTrail's own folders."""
    return tuple(one for one in requests(_facts(view)) if one.policy == kind)


@functools.lru_cache(maxsize=_REMEMBERED)
def promised(view: View, kind: str) -> tuple[CloudTrailRequest, ...]:
    """Return every request that a view's trail makes now or may make: on all its paths, and with a Bucket Key."""
    facts = _facts(view)
    if kind == "key" and facts.key_arn is None:
        # With the bucket's default key CloudTrail sends no context of its own, and may ask for the rest as with its own key.
        as_own = key_requests(replace(facts, key_arn=facts.bucket_key_arn))
        rest = (replace(one, confidence="inferred") for one in as_own if one.id != "generate-data-key")
        return (*key_requests(facts), *rest)
    if kind == "key":
        return key_requests(facts)
    made_now = tuple(one for one in requests(facts) if one.policy == "bucket")
    return (*made_now, *promised_put_objects(facts))


def document_for(data: Data, logical_id: str, kind: Kind, view: View) -> Document | None:
    """Return the policy document that is in force under a view, None where the resource has none."""
    found = (one for one in documents(data, logical_id, kind) if view.resolver.scenario.admits(one.guard))
    return next(found, None)


@functools.lru_cache(maxsize=_REMEMBERED)
def statements_of(document: Document, view: View) -> tuple[tuple[RawStatement, Statement], ...]:
    """Return the statements in force under a view, as written and as read.

    Remembered for each document as an object: after a change of the draft its document is another object.
    """
    return tuple(
        (raw, _read_once(document, position, view))
        for position, raw in enumerate(document.statements)
        if view.resolver.scenario.admits(raw.guard)
    )


def read_statement(raw: RawStatement, view: View, logical_id: str, position: int = 0) -> Statement:
    """Return a statement as it reads under a view; ``position`` is its place in the policy."""
    data = view.resolver.value(raw.data)
    if raw.spelled and _broken(data):
        data = None  # what is put into the text makes another text of it
    return parse_statement(data, raw.pointer, logical_id, position, _version(view, raw.version))


def statement_at(document: Document, view: View, path: tuple[str | int, ...]) -> Statement | None:
    """Return the statement of a path as it reads under a view, None where it is not in force under it."""
    return _by_path(document, view).get(path)


@functools.lru_cache(maxsize=_REMEMBERED)
def judge(document: Document, view: View, request: Request, *, allows_only: bool = False) -> Decision:
    """Decide a request by a document; ``allows_only`` leaves the Deny statements out, which no patch changes."""
    read = [statement for _, statement in statements_of(document, view)]
    wanted: Iterable[Statement] = (one for one in read if one.effect == "Allow") if allows_only else read
    return evaluate(Policy(document.kind, tuple(wanted)), request)


def entry_truth(view: View, entry: Entry, request: Request) -> Truth:
    """Return whether a condition as written holds for a request under a view."""
    memory, name = (
        remembered(view.resolver.data),
        (_condition, view, entry.operator, entry.key, repr((entry.value, entry.version))),
    )
    if name not in memory:
        memory[name] = _condition(view, entry)
    found: Condition | None = memory[name]  # type: ignore[assignment]  # put there above
    # A value that is AWS::NoValue under this view takes the condition away.
    return condition_truth(found, request) if found else Truth.YES


def documented(requests: Iterable[CloudTrailRequest]) -> list[CloudTrailRequest]:
    """Return the requests that CloudTrail surely makes, without those that are only inferred."""
    return [one for one in requests if one.confidence != "inferred"]


def is_fragile(view: View, entry: Entry) -> bool:
    """Tell whether a condition names the view's trail exactly, although CloudFormation is to make its name.

    Whatever the text is, the first request of the new trail has another name.
    Source: AWS CloudFormation User Guide, Name type: a generated name ends in random characters.
    """
    name = view.facts.arn.parts[-1]
    generated = isinstance(name, Unknown) and name.generated
    if not generated or entry.key.lower() not in TRAIL_KEYS or "Not" in entry.operator:
        return False
    found = view.resolver.value(entry.value)
    values = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, Text)]
    names = [fields[-1] for one in values if (fields := arn_fields(one)) and len(fields) == ARN_FIELDS]
    return len(names) == len(values) > 0 and not any(name in one.parts or _is_wild(one) for one in names)


TRAIL_KEYS = frozenset({"aws:sourcearn", "kms:encryptioncontext:aws:cloudtrail:arn"})
"""The condition keys whose value is the trail's ARN."""


def _is_wild(name: Text) -> bool:
    return any(isinstance(part, str) and ("*" in part or "?" in part) for part in name.parts)


@functools.lru_cache(maxsize=_REMEMBERED)
def _by_path(document: Document, view: View) -> dict[tuple[str | int, ...], Statement]:
    """Return the statements in force under a view by their paths; of a JSON text, all of whose have one, the first."""
    found: dict[tuple[str | int, ...], Statement] = {}
    for raw, statement in statements_of(document, view):
        found.setdefault(raw.path, statement)
    return found


def _condition(view: View, entry: Entry) -> Condition | None:
    """Return a condition as it reads under a view, None where ``AWS::NoValue`` takes it away there."""
    shell = {name: text("*") for name in ("Principal", "Action", "Resource")}
    written = view.resolver.value({entry.operator: {entry.key: entry.value}})
    data: Value = {**shell, "Effect": text("Allow"), "Condition": written}
    parsed = parse_statement(data, "", "", 0, _version(view, entry.version))
    return next(iter(parsed.conditions), None)


class _Readings:
    """How one statement as written reads, by what decides it; it keeps the data, so that its id stays its own."""

    def __init__(self, raw: RawStatement, data: Data) -> None:
        self.raw = raw
        self.decisive = influences(data, [raw.data, raw.version])
        self.under: dict[object, Statement] = {}


def _read_once(document: Document, position: int, view: View) -> Statement:
    """Return a statement as it reads under a view, the same object under all views that give it the same values.

    It goes by the data of the statement as an object, which an operation elsewhere in the document leaves as it is.
    """
    raw = document.statements[position]
    memory = remembered(view.resolver.data)
    name = (_Readings, id(raw.data), id(raw.version), raw.spelled, document.logical_id, position, raw.path)
    if name not in memory:
        memory[name] = _Readings(raw, view.resolver.data)
    found: _Readings = memory[name]  # type: ignore[assignment]  # put there above
    scenario = view.resolver.scenario
    if scenario not in found.under:
        decisive = found.decisive.under(scenario)
        if decisive not in found.under:
            found.under[decisive] = read_statement(raw, view, document.logical_id, position)
        found.under[scenario] = found.under[decisive]
    return found.under[scenario]


def _broken(data: Value) -> bool:
    if isinstance(data, dict):
        return any(map(_broken, data.values()))
    return any(map(_broken, data)) if isinstance(data, list) else isinstance(data, Text) and breaks_text(data)


def _version(view: View, written: Plain) -> str | None:
    """Return the Version of a policy under a view, None where it is not known; a policy that says none has the first."""
    found = view.resolver.value(written)
    if found is None:
        return FIRST_VERSION
    return found.known if isinstance(found, Text) else None


@functools.lru_cache(maxsize=_REMEMBERED)
def _facts(view: View) -> TrailFacts:
    """Return what is known of the view's trail, with a prefix that is not taken for a path of CloudTrail's own.

    What a parameter makes of the prefix is open, but ``AWSLogs/`` is no part of it (AWS CloudTrail User Guide, Naming
    requirements), so that ``AWSLogs/<account>/*`` is never the path below it.
    """
    facts = view.facts
    prefix = facts.prefix
    if prefix is None or view.trail is None:
        return facts
    folders = (Unknown(part.name) if isinstance(part, Unknown) else part for part in prefix.parts)
    return replace(facts, prefix=text(*folders))
