"""What ``Ref`` and ``Fn::GetAtt`` give for the resource types whose names matter here.

``resource_types.json`` holds by type: the property with the explicit name, whether a generated name is never that of another
resource, and what Ref (where it is not the name) and the attributes give: the service and the beginning of the resource part
of an ARN, null for the name itself; a third text ends the ARN. Source: AWS CloudFormation Template Reference, Return values
of each type.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from msgspec import Struct

BUCKET: Final = "AWS::S3::Bucket"
BUCKET_POLICY: Final = "AWS::S3::BucketPolicy"
KEY: Final = "AWS::KMS::Key"
ALIAS: Final = "AWS::KMS::Alias"
TOPIC: Final = "AWS::SNS::Topic"
TOPIC_POLICY: Final = "AWS::SNS::TopicPolicy"
ROLE: Final = "AWS::IAM::Role"
POLICY: Final = "AWS::IAM::Policy"
ROLE_POLICY: Final = "AWS::IAM::RolePolicy"
MANAGED_POLICY: Final = "AWS::IAM::ManagedPolicy"
LOG_GROUP: Final = "AWS::Logs::LogGroup"


class ResourceType(Struct, frozen=True):
    """How resources of a type are called.

    ``ref`` and ``attributes``: service, beginning and end of an ARN; None for the name.
    """

    name: str
    generated: bool
    ref: tuple[str, str, str] | None
    attributes: Mapping[str, tuple[str, str, str] | None]


def resource_type(name: object) -> ResourceType | None:
    """Return what is known of a resource type, None for any other or what is not a type."""
    return _table().get(name) if isinstance(name, str) else None


@functools.cache
def _table() -> dict[str, ResourceType]:
    written = json.loads(Path(__file__).with_name("resource_types.json").read_text("utf-8"))
    return {kind: _read(one) for kind, one in written.items()}


def _read(one: dict[str, object]) -> ResourceType:
    attributes = cast("dict[str, list[str] | None]", one.get("attributes", {}))
    forms = {name: _form(form) for name, form in attributes.items()}
    ref = _form(cast("list[str] | None", one.get("ref")))
    return ResourceType(str(one.get("name", "")), bool(one.get("generated", False)), ref, forms)


def _form(written: list[str] | None) -> tuple[str, str, str] | None:
    return (written[0], written[1], "".join(written[2:])) if written else None
