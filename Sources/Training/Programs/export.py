"""Exports the models' programs as portable StableHLO artefacts: a folder for each preset, with its signature.json.

    python export.py --output .

A model is a folder with a module of the same name. Running it twice gives the same bytes: no source locations, names
or times are kept.
"""

import argparse
import functools
import hashlib
import json
import pathlib
import re
import sys

import jax
import jax.numpy as jnp
from jax._src.interpreters import mlir
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo
from jaxlib.mlir.passmanager import PassManager

HERE = pathlib.Path(__file__).resolve().parent
MODELS = ("ordinal", "wavecore")
sys.path[:0] = [str(HERE / model) for model in MODELS]

import ordinal
import training
import wavecore

# The oldest StableHLO release whose operations the programs need: every plugin since understands it.
STABLEHLO_VERSION = "1.0.0"
FORMAT = 1


def tensor(name, shape, dtype="f32"):
    return {"name": name, "shape": list(shape), "dtype": dtype}


class Layout:
    """The groups of tensors that programs take and give, and the way from flat arguments to dictionaries.

    A program's inputs and outputs are lists of groups. The state is the groups `parameters` and `optimiser`. Beside
    it, `gradients` are sums over the microbatches since the last optimiser step: all zero before the first.
    """

    def __init__(self, model, preset):
        self.model, self.preset = model, preset
        self.shapes = model.parameter_shapes(preset)
        self.names = list(self.shapes)
        batch = [tensor(name, shape) for name, shape in model.batch_shapes(preset).items()]
        self.groups = {
            "parameters": [tensor(name, shape) for name, shape in self.shapes.items()],
            "optimiser": [
                *(tensor(f"optimiser.first_moment.{name}", shape) for name, shape in self.shapes.items()),
                *(tensor(f"optimiser.second_moment.{name}", shape) for name, shape in self.shapes.items()),
                tensor("optimiser.step", (), "i32"),
            ],
            "gradients": [
                *(tensor(f"gradients.{name}", shape) for name, shape in self.shapes.items()),
                tensor("gradients.weight", ()),
            ],
            "sums": [tensor("loss_sum", ()), tensor("weight", ())],
            "evaluation": [tensor(name, ()) for name in model.EVALUATION_OUTPUTS],
            "batch": batch,
            "observations": [t for t in batch if t["name"] in model.PREDICT_INPUTS],
            "predictions": [tensor(name, shape) for name, shape in model.prediction_shapes(preset).items()],
            "learning_rate": [tensor("learning_rate", ())],
            "loss": [tensor("loss", ())],
            "seed": [tensor("seed", (2,), "u32")],
        }

    def tensors(self, groups):
        return [t for group in groups for t in self.groups[group]]

    def named(self, values):
        return dict(zip(self.names, values, strict=True))

    def flat(self, parameters, first, second, step):
        return [*(part[name] for part in (parameters, first, second) for name in self.names), step]

    def split_state(self, values):
        count = len(self.names)
        parts = [self.named(values[index * count : (index + 1) * count]) for index in range(3)]
        return (*parts, values[3 * count]), values[3 * count + 1 :]

    def flat_gradients(self, gradients, weight):
        return [*(gradients[name] for name in self.names), weight]

    def split_gradients(self, values):
        count = len(self.names)
        return (self.named(values[:count]), values[count]), values[count + 1 :]


def functions(layout):
    """The programs as functions of flat arguments, by name."""
    model, preset, count = layout.model, layout.preset, len(layout.names)

    def init(seed):
        return layout.flat(*training.initialise(model, preset, seed))

    def train_step(*values):
        state, rest = layout.split_state(values)
        *updated, loss = training.train_step(model, preset, *state, *rest)
        return [*layout.flat(*updated), loss]

    def eval_step(*values):
        return list(model.evaluate(preset, layout.named(values[:count]), *values[count:]))

    def predict(*values):
        return [model.predict(preset, layout.named(values[:count]), *values[count:])]

    def accumulate_step(*values):
        gradients, batch = layout.split_gradients(values[count:])
        parameters = layout.named(values[:count])
        *summed, loss_sum, weight = training.accumulate_step(model, preset, parameters, *gradients, *batch)
        return [*layout.flat_gradients(*summed), loss_sum, weight]

    def apply_step(*values):
        state, rest = layout.split_state(values)
        gradients, rate = layout.split_gradients(rest)
        updated = training.apply_step(model, preset, *state, *gradients, *rate)
        return [*layout.flat(*updated[:4]), *layout.flat_gradients(*updated[4:])]

    return {
        "init": init,
        "train_step": train_step,
        "accumulate_step": accumulate_step,
        "apply_step": apply_step,
        "eval_step": eval_step,
        "predict": predict,
    }


# Groups in, groups out. A donated group gives its memory to the output group of the same name.
PROGRAMS = {
    "init": {
        "inputs": ["seed"],
        "outputs": ["parameters", "optimiser"],
        "donated": [],
    },
    "train_step": {
        "inputs": ["parameters", "optimiser", "batch", "learning_rate"],
        "outputs": ["parameters", "optimiser", "loss"],
        "donated": ["parameters", "optimiser"],
    },
    "accumulate_step": {
        "inputs": ["parameters", "gradients", "batch"],
        "outputs": ["gradients", "sums"],
        "donated": ["gradients"],
    },
    "apply_step": {
        "inputs": ["parameters", "optimiser", "gradients", "learning_rate"],
        "outputs": ["parameters", "optimiser", "gradients"],
        "donated": ["parameters", "optimiser", "gradients"],
    },
    "eval_step": {"inputs": ["parameters", "batch"], "outputs": ["evaluation"], "donated": []},
    "predict": {"inputs": ["parameters", "observations"], "outputs": ["predictions"], "donated": []},
}

DTYPES = {"f32": jnp.float32, "i32": jnp.int32, "u32": jnp.uint32}


def lower(function, name, layout):
    """The portable artefact of a function: a StableHLO module in VHLO bytecode."""
    function.__name__ = name
    program = PROGRAMS[name]
    inputs, outputs = layout.tensors(program["inputs"]), layout.tensors(program["outputs"])
    arguments = [jax.ShapeDtypeStruct(tuple(t["shape"]), DTYPES[t["dtype"]]) for t in inputs]
    lowered = jax.jit(function, keep_unused=True).lower(*arguments)
    expected = [(tuple(t["shape"]), DTYPES[t["dtype"]]) for t in outputs]
    found = [(info.shape, info.dtype) for info in jax.tree.leaves(lowered.out_info)]
    if [(shape, jnp.dtype(dtype)) for shape, dtype in expected] != found:
        raise SystemExit(f"{name}: outputs {found} are not the {expected} of its signature")
    module = lowered.compiler_ir("stablehlo")
    with module.context:
        mark_donated(module, donations(program, inputs, outputs))
        PassManager.parse("builtin.module(strip-debuginfo)").run(module.operation)
        text = mlir.module_to_string(module)
        if "custom_call" in text or "chlo." in text:
            raise SystemExit(f"{name}: the program needs an operation outside StableHLO")
        return stablehlo.serialize_portable_artifact(module, STABLEHLO_VERSION)


def donations(program, inputs, outputs):
    """input index -> output index, for the tensors of donated groups (names are unique within a program)."""
    if not program["donated"]:
        return {}
    sources, targets = ([t["name"] for t in tensors] for tensors in (inputs, outputs))
    return {sources.index(name): index for index, name in enumerate(targets) if name in sources}


def mark_donated(module, aliases):
    """Says in the program which input's memory each output takes over, as XLA reads it."""
    main = next(op for op in module.body.operations if op.attributes["sym_name"].value == "main")
    attributes = [dict((a.name, a.attr) for a in attribute) for attribute in ir.ArrayAttr(main.arg_attrs)]
    for source, target in aliases.items():
        attributes[source]["tf.aliasing_output"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(32), target)
    main.arg_attrs = ir.ArrayAttr.get([ir.DictAttr.get(attribute) for attribute in attributes])


def render(signature):
    """The signature as JSON, a tensor a line."""
    text = json.dumps(signature, indent=1, sort_keys=True)
    return re.sub(r"\{[^{}]*?\"dtype\"[^{}]*?\}", lambda found: " ".join(found.group().split()), text) + "\n"


def export(model, preset_name, folder):
    preset = model.PRESETS[preset_name]
    layout = Layout(model, preset)
    described = {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, function in functions(layout).items():
        artefact = lower(function, name, layout)
        (folder / f"{name}.mlirbc").write_bytes(artefact)
        described[name] = {
            "file": f"{name}.mlirbc",
            "sha256": hashlib.sha256(artefact).hexdigest(),
            **PROGRAMS[name],
        }
    signature = {
        "format": FORMAT,
        "model": model.__name__,
        "preset": preset_name,
        "stablehlo_version": STABLEHLO_VERSION,
        "parameter_count": sum(functools.reduce(lambda a, b: a * b, s, 1) for s in layout.shapes.values()),
        "batch_size": preset.batch_size,
        "window_steps": preset.window_steps,
        "window_stride_steps": preset.window_stride_steps,
        "observation_width": preset.observation_width,
        **model.describe(preset),
        "groups": layout.groups,
        "programs": described,
    }
    (folder / "signature.json").write_text(render(signature))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    for model in (ordinal, wavecore):
        for preset_name in model.PRESETS:
            export(model, preset_name, options.output / model.__name__ / preset_name)
