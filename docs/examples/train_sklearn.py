"""Behaviour cloning with scikit-learn, as a command under the trainer's supervision: docs/trainer-command.md.

A linear policy from an observation's joint positions to the action's command: one SGDRegressor for each number of the
action. What a step does depends on the seed, the step's number and the state in the checkpoint, and on nothing else:
a run that was interrupted and goes on ends with exactly the parameters of one that was left alone.

    python3 train_sklearn.py --data-path EPISODES --output-dir MODEL --batch-size 16 --learning-rate 0.005
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

import numpy
import safetensors.numpy
import sklearn.linear_model

EXIT_STOPPED = 75
METRICS_EVERY_STEPS = 10
CHECKPOINTS_KEPT = 2  # the older one may still be on its way up


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
    return numpy.array(observations), numpy.array([step["action"]["command"] for step in steps])


def read_data(folder):
    """(training, validation), each (observations, actions); the second of every five episodes is held out."""
    episodes = [read_episode(metadata.parent) for metadata in sorted(folder.glob("*/metadata.json"))]
    episodes = [episode for episode in episodes if len(episode[0])]
    if len(episodes) < 2:
        sys.exit(f"{folder}: {len(episodes)} episodes with actions; at least two are needed, one of them to validate")
    sides = [e for i, e in enumerate(episodes) if i % 5 != 1], episodes[1::5]
    return [tuple(map(numpy.concatenate, zip(*side))) for side in sides]


def batch_rows(count, step, options):
    """The rows of a step; each epoch's order follows from the seed and the epoch alone."""
    epoch, index = divmod(step, -(-count // options.batch_size))
    order = numpy.random.default_rng([options.seed, epoch]).permutation(count)
    return order[index * options.batch_size : (index + 1) * options.batch_size]


class Policy:
    """Regressors on normalised observations; their fitted attributes are all that a later step depends on."""

    FITTED = ("coef_", "intercept_", "t_")

    def __init__(self, observations, actions, learning_rate):
        spread = observations.std(axis=0)
        self.mean, self.spread = observations.mean(axis=0), numpy.where(spread < 1e-6, 1, spread)
        options = {"penalty": None, "learning_rate": "constant", "eta0": learning_rate, "shuffle": False}
        self.regressors = [sklearn.linear_model.SGDRegressor(**options) for _ in range(actions.shape[1])]
        for regressor in self.regressors:  # a row of zeros makes the attributes and leaves them at zero
            regressor.partial_fit(numpy.zeros((1, observations.shape[1])), numpy.zeros(1))

    def state(self):
        return {name: numpy.array([getattr(each, name) for each in self.regressors]) for name in self.FITTED}

    def restore(self, state):
        for name in self.FITTED:
            for regressor, value in zip(self.regressors, state[name], strict=True):
                setattr(regressor, name, value)

    def train(self, observations, actions):
        scaled = (observations - self.mean) / self.spread
        for regressor, column in zip(self.regressors, actions.T, strict=True):
            regressor.partial_fit(scaled, column)

    def loss(self, observations, actions):
        scaled = (observations - self.mean) / self.spread
        predicted = numpy.stack([regressor.predict(scaled) for regressor in self.regressors], axis=1)
        return float(numpy.mean((predicted - actions) ** 2))


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
    sklearn.set_config(assume_finite=True, skip_parameter_validation=True)  # batches are small: checks take longest
    training, validation = read_data(options.data_path)
    policy, step = Policy(*training, options.learning_rate), 0
    if options.resume_from:
        step, state = load_checkpoint(options.resume_from)
        policy.restore(state)
    count = len(training[0])
    steps = options.num_steps or options.epochs * -(-count // options.batch_size)
    print(f"steps {step} to {steps} on {count} rows", flush=True)
    saved_at = time.monotonic()
    while step < steps and not stop:
        rows = batch_rows(count, step, options)
        batch = training[0][rows], training[1][rows]
        policy.train(*batch)
        step += 1
        if options.step_seconds:
            time.sleep(options.step_seconds)
        if step % METRICS_EVERY_STEPS == 0:
            append_metrics(options, step=step, loss=policy.loss(*batch), validation_loss=policy.loss(*validation))
        is_late = time.monotonic() - saved_at >= options.checkpoint_every_seconds
        if step % options.checkpoint_every_steps == 0 or is_late:
            save_checkpoint(options, step, policy.state())
            saved_at = time.monotonic()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the rest is short, and Python's own end would undo the handler
    if step < steps:
        save_checkpoint(options, step, policy.state())
        sys.exit(EXIT_STOPPED)
    options.output_dir.mkdir(parents=True, exist_ok=True)
    tensors = {"mean": policy.mean, "spread": policy.spread, **policy.state()}
    safetensors.numpy.save_file(tensors, options.output_dir / "model.safetensors")
    summary = {"steps": steps, "loss": policy.loss(*training), "validation_loss": policy.loss(*validation)}
    (options.output_dir / "policy.json").write_text(json.dumps(summary) + "\n", "utf-8")


if __name__ == "__main__":
    main()
