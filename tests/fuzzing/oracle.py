"""What must be true of a run, judged without the code under test: another reader, jsonpatch, and policies as deployed."""

from __future__ import annotations

import fnmatch
import json
import pickle
import random
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonpatch
import yaml

from tests.fuzzing import deployed, editable, words
from tests.fuzzing.outsiders import let_in
from tests.fuzzing.reading import NotRead, data_of, exact, is_json, lost_comments

ROLE = "AWS::IAM::Role"
POLICIES = {words.POLICY: ("PolicyDocument", "bucket"), words.KEY: ("KeyPolicy", "key")}
_MEANT = {("Service", words.CLOUDTRAIL), ("Service", f"{words.CLOUDTRAIL}.cn")}
"""CloudTrail, and what ``cloudtrail.${AWS::URLSuffix}`` becomes in China, which is nobody else."""
_S3 = {("Service", "s3.amazonaws.com"), ("Service", "s3.amazonaws.com.cn")}
_S3_MAY_GAIN = frozenset({"kms:encrypt", "kms:reencrypt*", "kms:generatedatakey*"})
_REFERENCE = Path(__file__).parents[2] / "remediate/iam/reference/kms.json"
_KMS_ACTIONS = [name.lower() for name in json.loads(_REFERENCE.read_text(encoding="utf-8"))]
"""The actions of the Service Authorization Reference. ReEncrypt is none: it needs kms:ReEncryptFrom and kms:ReEncryptTo."""


@dataclass(frozen=True)
class Finding:
    """Something that must not be: its kind, which is counted, and the details."""

    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Change:
    """A change as its maker describes it: both texts, the operations, and what the user said of parameters.

    ``reviewed``: the user has looked at it, and so it may let somebody in.
    """

    before: str
    after: str
    operations: list[dict[str, Any]]
    given: dict[str, str]
    reviewed: bool = False


def judge(change: Change, chance: random.Random, *, thorough: bool) -> Iterator[Finding]:
    """Yield what is wrong with a change. ``thorough`` lets PyYAML's own slow parser read the result, too."""
    try:
        old = data_of(change.before)
    except NotRead as error:
        # An anchor may be used again (YAML 1.1, section 3.2.2.2), which libyaml's composer refuses.
        if "duplicate anchor" not in str(error):
            yield Finding("only the tool reads the template", str(error))
        return
    try:
        new = data_of(change.after)
        if thorough and _takes(change.before) and exact(data_of(change.after, pure=True)) != exact(new):
            yield Finding("parsers disagree on the result")
    except NotRead as error:
        yield Finding("the result cannot be read", str(error))
        return
    yield from _data(old, new, change.operations)
    yield from _elsewhere(old, new)
    yield from _policies(old, new, change, chance)
    yield from _text(change)


def _takes(text: str) -> bool:
    """Tell whether PyYAML's own parser takes a text: it refuses some that YAML 1.1 allows, a ``?`` within ``{a: b? c}``."""
    try:
        data_of(text, pure=True)
    except NotRead:
        return False
    return "\t" not in text


def _data(old: Any, new: Any, operations: list[dict[str, Any]]) -> Iterator[Finding]:
    expected = jsonpatch.apply_patch(pickle.loads(pickle.dumps(old)), operations, in_place=True)  # noqa: S301
    if exact(expected) == exact(new):
        return
    if not _same(expected, new):
        yield Finding("the data is not what jsonpatch makes of it", json.dumps(operations)[:2000])
        return
    added = {operation["path"].rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~") for operation in operations}
    if not _in_order(expected, new, added):
        yield Finding("members changed their order", json.dumps(operations)[:2000])


def _same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return repr(left) == repr(right)


def _in_order(expected: Any, found: Any, added: set[str]) -> bool:
    """Tell whether members stand as before; new ones may stand anywhere."""
    if isinstance(expected, dict):
        orders = [[key for key in one if key not in added] for one in (expected, found)]
        return orders[0] == orders[1] and all(_in_order(expected[key], found[key], added) for key in expected)
    if isinstance(expected, list):
        return all(_in_order(one, other, added) for one, other in zip(expected, found, strict=True))
    return True


def _elsewhere(old: Any, new: Any) -> Iterator[Finding]:
    """Nothing but the documents of policies, and the trails' DependsOn, may differ; a bucket's policy may be new."""
    for name in old.keys() | new.keys():
        if name != "Resources" and exact(old.get(name)) != exact(new.get(name)):
            yield Finding("another section changed", str(name))
    before, after = old["Resources"], new["Resources"]
    for name in before.keys() | after.keys():
        was, now = before.get(name), after.get(name)
        if name not in after:
            yield Finding("a resource is gone", str(name))
        elif name not in before:
            if now.get("Type") not in editable.NEW:
                yield Finding("a resource is new", str(name))
        elif exact(was) != exact(now) and exact(editable.rest(was)) != exact(editable.rest(now)):
            yield Finding("another part of a resource changed", str(name))
        elif editable.misplaced(was, now):
            yield Finding("another part of a resource changed", f"{name}: {editable.misplaced(was, now)}")
        elif _statements(was, "Deny") - _statements(now, "Deny"):
            yield Finding("a Deny statement changed", str(name))


def _statements(written: Any, effect: str) -> Counter[str]:
    """Count the statements of an effect in a role's policies, wherever they stand."""
    if not isinstance(written, dict) or written.get("Type") != ROLE:
        return Counter()
    found: Counter[str] = Counter()
    rest = [written]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            found.update([repr(exact(one))] if one.get("Effect") == effect else [])
            rest += one.values()
        elif isinstance(one, list):
            rest += one
    return found


def _policies(old: Any, new: Any, change: Change, chance: random.Random) -> Iterator[Finding]:
    changed = [
        (name, kind, was, now)
        for name, one in old["Resources"].items()
        for was, now, kind in [(*_documents(one, new["Resources"].get(name)),)]
        if was is not None and exact(was) != exact(now)
    ]
    if not changed:
        return
    ways = deployed.environments(old, change.given, chance)
    for name, kind, was, now in changed:
        gone = Counter(_denies(was)) - Counter(_denies(now))
        if gone:
            yield Finding("a Deny statement changed", f"{name}: {next(iter(gone))}")
        for first in ways:
            second = deployed.Environment(new, first.parameters, first.region)
            before, after = deployed.statements(was, first), deployed.statements(now, second)
            if first.refused:
                continue
            finding = _as_deployed(name, kind, before, after)
            outsiders = [] if change.reviewed else let_in(before, after, new["Resources"][name], second)
            if outsiders and not finding:
                finding = Finding("a stranger is let in", f"{name}: {outsiders[0]}")
            if finding:
                free = " (a value nobody listed)" if first.free else ""
                yield Finding(finding.kind + free, f"{finding.detail}\n  where {first.parameters} in {first.region}")
                break


def _documents(was: Any, now: Any) -> tuple[Any, Any, str]:
    kind = was.get("Type") if isinstance(was, dict) else None
    if not isinstance(kind, str) or kind not in POLICIES or not isinstance(now, dict):
        return None, None, ""
    name, what = POLICIES[kind]
    before, after = (one.get("Properties") for one in (was, now))
    return _member(before, name), _member(after, name), what


def _member(properties: Any, name: str) -> Any:
    return properties.get(name) if isinstance(properties, dict) else None


def _denies(document: Any) -> Iterator[str]:
    """Yield every statement that is not plainly an Allow, as it is written."""
    if isinstance(document, dict):
        if "Effect" in document and "Statement" not in document:
            if document["Effect"] != "Allow":
                yield json.dumps(document, default=str)
            return
        document = list(document.values())
    if isinstance(document, list):
        for one in document:
            yield from _denies(one)


def _as_deployed(name: str, kind: str, was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Finding | None:
    """Return what changed for anybody but CloudTrail, and of what is denied, in one deployment."""
    gone = Counter(map(_whole, _denying(was))) - Counter(map(_whole, _denying(now)))
    if gone:
        return Finding("a Deny statement changed", f"{name}: {next(iter(gone))}")
    old, new = set(_rights(was, kind)), set(_rights(now, kind))  # a principal who is named twice has a right once
    if old == new:
        return None
    lost, gained = old - new, new - old
    return Finding("another principal's statements changed", f"{name}: lost {list(lost)[:2]}, gained {list(gained)[:2]}")


def _denying(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in statements if one.get("Effect") != "Allow"]


def _whole(statement: Any) -> str:
    return json.dumps(statement, default=str)


def _rights(statements: list[dict[str, Any]], kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield each principal with each of its statements, but not CloudTrail with what it may do."""
    for one in statements:
        rest = {key: value for key, value in one.items() if key not in {"Sid", "Principal"}}
        for principal in deployed.principals(one):
            if principal in _MEANT and one.get("Effect") == "Allow":
                continue
            mine = _without_s3_actions(rest) if principal in _S3 and kind == "key" else rest
            yield (*principal, _whole(mine))


def _without_s3_actions(statement: dict[str, Any]) -> dict[str, Any]:
    """Leave out the actions that an S3 stanza of a key may gain, and what is not an action, which it may lose."""
    written = statement.get("Action")
    if statement.get("Effect") != "Allow" or written is None:
        return statement
    actions = [str(one) for one in (written if isinstance(written, list) else [written])]
    return {
        **statement,
        "Action": sorted(one for one in actions if one.lower() not in _S3_MAY_GAIN and _names_an_action(one)),
    }


def _names_an_action(written: str) -> bool:
    """Tell whether an action of a key is one that KMS has, or that of another service, which nobody looks at."""
    service, _, name = written.lower().partition(":")
    return service != "kms" or any(fnmatch.fnmatchcase(action, name.replace("[", "[[]")) for action in _KMS_ACTIONS)


def _text(change: Change) -> Iterator[Finding]:
    old, new = (set(re.findall(r"\r\n|\r|\n", text)) for text in (change.before, change.after))
    if old and not new <= old:
        yield Finding("other line ends", f"{old} became {new}")
    if "#" in change.before and not is_json(change.before):
        try:
            lost = lost_comments(change.before, change.after, change.operations)
        except yaml.YAMLError as error:
            yield Finding("the result cannot be scanned", str(error))
            return
        if lost:
            yield Finding(
                f"comments are lost at {_place(change.operations)}", f"{lost}\n  {json.dumps(change.operations)[:1500]}"
            )


def _place(operations: list[dict[str, Any]]) -> str:
    """Return the name of the first member that is replaced as a whole."""
    paths = (operation["path"].split("/") for operation in operations if operation["op"] == "replace")
    return next((next((part for part in reversed(path) if not part.isdigit()), "") for path in paths), "what is left")


def diff_applies(folder: Path, name: str, before: bytes, after: bytes, diff: str) -> Iterator[Finding]:
    """Let git apply the diff to the old bytes in a folder that is no repository."""
    file = folder / name
    file.write_bytes(before)
    run = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=folder,
        input=diff.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    if run.returncode:
        yield Finding("git apply refuses the diff", run.stderr.decode("utf-8", "replace"))
    elif file.read_bytes() != after:
        yield Finding("git apply makes other bytes of the diff")
