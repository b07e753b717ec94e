"""Putting a service's requests to the policies of a template, as they stand."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from msgspec.structs import replace

from remediate.cloudformation.influences import influences
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import Document, WrittenStatement, documents
from remediate.cloudformation.policy_conditions import WrittenCondition
from remediate.cloudformation.text_document import breaks_text
from remediate.delivery.delivery import Delivery
from remediate.delivery.region_accounts import with_region_account
from remediate.delivery.requests import ServiceRequest, SourceFacts, possible_requests, requests
from remediate.iam.conditions import condition_truth
from remediate.iam.evaluate import Decision, Outcome, evaluate
from remediate.iam.holders import PolicyKind, is_of_identity
from remediate.iam.request import Request
from remediate.iam.statement import FIRST_VERSION, Condition, Policy, Statement, parse_statement
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, Value, partial
from remediate.template import Plain

_REMEMBERED = 1 << 14
"""How many judgements, and what leads to them, are kept. They go by the objects, which is cheap and safe: none changes."""


@functools.lru_cache(maxsize=_REMEMBERED)
def current_requests(delivery: Delivery, kind: PolicyKind, logical_id: str) -> tuple[ServiceRequest, ...]:
    """Return the requests that the service makes and that the policy of a resource decides."""
    return _at(delivery, kind, logical_id, requests(delivery.facts))


@functools.lru_cache(maxsize=_REMEMBERED)
def requests_for_open_prefix(delivery: Delivery, kind: PolicyKind, logical_id: str) -> tuple[ServiceRequest, ...]:
    """Return the current requests, assuming that an open prefix is not a folder of the service's own."""
    return _at(delivery, kind, logical_id, requests(_facts(delivery)))


@functools.lru_cache(maxsize=_REMEMBERED)
def all_possible_requests(delivery: Delivery, kind: PolicyKind, logical_id: str) -> tuple[ServiceRequest, ...]:
    """Return every request that is made now or may come to be made: on all paths, and with a Bucket Key."""
    return _at(delivery, kind, logical_id, possible_requests(_facts(delivery)))


def document_for(model: TemplateModel, logical_id: str, kind: PolicyKind, delivery: Delivery) -> Document | None:
    """Return the policy document that is in force under a delivery, None where the resource has none."""
    found = (one for one in documents(model, logical_id, kind) if delivery.resolver.scenario.admits(one.guard))
    return next(found, None)


@functools.lru_cache(maxsize=_REMEMBERED)
def statements_of(document: Document, delivery: Delivery) -> tuple[tuple[WrittenStatement, Statement], ...]:
    """Return the statements in force under a delivery, as written and as read.

    Remembered for each document as an object: after a change of the draft its document is another object.
    """
    memory = delivery.resolver.model.memory
    return tuple(
        (raw, _placed(_read_once(document, raw, delivery), raw, position, memory))
        for position, raw in enumerate(document.statements)
        if delivery.resolver.scenario.admits(raw.guard)
    )


@functools.lru_cache(maxsize=_REMEMBERED)
def readings_of(document: Document, delivery: Delivery) -> tuple[tuple[WrittenStatement, Statement], ...]:
    """Return the same, but of each statement a reading that does not tell its place in the document.

    It is the same object after the statements before it have moved, and so what was judged of it is known.
    """
    return tuple(
        (raw, _read_once(document, raw, delivery))
        for raw in document.statements
        if delivery.resolver.scenario.admits(raw.guard)
    )


def read_statement(
    raw: WrittenStatement, delivery: Delivery, logical_id: str, position: int = 0, *, of_identity: bool = False
) -> Statement:
    """Return a statement as it reads under a delivery; ``position`` is its place in the policy."""
    data = delivery.resolver.value(raw.data)
    if raw.spelled and _broken(data):
        data = None  # what is put into the text makes another text of it
    version = _version(delivery, raw.version)
    read = parse_statement(data, raw.pointer, logical_id, position, version, of_identity=of_identity)
    return read if of_identity else with_region_account(raw, read, delivery)


def statement_at(document: Document, delivery: Delivery, path: tuple[str | int, ...]) -> Statement | None:
    """Return the statement of a path as it reads under a delivery, None where it is not in force under it."""
    return _by_path(document, delivery).get(path)


@functools.lru_cache(maxsize=_REMEMBERED)
def judge(document: Document, delivery: Delivery, request: Request, *, allows_only: bool = False) -> Decision:
    """Decide a request by a document; ``allows_only`` leaves the Deny statements out, which no patch changes."""
    read = [statement for _, statement in statements_of(document, delivery)]
    wanted: Iterable[Statement] = (one for one in read if one.effect == "Allow") if allows_only else read
    found = evaluate(Policy(document.kind, tuple(wanted)), request)
    if request.limit and found.outcome is Outcome.ALLOWED and not allows_only:
        return Decision(Outcome.UNDECIDABLE, explicit=False, by=(), reason=f"{found.reason}; {request.limit}")
    return found


def entry_truth(delivery: Delivery, entry: WrittenCondition, request: Request) -> Truth:
    """Return whether a condition as written holds for a request under a delivery."""
    memory, name = (
        delivery.resolver.model.memory,
        (_condition, delivery, entry.operator, entry.key, repr((entry.value, entry.version))),
    )
    if name not in memory:
        memory[name] = _condition(delivery, entry)
    found: Condition | None = memory[name]  # type: ignore[assignment]  # put there above
    # A value that is AWS::NoValue under this delivery takes the condition away.
    return condition_truth(found, request) if found else Truth.YES


def documented(requests: Iterable[ServiceRequest]) -> list[ServiceRequest]:
    """Return the requests that a service surely makes, without those that are only inferred."""
    return [one for one in requests if one.confidence != "inferred"]


def _at(delivery: Delivery, kind: PolicyKind, logical_id: str, made: Iterable[ServiceRequest]) -> tuple[ServiceRequest, ...]:
    asked = (one for one in made if one.policy == kind)
    return tuple(one for one in asked if delivery.asks_at(kind, logical_id, one.request.resource))


@functools.lru_cache(maxsize=_REMEMBERED)
def _by_path(document: Document, delivery: Delivery) -> dict[tuple[str | int, ...], Statement]:
    """Return the statements in force under a delivery by their paths; of a JSON text, all of whose have one, the first."""
    found: dict[tuple[str | int, ...], Statement] = {}
    for raw, statement in statements_of(document, delivery):
        found.setdefault(raw.path, statement)
    return found


def _condition(delivery: Delivery, entry: WrittenCondition) -> Condition | None:
    """Return a condition as it reads under a delivery, None where ``AWS::NoValue`` takes it away there."""
    shell = {name: partial("*") for name in ("Principal", "Action", "Resource")}
    written = delivery.resolver.value({entry.operator: {entry.key: entry.value}})
    data: Value = {**shell, "Effect": partial("Allow"), "Condition": written}
    parsed = parse_statement(data, "", "", 0, _version(delivery, entry.version))
    return next(iter(parsed.conditions), None)


class _Readings:
    """How one statement as written reads, by what decides it; it keeps the data, so that its id stays its own."""

    def __init__(self, raw: WrittenStatement, model: TemplateModel) -> None:
        self.raw = raw
        self.decisive = influences(model, [raw.data, raw.version])
        self.under: dict[object, Statement] = {}


def _read_once(document: Document, raw: WrittenStatement, delivery: Delivery) -> Statement:
    """Return a statement as it reads under a delivery, the same object under all deliveries that give it the same values.

    It goes by the data of the statement as an object, which an operation elsewhere in the document leaves as it is.
    """
    memory = delivery.resolver.model.memory
    # A service with accounts of its own reads a statement in its own way.
    accounts = delivery.service.id if delivery.service.region_accounts else ""
    # What is part of a role's permissions may stand in a resource of its own.
    logical_id = str(raw.path[1]) if is_of_identity(document.kind) else document.logical_id
    name = (_Readings, id(raw.data), id(raw.version), raw.spelled, document.logical_id, logical_id, accounts)
    if name not in memory:
        memory[name] = _Readings(raw, delivery.resolver.model)
    found: _Readings = memory[name]  # type: ignore[assignment]  # put there above
    scenario = delivery.resolver.scenario
    if scenario not in found.under:
        decisive = found.decisive.under(scenario)
        if decisive not in found.under:
            of_identity = is_of_identity(document.kind)
            found.under[decisive] = read_statement(raw, delivery, logical_id, of_identity=of_identity)
        found.under[scenario] = found.under[decisive]
    return found.under[scenario]


def _placed(read: Statement, raw: WrittenStatement, position: int, memory: dict[object, object]) -> Statement:
    """Return a reading of a statement that tells its place, the same object for the same place."""
    name = (_placed, read, position, raw.path)
    if name not in memory:
        memory[name] = replace(read, pointer=raw.pointer, index=position)
    found: Statement = memory[name]  # type: ignore[assignment]  # put there above
    return found


def _broken(data: Value) -> bool:
    if isinstance(data, dict):
        return any(map(_broken, data.values()))
    return any(map(_broken, data)) if isinstance(data, list) else isinstance(data, PartialString) and breaks_text(data)


def _version(delivery: Delivery, written: Plain) -> str | None:
    """Return the Version of a policy under a delivery, None where it is not known; a policy that says none has the first."""
    found = delivery.resolver.value(written)
    if found is None:
        return FIRST_VERSION
    return found.known if isinstance(found, PartialString) else None


@functools.lru_cache(maxsize=_REMEMBERED)
def _facts(delivery: Delivery) -> SourceFacts:
    """Return what is known of the delivery's source, with a prefix that is not taken for a path of the service's own.

    What a parameter makes of the prefix is open, but ``AWSLogs/`` is not part of it (AWS CloudTrail User Guide, Naming
    requirements; AWS Config API Reference, DeliveryChannel), so that ``AWSLogs/<account>/*`` is never the path below it.
    """
    facts = delivery.facts
    prefix = facts.prefix
    if prefix is None or delivery.source is None:
        return facts
    folders = (UnknownPart(part.name) if isinstance(part, UnknownPart) else part for part in prefix.parts)
    return replace(facts, prefix=partial(*folders))
