"""Behaviour cloning with XGBoost, as a command under the trainer's supervision: docs/trainer-command.md.

Boosted trees from an observation's joint positions to the action's command: one booster for each number of the action.
A step is a boosting round over all rows, of which it draws a part; XGBoost knows no batches, so the batch size does not
count. What a step does depends on the seed, the step's number and the boosters in the checkpoint, and on nothing else:
a run that was interrupted and goes on ends with exactly the trees of one that was left alone.

    python3 train_xgboost.py --data-path EPISODES --output-dir MODEL --batch-size 16 --learning-rate 0.005
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
import xgboost

EXIT_STOPPED = 75
METRICS_EVERY_STEPS = 10
CHECKPOINTS_KEPT = 2  # the older one may still be on its way up
PARAMETERS = {"tree_method": "hist", "max_depth": 3, "subsample": 0.8, "nthread": 1}  # one thread: one order of sums


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data, output = os.environ.get("SIGNALBOX_DATA"), os.environ.get("SIGNALBOX_OUTPUT")
    every_steps = os.environ.get("SIGNALBOX_CHECKPOINT_EVERY_STEPS", "50")
    every_seconds = os.environ.get("SIGNALBOX_CHECKPOINT_EVERY_SECONDS", "1800")
    parser.add_argument("--data-path", type=pathlib.Path, default=data, required=not data)
    parser.add_argument("--output-dir", type=pathlib.Path, default=output, required=not output)
    parser.add_argument("--batch-size", type=int, default=16, help="taken for the sake of other commands' flags")
    parser.add_argument("--learning-rate", type=float, default=0.005)
    parser.add_argument("--num-steps", type=int, help="rounds in all; otherwise the epochs say how many")
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
    """(training, validation), each a matrix for each number of the action; the second of every five episodes is held
    out."""
    episodes = [read_episode(metadata.parent) for metadata in sorted(folder.glob("*/metadata.json"))]
    episodes = [episode for episode in episodes if len(episode[0])]
    if len(episodes) < 2:
        sys.exit(f"{folder}: {len(episodes)} episodes with actions; at least two are needed, one of them to validate")
    sides = [e for i, e in enumerate(episodes) if i % 5 != 1], episodes[1::5]
    joined = [tuple(map(numpy.concatenate, zip(*side))) for side in sides]
    return [[xgboost.DMatrix(rows, column) for column in columns.T] for rows, columns in joined]


def train_round(boosters, matrices, step, options):
    """The boosters with a tree more each; the first round makes them."""
    parameters = {**PARAMETERS, "eta": options.learning_rate, "seed": (options.seed * 1_000_003 + step) % 2**31}
    # Each round begins from the model alone, as it does after an interruption: sums kept from the round before would
    # differ in their last digits.
    return [
        xgboost.train(parameters, matrix, num_boost_round=1, xgb_model=booster)
        for matrix, booster in zip(matrices, boosters, strict=True)
    ]


def loss_of(boosters, matrices):
    errors = [booster.predict(matrix) - matrix.get_label() for booster, matrix in zip(boosters, matrices, strict=True)]
    return float(numpy.mean(numpy.square(errors)))


def save_boosters(folder, boosters):
    """A file for each, in XGBoost's own binary JSON: no pickle."""
    for index, booster in enumerate(boosters):
        booster.save_model(folder / f"action-{index}.ubj")


def save_checkpoint(options, step, boosters):
    """Makes `step-<n>` appear whole, and removes those that are too old."""
    if not step or options.checkpoint_dir is None or (options.checkpoint_dir / f"step-{step}").exists():
        return
    partial = options.checkpoint_dir / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    save_boosters(partial, boosters)
    partial.rename(options.checkpoint_dir / f"step-{step}")
    kept = sorted(options.checkpoint_dir.glob("step-*"), key=lambda folder: int(folder.name[5:]))
    for folder in kept[:-CHECKPOINTS_KEPT]:
        shutil.rmtree(folder)


def load_checkpoint(folder, count):
    """(step, boosters) of a checkpoint; the step is how many trees each booster has."""
    boosters = [xgboost.Booster(model_file=folder / f"action-{index}.ubj") for index in range(count)]
    return boosters[0].num_boosted_rounds(), boosters


def append_metrics(options, **values):
    print(json.dumps(values, allow_nan=False), flush=True)
    if options.metrics_path:
        with open(options.metrics_path, "a", encoding="utf-8") as file:
            file.write(json.dumps(values, allow_nan=False) + "\n")


def main():
    options = parse_options()
    training, validation = read_data(options.data_path)
    step, boosters = 0, [None] * len(training)
    if options.resume_from:
        step, boosters = load_checkpoint(options.resume_from, len(training))
    steps = options.num_steps or options.epochs
    print(f"rounds {step} to {steps} on {training[0].num_row()} rows", flush=True)
    saved_at = time.monotonic()
    while step < steps and not stop:
        boosters = train_round(boosters, training, step, options)
        step += 1
        if options.step_seconds:
            time.sleep(options.step_seconds)
        if step % METRICS_EVERY_STEPS == 0:
            losses = loss_of(boosters, training), loss_of(boosters, validation)
            append_metrics(options, step=step, loss=losses[0], validation_loss=losses[1])
        is_late = time.monotonic() - saved_at >= options.checkpoint_every_seconds
        if step % options.checkpoint_every_steps == 0 or is_late:
            save_checkpoint(options, step, boosters)
            saved_at = time.monotonic()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the rest is short, and Python's own end would undo the handler
    if step < steps:
        save_checkpoint(options, step, boosters)
        sys.exit(EXIT_STOPPED)
    options.output_dir.mkdir(parents=True, exist_ok=True)
    save_boosters(options.output_dir, boosters)
    summary = {"steps": steps, "loss": loss_of(boosters, training), "validation_loss": loss_of(boosters, validation)}
    (options.output_dir / "policy.json").write_text(json.dumps(summary) + "\n", "utf-8")


if __name__ == "__main__":
    main()
