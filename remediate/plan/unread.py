"""What is not looked into: nested stacks, stack sets, and what macros make before the template is deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from remediate.cloudformation.expression import as_list
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resource_types import BUCKET, BUCKET_POLICY, KEY
from remediate.delivery.locate import Located
from remediate.plan.outcome import Skipped
from remediate.template import Plain

_NESTED = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")
_STACK_SET = "AWS::CloudFormation::StackSet"
_KNOWN = re.compile(r"AWS::(Serverless|LanguageExtensions|CodeDeployBlueGreen|SecretsManager|ServiceCatalog)\b")
"""Transforms of AWS that change no resource of logging as it stands in the template."""
_LISTED = 5
"""So many stacks are named in a remark."""
_PROCESSED = "look at what it makes of it (aws cloudformation get-template --template-stage Processed), and check that"


def unread(model: TemplateModel, located: Located) -> Iterator[Skipped]:
    """Yield what may hold a part of the logging and is not looked into, each kind with what to do about it."""
    yield from _loops(model, located)
    yield from _macros(model, located)
    yield from _nested(model)
    yield from _stack_sets(model, located)


def _loops(model: TemplateModel, located: Located) -> Iterator[Skipped]:
    for name, written in model.resources.items():
        if name == "Fn::Transform" or (name.startswith("Fn::ForEach") and _speaks_of(located, written)):
            reason = f"CloudFormation makes resources of {name}, which is not looked into here"
            yield Skipped("macro", "undecidable", reason, name, _PROCESSED)


def _macros(model: TemplateModel, located: Located) -> Iterator[Skipped]:
    """Yield the macros that work on the whole template, or on a resource of the logging but for its policy document.

    That a policy document which a macro makes cannot be read is said elsewhere.
    """
    names = [name for name in _transforms(model.data.get("Transform")) if not _KNOWN.match(name)]
    if names and (located.deliveries or _speaks_of(located, model.data)):
        reason = f"the macro {', '.join(names)} may change every resource of the template, which is not looked into here"
        yield Skipped("macro", "undecidable", reason, "", _PROCESSED, path=("Transform",))
    for kind in dict.fromkeys((*located.service.source_types, BUCKET, BUCKET_POLICY, KEY)):
        for name in model.of_type(kind):
            rest = {key: one for key, one in model.properties(name).items() if key not in ("PolicyDocument", "KeyPolicy")}
            if _has_macro(rest) or "Fn::Transform" in model.resource(name):
                reason = f"a macro (Fn::Transform) makes a part of {name}, which is not looked into here"
                yield Skipped("macro", "undecidable", reason, name, _PROCESSED)


def _nested(model: TemplateModel) -> Iterator[Skipped]:
    yield from _elsewhere("nested-stack", "nested stack", [name for kind in _NESTED for name in model.of_type(kind)])


def _stack_sets(model: TemplateModel, located: Located) -> Iterator[Skipped]:
    sets = model.of_type(_STACK_SET)
    for name in sets:
        if _speaks_of(located, model.properties(name).get("TemplateBody")):
            reason = f"the template that {name} deploys by its TemplateBody is not looked into here"
            advice = "write it to a file of its own, and run remediate check on that"
            place = ("Resources", name, "Properties", "TemplateBody")
            yield Skipped("stack-set", "undecidable", reason, name, advice, path=place)
    named = [name for name in sets if "TemplateURL" in model.properties(name)]
    yield from _elsewhere("stack-set", "stack set", named)


def _elsewhere(subject: str, kind: str, names: list[str]) -> Iterator[Skipped]:
    """Yield one remark for all stacks whose templates are elsewhere."""
    if not names:
        return
    listed = ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
    reason, advice = f"the template of the {kind} {listed} is not looked into here", "run remediate check on it too"
    if len(names) > 1:
        reason, advice = f"the templates of the {kind}s {listed} are not looked into here", "run remediate check on them too"
    yield Skipped(subject, "undecidable", reason, names[0], advice)


def _transforms(written: Plain) -> Iterator[str]:
    for one in as_list(written):
        name = one.get("Name") if isinstance(one, dict) else one
        if isinstance(name, str):
            yield name


def _has_macro(written: Plain) -> bool:
    rest: list[Plain] = [written]
    while rest:
        current = rest.pop()
        if isinstance(current, dict):
            if "Fn::Transform" in current:
                return True
            rest += current.values()
        elif isinstance(current, list):
            rest += current
    return False


def _speaks_of(located: Located, written: object) -> bool:
    return located.service.is_mentioned(_text(written))


def _text(written: object) -> str:
    return json.dumps(written, default=str)
