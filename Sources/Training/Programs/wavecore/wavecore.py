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

import jax
import jax.numpy as jnp


@dataclasses.dataclass(frozen=True)
class Preset:
    """What fixes the shapes of a program and the constants inside it."""

    batch_size: int
    window_steps: int
    window_stride_steps: int
    observation_width: int
    action_width: int
    channels: int
    hidden: int
    blocks: int
    first_moment_decay: float = 0.9
    second_moment_decay: float = 0.98
    weight_decay: float = 1e-4
    epsilon: float = 1e-8
    gradient_norm_max: float = 1.0


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

BATCH_INPUTS = ("observations", "observation_mask", "actions", "action_mask", "step_mask")
PREDICT_INPUTS = ("observations", "observation_mask")


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


def parameter_shapes(preset):
    """The parameters in the order of every program's inputs and outputs: name -> shape."""
    width, hidden = preset.channels, preset.hidden
    shapes = {
        "embed.kernel": (preset.observation_width, width),
        "embed.bias": (width,),
    }
    for block in range(preset.blocks):
        shapes |= {
            f"blocks.{block}.mixer.norm": (width,),
            f"blocks.{block}.mixer.filter": (preset.window_steps, width),
            f"blocks.{block}.mixer.gate": (width, width),
            f"blocks.{block}.mixer.out": (width, width),
            f"blocks.{block}.mlp.norm": (width,),
            f"blocks.{block}.mlp.gate": (width, hidden),
            f"blocks.{block}.mlp.up": (width, hidden),
            f"blocks.{block}.mlp.down": (hidden, width),
        }
    return shapes | {
        "head.norm": (width,),
        "head.kernel": (width, preset.action_width),
        "head.bias": (preset.action_width,),
        "head.skip": (preset.observation_width, preset.action_width),
    }


def initialise_parameters(preset, seed):
    """Fresh parameters from `seed` (uint32[2], high word first).

    Matrices are uniform with variance 1/fan_in, norms start at one, biases and the linear path at zero. A filter
    starts as a random one whose taps fade with their lag, so that a block begins by looking at the recent past.
    The head starts small, so that a fresh model predicts about the mean action.
    """
    key = jax.random.wrap_key_data(seed, impl="threefry2x32")
    parameters = {}
    for index, (name, shape) in enumerate(parameter_shapes(preset).items()):
        kind = name.split(".")[-1]
        if kind == "norm":
            parameters[name] = jnp.ones(shape, jnp.float32)
        elif kind in ("bias", "skip"):
            parameters[name] = jnp.zeros(shape, jnp.float32)
        else:
            uniform = jax.random.uniform(
                jax.random.fold_in(key, index), shape, jnp.float32, minval=-1.0, maxval=1.0
            )
            fan_in = 1.0 if kind == "filter" else shape[0]
            parameters[name] = uniform * (3.0 / fan_in) ** 0.5
            if kind == "filter":
                lag = jnp.arange(shape[0], dtype=jnp.float32)[:, None]
                parameters[name] *= 0.5 * jnp.exp(-lag / 4.0)
    parameters["head.kernel"] *= 0.1
    return parameters


def root_mean_square_norm(values, scale):
    """RMSNorm over the last axis (arXiv:1910.07467)."""
    mean_square = jnp.mean(values * values, axis=-1, keepdims=True)
    return values * jax.lax.rsqrt(mean_square + 1e-6) * scale


def causal_convolution(signal, taps):
    """Linear causal convolution along time. signal [B, L, C], taps [L, C] (tap k weighs the step k before)."""
    steps = signal.shape[1]
    padded = 2 * steps
    spectrum = jnp.fft.rfft(signal, n=padded, axis=1) * jnp.fft.rfft(taps, n=padded, axis=0)[None]
    return jnp.fft.irfft(spectrum, n=padded, axis=1)[:, :steps]


def predict(preset, parameters, observations, observation_mask):
    """Actions [B, L, A] for windows of observations [B, L, O]."""
    observed = observations * observation_mask[:, None, :]
    values = observed @ parameters["embed.kernel"] + parameters["embed.bias"]
    for block in range(preset.blocks):
        mixer, mlp = f"blocks.{block}.mixer", f"blocks.{block}.mlp"
        normed = root_mean_square_norm(values, parameters[f"{mixer}.norm"])
        mixed = causal_convolution(normed, parameters[f"{mixer}.filter"])
        mixed = mixed * jax.nn.silu(normed @ parameters[f"{mixer}.gate"])
        values = values + mixed @ parameters[f"{mixer}.out"]
        normed = root_mean_square_norm(values, parameters[f"{mlp}.norm"])
        gated = jax.nn.silu(normed @ parameters[f"{mlp}.gate"]) * (normed @ parameters[f"{mlp}.up"])
        values = values + gated @ parameters[f"{mlp}.down"]
    normed = root_mean_square_norm(values, parameters["head.norm"])
    return normed @ parameters["head.kernel"] + parameters["head.bias"] + observed @ parameters["head.skip"]


def squared_error(preset, parameters, observations, observation_mask, actions, action_mask, step_mask):
    """The sum of squared errors over the entries in use, and how many entries are in use."""
    weights = step_mask[:, :, None] * action_mask[:, None, :]
    difference = predict(preset, parameters, observations, observation_mask) - actions
    return jnp.sum(weights * difference * difference), jnp.sum(weights)


def adamw(preset, parameters, first, second, step, gradients, learning_rate):
    """One step of AdamW (arXiv:1711.05101) on gradients clipped by their global norm; only matrices decay.

    Returns the new parameters, moments and step counter.
    """
    norm = jnp.sqrt(sum(jnp.sum(value * value) for value in gradients.values()))
    clip = jnp.minimum(1.0, preset.gradient_norm_max / jnp.maximum(norm, 1e-12))
    step = step + 1
    time = step.astype(jnp.float32)
    first_correction = 1.0 - jnp.power(jnp.float32(preset.first_moment_decay), time)
    second_correction = 1.0 - jnp.power(jnp.float32(preset.second_moment_decay), time)
    updated, new_first, new_second = {}, {}, {}
    for name, value in parameters.items():
        gradient = gradients[name] * clip
        new_first[name] = preset.first_moment_decay * first[name] + (1.0 - preset.first_moment_decay) * gradient
        new_second[name] = (
            preset.second_moment_decay * second[name] + (1.0 - preset.second_moment_decay) * gradient * gradient
        )
        direction = (new_first[name] / first_correction) / (
            jnp.sqrt(new_second[name] / second_correction) + preset.epsilon
        )
        decay = preset.weight_decay if value.ndim > 1 else 0.0
        updated[name] = value - learning_rate * (direction + decay * value)
    return updated, new_first, new_second, step


def initialise(preset, seed):
    """A fresh state: parameters, both moments at zero, step zero."""
    parameters = initialise_parameters(preset, seed)
    zeros = {name: jnp.zeros(shape, jnp.float32) for name, shape in parameter_shapes(preset).items()}
    return parameters, zeros, dict(zeros), jnp.zeros((), jnp.int32)


def train_step(preset, parameters, first, second, step, *batch_and_rate):
    """One optimiser step on one batch. Returns the new state and the batch's mean squared error before the step."""
    *batch, learning_rate = batch_and_rate

    def loss_of(parameters):
        loss_sum, weight = squared_error(preset, parameters, *batch)
        return loss_sum / jnp.maximum(weight, 1.0)

    loss, gradients = jax.value_and_grad(loss_of)(parameters)
    return (*adamw(preset, parameters, first, second, step, gradients, learning_rate), loss)


def accumulate_step(preset, parameters, gradients, weight, *batch):
    """Adds a microbatch to `gradients`, the sums over the microbatches so far, and to `weight`, their entries in use.

    What is added is the gradient of the sum of squared errors, not of its mean: microbatches with unlike numbers of
    entries in use then weigh as they would in one large batch. Returns the new sums, and the microbatch's own sum of
    squared errors and weight.
    """

    def loss_of(parameters):
        return squared_error(preset, parameters, *batch)

    (loss_sum, batch_weight), added = jax.value_and_grad(loss_of, has_aux=True)(parameters)
    summed = {name: value + added[name] for name, value in gradients.items()}
    return summed, weight + batch_weight, loss_sum, batch_weight


def apply_step(preset, parameters, first, second, step, gradients, weight, learning_rate):
    """One optimiser step on accumulated gradients: the step that one batch of all the microbatches would make.

    Returns the new state, and gradients and weight at zero for the next microbatches.
    """
    mean = {name: value / jnp.maximum(weight, 1.0) for name, value in gradients.items()}
    updated = adamw(preset, parameters, first, second, step, mean, learning_rate)
    return (*updated, {name: jnp.zeros_like(value) for name, value in gradients.items()}, jnp.zeros_like(weight))
