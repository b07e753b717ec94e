"""Which decisions rest on the default of a parameter: whoever deploys the template may give it another value."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import allowed_values, known_parameters, written
from remediate.delivery.comparison import prove, worst
from remediate.delivery.locate import Given, Located, locate
from remediate.iam.evaluate import Outcome
from remediate.plan.outcome import Skipped

_MOST = 12
"""How many parameters are tried one by one; a logging stack that depends on more is rare."""

_Request = tuple[str, str, str]
_Outcomes = dict[_Request, Outcome]


def decided_by_default(before: Located, after: Located, given: Given) -> Iterator[Skipped]:
    """Yield each parameter with the requests that are decided otherwise, or not at all, without its default.

    They are those of the template as it comes to be, and those that were denied before: for these it is changed.
    """
    found = _changed(after, given)
    if before.model is not after.model:
        for name, (changed, now) in _changed(before, given).items():
            denied = [request for request in changed if now[request] is Outcome.DENIED]
            known, _ = found.setdefault(name, ([], now))
            known += [request for request in denied if request not in known]
    for name, (changed, _) in found.items():
        if changed:
            ids = ", ".join(dict.fromkeys(request for _, _, request in changed))
            value = written(after.model.parameters[name]["Default"])  # type: ignore[call-overload,index]  # it has one
            reason = f'{ids} {"is" if "," not in ids else "are"} decided for {name} = "{value}", which is only its default'
            advice = f"give the value that is deployed with --parameter {name}=VALUE"
            yield Skipped("default-value", "default", reason, changed[0][1], advice)


def _changed(located: Located, given: Given) -> dict[str, tuple[list[_Request], _Outcomes]]:
    """Return for each parameter the requests that are decided otherwise without its default, and how all are with it.

    The requests are judged again in the template without the default: what then comes out the same does not depend on it.
    """
    model = located.model
    names = _defaulted(model, given)
    now = _outcomes(located, model) if names else {}
    if not now or _without(model, names, given) == now:
        return {}
    found: dict[str, tuple[list[_Request], _Outcomes]] = {}
    for name in names[:_MOST]:
        other = _without(model, [name], given)
        found[name] = [request for request, outcome in now.items() if other.get(request) is not outcome], now
    return found


def _defaulted(model: TemplateModel, given: Given) -> list[str]:
    """Return the parameters that the resources or conditions mention and whose value is a default that may be another."""
    used = mentions([{**model.resources}, {**model.conditions}])
    parameters = model.parameters
    known = known_parameters(model, {}).keys() & parameters.keys() & used
    return [name for name in parameters if name in known and name not in given.parameters and _can_differ(model, name)]


def _can_differ(model: TemplateModel, name: str) -> bool:
    return len(allowed_values(model, name)) != 1


def _without(model: TemplateModel, names: Collection[str], given: Given) -> _Outcomes:
    parameters = {
        name: {key: part for key, part in one.items() if not (key == "Default" and name in names)}
        for name, one in model.parameters.items()
        if isinstance(one, dict)
    }
    opened = TemplateModel({**model.data, "Parameters": {**model.parameters, **parameters}})
    return _outcomes(locate(opened, given), opened)


def _outcomes(located: Located, model: TemplateModel) -> _Outcomes:
    """Return how each documented request is decided in the worst of the scenarios."""
    found = worst(prove(located, model, model))
    return {
        (one.source, one.logical_id, one.request.id): one.after.outcome
        for one in found
        if one.request.confidence != "inferred"
    }
