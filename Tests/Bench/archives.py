#!/usr/bin/env python3
"""Verification of packages by `signalbox verify`: that its memory does not grow with the archive, and how fast it is.

    archives.py --bin FOLDER [--scratch FOLDER] [--large-gib 10] [--content-mib 512]

A package of 10 MiB beside one of 10 GiB, which is a sparse file and takes no room on the disk; then the same episodes
as zip stored, zip deflate and tar.zst, each against what `openssl speed` hashes in the same run on the same machine.
"""
import argparse
import base64
import hashlib
import io
import json
import os
import random
import re
import subprocess
import tarfile
import tempfile
import zipfile

ZEROS = bytes(1 << 20)


class SparseFile(io.FileIO):
    """A file in which the block of zeros is a hole."""

    def write(self, data):
        if data is not ZEROS:
            return super().write(data)
        self.seek(len(data), os.SEEK_CUR)
        return len(data)


def digest(chunks):
    """Size and SHA-256."""
    size, state = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        state.update(chunk)
    return size, state.hexdigest()


def file_chunks(path):
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


class Package:
    """A folder with an archive and its signed manifest (docs/manifest.md)."""

    def __init__(self, folder, key, members, archive="archive.zip"):
        self.folder, self.key, self.members, self.archive = folder, key, members, archive
        os.mkdir(folder)
        self.path = os.path.join(folder, archive)

    def sign(self):
        episodes = [{"path": name, "size": size, "sha256": sha256} for name, size, sha256 in sorted(self.members)]
        lines = "".join(f"{e['path']}\0{e['size']}\0{e['sha256']}\n" for e in episodes)
        package = "pkg-" + hashlib.sha256(f"bench\nbench\n{lines}".encode()).hexdigest()[:32]
        size, sha256 = digest(file_chunks(self.path))
        subject = [{"name": self.archive, "digest": {"sha256": sha256}}]
        subject += [{"name": e["path"], "digest": {"sha256": e["sha256"]}} for e in episodes]
        statement = {
            "_type": "https://in-toto.io/Statement/v1", "subject": subject,
            "predicateType": "https://signalbox.dev/package/v1",
            "predicate": {
                "package_id": package, "robot_id": "bench", "environment_id": "bench",
                "software": {"continuon_brain_runtime": "1", "continuon_ai_app": "1"},
                "capture_window_utc": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"},
                "packaged_at": "2026-01-01T02:00:00Z", "archive": {"name": self.archive, "size": size},
                "episodes": episodes,
            },
        }
        payload = json.dumps(statement).encode()
        kind = b"application/vnd.in-toto+json"
        message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
        signature = os.path.join(self.folder, "message")
        with open(signature, "wb") as file:
            file.write(message)
        signed = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", signature],
                                check=True, stdout=subprocess.PIPE).stdout
        os.remove(signature)
        envelope = {"payloadType": kind.decode(), "payload": base64.b64encode(payload).decode(),
                    "signatures": [{"keyid": "bench", "sig": base64.b64encode(signed).decode()}]}
        with open(os.path.join(self.folder, "manifest.dsse.json"), "w") as file:
            json.dump(envelope, file)
        return size


def metadata(episode):
    """A description that the intake takes."""
    return json.dumps({
        "episode_id": episode, "xr_mode": "observer", "control_role": "human_supervisor", "environment_id": "bench",
        "software": {}, "tags": [],
    }).encode()


def sparse(folder, key, size):
    """A stored zip of zeros, in members of at most a gibibyte."""
    members, left = [], size
    package = Package(folder, key, members)
    known = {}
    step = b'{"step_index":0,"observation":{"command":[0]},"action":{"command":[0]}}'
    with SparseFile(package.path, "w") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in (("ep_00000/metadata.json", metadata("ep_00000")), ("ep_00000/steps/000000.jsonl", step)):
            archive.writestr(name, data)
            members.append((name, *digest([data])))
        while left:
            count = min(left, 1 << 30)
            name = f"ep_00000/blobs/{len(members):03}.bin"
            with archive.open(zipfile.ZipInfo(name), "w") as member:
                for _ in range(count >> 20):
                    member.write(ZEROS)
            if count not in known:
                known[count] = digest(ZEROS for _ in range(count >> 20))[1]
            members.append((name, count, known[count]))
            left -= count
    package.sign()


def episodes(mebibytes):
    """Lines as robots write them, reproducible; repeated further apart than any window of compression reaches."""
    source = random.Random(7)
    lines = []
    size = 0
    while size < 32 << 20:
        values = ",".join(f"{source.gauss(0, 1):.6f}" for _ in range(24))
        observation = f'{{"command":[{values}]}}'
        lines.append(f'{{"step_index":{len(lines)},"observation":{observation},"reward":{source.random():.4f}}}\n')
        size += len(lines[-1])
    text = "".join(lines).encode()
    content = []
    for index in range(mebibytes // 32):
        name = f"ep_{index:05}"
        content += [(f"{name}/metadata.json", metadata(name)), (f"{name}/steps/000000.jsonl", text)]
    return content


def packed(folder, key, form, content):
    members = [(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in content]
    package = Package(folder, key, members, "archive.tar.zst" if form == "tar.zst" else "archive.zip")
    if form == "tar.zst":
        with open(package.path, "wb") as output:
            zstd = subprocess.Popen(["zstd", "-q", "-3", "-c"], stdin=subprocess.PIPE, stdout=output)
            with tarfile.open(fileobj=zstd.stdin, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                for name, data in content:
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
            zstd.stdin.close()
            if zstd.wait():
                raise SystemExit("zstd failed")
    else:
        method = zipfile.ZIP_DEFLATED if form == "zip deflate" else zipfile.ZIP_STORED
        with zipfile.ZipFile(package.path, "w", method) as archive:
            for name, data in content:
                archive.writestr(name, data)
    return package.sign()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--scratch", default=".")
    parser.add_argument("--large-gib", type=int, default=10)
    parser.add_argument("--content-mib", type=int, default=512)
    options = parser.parse_args()
    signalbox = os.path.join(options.bin, "signalbox")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.scratch) as work:
        subprocess.run([signalbox, "keys", "new", "--id", "bench", "--environment", "bench", "--out", f"{work}/keys",
                        "--keyring", f"{work}/keyring.json"], check=True, stdout=subprocess.DEVNULL)
        key = f"{work}/keys/bench.pem"

        def verify(folder):
            result = subprocess.run([signalbox, "verify", folder, "--keyring", f"{work}/keyring.json", "--json"],
                                    check=True, stdout=subprocess.PIPE)
            return json.loads(result.stdout)

        print("peak memory of verification, by size of the archive (stored zip)")
        for name, size in (("10 MiB", 10 << 20), (f"{options.large_gib} GiB", options.large_gib << 30)):
            sparse(f"{work}/{name}", key, size)
            answer = verify(f"{work}/{name}")
            seconds = answer["seconds"] - answer["episode_seconds"]
            print(f"  {name}: {answer['peak_resident_kilobytes']} KiB, {seconds:.2f} s and the episodes "
                  f"{answer['episode_seconds']:.2f} s, {size / seconds / 1e6:.0f} MB/s", flush=True)
            os.remove(f"{work}/{name}/archive.zip")

        report = subprocess.run(["openssl", "speed", "-seconds", "2", "-bytes", "16384", "-evp", "sha256"], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        hashing = float(re.findall(r"([0-9.]+)k\s*$", report.strip())[-1]) * 1000
        print(f"throughput of verification ({options.content_mib} MiB of episodes); openssl speed hashes "
              f"{hashing / 1e6:.0f} MB/s")
        content = episodes(options.content_mib)
        plain = sum(len(data) for _, data in content)
        for form in ("zip stored", "zip deflate", "tar.zst"):
            folder = f"{work}/{form.replace(' ', '-')}"
            size = packed(folder, key, form, content)
            answers = [verify(folder) for _ in range(3)]
            seconds = min(answer["seconds"] - answer["episode_seconds"] for answer in answers)
            judged = min(answer["episode_seconds"] for answer in answers)
            speed = plain / seconds
            print(f"  {form}: {speed / 1e6:.0f} MB/s of episodes, {size / seconds / 1e6:.0f} MB/s of archive "
                  f"({plain / size:.1f} times packed), {speed / hashing:.2f} of openssl's hashing; "
                  f"the episodes are judged at {plain / judged / 1e6:.0f} MB/s", flush=True)


main()
