"""What AWS does not accept in a statement, so that the policy itself cannot be created."""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediate.causes.callers import wrong_principals
from remediate.causes.cause import Finding
from remediate.cloudformation.documents import Document, RawStatement
from remediate.cloudformation.expression import function
from remediate.cloudformation.resources import section
from remediate.cloudformation.view import View
from remediate.policy.actions import misspelt
from remediate.policy.document import Statement
from remediate.policy.match import matches
from remediate.policy.truth import Truth
from remediate.symbolic import Text, Unknown, text
from remediate.template import Plain

_SUB = re.compile(r"\$\{(AWS::\w+|[A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")
_ON_THE_BUCKET = ("s3:getbucketacl", "s3:getbucketlocation")
_ON_OBJECTS = ("s3:putobject",)


def refused_findings(view: View, document: Document, raw: RawStatement, statement: Statement) -> Iterator[Finding]:
    """Yield what is wrong with a statement whatever it is for."""
    yield from _unsubstituted(view, document, raw)
    yield from wrong_principals(document, raw, statement)
    if document.kind == "bucket":
        yield from _foreign(view, document, raw, statement)
        yield from _inapplicable(document, raw, statement)


def misspelt_actions(document: Document, raw: RawStatement) -> Iterator[Finding]:
    """Yield the actions of a statement that are none, each with the one that was meant."""
    for action in raw.actions:
        meant = misspelt(action)
        if meant:
            detail = f"{raw.label} allows {action}, which is no action; {meant} is"
            blocking = document.kind == "bucket"
            advice = f"write {meant} instead of {action}"
            path = raw.path_of("Action")
            yield Finding("misspelt-action", document.logical_id, path, detail, document.kind, blocking, advice=advice)


def _unsubstituted(view: View, document: Document, raw: RawStatement) -> Iterator[Finding]:
    """Yield the texts with ``${Name}`` that no Fn::Sub replaces.

    Source: AWS CloudFormation User Guide, Fn::Sub. A policy variable of IAM has another form: ``${aws:username}``.
    """
    known = section(view.resolver.data, "Resources").keys() | section(view.resolver.data, "Parameters").keys()
    for path, written in _texts(raw.data, raw.path):
        names = [found[0] for found in _SUB.finditer(written) if found[1] in known or found[1].startswith("AWS::")]
        if names:
            detail = f"{raw.label} has {', '.join(dict.fromkeys(names))} in a text without Fn::Sub, so it stays as it is"
            advice = "put !Sub (in JSON: Fn::Sub) before the text"
            yield Finding("missing-sub", document.logical_id, path, detail, document.kind, advice=advice)


def _texts(written: Plain, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(written, str):
        yield path, written
    elif isinstance(written, list):
        for index, item in enumerate(written):
            yield from _texts(item, (*path, index))
    elif isinstance(written, dict) and not function(written):
        for key, value in written.items():
            yield from _texts(value, (*path, key))


def _foreign(view: View, document: Document, raw: RawStatement, statement: Statement) -> Iterator[Finding]:
    """Yield the resources that are neither the bucket nor in it, whatever the unknown parts are."""
    bucket = view.facts.bucket_arn
    within = text(bucket, "/", Unknown("the key of an object", "any"))
    for resource in (*statement.resources, *statement.not_resources):
        variable = any(isinstance(part, str) and "${" in part for part in resource.parts)
        if not variable and {matches(resource, bucket), matches(resource, within)} == {Truth.NO}:
            detail = f"{raw.label} names {resource}, which is not in {bucket}, so S3 refuses the policy"
            advice = f"take {resource} out of {raw.label}"
            path = (*raw.path, "Resource" if statement.resources else "NotResource")
            yield Finding("foreign-resource", document.logical_id, path, detail, document.kind, advice=advice)


def _inapplicable(document: Document, raw: RawStatement, statement: Statement) -> Iterator[Finding]:
    """Yield the actions for which a statement has no resource that they can be about."""
    about = {*map(_about, statement.resources)}
    if not about or "any" in about:
        return
    for actions, wanted, names, right in (
        (_ON_THE_BUCKET, "bucket", "only objects", "the bucket itself"),
        (_ON_OBJECTS, "object", "only the bucket itself", "the objects: <bucket ARN>/…/*"),
    ):
        lost = [one for one in raw.actions if one.lower() in actions]
        if lost and wanted not in about:
            detail = f"{raw.label} allows {', '.join(lost)} but names {names}, so S3 refuses the policy"
            advice = f"let {raw.label} name {right}"
            path = raw.path_of("Resource")
            yield Finding("inapplicable-resource", document.logical_id, path, detail, document.kind, advice=advice)


def _about(resource: Text) -> str:
    """Tell what a resource of a bucket policy can be about: the bucket, objects, or any of both."""
    after = "".join(part if isinstance(part, str) else "x" for part in resource.parts).partition(":::")[2]
    if any(isinstance(part, Unknown) and part.alphabet == "any" for part in resource.parts) or not after:
        return "any"
    if "/" in after:
        return "object"
    return "any" if "*" in after or "?" in after else "bucket"
