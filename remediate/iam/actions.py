"""The actions that IAM knows of S3 and KMS, so that one that is misspelt is seen.

Source: Service Authorization Reference, Actions defined by Amazon S3; Actions defined by AWS Key Management Service.
Services gain actions, so a name that is not here is no proof by itself: only one that is close to a name here is called
misspelt.
"""

from __future__ import annotations

from functools import lru_cache

from remediate.iam.match import patterns_meet
from remediate.partial_string import lowered

_NAMES = {
    "kms": """
CancelKeyDeletion ConnectCustomKeyStore CreateAlias CreateCustomKeyStore CreateGrant CreateKey Decrypt DeleteAlias
DeleteCustomKeyStore DeleteImportedKeyMaterial DeriveSharedSecret DescribeCustomKeyStores DescribeKey DisableKey
DisableKeyRotation DisconnectCustomKeyStore EnableKey EnableKeyRotation Encrypt GenerateDataKey GenerateDataKeyPair
GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom GetKeyLastUsage
GetKeyPolicy GetKeyRotationStatus GetParametersForImport GetPublicKey ImportKeyMaterial ListAliases ListGrants
ListKeyPolicies ListKeyRotations ListKeys ListResourceTags ListRetirableGrants PutKeyPolicy ReEncryptFrom ReEncryptTo
ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign SynchronizeMultiRegionKey TagResource
UntagResource UpdateAlias UpdateCustomKeyStore UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac
""",
    "s3": """
AbortMultipartUpload AllowVendedLogDeliveryForResource AssociateAccessGrantsIdentityCenter BypassGovernanceRetention
CreateAccessGrant CreateAccessGrantsInstance CreateAccessGrantsLocation CreateAccessPoint
CreateAccessPointForObjectLambda CreateBucket CreateBucketMetadataTableConfiguration CreateJob
CreateMultiRegionAccessPoint CreateStorageLensGroup DeleteAccessGrant DeleteAccessGrantsInstance
DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation DeleteAccessPoint DeleteAccessPointForObjectLambda
DeleteAccessPointPolicy DeleteAccessPointPolicyForObjectLambda DeleteBucket DeleteBucketMetadataTableConfiguration
DeleteBucketPolicy DeleteBucketWebsite DeleteJobTagging DeleteMultiRegionAccessPoint DeleteObject
DeleteObjectAnnotation DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionAnnotation DeleteObjectVersionTagging
DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging DeleteStorageLensGroup DescribeJob
DescribeMultiRegionAccessPointOperation DissociateAccessGrantsIdentityCenter GetAccelerateConfiguration GetAccessGrant
GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy GetAccessGrantsLocation
GetAccessPoint GetAccessPointConfigurationForObjectLambda GetAccessPointForObjectLambda GetAccessPointPolicy
GetAccessPointPolicyForObjectLambda GetAccessPointPolicyStatus GetAccessPointPolicyStatusForObjectLambda
GetAccountPublicAccessBlock GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation
GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration
GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment
GetBucketTagging GetBucketVersioning GetBucketWebsite GetDataAccess GetEncryptionConfiguration
GetIntelligentTieringConfiguration GetInventoryConfiguration GetJobTagging GetLifecycleConfiguration
GetMetricsConfiguration GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus
GetMultiRegionAccessPointRoutes GetObject GetObjectAcl GetObjectAnnotation GetObjectAttributes GetObjectLegalHold
GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAnnotation
GetObjectVersionAnnotationForReplication GetObjectVersionAttributes GetObjectVersionForReplication
GetObjectVersionTagging GetObjectVersionTorrent GetReplicationConfiguration GetStorageLensConfiguration
GetStorageLensConfigurationTagging GetStorageLensDashboard GetStorageLensGroup InitiateReplication ListAccessGrants
ListAccessGrantsInstances ListAccessGrantsLocations ListAccessPoints ListAccessPointsForObjectLambda ListAllMyBuckets
ListBucket ListBucketMultipartUploads ListBucketVersions ListCallerAccessGrants ListJobs ListMultiRegionAccessPoints
ListMultipartUploadParts ListObjectAnnotations ListObjectVersionAnnotations ListStorageLensConfigurations
ListStorageLensGroups ListTagsForResource ObjectOwnerOverrideToBucketOwner PauseReplication PutAccelerateConfiguration
PutAccessGrantsInstanceResourcePolicy PutAccessPointConfigurationForObjectLambda PutAccessPointPolicy
PutAccessPointPolicyForObjectLambda PutAccessPointPublicAccessBlock PutAccountPublicAccessBlock
PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
PutIntelligentTieringConfiguration PutInventoryConfiguration PutJobTagging PutLifecycleConfiguration
PutMetricsConfiguration PutMultiRegionAccessPointPolicy PutObject PutObjectAcl PutObjectAnnotation PutObjectLegalHold
PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionAnnotation PutObjectVersionTagging
PutReplicationConfiguration PutStorageLensConfiguration PutStorageLensConfigurationTagging ReplicateDelete
ReplicateObject ReplicateObjectAnnotation ReplicateTags RestoreObject SubmitMultiRegionAccessPointRoutes TagResource
UntagResource UpdateAccessGrantsLocation UpdateBucketMetadataAnnotationTableConfiguration
UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration UpdateJobPriority
UpdateJobStatus UpdateObjectEncryption UpdateStorageLensGroup
""",
}


_OPERATIONS = {"kms:reencrypt": "kms:ReEncrypt*"}
"""Operations that are no actions, but ask for several (AWS KMS Developer Guide, AWS KMS permissions, ReEncrypt)."""

_LONGEST = 128
"""A longer name is not compared: it is close to none."""


@lru_cache(maxsize=256)
def misspelt(action: str) -> str | None:
    """Return the action that was meant where a statement names one that is none, else None; ``*`` and ``?`` may be in it.

    Action names ignore case (IAM User Guide, IAM JSON policy elements: Action).
    """
    if len(action) > _LONGEST:
        return None
    if lowered(action) in _OPERATIONS:
        return _OPERATIONS[lowered(action)]
    service, colon, name = action.partition(":")
    if not colon:
        return _with_service(action)
    names = _NAMES.get(lowered(service), "").split()
    if not names or any(patterns_meet(lowered(name), one.lower()) for one in names):
        return None
    import difflib  # few policies have a misspelt action

    by_name = {one.lower(): one for one in names}
    close = difflib.get_close_matches(lowered(name).replace("*", ""), by_name, n=1, cutoff=0.8)
    return f"{service}:{by_name[close[0]]}{'*' if name.endswith('*') else ''}" if close else None


def _with_service(name: str) -> str | None:
    """Return the action whose name stands alone, None where no service or more than one has it, and for ``*``."""
    bare = lowered(name).replace("*", "")
    found = [f"{service}:{name}" for service, names in _NAMES.items() if bare and bare in names.lower().split()]
    return found[0] if len(found) == 1 else None
