"""What is wrong with the resources of statements that are for a request but not for what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.delivery.delivery import Delivery
from remediate.delivery.requests import ServiceRequest, facts_of, filled
from remediate.diagnosis.finding import CauseId, Finding
from remediate.iam.match import matches
from remediate.iam.statement import Statement
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, UnknownPart, partial

_Repair = tuple[str, Callable[[PartialString, PartialString], PartialString]]
_REPAIRS: tuple[_Repair, ...] = (
    ("has a doubled slash", lambda written, _: _each(written, lambda part: part.replace("//", "/"))),
    ("does not end in /*", lambda written, _: partial(_without_end(written, "/"), "/*")),
    ("is no ARN", lambda written, bucket: partial(_arn_start(bucket), _without_scheme(written))),
    ("has not three colons before the bucket's name", lambda written, bucket: _with_colons(written, bucket)),
    ("has no slash behind the bucket's name", lambda written, bucket: _with_slash(written, bucket)),
    ("is about the objects in the bucket, not about the bucket", lambda written, _: _without_end(written, "/*")),
    ("ends in a slash, which the bucket's ARN does not", lambda written, _: _without_end(written, "/")),
)
"""What may be wrong with a resource, and how it would be right: the repair that makes it match tells the fault."""


def resource_findings(
    delivery: Delivery, document: Document, statements: Sequence[tuple[WrittenStatement, Statement]], one: ServiceRequest
) -> Iterator[Finding]:
    """Yield each malformed resource of the statements, else the path or resource that none of them allows."""
    wanted = one.request.resource
    found = False
    for raw, statement in statements:
        for resource in statement.resources:
            fault = resource_fault(resource, wanted, delivery.facts.bucket_arn) if document.kind == "bucket" else None
            if fault:
                found = True
                detail = f"the resource {resource} of {raw.label} {fault}"
                yield Finding(
                    "malformed-resource", document.logical_id, raw.path_of("Resource"), detail, document.kind, blocking=False
                )
    if not found:
        raw, statement = statements[-1]
        cause, detail = _lacking(delivery, document, statement, one)
        yield Finding(cause, document.logical_id, raw.path_of("Resource"), detail, document.kind, blocking=False)


def resource_fault(written: PartialString, wanted: PartialString, bucket: PartialString) -> str | None:
    """Return what is wrong with a resource that is meant for a request, where another spelling would match; else None."""
    if matches(written, wanted) is Truth.YES:
        return None
    for fault, repair in _REPAIRS:
        if written == bucket and "objects" not in fault:
            continue  # the bucket itself is well written: it is another statement's resource
        repaired = repair(written, bucket)
        if repaired != written and matches(repaired, wanted) is Truth.YES:
            return fault
    return None


def _lacking(delivery: Delivery, document: Document, statement: Statement, one: ServiceRequest) -> tuple[CauseId, str]:
    own = str(delivery.facts.bucket_arn)
    if document.kind != "bucket" or not any(str(resource).startswith(own) for resource in statement.resources):
        about = ", ".join(map(str, statement.resources)) or "nothing"
        owner = f"the log bucket ({own})" if document.kind == "bucket" else f"the {document.kind}"
        return "wrong-resource", f"{statement.label} is about {about}, not about {owner}"
    if not one.is_write:
        return "wrong-resource", f"{delivery.service.name} is not allowed {one.request.action} on the bucket itself"
    if not delivery.service.below:
        return "prefix-not-allowed", _without_folder(delivery)
    detail = f"{delivery.service.name} is not allowed to write below {_folder(delivery, one)}/"
    if delivery.facts.organization_id is not None and str(delivery.facts.organization_id) in str(one.request.resource):
        return (
            "organization-path-not-allowed",
            f"{detail}, the organization's path",
        )
    unprefixed = partial(delivery.facts.bucket_arn, "/", filled(delivery.service.outsiders.object, facts_of(delivery.facts)))
    plain = any(matches(resource, unprefixed) is Truth.YES for resource in statement.resources)
    if delivery.facts.prefix is not None and (plain or delivery.facts.organization_id is None):
        return (
            "prefix-not-allowed",
            f"{detail}, where {delivery.facts.name} writes with its {delivery.service.source.folder}",
        )
    return "account-path-not-allowed", f"{detail}, the path of the {delivery.service.source.noun}'s own account"


def _without_folder(delivery: Delivery) -> str:
    """Return what is not allowed to a service whose prefix is the beginning of a name, and no folder."""
    name, source, path = delivery.service.name, delivery.facts.name, delivery.service.source.folder
    if delivery.facts.prefix is None:
        return f"{name} is not allowed to write in the whole bucket, where {source} writes without {path}"
    written = delivery.resolver.at(delivery.facts.name, path)
    shown = f" ({written})" if isinstance(written, str) else ""
    return f"{name} is not allowed to write names that begin with the {path} of {source}{shown}"


def _folder(delivery: Delivery, one: ServiceRequest) -> str:
    """Return the folder of a log file as people know it; a prefix that the template leaves open goes by its property."""
    path = str(one.request.resource).removeprefix(f"{delivery.facts.bucket_arn}/")
    folder = path.split(f"/{delivery.service.subfolder(one.id)}")[0]
    source = delivery.service.source
    written = delivery.resolver.at(delivery.source, source.folder) if delivery.source else None
    if delivery.facts.prefix is None or isinstance(written, str) or source.by_arn:
        return folder
    return folder.replace(str(delivery.facts.prefix), f"<{source.prefix}>", 1)


def _each(written: PartialString, change: Callable[[str], str]) -> PartialString:
    return partial(*(part if isinstance(part, UnknownPart) else change(part) for part in written.parts))


def _without_end(written: PartialString, end: str) -> PartialString:
    *before, last = written.parts or ("",)
    return partial(*before, last.removesuffix(end) if isinstance(last, str) else last)


def _without_scheme(written: PartialString) -> PartialString:
    """Return a resource without what it begins with where it is a URI of the AWS CLI."""
    first, *rest = written.parts or ("",)
    return partial(first.removeprefix("s3://") if isinstance(first, str) else first, *rest)


def _with_colons(written: PartialString, bucket: PartialString) -> PartialString:
    """Return an ARN with the three colons that a bucket's ARN has where its Region and account would be."""
    rest = _behind(written, _without_end(_arn_start(bucket), ":::"))
    first, *others = rest.parts if rest and rest.parts else ("",)
    if not isinstance(first, str) or not first.startswith(":"):
        return written
    return partial(_arn_start(bucket), first.lstrip(":"), *others)


def _with_slash(written: PartialString, bucket: PartialString) -> PartialString:
    rest = _behind(written, bucket)
    return partial(bucket, "/", rest) if rest and rest.parts else written


def _behind(written: PartialString, start: PartialString) -> PartialString | None:
    """Return what follows a beginning, None where a text does not surely begin so."""
    *before, last = start.parts or ("",)
    count = len(before)
    if written.parts[:count] != tuple(before) or len(written.parts) <= count:
        return None
    here, rest = written.parts[count], written.parts[count + 1 :]
    if here == last:
        return partial(*rest)
    begins = isinstance(here, str) and isinstance(last, str) and here.startswith(last)
    return partial(str(here)[len(str(last)) :], *rest) if begins else None


def _arn_start(bucket: PartialString) -> PartialString:
    """Return all of a bucket's ARN that stands before its name."""
    parts: list[str | UnknownPart] = []
    for part in bucket.parts:
        if isinstance(part, str) and ":::" in part:
            return partial(*parts, part[: part.index(":::") + 3])
        parts.append(part)
    return partial()
