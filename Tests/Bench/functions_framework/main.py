"""The upload handler as it would be written in Python, to be measured beside `gcs-upload`.

Takes the same event, reads the same objects, checks archive and members against the manifest's digests, and looks the
package up in Firestore. It knows no keys: signatures are left out, to its advantage.
"""

import base64
import hashlib
import io
import json
import os
import zipfile

import functions_framework
from google.auth.credentials import AnonymousCredentials
from google.cloud import exceptions, firestore, storage

PROJECT = os.environ.get("GOOGLE_CLOUD_PROJECT", "signalbox-demo")
MANIFEST = "manifest.dsse.json"
ARCHIVE = "archive.zip"


def clients():
    """The clients, without credentials where emulators stand in."""
    if "STORAGE_EMULATOR_HOST" not in os.environ:
        return storage.Client(PROJECT), firestore.Client(PROJECT)
    return (
        storage.Client(PROJECT, credentials=AnonymousCredentials()),
        firestore.Client(PROJECT, credentials=AnonymousCredentials()),
    )


storage_client, firestore_client = clients()


def judge(bucket_name, name):
    """What becomes of the package that the object belongs to."""
    parts = name.split("/")
    if len(parts) != 3 or parts[2] not in (MANIFEST, ARCHIVE):
        return {"code": "not_a_package"}
    bucket = storage_client.bucket(bucket_name)
    try:
        envelope = json.loads(bucket.blob("/".join(parts[:2] + [MANIFEST])).download_as_bytes())
        content = bucket.blob("/".join(parts[:2] + [ARCHIVE])).download_as_bytes()
    except exceptions.NotFound:
        return {"code": "package_incomplete"}
    statement = json.loads(base64.b64decode(envelope["payload"]))
    digests = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
    if hashlib.sha256(content).hexdigest() != digests.pop(ARCHIVE):
        return {"code": "archive_digest"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {info.filename: hashlib.sha256(archive.read(info)).hexdigest() for info in archive.infolist()}
    if found != digests:
        return {"code": "member_digest"}
    known = firestore_client.collection("packages").document(parts[1]).get().exists
    return {"code": "package_duplicate" if known else "package_accepted"}


@functions_framework.http
def handle(request):
    """One event, in the same form as the Swift handler answers it."""
    if request.path == "/healthz":
        return {"status": "ok"}
    event = json.loads(request.get_data())
    return {"decision": "done", "detail": judge(event["bucket"], event["name"])}
