"""Vaults and the cold classes of S3 with boto3: run by cold.test.ts, prints ok at the end."""

import boto3, csv, io, json, os, subprocess, sys
from botocore.exceptions import ClientError
from botocore.utils import calculate_tree_hash

MIB = 1024 * 1024
body = bytes((i * 2654435761 >> 13) & 255 for i in range(3 * MIB + 77))

def advance(duration):
    subprocess.run([sys.argv[1], sys.argv[2], "clock", "advance", duration], check=True, stdout=subprocess.DEVNULL)

def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return
    raise SystemExit(f"not refused with {code}")

# Vaults.
glacier = boto3.client("glacier")
vault = boto3.resource("glacier").create_vault(accountId="-", vaultName="boto")
glacier.get_waiter("vault_exists").wait(accountId="-", vaultName="boto")
archive = vault.upload_archive(archiveDescription="whole", body=body)
tree = calculate_tree_hash(io.BytesIO(body))
name = {"accountId": "-", "vaultName": "boto"}
parts = glacier.initiate_multipart_upload(**name, partSize=str(MIB), archiveDescription="parts")
for start in (2 * MIB, 0, 3 * MIB, MIB):
    part = body[start : start + MIB]
    glacier.upload_multipart_part(**name, uploadId=parts["uploadId"], range=f"bytes {start}-{start + len(part) - 1}/*", body=part)
whole = glacier.complete_multipart_upload(**name, uploadId=parts["uploadId"], archiveSize=str(len(body)), checksum=tree)
assert whole["checksum"] == tree
job = archive.initiate_archive_retrieval()
ranged = glacier.initiate_job(**name, jobParameters={"Type": "archive-retrieval", "ArchiveId": whole["archiveId"], "Tier": "Bulk", "RetrievalByteRange": f"{MIB}-{3 * MIB - 1}"})
listing = glacier.initiate_job(**name, jobParameters={"Type": "inventory-retrieval", "Format": "CSV"})
assert not glacier.describe_job(**name, jobId=job.id)["Completed"]
advance("12h")
output = glacier.get_job_output(**name, jobId=job.id)
assert output["body"].read() == body and output["checksum"] == tree
output = glacier.get_job_output(**name, jobId=ranged["jobId"], range="bytes=5-1048580")
assert output["status"] == 206 and output["body"].read() == body[MIB + 5 : MIB + 1048581]
rows = list(csv.DictReader(io.StringIO(glacier.get_job_output(**name, jobId=listing["jobId"])["body"].read().decode())))
assert [(row["Size"], row["SHA256TreeHash"]) for row in rows] == [(str(len(body)), tree)] * 2, rows
deny = {"Effect": "Deny", "Principal": "*", "Action": "glacier:DeleteArchive", "Resource": "*", "Condition": {"NumericLessThan": {"glacier:ArchiveAgeInDays": "30"}}}
policy = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [deny]})}
glacier.initiate_vault_lock(**name, policy=policy)
refused("AccessDeniedException", glacier.delete_archive, **name, archiveId=archive.id)
advance("25h")
refused("ResourceNotFoundException", glacier.get_vault_lock, **name)
lock = glacier.initiate_vault_lock(**name, policy=policy)
glacier.complete_vault_lock(**name, lockId=lock["lockId"])
advance("48h")
refused("AccessDeniedException", glacier.delete_archive, **name, archiveId=archive.id)
refused("AccessDeniedException", glacier.abort_vault_lock, **name)
advance("30d")
archive.delete()
refused("InvalidParameterValueException", glacier.upload_archive, **name, body=b"x", checksum="0" * 64)
refused("InvalidParameterValueException", glacier.initiate_job, **name, jobParameters={"Type": "archive-retrieval", "ArchiveId": whole["archiveId"], "Tier": "Warp"})

# The cold classes of S3: a lifecycle moves the object, a restore brings a copy, both end.
s3 = boto3.client("s3")
s3.create_bucket(Bucket="boto-cold")
rules = [{"ID": "cold", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}], "Expiration": {"Days": 40}}]
s3.put_bucket_lifecycle_configuration(Bucket="boto-cold", LifecycleConfiguration={"Rules": rules})
key = {"Bucket": "boto-cold", "Key": "logs/1"}
s3.put_object(**key, Body=body)
assert s3.get_object(**key)["Body"].read() == body
advance("49h")
for _ in range(100):
    if s3.head_object(**key).get("StorageClass") == "GLACIER":
        break
refused("InvalidObjectState", s3.get_object, **key)
s3.restore_object(**key, RestoreRequest={"Days": 2, "GlacierJobParameters": {"Tier": "Standard"}})
assert s3.head_object(**key)["Restore"] == 'ongoing-request="true"'
refused("RestoreAlreadyInProgress", s3.restore_object, **key, RestoreRequest={"Days": 2, "GlacierJobParameters": {"Tier": "Bulk"}})
s3.restore_object(**key, RestoreRequest={"Days": 2, "GlacierJobParameters": {"Tier": "Expedited"}})
advance("5m")
assert 'ongoing-request="false", expiry-date=' in s3.head_object(**key)["Restore"]
assert s3.get_object(**key)["Body"].read() == body
listed = s3.list_objects_v2(Bucket="boto-cold", OptionalObjectAttributes=["RestoreStatus"])["Contents"][0]
assert listed["StorageClass"] == "GLACIER" and listed["RestoreStatus"]["IsRestoreInProgress"] is False, listed
advance("72h")
refused("InvalidObjectState", s3.get_object, **key)
deep = {"Bucket": "boto-cold", "Key": "deep"}
s3.put_object(**deep, Body=b"deep", StorageClass="DEEP_ARCHIVE")

s3.restore_object(**deep, RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}})
advance("48h")
assert s3.get_object(**deep)["Body"].read() == b"deep"
advance("40d")
for _ in range(100):
    if "Contents" not in s3.list_objects_v2(Bucket="boto-cold", Prefix="logs/"):
        break
else:
    raise SystemExit("the object did not expire")
print("ok")
