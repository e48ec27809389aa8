"""Trains wavecore with JAX on the fixtures and writes the losses that the trainer's engine has to reproduce.

    .tools/export-venv/bin/python Tests/Reference/wavecore_losses.py      (after Sources/Training/Programs/export.sh)
"""

import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "Sources" / "Training" / "Programs" / "wavecore"
sys.path[:0] = [str(PROGRAMS), str(PROGRAMS.parent)]

import jax
import numpy
import training
import wavecore

import wavecore_data

PRESET = "development"
SEED = 7
LEARNING_RATE = 0.005
STEPS = 50


def trainer(preset):
    """The training step as one compiled function of a state and a batch."""

    def step(state, batch):
        *updated, loss = training.train_step(wavecore, preset, *state, *batch, jax.numpy.float32(LEARNING_RATE))
        return tuple(updated), loss

    return jax.jit(step, donate_argnums=0)


def validation_loss(preset, data, parameters):
    evaluate = jax.jit(lambda parameters, batch: wavecore.loss_sums(preset, parameters, *batch))
    sums = [evaluate(parameters, batch) for batch in data.validation_batches()]
    return float(sum(float(s) for s, _ in sums) / sum(float(w) for _, w in sums))


def fresh_state(preset):
    words = numpy.array([SEED >> 32, SEED & 0xFFFFFFFF], numpy.uint32)
    return jax.jit(lambda seed: training.initialise(wavecore, preset, seed))(words)


def main():
    preset = wavecore.PRESETS[PRESET]
    data = wavecore_data.Dataset(ROOT / "Tests" / "Fixtures" / "episodes", preset, SEED)
    state, step, losses = fresh_state(preset), trainer(preset), []
    for index in range(STEPS):
        state, loss = step(state, data.training_batch(index))
        losses.append(float(loss))
    reference = {
        "jax": jax.__version__,
        "program": hashlib.sha256((PROGRAMS / PRESET / "train_step.mlirbc").read_bytes()).hexdigest(),
        "preset": PRESET,
        "seed": SEED,
        "learning_rate": LEARNING_RATE,
        "training_windows": len(data.training),
        "validation_windows": len(data.validation),
        "validation_loss": validation_loss(preset, data, state[0]),
        "losses": losses,
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()
