"""What a trained policy is to be held against: the best constant and the least-squares linear policy, on its data.

    python3 Tests/Bench/linear_policy.py Tests/Fixtures/episodes --seed 0

Both are fitted on the training episodes; the loss is the trainer's, the mean squared error of normalised actions on the
validation episodes.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Reference"))

import numpy
import wavecore_data as data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("episodes", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    episodes = data.read_episodes(options.episodes)
    training, validation = data.split(episodes, options.seed)

    def side(part, names):
        statistics = data.moments([episodes[name][part] for name in training])
        return numpy.concatenate([data.normalised(episodes[name][part], statistics) for name in names])

    inputs, targets = side(0, training), side(1, training)
    with_bias = numpy.column_stack([inputs, numpy.ones(len(inputs), numpy.float32)])
    weights, *_ = numpy.linalg.lstsq(with_bias, targets, rcond=None)
    held_out, wanted = side(0, validation), side(1, validation)
    predicted = numpy.column_stack([held_out, numpy.ones(len(held_out), numpy.float32)]) @ weights
    losses = {
        "constant": float(numpy.mean((wanted - targets.mean(axis=0)) ** 2)),
        "linear": float(numpy.mean((wanted - predicted) ** 2)),
    }
    print(json.dumps(losses))


if __name__ == "__main__":
    main()
