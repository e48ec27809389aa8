"""Events a second through the whole pipeline of the local cloud: packages of one episode are uploaded four at a time,
verified, promoted, opened as jobs and launched. The trainer is a stand-in that sleeps: what is measured ends with its
launch.

    python3 Tests/Bench/pipeline.py --bin .build/release --packages 60

Prints JSON: packages, events (deliveries to functions, each counted once), seconds from the first upload to the last
launch, events_per_second, packages_per_second.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
UPLOADS_AT_ONCE = 4
SECONDS_MAX = 300


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--packages", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(pathlib.Path(name), options.bin.resolve(), options.packages)))


def measure(work, programs, count):
    folder = work / "bin"
    folder.mkdir()
    for program in programs.iterdir():
        if program.is_file() and os.access(program, os.X_OK) and program.name != "trainer":
            (folder / program.name).symlink_to(program)
    trainer = folder / "trainer"
    trainer.write_text("#!/bin/sh\nexec sleep 600\n")
    trainer.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALBOX_")}
    environment["SIGNALBOX_STATE"] = str(work / "state")

    def signalbox(*arguments):
        command = [str(folder / "signalbox"), *map(str, arguments)]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    with open(work / "up.log", "w", encoding="utf-8") as log:
        command = [str(folder / "signalbox"), "local", "up", "--bin-dir", str(folder)]
        up = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait(lambda: "ready" in (work / "up.log").read_text(encoding="utf-8"), "the local cloud starts")
        signalbox("keys", "new", "--id", "bench", "--environment", "bench", "--out", work / "keys")
        packages = [package(signalbox, work, number) for number in range(count)]
        start = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
            list(pool.map(lambda path: signalbox("upload", path, "--no-progress"), packages))
        wait(lambda: launched(signalbox) >= count, "all jobs are launched")
        seconds = time.perf_counter() - start
        events = deliveries(work / "state" / "logs")
    finally:
        subprocess.run([str(folder / "signalbox"), "local", "down"], env=environment, capture_output=True, check=False)
        up.wait()
    return {
        "packages": count,
        "events": events,
        "seconds": round(seconds, 2),
        "events_per_second": round(events / seconds, 1),
        "packages_per_second": round(count / seconds, 1),
    }


def package(signalbox, work, number):
    """A package of one real episode that differs from the others by a note."""
    episodes = work / f"episodes-{number}"
    shutil.copytree(ROOT / "Tests" / "Fixtures" / "episodes" / "ep_00000", episodes / "ep_00000")
    (episodes / "ep_00000" / "note.txt").write_text(f"{number}\n", encoding="utf-8")
    out = work / f"package-{number}"
    key = ["--key", work / "keys" / "bench.pem", "--key-id", "bench"]
    signalbox("package", episodes, "--robot", "bench", "--environment", "bench", *key, "--out", out, "--no-progress")
    return out


def launched(signalbox):
    jobs = json.loads(signalbox("jobs", "list", "--limit", "1000", "--json"))
    return sum(job["phase"] == "launched" for job in jobs.get("jobs", jobs))


def deliveries(logs):
    seen = set()
    for path in glob.glob(str(logs / "*.log")):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                try:
                    event = json.loads(line)["logging.googleapis.com/labels"]["event_id"]
                except (ValueError, KeyError, TypeError):
                    continue
                seen.add((os.path.basename(path), event))
    return len(seen)


def wait(condition, what):
    end = time.monotonic() + SECONDS_MAX
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"pipeline: not within {SECONDS_MAX} s: {what}")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
