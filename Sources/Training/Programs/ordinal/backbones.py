"""What turns an observation into one score: a dense, a text and an image encoder.

Each backbone has `parameter_shapes(preset)` and `score(preset, parameters, observations, observation_mask)`, which
gives [B, L] for observations [B, L, O].
"""

import jax
import jax.numpy as jnp

import blocks


class Dense:
    """Gated MLP blocks on a vector of numbers, and a linear path beside them, for the norms lose magnitude."""

    @staticmethod
    def parameter_shapes(preset):
        shapes = {"embed.kernel": (preset.observation_width, preset.channels), "embed.bias": (preset.channels,)}
        for block in range(preset.blocks):
            shapes |= blocks.gated_mlp_shapes(f"blocks.{block}.mlp", preset.channels, preset.hidden)
        return shapes | {
            "head.norm": (preset.channels,),
            "head.kernel": (preset.channels, 1),
            "head.skip": (preset.observation_width, 1),
        }

    @staticmethod
    def score(preset, parameters, observations, observation_mask):
        observed = observations * observation_mask[:, None, :]
        values = observed @ parameters["embed.kernel"] + parameters["embed.bias"]
        for block in range(preset.blocks):
            values = blocks.gated_mlp(parameters, f"blocks.{block}.mlp", values)
        normed = blocks.root_mean_square_norm(values, parameters["head.norm"])
        return (normed @ parameters["head.kernel"] + observed @ parameters["head.skip"])[..., 0]


class Text:
    """wavecore's blocks along the bytes of a text, and the mean over them.

    An observation is the UTF-8 bytes plus one, zero behind the end. The mixers are causal, so that what stands behind
    the end reaches no byte of the text.
    """

    TOKENS = 257

    @staticmethod
    def parameter_shapes(preset):
        shapes = {"embed.kernel": (Text.TOKENS, preset.channels)}
        for block in range(preset.blocks):
            shapes |= blocks.spectral_mixer_shapes(f"blocks.{block}.mixer", preset.observation_width, preset.channels)
            shapes |= blocks.gated_mlp_shapes(f"blocks.{block}.mlp", preset.channels, preset.hidden)
        return shapes | {"head.norm": (preset.channels,), "head.kernel": (preset.channels, 1)}

    @staticmethod
    def score(preset, parameters, observations, observation_mask):
        masked = observations * observation_mask[:, None, :]
        tokens = masked.reshape(-1, preset.observation_width).astype(jnp.int32)
        in_use = (tokens > 0).astype(jnp.float32)[..., None]
        # A product with ones and zeros: the gradient of a look-up adds up in an order of its own on some devices.
        values = jax.nn.one_hot(tokens, Text.TOKENS, dtype=jnp.float32) @ parameters["embed.kernel"]
        values = values * Text.TOKENS**0.5
        for block in range(preset.blocks):
            values = blocks.spectral_mixer(parameters, f"blocks.{block}.mixer", values)
            values = blocks.gated_mlp(parameters, f"blocks.{block}.mlp", values)
        normed = blocks.root_mean_square_norm(values, parameters["head.norm"])
        mean = jnp.sum(normed * in_use, axis=1) / jnp.maximum(jnp.sum(in_use, axis=1), 1.0)
        return (mean @ parameters["head.kernel"])[:, 0].reshape(observations.shape[:2])


class Image:
    """An MLP mixer (arXiv:2105.01601) over the patches of an RGB image, and the mean over them.

    An observation is the image's bytes, 0 to 255: rows from the top, pixels from the left, red, green, blue.
    """

    @staticmethod
    def parameter_shapes(preset):
        patches = (preset.image_height // preset.patch) * (preset.image_width // preset.patch)
        shapes = {
            "embed.kernel": (preset.patch * preset.patch * 3, preset.channels),
            "embed.position.bias": (patches, preset.channels),
        }
        for block in range(preset.blocks):
            shapes |= {f"blocks.{block}.mixer.norm": (preset.channels,)}
            shapes |= {f"blocks.{block}.mixer.up": (patches, patches), f"blocks.{block}.mixer.down": (patches, patches)}
            shapes |= blocks.gated_mlp_shapes(f"blocks.{block}.mlp", preset.channels, preset.hidden)
        return shapes | {"head.norm": (preset.channels,), "head.kernel": (preset.channels, 1)}

    @staticmethod
    def score(preset, parameters, observations, observation_mask):
        masked = observations * observation_mask[:, None, :]
        rows, columns, patch = preset.image_height // preset.patch, preset.image_width // preset.patch, preset.patch
        pixels = masked.reshape(-1, rows, patch, columns, patch, 3).transpose(0, 1, 3, 2, 4, 5)
        patches = pixels.reshape(-1, rows * columns, patch * patch * 3) / 127.5 - 1.0
        values = patches @ parameters["embed.kernel"] + parameters["embed.position.bias"]
        for block in range(preset.blocks):
            mixer = f"blocks.{block}.mixer"
            across = blocks.root_mean_square_norm(values, parameters[f"{mixer}.norm"]).transpose(0, 2, 1)
            mixed = jax.nn.silu(across @ parameters[f"{mixer}.up"]) @ parameters[f"{mixer}.down"]
            values = values + mixed.transpose(0, 2, 1)
            values = blocks.gated_mlp(parameters, f"blocks.{block}.mlp", values)
        normed = blocks.root_mean_square_norm(values, parameters["head.norm"])
        return (jnp.mean(normed, axis=1) @ parameters["head.kernel"])[:, 0].reshape(observations.shape[:2])
