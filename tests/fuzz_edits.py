"""Random JSON patches on real templates: python tests/fuzz_edits.py --operations 20000 --seed 1 DIR...

Every result is read again and compared with what jsonpatch makes of the data, with the order of keys and the types. The
exit code is 1 where one is wrong.
"""

from __future__ import annotations

import argparse
import copy
import multiprocessing
import random
import re
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import jsonpatch
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from remediate.template import Refused, Unreadable, edit, parse_operation, pointer, read, splice

_SMALL = 3000  # bytes: up to here PyYAML's own slow parser reads every result, too
_STRINGS = [
    *("Allow", "s3:PutObject", "2012-10-17", "yes", "012", "1_000", "12:30:45", "0x1", "~", "=", "<<", "null"),
    *("- a", "a: b", "a #b", "a:", "*", "&x", "!x", "%x", "@x", "`x`", "{a}", "[a]", "a, b", "", " ", " a", "a "),
    *("'", '"', "it's", "\\", "a\\n", "true", "y", "...", "---", "? a", "#", "123456789012", "1e3", "1.5"),
    *("one\ntwo\n", "one\n  two", "\n", "a\n\n", " x\ny\n", "a\n# b\n", "tab\there"),
    *("arn:aws:s3:::${Bucket}/AWSLogs/${AWS::AccountId}/*", "é ü", "\U0001f600", "\u2028", "\x85x", "\x00"),
]
_VALUES: list[Any] = [
    *(0, -1, 12, 1.5, 1e20, True, False, None, [], {}, [[]], [{}], {"a": {}}, {"a": []}),
    {"Ref": "Bucket"},
    {"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/*"},
    {"Fn::GetAtt": ["Bucket", "Arn"]},
    {"Fn::GetAtt": "Bucket.Arn"},
    {"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "Bucket"}, "/*"]]},
    {"Fn::If": ["IsOn", {"Sid": "On", "Action": ["a", "b"]}, {"Ref": "AWS::NoValue"}]},
    {"Fn::Base64": {"Fn::Sub": "x"}},
    {"Condition": "IsOn"},
    ["s3:GetBucketAcl", "s3:GetBucketLocation"],
    [["a", "b"], ["c"], [{"d": [1]}]],
    {
        "Sid": "AWSCloudTrailWrite",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": [{"Fn::Sub": "${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*"}],
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    },
    {"12": 1, "yes": 2, "a b": 3, "a: b": 4, "": 5, "x" * 200: [6]},
]


def main() -> int:
    """Run the trials and print what came of them."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--operations", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--largest", type=int, default=120_000, help="skip files with more bytes")
    arguments.add_argument("folders", nargs="+", type=Path)
    options = arguments.parse_args()
    files = sorted(path for folder in options.folders for path in folder.rglob("*") if path.is_file())
    readable = [path for path in files if path.stat().st_size <= options.largest and _readable(path)]
    if not readable:
        print("no readable template found", file=sys.stderr)  # noqa: T201
        return 2
    jobs = [(options.seed + part, options.operations // 2, readable) for part in range(2)]
    with multiprocessing.Pool(2) as pool:
        counted = sum(pool.map(_trials, jobs), Counter[str]())
    total = sum(count for what, count in counted.items() if what != "operations")
    for what, count in [("operations", counted.pop("operations")), ("trials", total), *counted.most_common()]:
        print(f"{count:8}  {what}")  # noqa: T201
    return 1 if any(what.startswith("wrong") for what in counted) else 0


def _readable(path: Path) -> bool:
    try:
        read(path.read_bytes(), path.name)
    except Unreadable:
        return False
    return True


def _trials(job: tuple[int, int, list[Path]]) -> Counter[str]:
    seed, operations, files = job
    chance = random.Random(seed)  # noqa: S311
    counted: Counter[str] = Counter()
    while counted["operations"] < operations:
        path = chance.choice(files)
        raw = path.read_bytes()
        patch = random_patch(read(raw, path.name).data, chance)
        counted["operations"] += len(patch)
        verdict = judge(raw, path.name, patch, thorough=len(raw) < _SMALL or chance.random() < 0.02)
        counted[verdict.partition("\n")[0]] += 1
        if verdict.startswith("wrong"):
            print(f"{path}\n{patch}\n{verdict}\n", file=sys.stderr)  # noqa: T201
    return counted


def random_patch(data: Any, chance: random.Random) -> list[dict[str, Any]]:
    """Return one to four operations that apply to the data one after another."""
    patch: list[dict[str, Any]] = []
    focus: list[str | int] = []
    for _ in range(chance.randint(1, 4)):
        operation = _random_operation(data, chance, focus)
        try:
            data = jsonpatch.apply_patch(data, copy.deepcopy([operation]))
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
            continue
        patch.append(operation)
    return patch


def _random_operation(data: Any, chance: random.Random, focus: list[str | int]) -> dict[str, Any]:
    container = _random_path(data, chance, focus)
    parent = _at(data, container)
    verb = chance.choice(["add", "add", "replace", "replace", "remove", "remove", "move", "copy", "enlist"])
    if verb == "add" or not parent:
        return {"op": "add", "path": pointer(*container, _new_token(parent, chance)), "value": _random_value(chance)}
    token = chance.choice(list(parent)) if isinstance(parent, dict) else chance.randrange(len(parent))
    if verb in {"move", "copy"}:
        target = _random_path(data, chance, focus)
        source, path = pointer(*container, token), pointer(*target, _new_token(_at(data, target), chance))
        return {"op": verb, "from": source, "path": path}
    if verb == "enlist":
        items = [_random_value(chance) for _ in range(chance.randint(0, 2))]
        items.insert(chance.randint(0, len(items)), copy.deepcopy(parent[token]))
        return {"op": "replace", "path": pointer(*container, token), "value": items}
    operation = {"op": verb, "path": pointer(*container, token)}
    return {**operation, "value": _random_value(chance)} if verb == "replace" else operation


def _random_path(data: Any, chance: random.Random, focus: list[str | int]) -> list[str | int]:
    """Return the way to a container, often near the last one so that operations meet."""
    path: list[str | int] = []
    if focus and chance.random() < 0.6:
        path = focus[: chance.randint(max(len(focus) - 1, 0), len(focus))]
    if not _exists(data, path):
        path = []
    value = _at(data, path)
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        inner = [key for key in keys if isinstance(value[key], dict | list)]
        if not inner or chance.random() < 0.15:
            focus[:] = path
            return path
        path = [*path, chance.choice(inner)]
        value = value[path[-1]]


def _exists(data: Any, path: list[str | int]) -> bool:
    try:
        return isinstance(_at(data, path), dict | list)
    except (KeyError, IndexError, TypeError):
        return False


def _at(data: Any, path: list[str | int]) -> Any:
    for token in path:
        data = data[token]
    return data


def _new_token(parent: Any, chance: random.Random) -> str | int:
    if isinstance(parent, list):
        return chance.choice(["-", chance.randint(0, len(parent))])
    known = chance.choice(list(parent)) if parent else "New"
    return chance.choice([known, "New", "DependsOn", "Condition", "Fn::Sub", "Ref", "on", "1"])


def _random_value(chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.4:
        return chance.choice(_STRINGS)
    if kind < 0.8:
        return copy.deepcopy(chance.choice(_VALUES))
    if kind < 0.9:
        return [_random_value(chance) for _ in range(chance.randint(1, 3))]
    return {chance.choice(_STRINGS): _random_value(chance) for _ in range(chance.randint(1, 3))}


def judge(raw: bytes, name: str, patch: list[dict[str, Any]], *, thorough: bool) -> str:
    """Return `correct`, `refused: …` or `wrong: …` with the details on further lines."""
    template = read(raw, name)
    expected = jsonpatch.apply_patch(template.data, copy.deepcopy(patch))
    try:
        edits = edit(template, [parse_operation(operation) for operation in patch])
        text = splice(template.text, edits)
    except Refused as error:
        return "refused: " + re.sub(r"/\S*|'[^']*…?|[&*]\w+|U\+\w+", "…", error.message)
    except Exception:  # noqa: BLE001 - whatever it is, it is a bug to report
        return f"wrong: crashed\n{traceback.format_exc()}"
    try:
        result = read(text.encode(), name)
    except (Unreadable, UnicodeEncodeError) as error:
        return f"wrong: not readable\n{error}\n{edits}"
    if _exact(result.data) != _exact(expected):
        return f"wrong: other data\n{edits}"
    if _line_ends(template.text) and not _line_ends(text) <= _line_ends(template.text):
        return f"wrong: other line ends\n{edits}"
    if template.format == "yaml" and result.format == "yaml":
        spans = [edit.span for edit in edits]
        before = Counter(
            comment for place, comment in _comments(template.text) if not any(start <= place < end for start, end in spans)
        )
        lost = before - Counter(comment for _, comment in _comments(text))
        if lost:
            return f"wrong: comments lost\n{lost}\n{edits}"
        if thorough and "\t" not in text and _pure_data(text) != _pure_data(text, original=True):
            return "wrong: another parser reads other data"
    return "correct"


def _line_ends(text: str) -> set[str]:
    return set(re.findall(r"\r\n|\r|\n", text))


def _exact(data: Any) -> Any:
    """Return data in a form that compares types and the order of keys, too."""
    if isinstance(data, dict):
        return [(key, _exact(value)) for key, value in data.items()]
    if isinstance(data, list):
        return ["list", *map(_exact, data)]
    return type(data).__name__, data


def _comments(text: str) -> list[tuple[int, str]]:
    """Find the comments between the tokens, and those behind the header of a block scalar, which its token covers."""
    found: list[tuple[int, str]] = []
    end = 0
    for token in yaml.scan(text, Loader=yaml.CLoader):
        between = re.finditer(r"#[^\r\n]*", text[end : token.start_mark.index])
        found += [(end + match.start(), match.group()) for match in between]
        end = max(end, token.end_mark.index)
        if isinstance(token, yaml.ScalarToken) and token.style in {"|", ">"}:
            header = re.match(r"[^#\r\n]*(#[^\r\n]*)", text[token.start_mark.index :])
            if header:
                found.append((token.start_mark.index + header.start(1), header.group(1)))
    found += [(end + match.start(), match.group()) for match in re.finditer(r"#[^\r\n]*", text[end:])]
    return found


def _pure_data(text: str, *, original: bool = False) -> Any:
    loader = yaml.CLoader if original else yaml.Loader
    return yaml.serialize(yaml.compose(text, Loader=loader))


if __name__ == "__main__":
    sys.exit(main())
