"""A rule is known to the patch files, to their schema and to the planner, or to none of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from remediate.patch_set.rules import RULES, OfResources
from remediate.plan.planner import APPLIED

SCHEMA: Any = json.loads((Path(__file__).parent.parent / "patches" / "schema" / "patch.json").read_text("utf-8"))


def test_the_schema_has_every_rule_and_no_other() -> None:
    assert SCHEMA["$defs"]["ensure"]["properties"].keys() - {"need"} == RULES.keys()


def test_the_planner_applies_every_rule() -> None:
    assert {*APPLIED, *get_args(OfResources)} == set(RULES.values())
