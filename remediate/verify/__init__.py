"""The six guarantees, checked on every run before anything is written.

Nothing here trusts what it checks: the new text is read from its bytes, the data is compared with what the jsonpatch
library makes of the operations, the rest of the text with the original, and the policies are judged again.
"""

from __future__ import annotations

from remediate.verify.broken import PROMISES, Broken
from remediate.verify.plan import verify_outsiders, verify_plan, verify_settled
from remediate.verify.text import verify_text

__all__ = ["PROMISES", "Broken", "verify_outsiders", "verify_plan", "verify_settled", "verify_text"]
