"""The steps that every model is trained with: AdamW on whole batches or on gradients added up over microbatches.

A model is a module with `parameter_shapes`, `initialise_parameters`, `loss_sums` (the sum of losses over the entries
in use, and how many there are) and `constrain` (parameters after a step, within the bounds that the model needs).
"""

import dataclasses

import jax
import jax.numpy as jnp


@dataclasses.dataclass(frozen=True, kw_only=True)
class Optimiser:
    """The constants inside a training step."""

    first_moment_decay: float = 0.9
    second_moment_decay: float = 0.98
    weight_decay: float = 1e-4
    epsilon: float = 1e-8
    gradient_norm_max: float = 1.0


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


def initialise(model, preset, seed):
    """A fresh state: parameters, both moments at zero, step zero."""
    parameters = model.initialise_parameters(preset, seed)
    zeros = {name: jnp.zeros(shape, jnp.float32) for name, shape in model.parameter_shapes(preset).items()}
    return parameters, zeros, dict(zeros), jnp.zeros((), jnp.int32)


def train_step(model, preset, parameters, first, second, step, *batch_and_rate):
    """One optimiser step on one batch. Returns the new state and the batch's mean loss before the step."""
    *batch, learning_rate = batch_and_rate

    def loss_of(parameters):
        loss_sum, weight = model.loss_sums(preset, parameters, *batch)
        return loss_sum / jnp.maximum(weight, 1.0)

    loss, gradients = jax.value_and_grad(loss_of)(parameters)
    parameters, *rest = adamw(preset, parameters, first, second, step, gradients, learning_rate)
    return (model.constrain(parameters), *rest, loss)


def accumulate_step(model, preset, parameters, gradients, weight, *batch):
    """Adds a microbatch to `gradients`, the sums over the microbatches so far, and to `weight`, their entries in use.

    What is added is the gradient of the sum of losses, not of their mean: microbatches with unlike numbers of entries
    in use then weigh as they would in one large batch. Returns the new sums, and the microbatch's own sum of losses
    and weight.
    """

    def loss_of(parameters):
        return model.loss_sums(preset, parameters, *batch)

    (loss_sum, batch_weight), added = jax.value_and_grad(loss_of, has_aux=True)(parameters)
    summed = {name: value + added[name] for name, value in gradients.items()}
    return summed, weight + batch_weight, loss_sum, batch_weight


def apply_step(model, preset, parameters, first, second, step, gradients, weight, learning_rate):
    """One optimiser step on accumulated gradients: the step that one batch of all the microbatches would make.

    Returns the new state, and gradients and weight at zero for the next microbatches.
    """
    mean = {name: value / jnp.maximum(weight, 1.0) for name, value in gradients.items()}
    parameters, *rest = adamw(preset, parameters, first, second, step, mean, learning_rate)
    zeros = {name: jnp.zeros_like(value) for name, value in gradients.items()}
    return (model.constrain(parameters), *rest, zeros, jnp.zeros_like(weight))
