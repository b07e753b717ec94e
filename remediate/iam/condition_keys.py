"""Which condition keys an action's request never carries.

Sources: Service Authorization Reference, Actions, resources, and condition keys for Amazon S3 and for AWS Key Management
Service; AWS KMS Developer Guide, Condition keys for AWS KMS (each key's table of API operations). Only keys that decide
bucket and key policies are listed; of any other key nothing is claimed.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

from remediate.iam.match import patterns_meet
from remediate.partial_string import lowered

_CRYPTOGRAPHIC = ("decrypt", "encrypt", "generatedatakey*", "reencrypt*")
_WITH_ENCRYPTION_CONTEXT = (*_CRYPTOGRAPHIC, "creategrant", "retiregrant")
# What bypasses governance retention is a write like any other, and carries what that write carries.
_OBJECT_WRITES = ("putobject", "replicateobject", "bypassgovernanceretention", "updateobjectencryption")
_ACL_WRITES = (
    *("createbucket", "createaccesspoint", "putbucketacl", "putobjectacl", "putobjectversionacl"),
    *("putobject", "bypassgovernanceretention"),
)

_ACTIONS_OF_KEY: dict[str, tuple[str, ...]] = {
    "kms:bypasspolicylockoutsafetycheck": ("createkey", "putkeypolicy", "replicatekey"),
    "kms:datakeypairspec": ("generatedatakeypair*",),
    "kms:encryptionalgorithm": _CRYPTOGRAPHIC,
    "kms:encryptioncontext:*": _WITH_ENCRYPTION_CONTEXT,
    "kms:encryptioncontextkeys": _WITH_ENCRYPTION_CONTEXT,
    "kms:grantconstrainttype": ("creategrant", "retiregrant"),
    "kms:granteeprincipal": ("creategrant",),
    "kms:grantisforawsresource": ("creategrant", "listgrants", "revokegrant"),
    "kms:grantoperations": ("creategrant",),
    "kms:macalgorithm": ("generatemac", "verifymac"),
    "kms:messagetype": ("sign", "verify"),
    "kms:reencryptonsamekey": ("reencrypt*",),
    "kms:retiringprincipal": ("creategrant",),
    "kms:signingalgorithm": ("sign", "verify"),
    "s3:delimiter": ("listbucket*",),
    "s3:max-keys": ("listbucket*",),
    "s3:prefix": ("listbucket*",),
    "s3:x-amz-acl": _ACL_WRITES,
    "s3:x-amz-copy-source": ("putobject", "bypassgovernanceretention"),
    "s3:x-amz-grant-*": _ACL_WRITES,
    "s3:x-amz-metadata-directive": ("putobject", "bypassgovernanceretention"),
    "s3:x-amz-server-side-encryption-customer-algorithm": (*_OBJECT_WRITES, "getobject*"),
    "s3:x-amz-server-side-encryption*": _OBJECT_WRITES,
}
"""Key, or the beginning of keys, and the actions of the same service that carry it; the first that fits counts."""


@lru_cache(maxsize=4096)
def never_present(action: str, key: str) -> bool:
    """Return whether no request for the action carries the key; both ignore case.

    An action with wildcards stands for all actions that it matches. A key of S3 or KMS is never part of the other
    service's requests. False says only that nothing is known.
    """
    service, _, name = lowered(action).partition(":")
    key = lowered(key)
    key_service = key.partition(":")[0]
    if key_service not in {"s3", "kms"} or service not in {"s3", "kms"}:
        return False
    if key_service != service:
        return True
    carriers = next((actions for pattern, actions in _ACTIONS_OF_KEY.items() if fnmatchcase(key, pattern)), None)
    return carriers is not None and not any(patterns_meet(name, carrier) for carrier in carriers)
