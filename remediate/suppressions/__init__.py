"""What a template itself says is to be ignored: at which resource, why, and until when."""

from __future__ import annotations

from remediate.suppressions.ignore import RULES, Fault, Ignore, Ignores
from remediate.suppressions.reading import read_ignores

__all__ = ["RULES", "Fault", "Ignore", "Ignores", "read_ignores"]
