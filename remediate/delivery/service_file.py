"""Reading ``service.yaml``, the file that describes a log service."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from msgspec.structs import replace

from remediate.cloudformation.property_path import PropertyPath, property_path
from remediate.delivery.service import (
    Confidence,
    Failure,
    Forms,
    LogService,
    Outsiders,
    Refusal,
    RequestForm,
    Source,
    Target,
    Writer,
)
from remediate.iam.holders import PolicyKind
from remediate.template import Plain, read_data


@functools.cache
def load_service(file: Path) -> LogService:
    """Return the service that a file describes. The shipped ones are held to their schema by a test.

    Raises TemplateError where it is not YAML, and OSError.
    """
    data = cast("dict[str, dict[str, Plain]]", read_data(file.read_text("utf-8-sig"), "yaml"))
    first, *others = _sources(data)
    service = _with_others(_service(data, first), data)
    LOADED[service.id] = replace(service, others=tuple(replace(service, source=one) for one in others))
    return LOADED[service.id]


LOADED: dict[str, LogService] = {}
"""Every service that has been read, by id: what its ids mean is asked long after."""


def _service(data: dict[str, dict[str, Plain]], source: Source) -> LogService:
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
        **_of_its_own(data),
        outsiders=_outsiders(data["outsiders"]),
    )


def _with_others(service: LogService, data: dict[str, dict[str, Plain]]) -> LogService:
    """Return a service with whom a policy may, or does, name in its place."""
    accounts, mistaken = (data.get(name, {}) for name in ("region-accounts", "mistaken-principals"))
    return replace(
        service,
        region_accounts={region: str(account) for region, account in accounts.items()},
        mistaken={name: str(whose) for name, whose in mistaken.items()},
        may_carry=_forms(data.get("may-carry", {})),
    )


def _of_its_own(data: dict[str, dict[str, Plain]]) -> dict[str, Any]:
    """Return in what a service differs from others: how it treats a bucket, and how it fails."""
    return {
        "refuses": tuple(map(_refusal, cast("list[dict[str, Plain]]", data.get("refuses", [])))),
        "streams": cast("Mapping[str, str]", data.get("streams", {})),
        "shared_principal": bool(data.get("shared-principal")),
        "writes_policy": bool(data.get("writes-policy")),
        "acl_grants": str(data.get("acl-grants", "")),
        "silent": str(data.get("silent", "")),
        "uncertain_principals": _texts(data.get("uncertain-principals")),
        "legs": {name: property_path(str(path)) for name, path in data.get("legs", {}).items()},
    }


def _sources(data: dict[str, dict[str, Plain]]) -> Iterator[Source]:
    """Yield what a service file says of sources: one for each kind, and for each place that it delivers to."""
    for source in _listed(data["source"]):
        for to in _listed(source.get("destinations", data.get("destinations"))):
            yield _source(source, to)


def _source(source: dict[str, Plain], to: dict[str, Plain]) -> Source:
    options = cast("dict[str, Plain]", source.get("options", {}))
    where = {**cast("dict[str, Plain]", source.get("where", {})), **cast("dict[str, Plain]", to.get("where", {}))}
    return Source(
        type=str(source["type"]),
        noun=str(source["noun"]),
        arn=str(source["arn"]),
        arn_attribute=str(source.get("arn-attribute", "")),
        name=_path(source.get("name")),
        organization=_path(source.get("organization")),
        options={name: _path(one) for name, one in options.items()},
        facts=frozenset((*_texts(source.get("facts")), *_texts(to.get("facts")))),
        where={_path(name): _texts(values) for name, values in where.items()},
        without=tuple(map(_path, _texts(source.get("without")))),
        **_destination(to),
    )


def _destination(to: dict[str, Plain]) -> dict[str, Any]:
    """Return what a service file says of one place that a source delivers to."""
    return {
        "bucket": _path(to.get("bucket") or to.get("bucket-arn")),
        "prefix": _path(to.get("prefix")),
        "key": _path(to.get("key") or to.get("key-arn")),
        "topic": _path(to.get("topic")),
        "role": _path(to.get("role")),
        "log_group": _path(to.get("log-group")),
        "by_arn": "bucket-arn" in to,
        "itself": to.get("itself") is True,
        "topic_by_name": to.get("topic-by-name") is True,
        "encrypted_topic": str(to.get("encrypted-topic", "")),
        "key_by_arn": "key-arn" in to,
        "bucket_name_begins": str(to.get("bucket-name-begins", "")),
    }


def _path(written: Plain) -> PropertyPath:
    return property_path(str(written or ""))


def _listed(written: Plain) -> list[dict[str, Plain]]:
    return cast("list[dict[str, Plain]]", written if isinstance(written, list) else [written])


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


def _outsiders(data: dict[str, Plain]) -> Outsiders:
    own_path = data.get("own-path") is True
    return Outsiders(_texts(data["services"]), str(data["arn"]), str(data.get("object", "")), own_path=own_path)


def _refusal(data: dict[str, Plain]) -> Refusal:
    return Refusal(*(cast("Any", data[name]) for name in ("bucket-with", "level", "because")))


def _failure(data: dict[str, Plain]) -> Failure:
    policies = cast("tuple[PolicyKind, ...]", _texts(data["policies"]))
    return Failure(str(data["code"]), str(data["match"]), policies, str(data["meaning"]))


def _facts(written: Plain) -> frozenset[str] | None:
    return None if written is None else frozenset(_texts(written))


def _forms(written: Mapping[str, Plain]) -> Forms:
    return {key.lower(): _texts(one) if isinstance(one, list) else str(one) for key, one in written.items()}


def _texts(written: Plain | object) -> tuple[str, ...]:
    return tuple(map(str, written)) if isinstance(written, list) else ()
