"""Which decisions rest on the default of a parameter: whoever deploys the template may give it another value."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.parameters import allowed_values, known_parameters, written
from remediate.cloudformation.resources import Data, section
from remediate.delivery.comparison import prove, worst
from remediate.delivery.locate import Given, Located, locate
from remediate.iam.evaluate import Outcome
from remediate.plan.outcome import Skipped

_MOST = 12
"""How many parameters are tried one by one; a logging stack that depends on more is rare."""

_Outcomes = dict[tuple[str, str, str], Outcome]


def decided_by_default(located: Located, data: Data, given: Given) -> Iterator[Skipped]:
    """Yield each parameter with the requests that are decided otherwise, or not at all, without its default.

    The requests are judged again in the template without the default: what then comes out the same does not depend on it.
    """
    names = _defaulted(data, given)
    now = _outcomes(located, data) if names else {}
    if not now or _without(data, names, given) == now:
        return
    for name in names[:_MOST]:
        other = _without(data, [name], given)
        changed = [request for request, outcome in now.items() if other.get(request) is not outcome]
        if changed:
            ids = ", ".join(dict.fromkeys(request for _, _, request in changed))
            value = written(section(data, "Parameters")[name]["Default"])  # type: ignore[call-overload,index]  # it has one
            reason = f'{ids} {"is" if "," not in ids else "are"} decided for {name} = "{value}", which is only its default'
            advice = f"give the value that is deployed with --parameter {name}=VALUE"
            yield Skipped("default-value", "default", reason, changed[0][1], advice)


def _defaulted(data: Data, given: Given) -> list[str]:
    """Return the parameters that the resources or conditions mention and whose value is a default that may be another."""
    used = mentions({key: data.get(key) for key in ("Resources", "Conditions")})
    parameters = section(data, "Parameters")
    known = known_parameters(data, {}).keys() & parameters.keys() & used
    return [name for name in parameters if name in known and name not in given.parameters and _can_differ(data, name)]


def _can_differ(data: Data, name: str) -> bool:
    return len(allowed_values(data, name)) != 1


def _without(data: Data, names: Collection[str], given: Given) -> _Outcomes:
    parameters = {
        name: {key: part for key, part in one.items() if not (key == "Default" and name in names)}
        for name, one in section(data, "Parameters").items()
        if isinstance(one, dict)
    }
    open_data: Data = {**data, "Parameters": {**section(data, "Parameters"), **parameters}}
    return _outcomes(locate(open_data, given), open_data)


def _outcomes(located: Located, data: Data) -> _Outcomes:
    """Return how each documented request is decided in the worst of the scenarios."""
    found = worst(prove(located, data, data))
    return {
        (one.source, one.logical_id, one.request.id): one.after.outcome
        for one in found
        if one.request.confidence != "inferred"
    }
