"""Mutations of a template's structure: members and items are swapped, dropped, doubled, wrapped and replaced."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from tests.fuzzing import words

_ODD: list[Any] = [
    *(
        None,
        "",
        "*",
        0,
        -1,
        1.5,
        True,
        [],
        {},
        [[]],
        [None],
        {"": ""},
        "2012-10-17",
        "a: b",
        "- a",
        "# no comment",
        "it's",
        '"',
    ),
    *(
        "${",
        "${}",
        "${AWS::Nothing}",
        "{{resolve:ssm:/a}}",
        "é\u2028ü",
        "\U0001f600",
        "line\nbreak",
        "1e3",
        "0x1",
        "012",
        "y",
        "<<",
    ),
    {"Ref": "Nothing"},
    {"Ref": "AWS::NoValue"},
    {"Ref": ["Bucket"]},
    {"Fn::GetAtt": ["Bucket", "Arn"]},
    {"Fn::GetAtt": "Bucket.Arn"},
    {"Fn::Sub": "${Nothing}"},
    {"Fn::Sub": ["${a}", {"a": {"Ref": "Bucket"}}]},
    {"Fn::Join": ["", []]},
    {"Fn::Join": [",", "abc"]},
    {"Fn::Select": [9, ["a"]]},
    {"Fn::Split": [",", "a,b"]},
    {"Fn::FindInMap": ["No", "Such", "Map"]},
    {"Fn::If": ["Nothing", "a", "b"]},
    {"Fn::If": []},
    {"Fn::ImportValue": "shared-logs"},
    {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}}},
    {"Fn::Base64": "a"},
    {"Condition": "IsA"},
]


def mutated(template: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the template with one to four mutations of its structure; its data is changed in place."""
    for _ in range(chance.choice([1, 1, 2, 3, 4])):
        path = _place(template, chance)
        if path:
            chance.choice(_MUTATIONS)(template, *path, chance)
    return template


def _place(template: dict[str, Any], chance: random.Random) -> tuple[Any, Any] | None:
    """Return a container and the key or index of something in it, mostly in what logging rests on."""
    at: Any = template
    resources = template.get("Resources")
    if isinstance(resources, dict) and resources and chance.random() < 0.8:
        logging = (words.TRAIL, words.KEY, words.BUCKET, words.POLICY)
        named = [one for one in resources.values() if isinstance(one, dict) and one and one.get("Type") in logging]
        at = chance.choice(named) if named and chance.random() < 0.9 else resources
    found = None
    while isinstance(at, dict | list) and at:
        key = chance.choice(list(at)) if isinstance(at, dict) else chance.randrange(len(at))
        found = (at, key)
        if not isinstance(at[key], dict | list) or chance.random() < 0.2:
            break
        at = at[key]
    return found


def _drop(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    del chance
    del at[key]


def _odd(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    at[key] = words.any_of(chance, _ODD)


def _double(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    if isinstance(at, list):
        at.insert(chance.randint(0, len(at)), copy.deepcopy(at[key]))
    else:
        at[f"{key}{chance.choice(['2', ' ', 'Copy'])}"] = copy.deepcopy(at[key])


def _swap(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    if isinstance(at, list):
        other = chance.randrange(len(at))
        at[key], at[other] = at[other], at[key]
        return
    members = list(at.items())
    chance.shuffle(members)
    at.clear()
    at.update(members)


def _exchange(template: Any, at: Any, key: Any, chance: random.Random) -> None:
    """Put something from elsewhere in the template in its place."""
    other = _place(template, chance)
    if other:
        at[key] = copy.deepcopy(other[0][other[1]])


def _if(template: Any, at: Any, key: Any, chance: random.Random) -> None:
    other: Any = chance.choice([{"Ref": "AWS::NoValue"}, words.any_of(chance, _ODD), copy.deepcopy(at[key])])
    at[key] = {"Fn::If": [words.condition(template, chance), *chance.sample([at[key], other], 2)]}


def _function(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    value = at[key]
    if isinstance(value, str):
        at[key] = chance.choice([{"Fn::Sub": value}, {"Fn::Sub": [value, {}]}, {"Fn::Join": ["", [value]]}, {"Ref": value}])
    else:
        at[key] = {chance.choice(["Fn::Sub", "Fn::Select", "Fn::Flatten", "Fn::Transform", "Ref", "Fn::GetAtt"]): value}


def _wrap(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    value = at[key]
    at[key] = chance.choice([[value], [value], {"x": value}, [value, copy.deepcopy(value)], [[value]]])


def _unwrap(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    value = at[key]
    if isinstance(value, dict | list) and value:
        at[key] = chance.choice(list(value.values()) if isinstance(value, dict) else value)


def _as_text(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    """Write a value as JSON text, as some people write policies."""
    at[key] = json.dumps(at[key], default=str)
    if chance.random() < 0.3:
        at[key] = {"Fn::Sub": at[key]}


def _rename(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    if isinstance(at, dict):
        names = [
            "Type",
            "Properties",
            "Ref",
            "Fn::If",
            "Condition",
            "DependsOn",
            "Statement",
            "a b",
            "a/b~c",
            "yes",
            "12",
            str(key).lower(),
        ]
        new = chance.choice(names)
        members = [(new if name == key else name, value) for name, value in at.items() if name != new]
        at.clear()
        at.update(members)


def _merge(_: Any, at: Any, key: Any, chance: random.Random) -> None:
    """Let members come in by YAML's merge key, which the writer leaves plain."""
    inner = at if isinstance(at, dict) else at[key]
    if isinstance(inner, dict) and inner and "<<" not in inner and not any(str(name).startswith("Fn::") for name in inner):
        names = chance.sample(list(inner), chance.randint(1, len(inner)))
        inner["<<"] = {name: inner.pop(name) for name in names}


_MUTATIONS: list[Callable[[Any, Any, Any, random.Random], None]] = [
    *(
        _drop,
        _drop,
        _odd,
        _odd,
        _double,
        _double,
        _swap,
        _exchange,
        _exchange,
        _if,
        _if,
        _function,
        _wrap,
        _wrap,
        _unwrap,
        _as_text,
    ),
    *(_rename, _merge),
]
