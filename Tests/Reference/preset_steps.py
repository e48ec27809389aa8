"""Runs a few training steps of every preset with JAX and writes the losses that the trainer's engine must reproduce.

    .tools/export-venv/bin/python Tests/Reference/preset_steps.py      (after Sources/Training/Programs/export.sh)

preset_steps.json holds the release of JAX and two lists, `training` and `accumulation`. A run starts from `seed`,
which init takes, and makes one optimiser step for each of its `losses`:

    training       train_step on the batch of each of `batch_seeds`; the losses are the program's
    accumulation   accumulate_step on the batches of each list in `batch_seeds`, then apply_step; a loss is the sum of
                   their loss_sum over the sum of their weight, and `steps_in_use` has a number for each microbatch

Nothing of a batch is stored. Its entries are drawn from SplitMix64 with the batch's seed, all observations and then
all targets, row by row, in float32. Numbers and actions are a number below 2000, over 1000, less 1; a text's are
below 257, an image's below 256; a class is below 5. All masks are 1, save that five classes are in use, and that
step_mask is 0 from the step `steps_in_use` on. `programs` are the digests of the artefacts that the losses were made
beside. The last digits of a loss depend on the machine that made it.
"""

import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "Sources" / "Training" / "Programs"
sys.path[:0] = [str(PROGRAMS), str(PROGRAMS / "ordinal"), str(PROGRAMS / "wavecore")]

import jax
import numpy
import ordinal
import training
import wavecore

import wavecore_data

SEED = 7
CLASSES = 5
# With these rates rounding moves a loss by less than 1e-6 of it, and a step that is not made by 5e-4 or more.
TRAINING = (
    {"model": wavecore, "preset": "development", "learning_rate": 0.005, "steps": 5},
    {"model": wavecore, "preset": "pi5", "learning_rate": 0.005, "steps": 5},
    {"model": wavecore, "preset": "cloud", "learning_rate": 0.002, "steps": 3},
    {"model": ordinal, "preset": "development", "learning_rate": 0.005, "steps": 5},
    {"model": ordinal, "preset": "dense", "learning_rate": 0.005, "steps": 5},
    {"model": ordinal, "preset": "text", "learning_rate": 0.005, "steps": 3},
    {"model": ordinal, "preset": "image", "learning_rate": 0.005, "steps": 3},
)
# Once with microbatches that weigh the same, and once with some that do not: there the mean of means is another number.
# The rate is high, so that even gradients that nobody divided by their weight show, which AdamW all but cancels.
ACCUMULATION = (
    {
        "model": wavecore,
        "preset": "development",
        "learning_rate": 0.02,
        "steps": 3,
        "steps_in_use": [32, 32, 32],
    },
    {"model": wavecore, "preset": "development", "learning_rate": 0.02, "steps": 3, "steps_in_use": [32, 20, 5]},
    {"model": ordinal, "preset": "dense", "learning_rate": 0.02, "steps": 3, "steps_in_use": [1, 0, 1]},
)


def noise(model, preset, seed, steps_in_use):
    """The batch of a seed, in the order of the programs' inputs."""
    random = wavecore_data.SplitMix64(seed)
    shapes = model.batch_shapes(preset)

    def draw(shape, bound):
        return numpy.array([random.below(bound) for _ in range(numpy.prod(shape))], numpy.float32).reshape(shape)

    def numbers(shape):
        return draw(shape, 2000) / numpy.float32(1000) - numpy.float32(1)

    bounds = {"text": 257, "image": 256}
    bound = bounds.get(getattr(preset, "input", "numbers"))
    observations = draw(shapes["observations"], bound) if bound else numbers(shapes["observations"])
    target, target_mask = ("labels", "class_mask") if model is ordinal else ("actions", "action_mask")
    masks = {
        name: numpy.ones(shapes[name], numpy.float32) for name in ("observation_mask", target_mask, "step_mask")
    }
    if model is ordinal:
        targets = numpy.eye(preset.classes, dtype=numpy.float32)[
            draw(shapes[target][:2], CLASSES).astype(numpy.int32)
        ]
        masks[target_mask][:, CLASSES:] = 0
    else:
        targets = numbers(shapes[target])
    masks["step_mask"][:, steps_in_use:] = 0
    return observations, masks["observation_mask"], targets, masks[target_mask], masks["step_mask"]


def fresh_state(model, preset):
    words = numpy.array([SEED >> 32, SEED & 0xFFFFFFFF], numpy.uint32)
    return jax.jit(lambda seed: training.initialise(model, preset, seed))(words)


def described(run, used, **members):
    """What every run's entry says."""
    folder = PROGRAMS / run["model"].__name__ / run["preset"]
    return {
        "model": run["model"].__name__,
        "preset": run["preset"],
        "programs": {name: hashlib.sha256((folder / f"{name}.mlirbc").read_bytes()).hexdigest() for name in used},
        "seed": SEED,
        "learning_rate": run["learning_rate"],
        **members,
    }


def train(run):
    model, rate = run["model"], numpy.float32(run["learning_rate"])
    preset = model.PRESETS[run["preset"]]
    step = jax.jit(lambda state, batch: training.train_step(model, preset, *state, *batch, rate))
    state, seeds, losses = fresh_state(model, preset), list(range(run["steps"])), []
    for seed in seeds:
        *state, loss = step(state, noise(model, preset, seed, preset.window_steps))
        losses.append(float(loss))
    return described(run, ("init", "train_step"), batch_seeds=seeds, losses=losses)


def accumulate(run):
    model, rate, in_use = run["model"], numpy.float32(run["learning_rate"]), run["steps_in_use"]
    preset = model.PRESETS[run["preset"]]
    add = jax.jit(lambda *inputs: training.accumulate_step(model, preset, *inputs))
    apply = jax.jit(lambda *inputs: training.apply_step(model, preset, *inputs, rate))
    state, losses = fresh_state(model, preset), []
    gradients = {name: numpy.zeros(shape, numpy.float32) for name, shape in model.parameter_shapes(preset).items()}
    weight = numpy.float32(0)
    seeds = [[step * len(in_use) + index for index in range(len(in_use))] for step in range(run["steps"])]
    for microbatches in seeds:
        sums = []
        for seed, steps in zip(microbatches, in_use, strict=True):
            gradients, weight, *added = add(state[0], gradients, weight, *noise(model, preset, seed, steps))
            sums.append([float(value) for value in added])
        *state, gradients, weight = apply(*state, gradients, weight)
        losses.append(sum(loss_sum for loss_sum, _ in sums) / sum(weight for _, weight in sums))
    used = ("init", "accumulate_step", "apply_step")
    return described(run, used, batch_seeds=seeds, steps_in_use=in_use, losses=losses)


def main():
    reference = {
        "jax": jax.__version__,
        "training": [train(run) for run in TRAINING],
        "accumulation": [accumulate(run) for run in ACCUMULATION],
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()
