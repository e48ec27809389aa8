"""ordinal: classes with an order, by one score f(x) and ascending cutpoints (the cumulative logit model, McCullagh,
"Regression models for ordinal data", 1980).

With K classes and s the logistic function:

    P(0) = s(c_0 - f)      P(k) = s(c_k - f) - s(c_(k-1) - f)      P(K-1) = 1 - s(c_(K-2) - f)

The cutpoints ascend by construction: c_k = c_(k-1) + softplus(gap_k). A gap's parameter is held above GAP_MIN after
every step, so that cutpoints stay apart in float32 however long a class between them stays empty.

A job may use fewer classes than a preset has: those from some class on are masked, and the last in use reaches up
without a cutpoint above it. The loss is the negative log-likelihood of the class, in nats.

Arrays, for a preset with batch size B, window L, observation width O and K classes, all float32:

    observations     [B, L, O]   what the backbone takes (`backbones.py`)
    observation_mask [B, O]      1 for a column in use
    labels           [B, L, K]   1 for the step's class, the target, never an input of the model
    class_mask       [B, K]      1 for a class in use: the first ones
    step_mask        [B, L]      1 for a step with a label
"""

import dataclasses
import math

import jax
import jax.numpy as jnp

import backbones
import blocks
import training

# softplus(GAP_MIN) is 0.0009: far above float32's spacing at every cutpoint that a log-likelihood can tell from others.
GAP_MIN = -7.0
# Fresh cutpoints: -1.5, -0.5, 0.5 and so on.
FIRST_CUTPOINT = -1.5
UNIT_GAP = math.log(math.e - 1.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preset(training.Optimiser):
    """What fixes the shapes of a program and the constants inside it. A window is one step: order is in the classes."""

    backbone: type
    input: str
    observation_width: int
    channels: int
    hidden: int
    blocks: int
    classes: int = 10
    batch_size: int = 16
    window_steps: int = 1
    window_stride_steps: int = 1
    image_height: int = 0
    image_width: int = 0
    patch: int = 0


PRESETS = {
    "development": Preset(
        backbone=backbones.Dense, input="numbers", observation_width=64, channels=32, hidden=64, blocks=1
    ),
    "dense": Preset(
        backbone=backbones.Dense, input="numbers", observation_width=256, channels=128, hidden=256, blocks=2
    ),
    "text": Preset(
        backbone=backbones.Text, input="text", observation_width=256, channels=64, hidden=128, blocks=2
    ),
    "image": Preset(
        backbone=backbones.Image,
        input="image",
        observation_width=64 * 64 * 3,
        image_height=64,
        image_width=64,
        patch=8,
        channels=96,
        hidden=192,
        blocks=2,
    ),
}

PREDICT_INPUTS = ("observations", "observation_mask", "class_mask")
EVALUATION_OUTPUTS = ("loss_sum", "weight", "correct_sum", "class_error_sum")


def describe(preset):
    """What the signature says of a preset beside its tensors."""
    image = {"image_height": preset.image_height, "image_width": preset.image_width} if preset.patch else {}
    return {"classes": preset.classes, "input": preset.input, **image}


def batch_shapes(preset):
    """The shape of each input of a batch, by name."""
    rows, steps = preset.batch_size, preset.window_steps
    return {
        "observations": (rows, steps, preset.observation_width),
        "observation_mask": (rows, preset.observation_width),
        "labels": (rows, steps, preset.classes),
        "class_mask": (rows, preset.classes),
        "step_mask": (rows, steps),
    }


def prediction_shapes(preset):
    """The shape of what `predict` gives, by name."""
    return {"probabilities": (preset.batch_size, preset.window_steps, preset.classes)}


def parameter_shapes(preset):
    """The parameters in the order of every program's inputs and outputs: name -> shape."""
    return preset.backbone.parameter_shapes(preset) | {
        "cutpoints.first": (1,),
        "cutpoints.gaps": (preset.classes - 2,),
    }


def initialise_parameters(preset, seed):
    """Fresh parameters: a fresh model's scores are about zero, its cutpoints one apart."""
    parameters = blocks.initialise_parameters(parameter_shapes(preset), seed)
    parameters["cutpoints.first"] += FIRST_CUTPOINT
    parameters["cutpoints.gaps"] += UNIT_GAP
    return parameters


def constrain(parameters):
    """Holds the gaps above their minimum."""
    return parameters | {"cutpoints.gaps": jnp.maximum(parameters["cutpoints.gaps"], GAP_MIN)}


def cutpoints(parameters):
    """The cutpoints [K - 1], and the gaps between them [K - 2]."""
    gaps = jax.nn.softplus(parameters["cutpoints.gaps"])
    points = [parameters["cutpoints.first"]]
    for index in range(gaps.shape[0]):
        points.append(points[-1] + gaps[index : index + 1])
    return jnp.concatenate(points), gaps


def log_sigmoid(values):
    """log(1 / (1 + exp(-x))), without overflow on either side."""
    return jnp.minimum(values, 0.0) - jnp.log1p(jnp.exp(-jnp.abs(values)))


def log_probabilities(parameters, scores, class_mask):
    """log P(k) [B, L, K] for scores [B, L]; of a class that is not in use, a finite number without meaning.

    Differences of logistic functions cancel where the score is far from the cutpoints. With d = c_k - c_(k-1) it is
    s(c_k - f) - s(c_(k-1) - f) = s(c_k - f) s(f - c_(k-1)) (1 - exp(-d)), whose factors have logarithms that do not.
    """
    points, gaps = cutpoints(parameters)
    above = points - scores[..., None]
    below_upper = log_sigmoid(above)
    above_lower = log_sigmoid(-above)
    between = jnp.log(-jnp.expm1(-gaps))
    zero = jnp.zeros_like(above[..., :1])
    # The upper cutpoint of class k is in use where class k + 1 is.
    upper = (below_upper + jnp.concatenate([jnp.zeros((1,), jnp.float32), between])) * class_mask[:, None, 1:]
    return jnp.concatenate([upper, zero], axis=-1) + jnp.concatenate([zero, above_lower], axis=-1)


def scores(preset, parameters, observations, observation_mask):
    """The scores [B, L] of observations [B, L, O]."""
    return preset.backbone.score(preset, parameters, observations, observation_mask)


def predict(preset, parameters, observations, observation_mask, class_mask):
    """Probabilities [B, L, K], zero for classes that are not in use."""
    found = scores(preset, parameters, observations, observation_mask)
    return jnp.exp(log_probabilities(parameters, found, class_mask)) * class_mask[:, None, :]


def negative_log_likelihood(parameters, found, labels, class_mask, step_mask):
    """The sum of -log P(class) over steps with a label, and how many those are."""
    used = labels * class_mask[:, None, :] * step_mask[:, :, None]
    return -jnp.sum(used * log_probabilities(parameters, found, class_mask)), jnp.sum(step_mask)


def loss_sums(preset, parameters, observations, observation_mask, labels, class_mask, step_mask):
    """The sum of losses over steps with a label, and how many those are."""
    found = scores(preset, parameters, observations, observation_mask)
    return negative_log_likelihood(parameters, found, labels, class_mask, step_mask)


def evaluate(preset, parameters, observations, observation_mask, labels, class_mask, step_mask):
    """The loss sums, how many classes were predicted right, and by how many classes they were off in sum.

    The predicted class is the median: how many cutpoints in use lie below the score.
    """
    found = scores(preset, parameters, observations, observation_mask)
    points, _ = cutpoints(parameters)
    predicted = jnp.sum((found[..., None] > points) * class_mask[:, None, 1:], axis=-1)
    wanted = jnp.sum(labels * jnp.arange(preset.classes, dtype=jnp.float32), axis=-1)
    errors = jnp.abs(predicted - wanted)
    sums = negative_log_likelihood(parameters, found, labels, class_mask, step_mask)
    return (*sums, jnp.sum(step_mask * (errors < 0.5)), jnp.sum(step_mask * errors))
