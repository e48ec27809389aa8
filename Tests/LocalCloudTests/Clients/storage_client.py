"""google-cloud-storage against the server that STORAGE_EMULATOR_HOST names; ends with 0 when all holds."""

import io
import os
import uuid

from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

CHUNK = 256 * 1024


def fails(error, action):
    try:
        action()
    except error:
        return
    raise AssertionError(f"wanted {error.__name__}")


def main():
    client = storage.Client(project="local", credentials=AnonymousCredentials())
    bucket = client.create_bucket(f"clients-{uuid.uuid4().hex[:8]}")
    fails(exceptions.Conflict, lambda: client.create_bucket(bucket.name))
    assert bucket.name in [found.name for found in client.list_buckets()]
    uploads(bucket)
    reads(bucket)
    preconditions(bucket)
    copies(bucket)
    lists(client, bucket)
    for blob in client.list_blobs(bucket):
        blob.delete()
    bucket.delete()
    fails(exceptions.NotFound, lambda: client.get_bucket(bucket.name))


def uploads(bucket):
    blob = bucket.blob("a/ein Käse+%.txt")
    blob.metadata = {"environment": "lab"}
    blob.upload_from_string("hello", content_type="text/plain", checksum="crc32c")
    assert (blob.size, blob.content_type, blob.metageneration) == (5, "text/plain", 1)
    assert blob.crc32c == "mnG7TA==" and blob.md5_hash == "XUFAKrxLKna5cZ2REBfFkg=="
    assert blob.download_as_bytes() == b"hello"
    bucket.blob("empty").upload_from_string(b"")
    assert bucket.blob("empty").download_as_bytes() == b""

    data = os.urandom(3 * CHUNK + 12345)
    big = bucket.blob("big", chunk_size=CHUNK)
    big.upload_from_file(io.BytesIO(data), size=len(data), checksum="md5")
    assert big.size == len(data)
    unknown = bucket.blob("unknown-size", chunk_size=CHUNK)
    with unknown.open("wb") as file:
        file.write(data)
    assert unknown.download_as_bytes(checksum="crc32c") == data
    assert unknown.download_as_bytes(checksum="md5") == data
    chunked = bucket.blob("big", chunk_size=CHUNK)
    assert chunked.download_as_bytes() == data
    assert big.download_as_bytes(start=CHUNK, end=CHUNK + 9) == data[CHUNK : CHUNK + 10]
    fails(exceptions.RequestRangeNotSatisfiable, lambda: big.download_as_bytes(start=len(data)))


def reads(bucket):
    blob = bucket.get_blob("a/ein Käse+%.txt")
    assert blob.metadata == {"environment": "lab"}
    blob.metadata = {"environment": "lab", "robot": "r1"}
    blob.cache_control = "no-store"
    blob.patch()
    blob.reload()
    assert blob.metageneration == 2 and blob.metadata["robot"] == "r1" and blob.cache_control == "no-store"
    blob.metadata = {"robot": None}
    blob.patch()
    blob.reload()
    assert blob.metadata == {"environment": "lab"}
    assert bucket.get_blob("missing") is None
    fails(exceptions.NotFound, bucket.blob("missing").download_as_bytes)
    fails(exceptions.NotFound, bucket.blob("missing").delete)


def preconditions(bucket):
    blob = bucket.blob("once")
    blob.upload_from_string("1", if_generation_match=0)
    first = blob.generation
    fails(exceptions.PreconditionFailed, lambda: bucket.blob("once").upload_from_string("2", if_generation_match=0))
    blob.upload_from_string("2", if_generation_match=first)
    assert blob.generation > first
    fails(exceptions.PreconditionFailed, lambda: bucket.blob("once").delete(if_generation_match=first))
    fails(exceptions.NotFound, lambda: bucket.blob("once", generation=first).download_as_bytes())
    fails(exceptions.PreconditionFailed, lambda: bucket.blob("once").reload(if_metageneration_match=7))
    fails(exceptions.NotModified, lambda: bucket.blob("once").reload(if_generation_not_match=blob.generation))
    large = bucket.blob("once", chunk_size=CHUNK)
    data = io.BytesIO(bytes(2 * CHUNK))
    fails(exceptions.PreconditionFailed, lambda: large.upload_from_file(data, if_generation_match=0))


def copies(bucket):
    source = bucket.get_blob("big")
    target = bucket.blob("copy")
    token, done, total = target.rewrite(source, if_generation_match=0, if_source_generation_match=source.generation)
    assert token is None and done == total == source.size
    fails(exceptions.PreconditionFailed, lambda: bucket.blob("copy").rewrite(source, if_generation_match=0))
    fails(
        exceptions.PreconditionFailed,
        lambda: bucket.blob("other").rewrite(source, if_source_generation_match=1),
    )
    copied = bucket.copy_blob(source, bucket, "copy-2")
    assert copied.md5_hash == source.md5_hash and copied.content_type == source.content_type

    parts = [bucket.blob(f"part-{index}") for index in range(3)]
    for index, part in enumerate(parts):
        part.upload_from_string(str(index) * 3)
    joined = bucket.blob("joined")
    joined.content_type = "text/plain"
    joined.compose(parts, if_generation_match=0)
    assert joined.component_count == 3 and joined.download_as_bytes() == b"000111222"
    joined.reload()
    assert joined.md5_hash is None and joined.content_type == "text/plain"


def lists(client, bucket):
    for name in ["l/a", "l/b/1", "l/b/2", "l/c/1", "l/d"]:
        bucket.blob(name).upload_from_string(name)
    assert [blob.name for blob in client.list_blobs(bucket, prefix="l/", page_size=2)] == [
        "l/a", "l/b/1", "l/b/2", "l/c/1", "l/d",
    ]
    page = client.list_blobs(bucket, prefix="l/", delimiter="/", page_size=1)
    assert [blob.name for blob in page] == ["l/a", "l/d"]
    assert page.prefixes == {"l/b/", "l/c/"}
    offset = client.list_blobs(bucket, start_offset="l/b/2", end_offset="l/d")
    assert [blob.name for blob in offset] == ["l/b/2", "l/c/1"]


main()
print("ok")
