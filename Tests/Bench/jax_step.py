"""The median time of a training step of a preset by JAX, to hold against `trainer --bench-steps`.

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
sys.path[:0] = [str(ROOT / "Tests" / "Reference")]

import jax
import numpy
import preset_steps

LEARNING_RATE = 0.001
MODELS = {model.__name__: model for model in (preset_steps.wavecore, preset_steps.ordinal)}
WARM_UP_STEPS = 20


def trainer(model, preset):
    """The training step as one compiled function of a state and a batch; the state's memory is taken over."""
    rate = numpy.float32(LEARNING_RATE)

    def step(state, batch):
        *updated, loss = preset_steps.training.train_step(model, preset, *state, *batch, rate)
        return tuple(updated), loss

    return jax.jit(step, donate_argnums=0)


def noise(model, preset):
    """A full batch of what the model takes and learns, as the trainer's own bench makes it."""
    random, shapes = numpy.random.default_rng(0), model.batch_shapes(preset)
    kind, seen = getattr(preset, "input", "numbers"), shapes["observations"]
    batch = {name: numpy.ones(shape) for name, shape in shapes.items()}
    batch["observations"] = random.uniform(-1, 1, seen) if kind == "numbers" else random.integers(0, 256, seen)
    if kind == "text":
        batch["observations"] = (batch["observations"] + 1) * (numpy.arange(seen[-1]) < seen[-1] // 2)
    if "labels" in shapes:
        batch["labels"] = numpy.eye(preset.classes)[random.integers(0, preset.classes, shapes["labels"][:-1])]
    else:
        batch["actions"] = random.uniform(-1, 1, shapes["actions"])
    return tuple(array.astype(numpy.float32) for array in batch.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=sorted(MODELS), default="wavecore")
    parser.add_argument("--preset", default="development")
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    model = MODELS[options.model]
    preset = model.PRESETS[options.preset]
    state, step, batch = preset_steps.fresh_state(model, preset), trainer(model, preset), noise(model, preset)
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
