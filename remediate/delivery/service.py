"""A log service as data: ``patches/<service>/service.yaml`` says who writes, to where, and with which requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from remediate.cloudformation.property_path import PropertyPath
from remediate.iam.holders import PolicyKind

Confidence: TypeAlias = Literal["documented", "indirect", "inferred"]
Target: TypeAlias = Literal["bucket", "object", "key", "topic", "topic-key", "role", "permissions"]
"""What a request is made on; ``topic-key`` is the key that encrypts the topic, ``permissions`` are those of the role."""
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
    ``bucket_name_begins``: what AWS asks of its name. ``topic_by_name``: a topic may be named without its ARN.
    ``encrypted_topic`` says why it can be no encrypted one, if so. ``without``: properties that AWS refuses of it.
    ``arn_attribute``: the attribute that is its ARN.
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
    role: PropertyPath
    log_group: PropertyPath
    facts: frozenset[str] = frozenset()
    where: Mapping[PropertyPath, tuple[str, ...]] = {}
    by_arn: bool = False
    itself: bool = False
    key_by_arn: bool = False
    bucket_name_begins: str = ""
    topic_by_name: bool = False
    encrypted_topic: str = ""
    without: tuple[PropertyPath, ...] = ()
    arn_attribute: str = ""

    @property
    def a_noun(self) -> str:
        """The noun with its article."""
        return with_article(self.noun)

    @property
    def folder(self) -> PropertyPath:
        """The property that names the folder of the logs: the prefix, or the ARN that has it behind the bucket."""
        return self.bucket if self.by_arn else self.prefix

    def properties(self) -> tuple[PropertyPath, ...]:
        """Return the properties that say what a source logs through."""
        named = (self.name, self.bucket, self.prefix, self.key, self.topic, self.role, self.log_group, self.organization)
        return tuple(filter(None, (*named, *self.options.values(), *self.where, *self.without)))


class RequestForm(Struct, frozen=True):
    """A request that a service makes. ``target``: what it is made on; ``object`` is the form of an object's path.

    One on ``permissions`` is made with the role, on the ``resource``. ``unsure`` are condition keys of the service's other
    requests of which it is not known whether this one carries them.
    It is made under all facts ``when``, and may come to be made under all facts ``may_be_made``; None where it never is.
    A fact with ``!`` before it is one that does not hold.
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
    """Who else could ask: other service principals, another account's source by its ARN, and a file to ask for.

    ``own_path``: a source writes below the path of its own account alone, so that no other account's asks for that path.
    """

    services: tuple[str, ...]
    arn: str
    object: str
    own_path: bool = False


class Writer(Struct, frozen=True):
    """A role that writes before the service does: the resource type and property that name it.

    Where the template has the role, a request that is denied to the service decides nothing, for the ``reason``.
    """

    type: str
    property: str
    reason: str


class Refusal(Struct, frozen=True):
    """What a service does not accept of a bucket: an ``error`` fails the stack, a ``warning`` loses the logs."""

    bucket_with: Literal["kms-encryption", "aws-managed-key", "key-id", "object-lock"]
    level: Literal["error", "warning"]
    because: str


class Failure(Struct, frozen=True):
    """An error of a deployment: a regular expression for its message, which policies can cause it, and what it means."""

    code: str
    pattern: str
    policies: tuple[PolicyKind, ...]
    meaning: str


class LogService(Struct, frozen=True, eq=False):
    """A service that delivers logs. The forms are texts with ``{names}`` of facts (see ``patches/schema/service.json``).

    ``page`` documents its policies. ``folder`` is the form of the folder that all paths are below, ``paths`` are patterns of
    what is written there, ``streams`` those of a log group. ``source_keys`` are the condition keys, in lower case, whose
    value is the source's ARN, and ``source_key`` is the first of them. ``delivered`` and ``status`` say in Markdown what to
    see after the deployment. ``legacy_accounts`` are those that the service called from until a time that ``legacy_until``
    tells, before it had a service principal. ``others`` are the same service for its other kinds of sources, and for other
    places that a source delivers to. ``legs`` are the ids of services that a run for this one includes, for the resources
    that a property of a source names. ``writes_policy``: it adds what it needs to the policy of the bucket, if whoever
    deploys may do that. ``shared_principal``: a policy that names the principal may be for another service, and says
    nothing of sources elsewhere. ``refuses`` is what a bucket must not have. ``principal`` is a form, whose Region is that
    of the stack; ``uncertain_principals`` are forms that are in use and that AWS does not document. ``may_carry`` are
    condition keys that a request has with this value or not at all. ``region_accounts`` are the accounts that may stand for
    the principal, by Region. ``mistaken`` are principals written by mistake, with whose they are. ``acl_grants`` is the
    canned ACL of a bucket that lets it write without a policy. ``silent`` says what happens where it may not write, if the
    stack deploys all the same: then no source waits for a policy.
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
    writes_policy: bool = False
    shared_principal: bool = False
    refuses: tuple[Refusal, ...] = ()
    may_carry: Forms = {}
    region_accounts: Mapping[str, str] = {}
    mistaken: Mapping[str, str] = {}
    streams: Mapping[str, str] = {}
    acl_grants: str = ""
    silent: str = ""

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
    def noun(self) -> str:
        """What people call its sources, of whichever kind."""
        nouns = {kind.source.noun for kind in self.kinds}
        return self.source.noun if len(nouns) == 1 else "log source"

    @property
    def a_noun(self) -> str:
        """The noun with its article."""
        return with_article(self.noun)

    @property
    def uses_key(self) -> bool:
        """Whether it asks anything of a key, for its own requests or with the default encryption of the bucket."""
        return any(one.target == "key" for one in self.requests)

    @property
    def below(self) -> str:
        """The form of the folder without the prefix that it begins with."""
        return self.folder.removeprefix(PREFIX_WITH_SLASH).removeprefix(PREFIX)

    @property
    def slash(self) -> str:
        """What stands between a prefix and the rest of the folder."""
        return "/" if self.folder.startswith(PREFIX_WITH_SLASH) else ""

    def subfolder(self, request_id: str = "") -> str:
        """Return the folder below that of the account in which a request writes: what is above it is what people know."""
        written = [one for one in self.requests if one.target == "object"]
        form = next((one.object for one in written if one.id == request_id), written[0].object if written else "")
        return form.replace("{owner}/", "{account}/").partition("{account}/")[2].partition("/")[0]


class UsedBy(Struct, frozen=True):
    """What makes a service a leg of another one: a property of the other's sources names its sources."""

    service: LogService
    path: PropertyPath


def with_article(noun: str) -> str:
    """Return a noun behind its indefinite article."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"
