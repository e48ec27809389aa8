"""Behaviour cloning with JAX, as a command under the trainer's supervision: docs/trainer-command.md.

A small network from an observation's joint positions to the action's command, trained with Adam on the backend that JAX
finds. What a step does depends on the seed, the step's number and the state in the checkpoint, and on nothing else: on
the same kind of machine a run that was interrupted and goes on ends with exactly the parameters of one left alone.

    python3 train_jax.py --data-path EPISODES --output-dir MODEL --batch-size 16 --learning-rate 0.005
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import time

stop = []  # holds the signal once somebody asked to stop; the loop looks between two steps
signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))  # before the slow imports: it may come meanwhile

import jax
import jax.numpy as jnp
import numpy

EXIT_STOPPED = 75
METRICS_EVERY_STEPS = 10
CHECKPOINTS_KEPT = 2  # the older one may still be on its way up
HIDDEN = 64
PARAMETERS = ("weight_0", "bias_0", "weight_1", "bias_1")
FIRST_DECAY, SECOND_DECAY, EPSILON = 0.9, 0.999, 1e-8


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data, output = os.environ.get("SIGNALBOX_DATA"), os.environ.get("SIGNALBOX_OUTPUT")
    every_steps = os.environ.get("SIGNALBOX_CHECKPOINT_EVERY_STEPS", "50")
    every_seconds = os.environ.get("SIGNALBOX_CHECKPOINT_EVERY_SECONDS", "1800")
    parser.add_argument("--data-path", type=pathlib.Path, default=data, required=not data)
    parser.add_argument("--output-dir", type=pathlib.Path, default=output, required=not output)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=0.005)
    parser.add_argument("--num-steps", type=int, help="steps in all; otherwise the epochs say how many")
    parser.add_argument("--epochs", type=int, default=os.environ.get("SIGNALBOX_EPOCHS", "40"))
    parser.add_argument("--seed", type=int, default=os.environ.get("SIGNALBOX_SEED", "0"))
    parser.add_argument("--checkpoint-dir", type=pathlib.Path, default=os.environ.get("SIGNALBOX_CHECKPOINTS"))
    parser.add_argument("--checkpoint-every-steps", type=int, default=every_steps)
    parser.add_argument("--checkpoint-every-seconds", type=float, default=every_seconds)
    parser.add_argument("--resume-from", type=pathlib.Path, default=os.environ.get("SIGNALBOX_RESUME_FROM"))
    parser.add_argument("--metrics-path", type=pathlib.Path, default=os.environ.get("SIGNALBOX_METRICS"))
    parser.add_argument("--step-seconds", type=float, default=0, help="sleep after each step, to test interruptions")
    return parser.parse_args()


def read_episode(folder):
    """(observations [T, O], actions [T, A]) of the steps that have an action."""
    lines = [line for part in sorted(folder.glob("steps/*.jsonl")) for line in part.read_text("utf-8").splitlines()]
    steps = [step for step in map(json.loads, lines) if step.get("action")]
    observations = [step["observation"]["robot_state"]["joint_positions"] for step in steps]
    return numpy.array(observations, numpy.float32), numpy.array([s["action"]["command"] for s in steps], numpy.float32)


def read_data(folder):
    """(training, validation), each (observations, actions); the second of every five episodes is held out."""
    episodes = [read_episode(metadata.parent) for metadata in sorted(folder.glob("*/metadata.json"))]
    episodes = [episode for episode in episodes if len(episode[0])]
    if len(episodes) < 2:
        sys.exit(f"{folder}: {len(episodes)} episodes with actions; at least two are needed, one of them to validate")
    sides = [e for i, e in enumerate(episodes) if i % 5 != 1], episodes[1::5]
    return [tuple(map(numpy.concatenate, zip(*side))) for side in sides]


def batch_rows(count, step, options):
    """The rows of a step, always as many, so that one program fits all; an epoch's order follows from the seed."""
    epoch, index = divmod(step, -(-count // options.batch_size))
    order = numpy.random.default_rng([options.seed, epoch]).permutation(count)
    return numpy.resize(numpy.roll(order, -index * options.batch_size), options.batch_size)


def first_state(observations, actions, seed):
    """All that a step changes and the normalisation, as named arrays; a checkpoint is exactly this."""
    random, spread = numpy.random.default_rng(seed), observations.std(axis=0)
    widths = observations.shape[1], HIDDEN, actions.shape[1]
    parameters = {"bias_0": numpy.zeros(widths[1]), "bias_1": numpy.zeros(widths[2])}
    for layer in range(2):
        parameters[f"weight_{layer}"] = random.normal(size=widths[layer : layer + 2]) / numpy.sqrt(widths[layer])
    moments = {f"{which}.{name}": 0 * array for which in ("first", "second") for name, array in parameters.items()}
    constants = {"mean": observations.mean(axis=0), "spread": numpy.where(spread < 1e-6, 1, spread)}
    return {name: numpy.float32(array) for name, array in {**parameters, **moments, **constants}.items()}


@jax.jit
def loss_of(state, observations, actions):
    hidden = jnp.tanh((observations - state["mean"]) / state["spread"] @ state["weight_0"] + state["bias_0"])
    return jnp.mean((hidden @ state["weight_1"] + state["bias_1"] - actions) ** 2)


@jax.jit
def train_step(state, step, observations, actions, learning_rate):
    """The state after a step, counted from 1, and the loss before it."""
    parameters, changed = {name: state[name] for name in PARAMETERS}, {}
    loss, gradients = jax.value_and_grad(lambda p: loss_of({**state, **p}, observations, actions))(parameters)
    for name, gradient in gradients.items():
        first = FIRST_DECAY * state[f"first.{name}"] + (1 - FIRST_DECAY) * gradient
        second = SECOND_DECAY * state[f"second.{name}"] + (1 - SECOND_DECAY) * gradient**2
        spread = jnp.sqrt(second / (1 - SECOND_DECAY**step)) + EPSILON
        update = first / (1 - FIRST_DECAY**step) / spread
        changed |= {name: state[name] - learning_rate * update, f"first.{name}": first, f"second.{name}": second}
    return {**state, **changed}, loss


def save_checkpoint(options, step, state):
    """Makes `step-<n>` appear whole, and removes those that are too old."""
    if not step or options.checkpoint_dir is None or (options.checkpoint_dir / f"step-{step}").exists():
        return
    partial = options.checkpoint_dir / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    numpy.savez(partial / "state.npz", step=step, **state)
    partial.rename(options.checkpoint_dir / f"step-{step}")
    kept = sorted(options.checkpoint_dir.glob("step-*"), key=lambda folder: int(folder.name[5:]))
    for folder in kept[:-CHECKPOINTS_KEPT]:
        shutil.rmtree(folder)


def load_checkpoint(folder):
    """(step, state) of a checkpoint."""
    with numpy.load(folder / "state.npz", allow_pickle=False) as arrays:
        state = dict(arrays)
    return int(state.pop("step")), state


def append_metrics(options, **values):
    print(json.dumps(values, allow_nan=False), flush=True)
    if options.metrics_path:
        with open(options.metrics_path, "a", encoding="utf-8") as file:
            file.write(json.dumps(values, allow_nan=False) + "\n")


def main():
    options = parse_options()
    training, validation = read_data(options.data_path)
    step, state = 0, first_state(*training, options.seed)
    if options.resume_from:
        step, state = load_checkpoint(options.resume_from)
    count = len(training[0])
    steps = options.num_steps or options.epochs * -(-count // options.batch_size)
    print(f"steps {step} to {steps} on {count} rows, {jax.default_backend()}", flush=True)
    saved_at = time.monotonic()
    while step < steps and not stop:
        rows = batch_rows(count, step, options)
        step += 1
        state, loss = train_step(state, float(step), training[0][rows], training[1][rows], options.learning_rate)
        if options.step_seconds:
            time.sleep(options.step_seconds)
        if step % METRICS_EVERY_STEPS == 0:
            append_metrics(options, step=step, loss=float(loss), validation_loss=float(loss_of(state, *validation)))
        is_late = time.monotonic() - saved_at >= options.checkpoint_every_seconds
        if step % options.checkpoint_every_steps == 0 or is_late:
            save_checkpoint(options, step, state)
            saved_at = time.monotonic()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the rest is short, and Python's own end would undo the handler
    if step < steps:
        save_checkpoint(options, step, state)
        sys.exit(EXIT_STOPPED)
    options.output_dir.mkdir(parents=True, exist_ok=True)
    numpy.savez(options.output_dir / "model.npz", **{name: state[name] for name in ("mean", "spread", *PARAMETERS)})
    losses = [float(loss_of(state, *side)) for side in (training, validation)]
    summary = {"steps": steps, "loss": losses[0], "validation_loss": losses[1]}
    (options.output_dir / "policy.json").write_text(json.dumps(summary) + "\n", "utf-8")


if __name__ == "__main__":
    main()
