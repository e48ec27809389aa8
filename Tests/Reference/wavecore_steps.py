"""Runs a few training steps of every preset with JAX and writes the losses that the trainer's engine must reproduce.

    .tools/export-venv/bin/python Tests/Reference/wavecore_steps.py      (after Sources/Training/Programs/export.sh)

wavecore_steps.json holds the release of JAX and two lists, `training` and `accumulation`. A run starts from `seed`,
which init takes, and makes one optimiser step for each of its `losses`:

    training       train_step on the batch of each of `batch_seeds`; the losses are the program's
    accumulation   accumulate_step on the batches of each list in `batch_seeds`, then apply_step; a loss is the sum of
                   their loss_sum over the sum of their weight, and `steps_in_use` has a number for each microbatch

Nothing of a batch is stored. Its entries are drawn from SplitMix64 with the batch's seed, all observations and then
all actions, row by row: a number below 2000, over 1000, less 1, in float32. All masks are 1, save that step_mask is 0
from the step `steps_in_use` on. `programs` are the digests of the artefacts that the losses were made beside.
The last digits of a loss depend on the machine that made it.
"""

import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "Sources" / "Training" / "Programs" / "wavecore"
sys.path.insert(0, str(PROGRAMS))

import jax
import numpy
import wavecore

import wavecore_data

SEED = 7
# With these rates rounding moves a loss by less than 1e-6 of it, and a step that is not made by 5e-4 or more.
TRAINING = (
    {"preset": "development", "learning_rate": 0.005, "steps": 5},
    {"preset": "pi5", "learning_rate": 0.005, "steps": 5},
    {"preset": "cloud", "learning_rate": 0.002, "steps": 3},
)
# Once with microbatches that weigh the same, and once with some that do not: there the mean of means is another number.
# The rate is high, so that even gradients that nobody divided by their weight show, which AdamW all but cancels.
ACCUMULATION = (
    {"preset": "development", "learning_rate": 0.02, "steps": 3, "steps_in_use": [32, 32, 32]},
    {"preset": "development", "learning_rate": 0.02, "steps": 3, "steps_in_use": [32, 20, 5]},
)


def noise(preset, seed, steps_in_use):
    """The batch of a seed, in the order of the programs' inputs."""
    random = wavecore_data.SplitMix64(seed)

    def draw(shape):
        numbers = numpy.array([random.below(2000) for _ in range(numpy.prod(shape))], numpy.float32)
        return (numbers / numpy.float32(1000) - numpy.float32(1)).reshape(shape)

    shapes = wavecore.batch_shapes(preset)
    observations, actions = draw(shapes["observations"]), draw(shapes["actions"])
    observation_mask, action_mask, step_mask = (
        numpy.ones(shapes[name], numpy.float32) for name in ("observation_mask", "action_mask", "step_mask")
    )
    step_mask[:, steps_in_use:] = 0
    return observations, observation_mask, actions, action_mask, step_mask


def fresh_state(preset):
    words = numpy.array([SEED >> 32, SEED & 0xFFFFFFFF], numpy.uint32)
    return jax.jit(lambda seed: wavecore.initialise(preset, seed))(words)


def programs(name, *used):
    return {
        program: hashlib.sha256((PROGRAMS / name / f"{program}.mlirbc").read_bytes()).hexdigest() for program in used
    }


def training(run):
    preset, rate = wavecore.PRESETS[run["preset"]], numpy.float32(run["learning_rate"])
    step = jax.jit(lambda state, batch: wavecore.train_step(preset, *state, *batch, rate))
    state, seeds, losses = fresh_state(preset), list(range(run["steps"])), []
    for seed in seeds:
        *state, loss = step(state, noise(preset, seed, preset.window_steps))
        losses.append(float(loss))
    return {
        "preset": run["preset"],
        "programs": programs(run["preset"], "init", "train_step"),
        "seed": SEED,
        "learning_rate": run["learning_rate"],
        "batch_seeds": seeds,
        "losses": losses,
    }


def accumulation(run):
    preset, rate = wavecore.PRESETS[run["preset"]], numpy.float32(run["learning_rate"])
    accumulate = jax.jit(lambda *inputs: wavecore.accumulate_step(preset, *inputs))
    apply = jax.jit(lambda *inputs: wavecore.apply_step(preset, *inputs, rate))
    state, in_use, losses = fresh_state(preset), run["steps_in_use"], []
    gradients = {name: numpy.zeros(shape, numpy.float32) for name, shape in wavecore.parameter_shapes(preset).items()}
    weight = numpy.float32(0)
    seeds = [[step * len(in_use) + index for index in range(len(in_use))] for step in range(run["steps"])]
    for microbatches in seeds:
        sums = []
        for seed, steps in zip(microbatches, in_use, strict=True):
            batch = noise(preset, seed, steps)
            gradients, weight, *added = accumulate(state[0], gradients, weight, *batch)
            sums.append([float(value) for value in added])
        *state, gradients, weight = apply(*state, gradients, weight)
        losses.append(sum(loss_sum for loss_sum, _ in sums) / sum(weight for _, weight in sums))
    return {
        "preset": run["preset"],
        "programs": programs(run["preset"], "init", "accumulate_step", "apply_step"),
        "seed": SEED,
        "learning_rate": run["learning_rate"],
        "batch_seeds": seeds,
        "steps_in_use": in_use,
        "losses": losses,
    }


def main():
    reference = {
        "jax": jax.__version__,
        "training": [training(run) for run in TRAINING],
        "accumulation": [accumulation(run) for run in ACCUMULATION],
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()
