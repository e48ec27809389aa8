"""The median time of a wavecore training step by JAX, to hold against `trainer --bench-steps`.

    .tools/export-venv/bin/python Tests/Bench/jax_step.py --steps 200      (after Sources/Training/Programs/export.sh)

Each step hands a batch of numpy arrays over and waits for the loss as a Python float, as a training loop does. JAX
keeps compiled programs where JAX_COMPILATION_CACHE_DIR says.
"""

import argparse
import json
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "Sources" / "Training" / "Programs"
sys.path[:0] = [str(PROGRAMS / "wavecore"), str(PROGRAMS), str(ROOT / "Tests" / "Reference")]

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
    times, first_loss_at = [], None
    for index in range(WARM_UP_STEPS + options.steps):
        start = time.perf_counter()
        state, loss = step(state, batch)
        float(loss)
        first_loss_at = first_loss_at or time.clock_gettime(time.CLOCK_MONOTONIC)
        if index >= WARM_UP_STEPS:
            times.append(time.perf_counter() - start)
    times.sort()
    median, ninetieth = times[len(times) // 2], times[len(times) * 9 // 10]
    print(
        json.dumps(
            {
                "steps": options.steps,
                "first_loss_at_seconds": first_loss_at,
                "median_seconds": median,
                "ninetieth_percentile_seconds": ninetieth,
            }
        )
    )


if __name__ == "__main__":
    main()
