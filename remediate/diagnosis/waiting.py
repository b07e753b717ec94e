"""How a source comes to be created after a policy."""

from __future__ import annotations

from remediate.cloudformation.existence import Deployments


def how_to_wait(deployments: Deployments, source: str, policy: str) -> str:
    """Return what to add: a ``DependsOn``, unless that would name what may not exist."""
    if not deployments.without(policy, source).possible:
        return f"add `DependsOn: {policy}` to {source}"
    return refer_where_it_exists(source, policy, str(deployments.condition_of(policy)))


def refer_where_it_exists(source: str, policy: str, condition: str) -> str:
    """Return how a source waits for what exists under a condition alone, which ``DependsOn`` cannot say."""
    return f'let {source} refer to it where it exists: Metadata: {{WaitFor: !If [{condition}, !Ref {policy}, ""]}}'
