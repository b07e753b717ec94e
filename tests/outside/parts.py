"""What of a deployed template matters to the judges: policies, trails with all that they log through, log groups."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tests.outside.parameters import ACCOUNT, REGION

Kind = Literal["bucket", "key", "topic", "role", "permissions"]
"""What a policy is for: *role* is the trust policy of a role, *permissions* are all of its identity policies together."""


@dataclass(frozen=True)
class Policy:
    """A policy of the template, for the bucket, key, topic or role with the ARN.

    ``text`` is its document as JSON, for permissions a list of them; ``parts`` then are the same with the resource that
    each comes from. ``guessed``: a value in it was made up, or something outside the template counts too.
    """

    logical_id: str
    kind: Kind
    arn: str
    text: str
    guessed: bool
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The policy as data."""
        found: list[dict[str, Any]] = items(json.loads(self.text))
        return found

    def folders(self) -> list[str]:
        """Return the path patterns of objects that the policy's statements name."""
        start = f"{self.arn}/"
        return list(dict.fromkeys(one.removeprefix(start) for one in self.resources() if one.startswith(start)))

    def resources(self) -> Iterator[str]:
        """Yield the resources that its statements name."""
        for statement in self.statements():
            yield from map(str, items(statement.get("Resource")))

    def statements(self) -> Iterator[dict[str, Any]]:
        """Yield its statements."""
        for document in self.documents:
            yield from (one for one in items(document.get("Statement")) if isinstance(one, dict))


@dataclass(frozen=True)
class Trail:
    """A trail and what it logs through.

    ``ordered``: it is created after every policy of its bucket and topic. ``at_creation`` are the documents of its role's
    permissions that are there by then.
    """

    logical_id: str
    arn: str
    bucket_arn: str
    prefix: str = ""
    key_arn: str | None = None
    default_key_arn: str | None = None
    bucket_key: bool = False
    organization: str | None = None
    digests: bool = False
    topic_arn: str | None = None
    topic_key_arn: str | None = None
    role_arn: str | None = None
    log_group_arn: str | None = None
    policies: tuple[Policy, ...] = ()
    ordered: bool = True
    at_creation: str = "[]"
    guessed: bool = False
    account: str = ACCOUNT
    region: str = REGION


@dataclass(frozen=True)
class LogGroup:
    """A log group with a key, which a trail writes to; the ARN has no ``:*`` behind it."""

    logical_id: str
    arn: str
    key_arn: str
    policies: tuple[Policy, ...]
    guessed: bool
    account: str
    region: str


@dataclass(frozen=True)
class Stack:
    """What of a template matters here. ``missed``: parts that could not be sampled."""

    policies: tuple[Policy, ...]
    trails: tuple[Trail, ...]
    groups: tuple[LogGroup, ...]
    refused: tuple[str, ...]
    missed: tuple[str, ...]

    def policy(self, like: Policy) -> Policy | None:
        """Return the policy that the same resource has for the same thing."""
        wanted = (like.logical_id, like.kind, like.arn)
        return next((one for one in self.policies if (one.logical_id, one.kind, one.arn) == wanted), None)


def items(value: Any) -> list[Any]:
    """Return a list as it is, another value as a list of one, nothing as an empty list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def true(value: Any) -> bool:
    """Whether a property is on."""
    return str(value).lower() == "true"
