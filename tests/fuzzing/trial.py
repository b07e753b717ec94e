"""One execution: a mutated template, random options, a run of the tool, and the oracle's judgement of it."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import random
import re
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import structs

from remediate.delivery.locate import Given
from remediate.diagnosis.finding import catalogue
from remediate.engine import Report, remediate
from remediate.patch_set import PatchSet, load
from remediate.plan import Options
from remediate.report import FORMATS, diff, render
from remediate.template import Refused, TemplateError
from remediate.verify import Broken
from tests.fuzzing import growth, node_kind, policy_kind, rendering, text_kind, words
from tests.fuzzing.oracle import Change, Finding, diff_applies, judge
from tests.fuzzing.reading import NotRead, data_of

KINDS = {"text": 3, "node": 3, "policy": 4, "grown": 4}
SETS = ("cloudtrail-create", "cloudtrail-documented")
SLOW = 5.0  # seconds
_HANGS = 30.0
_SOME = 0.05
"""The share of changes of which the diff is applied and every report written."""


@dataclasses.dataclass(frozen=True)
class Base:
    """A template to begin with. ``data`` is pickled, None where nothing but the tool might read it."""

    name: str
    text: str
    data: bytes | None


@dataclasses.dataclass(frozen=True)
class Execution:
    """What is run: the bytes of a template, the patch set and the options."""

    number: int
    base: str
    kind: str
    raw: bytes
    name: str
    patch_set: str
    options: Options

    def __str__(self) -> str:
        """Return what a person needs to run it again."""
        said = ", ".join([*_said(self.options), *_said(self.options.given)])
        return f"#{self.number} ({self.kind} of {self.base}) with {self.patch_set}{said and f', {said}'}"


def _said(options: Any) -> Iterator[str]:
    """Yield what options say that is not said by default."""
    default = type(options)()
    for name, value in structs.asdict(options).items():
        if value != getattr(default, name) and name != "given":
            yield f"{name}={value!r}"


@dataclasses.dataclass
class Outcome:
    """What came of it: changed, the same, or refused; and what is wrong."""

    what: str
    findings: list[Finding]
    seconds: float = 0.0


class Stuck(BaseException):
    """The run does not end."""


def bases(folders: list[Path], largest: int) -> list[Base]:
    """Return the templates of the folders, the same ones in the same order each time."""
    files = [file for folder in folders for file in _files(folder) if file.stat().st_size <= largest]
    return [base for file in files if (base := _base(file))]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else [folder]


def _base(file: Path) -> Base | None:
    if file.suffix not in {".yaml", ".yml", ".json", ".template"} or file.name.startswith("after."):
        return None
    try:
        text = file.read_bytes().decode()
        data = data_of(text)
    except (UnicodeDecodeError, NotRead):
        return None
    if not isinstance(data, dict) or not isinstance(data.get("Resources"), dict):
        return None
    return Base(str(Path(*file.parts[-3:])), text, pickle.dumps(data))


def execution(seed: int, number: int, known: list[Base], kinds: dict[str, int]) -> Execution:
    """Return the execution with a number: the same for the same seed and templates."""
    chance = words.seeded(f"{seed}:{number}")
    kind = chance.choices(list(kinds), list(kinds.values()))[0]
    base = _chosen(known, chance)
    raw = _raw(kind, base, chance)
    name = "template.json" if raw.lstrip()[:1] == b"{" else "template.yaml"
    return Execution(
        number,
        base.name if kind != "grown" else "nothing",
        kind,
        raw,
        name,
        chance.choice(SETS),
        options(base, kind, chance),
    )


def _chosen(known: list[Base], chance: random.Random) -> Base:
    """Return a template: of two the smaller one, for small ones are fast."""
    return min(chance.choice(known), chance.choice(known), key=lambda base: len(base.text))


def _raw(kind: str, base: Base, chance: random.Random) -> bytes:
    if kind == "text" or base.data is None:
        return text_kind.mutated(base.text, chance)
    data = growth.grown(chance) if kind == "grown" else pickle.loads(base.data)  # noqa: S301 - made above
    if kind == "policy" or (kind == "grown" and chance.random() < 0.3):
        policy_kind.mutated(data, chance)
    if kind == "node" or chance.random() < 0.06:
        node_kind.mutated(copy.deepcopy(data), chance)
        data = node_kind.mutated(data, chance)
    text = rendering.render(data, chance)
    return text_kind.mutated(text, chance) if chance.random() < 0.1 else text.encode("utf-8", "surrogatepass")


def options(base: Base, kind: str, chance: random.Random) -> Options:
    """Return random options."""
    chosen: dict[str, Any] = {"review": chance.random() < 0.4, "given": _given(base, kind, chance)}
    if chance.random() < 0.15:
        known = [*sorted(catalogue()), *_patch_ids()] if chance.random() < 0.5 else _patch_ids()
        chosen["ignore"] = frozenset(chance.sample(known, chance.choice([1, 1, 2])))
    if chance.random() < 0.04:
        chosen["select"] = frozenset(chance.sample(_patch_ids(), 2))
    if "precautions" in Options.__struct_fields__:
        chosen["precautions"] = chance.random() < 0.5
    return Options(**chosen)


def _given(base: Base, kind: str, chance: random.Random) -> Given:
    said: dict[str, Any] = {}
    if chance.random() < 0.1:
        said["organization_id"] = "o-a1b2c3d4e5"
    if chance.random() < 0.12:
        parameters = {name: value for name, value in _SAMPLES.items() if chance.random() < 0.5}
        declared = pickle.loads(base.data).get("Parameters") if base.data and kind != "grown" else None  # noqa: S301
        for name, about in declared.items() if isinstance(declared, dict) else ():
            allowed = about.get("AllowedValues") if isinstance(about, dict) else None
            if isinstance(allowed, list) and allowed and chance.random() < 0.5:
                parameters[str(name)] = str(chance.choice(allowed))
        said["parameters"] = parameters
    return Given(**said)


_SAMPLES = {"AWS::AccountId": "111122223333", "AWS::Region": "us-east-1", "AWS::Partition": "aws"}


@cache
def _patch_ids() -> list[str]:
    return sorted({patch.id for name in SETS for patch in _set(name).patches})


@cache
def _set(name: str) -> PatchSet:
    return load(name)


def run(execution: Execution, *, thorough: bool | None = None) -> Outcome:
    """Run the tool on the execution's template and judge what it did."""
    chance = words.seeded(execution.number)
    started = time.process_time()
    outcome = Outcome("refused", [])
    try:
        with _limited():
            report = remediate(execution.raw, execution.name, _set(execution.patch_set), execution.options)
            outcome.what = "changed" if report.changed else "the same"
            outcome.seconds = time.process_time() - started
            outcome.findings += _judged(execution, report, chance, thorough=thorough)
    except Refused:
        outcome.what = "refused edits"
    except TemplateError as error:
        outcome.findings += _message(error)
    except Broken as error:
        outcome.findings.append(Finding(f"guarantee {error.number}: {_broken(str(error))}", str(error)))
    except Stuck:
        outcome.findings.append(Finding("stuck", f"no end after {_HANGS:.0f} s"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        outcome.findings.append(Finding(f"{type(error).__name__} in {_where(error)}", traceback.format_exc(limit=-6)))
    outcome.seconds = outcome.seconds or time.process_time() - started
    if outcome.seconds > SLOW:
        outcome.findings.append(Finding("slow", f"{outcome.seconds:.1f} s of processor time"))
    return outcome


@contextmanager
def _limited() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise Stuck

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _message(error: TemplateError) -> Iterator[Finding]:
    """A fault of the template is said in one line with its place."""
    if not error.line or "\n" in error.message:
        yield Finding("a message without place, or of several lines", str(error))


def _broken(message: str) -> str:
    """Return what a broken guarantee's message says of every template alike."""
    known = ["is still denied", "says of", "was allowed and is no more", "was denied and is no more", "a Deny statement"]
    known += ["differs without being planned", "it cannot be read", "it would change", "the section"]
    said = message.rpartition("): ")[2]
    return next(
        (part for part in known if part in message), said.partition(" on ")[0] if " may " in said else said.split(" ")[0]
    )


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.name}"


def _judged(execution: Execution, report: Report, chance: random.Random, *, thorough: bool | None) -> Iterator[Finding]:
    if not report.changed:
        if report.to_bytes() != execution.raw:
            yield Finding("nothing is changed, but the bytes differ")
        if report.operations:
            yield Finding("operations without a change")
        return
    some = chance.random() < _SOME if thorough is None else thorough
    parameters = dict(execution.options.given.parameters)
    operations = [operation.to_json() for operation in report.operations]
    yield from judge(
        Change(report.before, report.after, operations, parameters, execution.options.review), chance, thorough=some
    )
    yield from _again(execution, report)
    if some:
        yield from _diff(execution, report)
        yield from _reports(execution, report)


def _again(execution: Execution, report: Report) -> Iterator[Finding]:
    again = remediate(report.to_bytes(), execution.name, _set(execution.patch_set), execution.options)
    if again.changed:
        paths = ", ".join(operation.path for operation in again.operations)
        yield Finding("the second run changes something", paths)


def _diff(execution: Execution, report: Report) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        yield from diff_applies(Path(folder), execution.name, execution.raw, report.to_bytes(), diff.render(report))


@contextmanager
def _inside(folder: str) -> Iterator[None]:
    here = os.getcwd()  # noqa: PTH109 - what os.chdir takes
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)


def _reports(execution: Execution, report: Report) -> Iterator[Finding]:
    for style in FORMATS:
        text = render(style, [report], _set(execution.patch_set))
        if style in {"json", "json-patch", "sarif"}:
            try:
                json.loads(text)
            except ValueError as error:
                yield Finding(f"{style} is no JSON", str(error))
        elif style == "github" and re.search(r"(?m)^(?!::|$)", text):
            yield Finding("a line of the github format is no command", text)
    report.new_access()
