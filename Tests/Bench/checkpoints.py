"""What checkpoints cost a training: the demo's data by the whole pipeline of a local cloud, again and again.

    python3 Tests/Bench/checkpoints.py --bin .build/release [--runs 5] [--epochs 200]

Two kinds of runs take turns, of the same data, seed and steps, each alone on the machine: one makes checkpoints at the
default cadence (every 50 steps; the defaults' half hour is longer than the run), one makes the last alone, which every
run makes. A first run, which compiles the programs, does not count. Told are

- the share that `run.json` tells of the first kind, the median: time in which no step could be computed because a
  checkpoint was being made, over the time from the first step to the end. Both are read from one clock in one run, so
  the machine's other business hardly shows.
- the time of a run of the first kind over one of the second, the median of the pairs and the span of them: all that
  checkpoints cost, their uploads beside the training included, and all that the machine did meanwhile. From the first
  step to the last checkpoint's upload, as the job's `training_time_s` says.
"""

import argparse
import json
import pathlib
import shutil
import statistics
import tempfile

import pipeline

FEW = 1_000_000  # steps from one checkpoint to the next: none but the last
SECONDS_MAX = 900  # of one run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        with pipeline.local_cloud(work, options.bin.resolve(), "completed") as signalbox:
            trainer = Trainer(signalbox, work, options.epochs)
            trainer.train(None)
            pairs = [(trainer.train(None), trainer.train(FEW)) for _ in range(options.runs)]
    tell(pairs)


class Trainer:
    """Trains the demo's data, each time as another package."""

    def __init__(self, signalbox, work, epochs):
        self.signalbox, self.work, self.epochs, self.count = signalbox, work, epochs, 0

    def train(self, every):
        """The job's result, and the metrics of its run.json."""
        self.count += 1
        episodes, out = self.work / f"episodes-{self.count}", self.work / f"package-{self.count}"
        shutil.copytree(pipeline.ROOT / "Tests" / "Fixtures" / "episodes", episodes)
        (episodes / "ep_00000" / "note.txt").write_text(f"{self.count}\n", encoding="utf-8")
        key = ["--key", self.work / "keys" / "bench.pem", "--key-id", "bench"]
        config = ["--epochs", self.epochs, *(["--checkpoint-every-steps", every] if every else [])]
        who = ["--robot", "bench", "--environment", "bench", *key]
        self.signalbox("package", episodes, *who, *config, "--out", out, "--no-progress")
        job = self.signalbox("upload", out, "--wait", "--no-progress").split()[-1]
        self.signalbox("status", job, "--watch", "--timeout", SECONDS_MAX)
        result = json.loads(self.signalbox("jobs", "show", job, "--json"))["result"]
        return result, json.loads(self.signalbox("logs", job, "--file", "run.json"))["metrics"]


def tell(pairs):
    shares = [metrics["checkpoint_share"] for (_, metrics), _ in pairs]
    seconds = [metrics["checkpoint_seconds"] for (_, metrics), _ in pairs]
    ratios = [often["training_time_s"] / few["training_time_s"] for (often, _), (few, _) in pairs]
    (result, _), _ = pairs[0]
    print(f"  {len(pairs)} runs of {result['steps']} steps of each kind, in turn")
    span = f"({min(shares):.2%} to {max(shares):.2%})"
    print(f"  kept from training: {statistics.median(shares):.2%} of the time {span}, the bound is 3.5 %; "
          f"{statistics.median(seconds):.3f} s")
    print(f"  time with checkpoints to time with the last alone: {statistics.median(ratios):.3f} "
          f"({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()
