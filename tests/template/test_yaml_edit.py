"""Edits of YAML templates: tables of text before, operations and text after, in data/yaml_*.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml
from editing import edited, exact, operation, pure_data, template

from remediate.template import edit

_FILES = sorted((Path(__file__).parent / "data").glob("yaml_*.yaml"))


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem.removeprefix('yaml_')}: {case['id']}")
        for path in _FILES
        for case in yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    ]


@pytest.mark.parametrize("case", _cases())
def test_text_after_the_operations(case: dict[str, Any]) -> None:
    assert edited(case["before"], *case["operations"]) == case["after"]


@pytest.mark.parametrize("case", _cases())
def test_data_after_the_operations(case: dict[str, Any]) -> None:
    expected = jsonpatch.apply_patch(template(case["before"]).data, case["operations"])
    assert template(case["after"]).data == expected
    if not any("before" in raw for raw in case["operations"]):  # jsonpatch writes every new member at the end
        assert exact(template(case["after"]).data) == exact(expected)
    if "\t" not in case["after"]:
        assert exact(pure_data(case["after"])) == exact(template(case["after"]).data)


def test_there_are_many_cases() -> None:
    names = [param.id for param in _cases()]
    assert len(names) == len(set(names)) > 120


def test_what_changes_nothing_is_no_edit() -> None:
    found = template("a: 012  # octal\nb: !GetAtt X.Y\nc: [1]\n")
    same = [
        {"op": "replace", "path": "/a", "value": 10},
        {"op": "replace", "path": "/b", "value": {"Fn::GetAtt": ["X", "Y"]}},
        {"op": "test", "path": "/c/0", "value": 1.0},
        {"op": "add", "path": "/c/-", "value": 2},
        {"op": "remove", "path": "/c/1"},
    ]
    assert edit(found, [operation(raw) for raw in same]) == []
