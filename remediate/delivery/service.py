"""A log service as data: ``patches/<service>/service.yaml`` says who writes, to where, and with which requests."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import replace

from remediate.cloudformation.property_path import PropertyPath, property_path
from remediate.iam.holders import PolicyKind
from remediate.template import Plain, read

Confidence: TypeAlias = Literal["documented", "indirect", "inferred"]
Forms = Mapping[str, "str | tuple[str, ...]"]
"""Condition keys, in lower case, with the forms of their values: texts with ``{names}`` of facts."""
PREFIX_WITH_SLASH = "{prefix/}"
PREFIX = "{prefix}"
"""How a folder begins: with the prefix of a source that has one and a slash, or with the prefix alone."""


class Source(Struct, frozen=True):
    """What has its logs delivered: a resource type, and its properties by what they say (no steps where it has none).

    ``noun`` is what people call it. ``arn`` is the form of its ARN. ``options`` are facts that a property switches on,
    ``facts`` those that hold for all such sources. A resource of the type is a source where each property of ``where`` has
    one of the values, in lower case: ``present`` is any, "" is none. ``by_arn``: ``bucket`` is an ARN, with the folder
    behind it. ``itself``: without ``bucket`` a source is its own. ``key_by_arn``: the service takes no other name of a key.
    """

    type: str
    noun: str
    arn: str
    name: PropertyPath
    organization: PropertyPath
    options: Mapping[str, PropertyPath]
    bucket: PropertyPath
    prefix: PropertyPath
    key: PropertyPath
    topic: PropertyPath
    facts: frozenset[str] = frozenset()
    where: Mapping[PropertyPath, tuple[str, ...]] = {}
    by_arn: bool = False
    itself: bool = False
    key_by_arn: bool = False

    def properties(self) -> tuple[PropertyPath, ...]:
        """Return the properties that say what a source logs through."""
        found = (self.name, self.bucket, self.prefix, self.key, self.topic, self.organization)
        return tuple(filter(None, (*found, *self.options.values(), *self.where)))


class RequestForm(Struct, frozen=True):
    """A request that a service makes. ``target``: what it is made on; ``object`` is the form of an object's path.

    It is made under all facts ``when``, and may come to be made under all facts ``may_be_made``; None where it never is.
    """

    id: str
    target: Literal["bucket", "object", "key", "topic"]
    action: str
    title: str
    confidence: Confidence
    source: str
    when: frozenset[str] | None
    may_be_made: frozenset[str] | None
    object: str
    context: Forms
    absent: frozenset[str]


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
    what is written there. ``source_keys`` are the condition keys, in lower case, whose value is the source's ARN, and
    ``source_key`` is the first of them.
    ``delivered`` and ``status`` say in Markdown what to see after the deployment. ``legacy_accounts`` are those that the
    service called from until a time that ``legacy_until`` tells, before it had a service principal. ``others`` are the same
    service for its other kinds of sources, and for other places that a source delivers to. ``legs`` are the ids of services
    that a run for this one includes, for the resources that a property of a source names. ``principal`` is a form, whose
    Region is that of the stack; ``uncertain_principals`` are forms that are in use and that AWS does not document.
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
    uncertain_principals: tuple[str, ...] = ()
    source_key: str = "aws:SourceArn"
    others: tuple[LogService, ...] = ()
    legs: Mapping[str, PropertyPath] = {}

    def is_mentioned(self, text: str) -> bool:
        """Tell whether a text may speak of the service: it has the first word of its principal.

        Where the Region follows, that word is a common one, which begins a name or is written on its own.
        """
        word, _, rest = self.principal.partition(".")
        words = (f"{word}.", f'"{word}"') if rest.startswith("{") else (word,)
        return any(one in text.lower() for one in words)

    @property
    def kinds(self) -> tuple[LogService, ...]:
        """The service for each kind of source, and for each place that one delivers to."""
        return (self, *self.others)

    @property
    def source_types(self) -> tuple[str, ...]:
        """The resource types of its sources."""
        return tuple(dict.fromkeys(kind.source.type for kind in self.kinds))

    @property
    def below(self) -> str:
        """The form of the folder without the prefix that it begins with."""
        return self.folder.removeprefix(PREFIX_WITH_SLASH).removeprefix(PREFIX)

    @property
    def slash(self) -> str:
        """What stands between a prefix and the rest of the folder."""
        return "/" if self.folder.startswith(PREFIX_WITH_SLASH) else ""

    @property
    def subfolder(self) -> str:
        """The folder below that of the account: what is above it is the folder that people know."""
        written = next((one.object for one in self.requests if one.target == "object"), "")
        return written.partition("{account}/")[2].partition("/")[0]


class UsedBy(Struct, frozen=True):
    """What makes a service a leg of another one: a property of the other's sources names its sources."""

    service: LogService
    path: PropertyPath


@functools.cache
def load_service(file: Path) -> LogService:
    """Return the service that a file describes. The shipped ones are held to their schema by a test.

    Raises TemplateError where it is not YAML, and OSError.
    """
    data = cast("dict[str, dict[str, Plain]]", read(file.read_bytes(), str(file)).data)
    first, *others = _sources(data)
    service = _service(data, first)
    LOADED[service.id] = replace(service, others=tuple(replace(service, source=one) for one in others))
    return LOADED[service.id]


LOADED: dict[str, LogService] = {}
"""Every service that has been read, by id: what its ids mean is asked long after."""


def _service(data: dict[str, dict[str, Plain]], source: Source) -> LogService:
    outsiders = data["outsiders"]
    headers = cast("dict[str, dict[str, Plain]]", data.get("headers", {}))
    legacy, writer, after = (data.get(name, {}) for name in ("legacy-accounts", "writer", "after-deployment"))
    return LogService(
        id=str(data["id"]),
        name=str(data["name"]),
        page=str(data["page"]),
        principal=str(data["principal"]),
        source=source,
        folder=str(data.get("folder", "")),
        paths=cast("Mapping[str, str]", data.get("paths", {})),
        context=_forms(data["context"]),
        source_keys=frozenset(one.lower() for one in _texts(data.get("source-keys"))),
        source_key=next(iter(_texts(data.get("source-keys"))), "aws:SourceArn"),
        requests=tuple(_request(one, headers) for one in cast("list[dict[str, Plain]]", data["requests"])),
        delivered=str(after.get("files", "")),
        status=str(after.get("status", "")),
        writer=Writer(*(str(writer[key]) for key in ("type", "property", "reason"))) if writer else None,
        failures=tuple(map(_failure, cast("list[dict[str, Plain]]", data.get("error-messages", [])))),
        legacy_accounts=frozenset(_texts(legacy.get("accounts"))),
        legacy_until=str(legacy.get("until", "")),
        uncertain_principals=_texts(data.get("uncertain-principals")),
        legs={name: property_path(str(path)) for name, path in data.get("legs", {}).items()},
        outsiders=Outsiders(_texts(outsiders["services"]), str(outsiders["arn"]), str(outsiders.get("object", ""))),
    )


def _sources(data: dict[str, dict[str, Plain]]) -> Iterator[Source]:
    """Yield what a service file says of sources: one for each kind, and for each place that it delivers to."""
    for source in _listed(data["source"]):
        for to in _listed(source.get("destinations", data.get("destinations"))):
            yield _source(source, to)


def _source(source: dict[str, Plain], to: dict[str, Plain]) -> Source:
    def path(written: Plain) -> PropertyPath:
        return property_path(str(written or ""))

    options = cast("dict[str, Plain]", source.get("options", {}))
    where = {**cast("dict[str, Plain]", source.get("where", {})), **cast("dict[str, Plain]", to.get("where", {}))}
    return Source(
        type=str(source["type"]),
        noun=str(source["noun"]),
        arn=str(source["arn"]),
        name=path(source.get("name")),
        organization=path(source.get("organization")),
        options={name: path(one) for name, one in options.items()},
        facts=frozenset(_texts(source.get("facts"))),
        where={path(name): _texts(values) for name, values in where.items()},
        bucket=path(to.get("bucket") or to.get("bucket-arn")),
        prefix=path(to.get("prefix")),
        key=path(to.get("key") or to.get("key-arn")),
        topic=path(to.get("topic")),
        by_arn="bucket-arn" in to,
        itself=to.get("itself") is True,
        key_by_arn="key-arn" in to,
    )


def _listed(written: Plain) -> list[dict[str, Plain]]:
    return cast("list[dict[str, Plain]]", written if isinstance(written, list) else [written])


def _request(data: dict[str, Plain], headers: dict[str, dict[str, Plain]]) -> RequestForm:
    on_object = data["on"] == "object"
    context = {**(headers.get("present", {}) if on_object else {}), **cast("dict[str, Plain]", data.get("context", {}))}
    absent = (*(_texts(headers.get("absent")) if on_object else ()), *_texts(data.get("absent")))
    may_be_made = _facts(data.get("may-be-made"))
    return RequestForm(
        id=str(data["id"]),
        target=cast("Literal['bucket', 'object', 'key', 'topic']", data["on"]),
        action=str(data["action"]),
        title=str(data["title"]),
        confidence=cast("Confidence", data["confidence"]),
        source=str(data["source"]),
        when=frozenset(_texts(data.get("when"))) if "when" in data or may_be_made is None else None,
        may_be_made=may_be_made,
        object=str(data.get("object", "")),
        context=_forms(context),
        absent=frozenset(one.lower() for one in absent),
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
