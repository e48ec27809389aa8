"""The trainer's data path in Python: episodes, split, windows, normalisation and batch order, from the same rules.

Written apart from the Swift code, so that equal losses say something about both.
"""

import hashlib
import json
import pathlib

import numpy

MASK64 = (1 << 64) - 1
VALIDATION_TENTHS = 2
NORMALISED_MAX = 10.0
SPREAD_MIN = 1e-6


class SplitMix64:
    """Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014)."""

    def __init__(self, seed):
        self.state = seed & MASK64

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK64
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK64
        return mixed ^ (mixed >> 31)

    def below(self, bound):
        return (self.next() * bound) >> 64


def epoch_order(count, seed, epoch):
    """The order of an epoch's windows: Fisher-Yates from a stream of the seed and the epoch."""
    random = SplitMix64(SplitMix64(seed ^ (epoch * 0xD1342543DE82EF95 & MASK64)).next())
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = random.below(last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def read_episodes(folder):
    """id -> (observations [T, O], actions [T, A]), sorted by id."""
    episodes = {}
    for metadata in sorted(pathlib.Path(folder).glob("*/metadata.json")):
        steps = []
        for part in sorted((metadata.parent / "steps").glob("*.jsonl")):
            steps += [json.loads(line) for line in part.read_text().splitlines() if line]
        episodes[json.loads(metadata.read_text())["episode_id"]] = (
            numpy.array([s["observation"]["robot_state"]["joint_positions"] for s in steps], numpy.float32),
            numpy.array([s["action"]["command"] for s in steps], numpy.float32),
        )
    return dict(sorted(episodes.items()))


def split(identifiers, seed):
    """(training, validation): the episodes with the lowest hashes are held out."""
    ranked = sorted(identifiers, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).hexdigest())
    held_out = min(max(1, (len(ranked) * VALIDATION_TENTHS + 5) // 10), len(ranked) - 1)
    return sorted(ranked[held_out:]), sorted(ranked[:held_out])


def moments(arrays):
    """Mean and spread of each column in float64; a column that does not move has spread 1."""
    values = numpy.concatenate(arrays).astype(numpy.float64)
    spread = values.std(axis=0)
    return values.mean(axis=0), numpy.where(spread < SPREAD_MIN, 1.0, spread)


def normalised(values, statistics):
    mean, spread = statistics
    scaled = (values.astype(numpy.float64) - mean) / spread
    return numpy.clip(scaled, -NORMALISED_MAX, NORMALISED_MAX).astype(numpy.float32)


class Dataset:
    """Windows of both sides and the way from windows to batches."""

    def __init__(self, folder, preset, seed):
        self.preset, self.seed = preset, seed
        episodes = read_episodes(folder)
        training, validation = split(episodes, seed)
        self.observation_statistics = moments([episodes[name][0] for name in training])
        self.action_statistics = moments([episodes[name][1] for name in training])
        self.episodes = {
            name: (normalised(o, self.observation_statistics), normalised(a, self.action_statistics))
            for name, (o, a) in episodes.items()
        }
        self.training = [(n, s) for n in training for s in self.training_starts(len(episodes[n][0]))]
        self.validation = [
            (n, s) for n in validation for s in range(0, len(episodes[n][0]), preset.window_steps)
        ]

    def training_starts(self, steps):
        last = max(0, steps - self.preset.window_steps)
        starts = list(range(0, last + 1, self.preset.window_stride_steps))
        return starts if starts[-1] == last else [*starts, last]

    def batches_per_epoch(self):
        return -(-len(self.training) // self.preset.batch_size)

    def training_batch(self, step):
        """The batch of a step counted from 0 over all epochs."""
        epoch, index = divmod(step, self.batches_per_epoch())
        order = epoch_order(len(self.training), self.seed, epoch)
        size = self.preset.batch_size
        return self.batch([self.training[i] for i in order[index * size : (index + 1) * size]])

    def validation_batches(self):
        size = self.preset.batch_size
        return [self.batch(self.validation[i : i + size]) for i in range(0, len(self.validation), size)]

    def batch(self, windows):
        preset = self.preset
        rows, steps = preset.batch_size, preset.window_steps
        observations = numpy.zeros((rows, steps, preset.observation_width), numpy.float32)
        observation_mask = numpy.zeros((rows, preset.observation_width), numpy.float32)
        actions = numpy.zeros((rows, steps, preset.action_width), numpy.float32)
        action_mask = numpy.zeros((rows, preset.action_width), numpy.float32)
        step_mask = numpy.zeros((rows, steps), numpy.float32)
        for row, (name, start) in enumerate(windows):
            observed, commanded = (part[start : start + steps] for part in self.episodes[name])
            count = len(observed)
            observations[row, :count, : observed.shape[1]] = observed
            observation_mask[row, : observed.shape[1]] = 1
            actions[row, :count, : commanded.shape[1]] = commanded
            action_mask[row, : commanded.shape[1]] = 1
            step_mask[row, :count] = 1
        return observations, observation_mask, actions, action_mask, step_mask
