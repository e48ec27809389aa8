"""Events a second through the whole pipeline of the local cloud: packages of one episode are uploaded four at a time,
verified, promoted, opened as jobs and launched.

    python3 Tests/Bench/pipeline.py --bin .build/release --packages 60
    python3 Tests/Bench/pipeline.py --bin .build/release --packages 10 --to completed

--to launched: the trainer is a stand-in that sleeps; what is measured ends with the last launch.
--to completed: the real trainer trains each package for an epoch; what is measured ends with the last registered model.
It finds the plugin as `signalbox local up` does, or by SIGNALBOX_PJRT_PLUGIN, and the programs in this repository.

Prints JSON: to, packages, events (deliveries to functions, each counted once), seconds from the first upload to the
last launch or completion, events_per_second, packages_per_second.
"""

import argparse
import concurrent.futures
import contextlib
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
SECONDS_MAX = {"launched": 300, "completed": 900}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--packages", type=int, default=60)
    parser.add_argument("--to", choices=sorted(SECONDS_MAX), default="launched")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(pathlib.Path(name), options.bin.resolve(), options.packages, options.to)))


def install(programs, folder, end):
    """The programs of the local cloud, with a stand-in for the trainer where what is measured ends before it."""
    folder.mkdir()
    for program in programs.iterdir():
        if program.is_file() and os.access(program, os.X_OK) and (program.name != "trainer" or end == "completed"):
            (folder / program.name).symlink_to(program)
    if end == "launched":
        trainer = folder / "trainer"
        trainer.write_text("#!/bin/sh\nexec sleep 600\n")
        trainer.chmod(0o755)


def surroundings(work):
    """Without the settings of another cloud."""
    kept = "SIGNALBOX_PJRT_PLUGIN"
    settings = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALBOX_") or name == kept}
    settings["SIGNALBOX_STATE"] = str(work / "state")
    settings["SIGNALBOX_PROGRAMS"] = str(ROOT / "Sources" / "Training" / "Programs")
    return settings


@contextlib.contextmanager
def local_cloud(work, programs, end):
    """The command line program of a local cloud that is up, with a key that may sign for `bench`, as a function."""
    folder = work / "bin"
    install(programs, folder, end)
    environment = surroundings(work)

    def signalbox(*arguments):
        command = [str(folder / "signalbox"), *map(str, arguments)]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    with open(work / "up.log", "w", encoding="utf-8") as log:
        command = [str(folder / "signalbox"), "local", "up", "--bin-dir", str(folder)]
        up = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        seconds_max = SECONDS_MAX[end]
        wait(lambda: "ready" in (work / "up.log").read_text(encoding="utf-8"), "the local cloud starts", seconds_max)
        signalbox("keys", "new", "--id", "bench", "--environment", "bench", "--out", work / "keys")
        yield signalbox
    finally:
        subprocess.run([str(folder / "signalbox"), "local", "down"], env=environment, capture_output=True, check=False)
        up.wait()


def measure(work, programs, count, end):
    with local_cloud(work, programs, end) as signalbox:
        packages = [package(signalbox, work, number) for number in range(count)]
        start = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
            list(pool.map(lambda path: signalbox("upload", path, "--no-progress"), packages))
        wait(lambda: arrived(signalbox, end) >= count, f"all jobs are {end}", SECONDS_MAX[end])
        seconds = time.perf_counter() - start
        events = deliveries(work / "state" / "logs")
    return {
        "to": end,
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
    who = ["--robot", "bench", "--environment", "bench", *key]
    signalbox("package", episodes, *who, "--epochs", "1", "--out", out, "--no-progress")
    return out


def arrived(signalbox, end):
    """How many jobs have come so far, what no event comes for with the local cloud's sweep, once a minute; ends the
    measurement where one has failed."""
    jobs = json.loads(signalbox("jobs", "list", "--limit", "1000", "--json"))
    jobs = jobs.get("jobs", jobs)
    for job in jobs:
        if job["phase"] == "failed":
            raise SystemExit(f"pipeline: a job failed: {json.dumps(job)}")
    return sum(job["phase"] == end for job in jobs)


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


def wait(condition, what, seconds_max):
    end = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"pipeline: not within {seconds_max} s: {what}")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
