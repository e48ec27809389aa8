"""wavecore: behaviour cloning with a causal spectral mixer.

Input is a window of observation vectors, output an action vector for every step of the window. Each block mixes
along time with a learned causal filter for each channel and then along channels with a gated MLP. The filter is
applied as a linear convolution: signal and filter are zero-padded from L to 2L before the FFT, so nothing wraps
round from the window's end to its beginning and an action depends on this step and those before it only. Beside
the blocks runs a linear path from observation to action: much of what a controller does is proportional to what it
sees, and the norms inside the blocks lose that magnitude.

The functions here are pure and their shapes static; `export.py` turns them into StableHLO.

Arrays, for a preset with batch size B, window L, observation width O and action width A, all float32:

    observations     [B, L, O]   normalised, zero in unused columns and padding steps
    observation_mask [B, O]      1 for a column in use
    actions          [B, L, A]   the target, never an input of the model
    action_mask      [B, A]      1 for a column in use
    step_mask        [B, L]      1 for a step of the episode, 0 for padding
"""

import dataclasses

import jax.numpy as jnp

import blocks
import training


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preset(training.Optimiser):
    """What fixes the shapes of a program and the constants inside it."""

    batch_size: int
    window_steps: int
    window_stride_steps: int
    observation_width: int
    action_width: int
    channels: int
    hidden: int
    blocks: int


PRESETS = {
    "development": Preset(
        batch_size=16,
        window_steps=32,
        window_stride_steps=4,
        observation_width=64,
        action_width=8,
        channels=64,
        hidden=128,
        blocks=2,
    ),
    # Small enough to train on a Raspberry Pi 5's four cores.
    "pi5": Preset(
        batch_size=16,
        window_steps=32,
        window_stride_steps=4,
        observation_width=64,
        action_width=16,
        channels=128,
        hidden=256,
        blocks=4,
    ),
    # For accelerators. The batch is small enough for tests to run a few steps on a CPU; accumulation enlarges it.
    "cloud": Preset(
        batch_size=8,
        window_steps=64,
        window_stride_steps=8,
        observation_width=256,
        action_width=32,
        channels=512,
        hidden=1536,
        blocks=8,
    ),
}

PREDICT_INPUTS = ("observations", "observation_mask")
EVALUATION_OUTPUTS = ("loss_sum", "weight")


def describe(preset):
    """What the signature says of a preset beside its tensors."""
    return {"action_width": preset.action_width}


def batch_shapes(preset):
    """The shape of each input of a batch, by name."""
    rows, steps = preset.batch_size, preset.window_steps
    return {
        "observations": (rows, steps, preset.observation_width),
        "observation_mask": (rows, preset.observation_width),
        "actions": (rows, steps, preset.action_width),
        "action_mask": (rows, preset.action_width),
        "step_mask": (rows, steps),
    }


def prediction_shapes(preset):
    """The shape of what `predict` gives, by name."""
    return {"actions": (preset.batch_size, preset.window_steps, preset.action_width)}


def parameter_shapes(preset):
    """The parameters in the order of every program's inputs and outputs: name -> shape."""
    shapes = {
        "embed.kernel": (preset.observation_width, preset.channels),
        "embed.bias": (preset.channels,),
    }
    for block in range(preset.blocks):
        shapes |= blocks.spectral_mixer_shapes(f"blocks.{block}.mixer", preset.window_steps, preset.channels)
        shapes |= blocks.gated_mlp_shapes(f"blocks.{block}.mlp", preset.channels, preset.hidden)
    return shapes | {
        "head.norm": (preset.channels,),
        "head.kernel": (preset.channels, preset.action_width),
        "head.bias": (preset.action_width,),
        "head.skip": (preset.observation_width, preset.action_width),
    }


def initialise_parameters(preset, seed):
    """Fresh parameters: a fresh model predicts about the mean action."""
    return blocks.initialise_parameters(parameter_shapes(preset), seed)


def constrain(parameters):
    """Every number will do."""
    return parameters


def predict(preset, parameters, observations, observation_mask):
    """Actions [B, L, A] for windows of observations [B, L, O]."""
    observed = observations * observation_mask[:, None, :]
    values = observed @ parameters["embed.kernel"] + parameters["embed.bias"]
    for block in range(preset.blocks):
        values = blocks.spectral_mixer(parameters, f"blocks.{block}.mixer", values)
        values = blocks.gated_mlp(parameters, f"blocks.{block}.mlp", values)
    normed = blocks.root_mean_square_norm(values, parameters["head.norm"])
    return normed @ parameters["head.kernel"] + parameters["head.bias"] + observed @ parameters["head.skip"]


def loss_sums(preset, parameters, observations, observation_mask, actions, action_mask, step_mask):
    """The sum of squared errors over the entries in use, and how many entries are in use."""
    weights = step_mask[:, :, None] * action_mask[:, None, :]
    difference = predict(preset, parameters, observations, observation_mask) - actions
    return jnp.sum(weights * difference * difference), jnp.sum(weights)


evaluate = loss_sums
