"""Makes a signed package of a folder of episodes with the reference libraries alone: securesystemslib and
in-toto-attestation. Any tool that writes what docs/manifest.md says will do; this is the shortest one.

    pip install cryptography in-toto-attestation securesystemslib
    sign_package.py EPISODES --robot R --environment E --key robot.pem --key-id ID --out DIR

DIR gets archive.zip and manifest.dsse.json; `signalbox upload DIR --wait` sends them.
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import zipfile

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.protobuf import json_format
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE_TYPE = "https://signalbox.dev/package/v1"


def package_id(environment: str, robot: str, files: list[dict]) -> str:
    """The first half of a hash over the list of files: the same episodes have the same id."""
    lines = [f"{environment}\n{robot}\n".encode()]
    for file in sorted(files, key=lambda file: file["path"].encode()):
        lines.append(f"{file['path']}\0{file['size']}\0{file['sha256']}\n".encode())
    return "pkg-" + hashlib.sha256(b"".join(lines)).hexdigest()[:32]


def pack(episodes: pathlib.Path, archive: pathlib.Path) -> tuple[list[dict], list[float]]:
    """Packs every plain file, and tells path, size and digest of each, and the times they were written."""
    files, times = [], []
    paths = sorted(path for path in episodes.rglob("*") if path.is_file() and not path.is_symlink())
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in paths:
            name, content = path.relative_to(episodes).as_posix(), path.read_bytes()
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
            digest = hashlib.sha256(content).hexdigest()
            files.append({"path": name, "size": len(content), "sha256": digest})
            times.append(path.stat().st_mtime)
    return files, times


def utc(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def statement(options: argparse.Namespace, files: list[dict], times: list[float], archive: pathlib.Path) -> bytes:
    """The in-toto statement: what was packed (subjects), and what a trainer has to know of it (predicate)."""
    archive_digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    subjects = [(archive.name, archive_digest)] + [(file["path"], file["sha256"]) for file in files]
    predicate = {
        "package_id": package_id(options.environment, options.robot, files),
        "robot_id": options.robot,
        "environment_id": options.environment,
        "software": {
            "continuon_brain_runtime": options.runtime_version,
            "continuon_ai_app": options.app_version,
        },
        "capture_window_utc": {"start": utc(min(times)), "end": utc(max(times))},
        "packaged_at": utc(datetime.datetime.now(datetime.timezone.utc).timestamp()),
        "archive": {"name": archive.name, "size": archive.stat().st_size},
        "episodes": files,
    }
    descriptors = [ResourceDescriptor(name=name, digest={"sha256": digest}).pb for name, digest in subjects]
    whole = Statement(descriptors, PREDICATE_TYPE, {"package_id": predicate["package_id"]})
    whole.validate()
    # Protobuf's numbers are all doubles, `4096.0` in JSON; sizes are integers, so the predicate goes in as it is.
    members = json_format.MessageToDict(whole.pb)
    return json.dumps({**members, "predicate": predicate}).encode()


def sign(payload: bytes, key_file: str, key_id: str) -> dict:
    """The DSSE envelope around the statement."""
    private = load_pem_private_key(pathlib.Path(key_file).read_bytes(), password=None)
    public = SSlibKey(key_id, "ed25519", "ed25519", {"public": private.public_key().public_bytes_raw().hex()})
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(private, public))
    return envelope.to_dict()


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a signed package of a folder of episodes.")
    parser.add_argument("episodes", type=pathlib.Path)
    for option in ["--robot", "--environment", "--key", "--key-id"]:
        parser.add_argument(option, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--runtime-version", default="1.0.0")
    parser.add_argument("--app-version", default="1.0.0")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    archive = options.out / "archive.zip"
    files, times = pack(options.episodes, archive)
    payload = statement(options, files, times, archive)
    envelope = sign(payload, options.key, options.key_id)
    # The manifest last: where it lies, the package is whole.
    (options.out / "manifest.dsse.json").write_text(json.dumps(envelope))
    print(json.loads(payload)["predicate"]["package_id"])


if __name__ == "__main__":
    main()
