"""A log service as data: ``patches/<service>/service.yaml`` says who writes, to where, and with which requests."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias, cast

from msgspec import Struct

from remediate.iam.holders import PolicyKind
from remediate.template import Plain, read

Confidence: TypeAlias = Literal["documented", "indirect", "inferred"]
Target: TypeAlias = Literal["bucket", "object", "key", "topic", "role", "permissions"]
Forms = Mapping[str, "str | tuple[str, ...]"]
"""Condition keys, in lower case, with the forms of their values: texts with ``{names}`` of facts."""


class Source(Struct, frozen=True):
    """What has its logs delivered: a resource type, and its properties by what they say ("" where it has none).

    ``noun`` is what people call it. ``arn`` is the form of its ARN. ``options`` are facts that a property switches on.
    """

    type: str
    noun: str
    name: str
    arn: str
    organization: str
    options: Mapping[str, str]
    bucket: str
    prefix: str
    key: str
    topic: str
    role: str
    log_group: str

    def properties(self) -> tuple[str, ...]:
        """Return the properties that say what a source logs through."""
        named = (self.name, self.bucket, self.prefix, self.key, self.topic, self.role, self.log_group, self.organization)
        return tuple(filter(None, (*named, *self.options.values())))


class RequestForm(Struct, frozen=True):
    """A request that a service makes. ``target``: what it is made on; ``object`` is the form of an object's path.

    One on ``permissions`` is made with the role, on the ``resource``. ``unsure`` are condition keys of the service's other
    requests of which it is not known whether this one carries them.
    It is made under all facts ``when``, and may come to be made under all facts ``may_be_made``; None where it never is.
    """

    id: str
    target: Target
    action: str
    title: str
    confidence: Confidence
    source: str
    when: frozenset[str] | None
    may_be_made: frozenset[str] | None
    object: str
    context: Forms
    absent: frozenset[str]
    resource: str = ""
    unsure: frozenset[str] = frozenset()


class Outsiders(Struct, frozen=True):
    """Who else could ask: other service principals, another account's source by its ARN, and a file to ask for."""

    services: tuple[str, ...]
    arn: str
    object: str


class Writer(Struct, frozen=True):
    """A role that writes before the service does: the resource type and property that name it.

    Where the template has the role, a request that is denied to the service decides nothing, for the ``reason``.
    """

    type: str
    property: str
    reason: str


class Failure(Struct, frozen=True):
    """An error of a deployment: a regular expression for its message, which policies can cause it, and what it means."""

    code: str
    pattern: str
    policies: tuple[PolicyKind, ...]
    meaning: str


class LogService(Struct, frozen=True, eq=False):
    """A service that delivers logs. The forms are texts with ``{names}`` of facts (see ``patches/schema/service.json``).

    ``page`` documents its policies. ``folder`` is the form of the folder that all paths are below, ``paths`` are patterns of
    what is written there; ``streams`` are those of a log group. ``source_keys`` are the condition keys, in lower case, whose
    value is the source's ARN. ``delivered`` and ``status`` say in Markdown what to see after the deployment.
    ``legacy_accounts`` are those that the service called from until a time that ``legacy_until`` tells, before it had a
    service principal.
    """

    id: str
    name: str
    page: str
    principal: str
    source: Source
    folder: str
    paths: Mapping[str, str]
    context: Forms
    source_keys: frozenset[str]
    requests: tuple[RequestForm, ...]
    outsiders: Outsiders
    delivered: str = ""
    status: str = ""
    writer: Writer | None = None
    failures: tuple[Failure, ...] = ()
    legacy_accounts: frozenset[str] = frozenset()
    legacy_until: str = ""
    streams: Mapping[str, str] = {}

    @property
    def subfolder(self) -> str:
        """The folder below that of the account: what is above it is the folder that people know."""
        written = next((one.object for one in self.requests if one.target == "object"), "")
        return written.partition("{account}/")[2].partition("/")[0]


@functools.cache
def load_service(file: Path) -> LogService:
    """Return the service that a file describes. The shipped ones are held to their schema by a test.

    Raises TemplateError where it is not YAML, and OSError.
    """
    data = cast("dict[str, dict[str, Plain]]", read(file.read_bytes(), str(file)).data)
    outsiders = data["outsiders"]
    headers = cast("dict[str, dict[str, Plain]]", data.get("headers", {}))
    legacy, writer, after = (data.get(name, {}) for name in ("legacy-accounts", "writer", "after-deployment"))
    return LogService(
        id=str(data["id"]),
        name=str(data["name"]),
        page=str(data["page"]),
        principal=str(data["principal"]),
        source=_source(data["source"], data["destinations"]),
        folder=str(data["folder"]),
        paths=cast("Mapping[str, str]", data["paths"]),
        context=_forms(data["context"]),
        source_keys=frozenset(one.lower() for one in _texts(data.get("source-keys"))),
        requests=tuple(_request(one, headers) for one in cast("list[dict[str, Plain]]", data["requests"])),
        delivered=str(after.get("files", "")),
        status=str(after.get("status", "")),
        writer=Writer(*(str(writer[key]) for key in ("type", "property", "reason"))) if writer else None,
        failures=tuple(map(_failure, cast("list[dict[str, Plain]]", data.get("error-messages", [])))),
        legacy_accounts=frozenset(_texts(legacy.get("accounts"))),
        legacy_until=str(legacy.get("until", "")),
        streams=cast("Mapping[str, str]", data.get("streams", {})),
        outsiders=Outsiders(_texts(outsiders["services"]), str(outsiders["arn"]), str(outsiders["object"])),
    )


def _source(source: dict[str, Plain], to: dict[str, Plain]) -> Source:
    return Source(
        type=str(source["type"]),
        noun=str(source["noun"]),
        name=str(source.get("name", "")),
        arn=str(source["arn"]),
        organization=str(source.get("organization", "")),
        options=cast("Mapping[str, str]", source.get("options", {})),
        bucket=str(to["bucket"]),
        prefix=str(to.get("prefix", "")),
        key=str(to.get("key", "")),
        topic=str(to.get("topic", "")),
        role=str(to.get("role", "")),
        log_group=str(to.get("log-group", "")),
    )


def any_arn(service: LogService) -> str:
    """Return the pattern of the ARN of every source of the stack's account, as ``Fn::Sub`` writes it."""
    names = {"partition": "${AWS::Partition}", "account": "${AWS::AccountId}", "region": "*", "name": "*"}
    return service.source.arn.format(**names)


def _request(data: dict[str, Plain], headers: dict[str, dict[str, Plain]]) -> RequestForm:
    on_object = data["on"] == "object"
    context = {**(headers.get("present", {}) if on_object else {}), **cast("dict[str, Plain]", data.get("context", {}))}
    absent = (*(_texts(headers.get("absent")) if on_object else ()), *_texts(data.get("absent")))
    may_be_made = _facts(data.get("may-be-made"))
    return RequestForm(
        id=str(data["id"]),
        target=cast("Target", data["on"]),
        action=str(data["action"]),
        title=str(data["title"]),
        confidence=cast("Confidence", data["confidence"]),
        source=str(data["source"]),
        when=frozenset(_texts(data.get("when"))) if "when" in data or may_be_made is None else None,
        may_be_made=may_be_made,
        object=str(data.get("object", "")),
        context=_forms(context),
        absent=frozenset(one.lower() for one in absent),
        resource=str(data.get("resource", "")),
        unsure=frozenset(one.lower() for one in _texts(data.get("unsure"))),
    )


def _failure(data: dict[str, Plain]) -> Failure:
    policies = cast("tuple[PolicyKind, ...]", _texts(data["policies"]))
    return Failure(str(data["code"]), str(data["match"]), policies, str(data["meaning"]))


def _facts(written: Plain) -> frozenset[str] | None:
    return None if written is None else frozenset(_texts(written))


def _forms(written: Mapping[str, Plain]) -> Forms:
    return {key.lower(): _texts(one) if isinstance(one, list) else str(one) for key, one in written.items()}


def _texts(written: Plain | object) -> tuple[str, ...]:
    return tuple(map(str, written)) if isinstance(written, list) else ()
