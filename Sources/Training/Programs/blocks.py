"""What the models are built of: pure functions of arrays with static shapes, and the first values of parameters.

A block of parameters is a prefix of names; `values` are [rows, steps, channels], float32.
"""

import jax
import jax.numpy as jnp


def initialise_parameters(shapes, seed):
    """Fresh parameters for `shapes` (name -> shape) from `seed` (uint32[2], high word first).

    Matrices are uniform with variance 1/fan_in, norms start at one, biases, linear paths and cutpoints at zero. A
    filter starts as a random one whose taps fade with their lag, so that a block begins by looking at the recent past.
    The head starts small, so that a fresh model says about the same of everything.
    """
    key = jax.random.wrap_key_data(seed, impl="threefry2x32")
    parameters = {}
    for index, (name, shape) in enumerate(shapes.items()):
        kind = name.split(".")[-1]
        if kind == "norm":
            parameters[name] = jnp.ones(shape, jnp.float32)
        elif kind in ("bias", "skip") or name.startswith("cutpoints."):
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


def spectral_mixer_shapes(name, steps, channels):
    return {
        f"{name}.norm": (channels,),
        f"{name}.filter": (steps, channels),
        f"{name}.gate": (channels, channels),
        f"{name}.out": (channels, channels),
    }


def spectral_mixer(parameters, name, values):
    """Mixes along time with a learned causal filter for each channel, gated by the step itself."""
    normed = root_mean_square_norm(values, parameters[f"{name}.norm"])
    mixed = causal_convolution(normed, parameters[f"{name}.filter"])
    mixed = mixed * jax.nn.silu(normed @ parameters[f"{name}.gate"])
    return values + mixed @ parameters[f"{name}.out"]


def gated_mlp_shapes(name, channels, hidden):
    return {
        f"{name}.norm": (channels,),
        f"{name}.gate": (channels, hidden),
        f"{name}.up": (channels, hidden),
        f"{name}.down": (hidden, channels),
    }


def gated_mlp(parameters, name, values):
    """Mixes along channels (SwiGLU, arXiv:2002.05202)."""
    normed = root_mean_square_norm(values, parameters[f"{name}.norm"])
    gated = jax.nn.silu(normed @ parameters[f"{name}.gate"]) * (normed @ parameters[f"{name}.up"])
    return values + gated @ parameters[f"{name}.down"]
