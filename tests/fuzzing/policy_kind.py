"""Mutations of policy data: statements, principals, actions, conditions, Sids, and the trail's and bucket's properties."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzzing import growth, words


def mutated(template: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the template with one to five mutations of what it logs with; its data is changed in place."""
    for _ in range(chance.choice([1, 1, 2, 2, 3, 5])):
        chance.choice(_MUTATIONS)(template, chance)
    return template


def _resources(template: dict[str, Any], *types: str) -> list[tuple[str, dict[str, Any]]]:
    written = template.get("Resources")
    found = written.items() if isinstance(written, dict) else []
    return [(name, one) for name, one in found if isinstance(one, dict) and one.get("Type") in types]


def _properties(resource: dict[str, Any]) -> dict[str, Any]:
    found = resource.setdefault("Properties", {})
    return found if isinstance(found, dict) else {}


def _documents(template: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield kind, bucket and document of every policy."""
    for kind, type_, name in (("bucket", words.POLICY, "PolicyDocument"), ("key", words.KEY, "KeyPolicy")):
        for _, resource in _resources(template, type_):
            properties = _properties(resource)
            bucket = properties.get("Bucket")
            named = str(bucket["Ref"]) if isinstance(bucket, dict) and set(bucket) == {"Ref"} else "Bucket"
            if isinstance(properties.get(name), dict):
                yield kind, named, properties[name]


def _lists(template: dict[str, Any]) -> list[tuple[str, str, list[Any]]]:
    """Return every list of statements; a single statement is put into one."""
    found = []
    for kind, bucket, document in _documents(template):
        statements = document.get("Statement")
        if isinstance(statements, dict) and "Effect" in statements:
            statements = document["Statement"] = [statements]
        if isinstance(statements, list) and statements:
            found.append((kind, bucket, statements))
    return found


def _statements(template: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (kind, bucket, one)
        for kind, bucket, listed in _lists(template)
        for one in listed
        if isinstance(one, dict) and "Effect" in one
    ]


def _add(template: dict[str, Any], chance: random.Random) -> None:
    for kind, bucket, listed in _some(_lists(template), chance):
        listed.insert(chance.randint(0, len(listed)), words.statement(template, chance, kind, bucket))


def _drop(template: dict[str, Any], chance: random.Random) -> None:
    for _, _, listed in _some(_lists(template), chance):
        del listed[chance.randrange(len(listed))]


def _twice(template: dict[str, Any], chance: random.Random) -> None:
    for _, _, listed in _some(_lists(template), chance):
        listed.insert(chance.randint(0, len(listed)), copy.deepcopy(chance.choice(listed)))


def _alone(template: dict[str, Any], chance: random.Random) -> None:
    """Make a policy of one statement, without a list."""
    for _, _, document in _some(list(_documents(template)), chance):
        statements = document.get("Statement")
        if isinstance(statements, list) and statements:
            document["Statement"] = chance.choice(statements)


def _wrap(template: dict[str, Any], chance: random.Random) -> None:
    """Put a statement into a branch of an Fn::If."""
    for _, _, listed in _some(_lists(template), chance):
        index = chance.randrange(len(listed))
        other: Any = chance.choice([{"Ref": "AWS::NoValue"}, {"Ref": "AWS::NoValue"}, copy.deepcopy(chance.choice(listed))])
        listed[index] = {"Fn::If": [words.condition(template, chance), *chance.sample([listed[index], other], 2)]}


def _principal(template: dict[str, Any], chance: random.Random) -> None:
    for _, _, one in _some(_statements(template), chance):
        one["Principal"] = words.principal(template, chance)


def _share(template: dict[str, Any], chance: random.Random) -> None:
    """Let a statement name somebody else, too."""
    for _, _, one in _some(_statements(template), chance):
        written = one.get("Principal")
        if not isinstance(written, dict) or "Fn::If" in written:
            continue
        kind = chance.choice(["Service", "Service", "AWS"])
        new = words.service(template, chance) if kind == "Service" else words.aws(template, chance)
        present = written.get(kind, [])
        listed = [*present] if isinstance(present, list) else [present]
        listed.insert(chance.randint(0, len(listed)), new)
        written[kind] = listed


def _vary(template: dict[str, Any], chance: random.Random) -> None:
    """Let a principal come from a parameter, a mapping or a condition."""
    for _, _, one in _some(_statements(template), chance):
        written = one.get("Principal")
        name = written.get("Service") if isinstance(written, dict) else None
        if isinstance(name, str) and isinstance(written, dict):
            written["Service"] = words.varied(template, chance, name, chance.choice(words.SERVICES))
        elif isinstance(name, list) and name and isinstance(name[0], str):
            name[0] = words.varied(template, chance, name[0], chance.choice(words.SERVICES))


def _action(template: dict[str, Any], chance: random.Random) -> None:
    for kind, _, one in _some(_statements(template), chance):
        one["Action"] = words.actions(chance, kind)
        if chance.random() < 0.06:
            one["Action"] = {"Fn::If": [words.condition(template, chance), one["Action"], words.actions(chance, kind)]}


def _resource(template: dict[str, Any], chance: random.Random) -> None:
    for kind, bucket, one in _some(_statements(template), chance):
        one["Resource"] = words.resources(template, chance, kind, bucket)


def _condition(template: dict[str, Any], chance: random.Random) -> None:
    for _, _, one in _some(_statements(template), chance):
        written = one.get("Condition")
        match chance.randrange(4):
            case 0:
                one.pop("Condition", None)
            case 1 | 2 if isinstance(written, dict):
                new = words.conditions(template, chance)
                for operator, keys in new.items():
                    if isinstance(keys, dict) and isinstance(written.setdefault(operator, {}), dict):
                        written[operator].update(keys)
            case _:
                one["Condition"] = words.conditions(template, chance)


def _case(template: dict[str, Any], chance: random.Random) -> None:
    """Write condition keys or actions in another case."""
    for _, _, one in _some(_statements(template), chance):
        change = chance.choice([str.upper, str.lower, str.title])
        written = one.get("Condition")
        if isinstance(written, dict) and written:
            operator = chance.choice(list(written))
            keys = written[operator]
            if isinstance(keys, dict):
                written[operator] = {change(key): value for key, value in keys.items()}
        elif isinstance(one.get("Action"), str):
            one["Action"] = change(one["Action"])


def _sid(template: dict[str, Any], chance: random.Random) -> None:
    for _, _, one in _some(_statements(template), chance):
        if chance.random() < 0.3:
            one.pop("Sid", None)
        else:
            one["Sid"] = words.sid(template, chance)


def _effect(template: dict[str, Any], chance: random.Random) -> None:
    for _, _, one in _some(_statements(template), chance):
        choice = {"Fn::If": [words.condition(template, chance), "Allow", "Deny"]} if chance.random() < 0.1 else None
        one["Effect"] = choice or ("Allow" if one.get("Effect") == "Deny" else "Deny")


def _trail(template: dict[str, Any], chance: random.Random) -> None:
    """Give a trail other properties; where there is none, add one."""
    found = _resources(template, words.TRAIL)
    buckets = [name for name, _ in _resources(template, words.BUCKET)] or ["Bucket"]
    keys = [name for name, _ in _resources(template, words.KEY)]
    new = growth.trail(template, chance, chance.choice(buckets), chance.choice(keys) if keys else None, "")
    if not found or chance.random() < 0.1:
        if isinstance(template.get("Resources"), dict):
            template["Resources"][f"Trail{chance.randrange(9)}"] = new
        return
    _, one = chance.choice(found)
    properties = _properties(one)
    for name in chance.sample(list(new["Properties"]), chance.randint(1, len(new["Properties"]))):
        properties[name] = new["Properties"][name]
    if chance.random() < 0.4:
        properties.pop(chance.choice(list(properties)))


def _depends(template: dict[str, Any], chance: random.Random) -> None:
    names = list(template["Resources"]) if isinstance(template.get("Resources"), dict) else []
    for name, one in _some(_resources(template, words.TRAIL, words.POLICY, words.BUCKET, words.KEY), chance):
        others = [other for other in names if other != name]
        if not others or chance.random() < 0.3:
            one.pop("DependsOn", None)
        else:
            listed = chance.sample(others, min(len(others), chance.choice([1, 1, 2])))
            one["DependsOn"] = listed if chance.random() < 0.6 else listed[0]


def _conditional(template: dict[str, Any], chance: random.Random) -> None:
    for _, one in _some(_resources(template, words.TRAIL, words.POLICY, words.BUCKET, words.KEY), chance):
        if "Condition" in one and chance.random() < 0.5:
            del one["Condition"]
        else:
            one["Condition"] = words.condition(template, chance)


def _bucket(template: dict[str, Any], chance: random.Random) -> None:
    keys = [name for name, _ in _resources(template, words.KEY)]
    for _, one in _some(_resources(template, words.BUCKET), chance):
        _properties(one).update(growth.bucket_properties(template, chance, chance.choice(keys) if keys else "Key"))


def _order(template: dict[str, Any], chance: random.Random) -> None:
    for _, _, listed in _some(_lists(template), chance):
        chance.shuffle(listed)


def _some(found: list[Any], chance: random.Random) -> list[Any]:
    return [chance.choice(found)] if found else []


_MUTATIONS: list[Callable[[dict[str, Any], random.Random], None]] = [
    *(_add, _drop, _twice, _alone, _wrap, _principal, _share, _share, _vary, _vary, _action, _resource, _resource),
    *(_condition, _condition, _case, _sid, _effect, _trail, _trail, _depends, _conditional, _bucket, _order),
]
