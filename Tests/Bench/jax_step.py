"""The median time of a wavecore training step by JAX, to hold against `trainer --bench-steps`.

    .tools/export-venv/bin/python Tests/Bench/jax_step.py --steps 200      (after Sources/Training/Programs/export.sh)

Each step hands a batch of numpy arrays over and waits for the loss as a Python float, as a training loop does.
"""

import argparse
import json
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "Sources" / "Training" / "Programs"
sys.path[:0] = [str(PROGRAMS / "wavecore"), str(PROGRAMS), str(ROOT / "Tests" / "Reference")]

import jax
import numpy
import wavecore
import wavecore_losses

WARM_UP_STEPS = 20


def noise(preset):
    random = numpy.random.default_rng(0)
    shapes = wavecore.batch_shapes(preset)
    return tuple(
        numpy.ones(shape, numpy.float32)
        if name.endswith("mask")
        else random.uniform(-1, 1, shape).astype(numpy.float32)
        for name, shape in shapes.items()
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=sorted(wavecore.PRESETS), default="development")
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    preset = wavecore.PRESETS[options.preset]
    state, step, batch = wavecore_losses.fresh_state(preset), wavecore_losses.trainer(preset), noise(preset)
    times = []
    for index in range(WARM_UP_STEPS + options.steps):
        start = time.perf_counter()
        state, loss = step(state, batch)
        float(loss)
        if index >= WARM_UP_STEPS:
            times.append(time.perf_counter() - start)
    times.sort()
    median, ninetieth = times[len(times) // 2], times[len(times) * 9 // 10]
    print(json.dumps({"steps": options.steps, "median_seconds": median, "p90_seconds": ninetieth}))


if __name__ == "__main__":
    main()
