"""The trainer against JAX: time of a step, from exec to the first loss, peak resident memory, installed size.

    python3 Tests/Bench/training.py --bin .build/release --scratch FOLDER

Both run the same program on the same kind of batch, one after the other. The first start of each has to compile, the
second finds the compiled program in the cache that it left.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS = {  # by model and preset: so many that each takes some seconds
    ("wavecore", "development"): 300,
    ("wavecore", "pi5"): 60,
    ("wavecore", "cloud"): 6,
    ("ordinal", "development"): 1000,
    ("ordinal", "dense"): 1000,
    ("ordinal", "text"): 60,
    ("ordinal", "image"): 200,
}
START_STEPS = 1  # of the second start, of which only the first counts


def measure(command, environment):
    """(figures of the run's last line, seconds from exec to the first loss, peak resident bytes)."""
    start = time.clock_gettime(time.CLOCK_MONOTONIC)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **environment})
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]}: ended with {status}")
    figures = json.loads(output.splitlines()[-1])
    return figures, figures["first_loss_at_seconds"] - start, usage.ru_maxrss * 1024


def size(*paths):
    """Bytes of files and folders, what Python compiled of its sources left out."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return sum(file.lstat().st_size for file in files if file.is_file() and "__pycache__" not in file.parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--scratch", type=pathlib.Path, required=True)
    options = parser.parse_args()
    python = ROOT / ".tools" / "export-venv" / "bin" / "python"
    for (model, preset), steps in STEPS.items():
        print(f"training ({model}, {preset})", flush=True)
        trainer = [str(options.bin / "trainer"), "--bench-model", model, "--bench-preset", preset, "--bench-steps"]
        peer = [str(python), str(ROOT / "Tests" / "Bench" / "jax_step.py")]
        peer += ["--model", model, "--preset", preset, "--steps"]
        scratch = options.scratch.resolve()
        settings = {
            "SIGNALBOX_PROGRAMS": str(ROOT / "Sources" / "Training" / "Programs"),
            "SIGNALBOX_COMPILE_CACHE": str(scratch / f"ours-{model}-{preset}"),
            "JAX_COMPILATION_CACHE_DIR": str(scratch / f"theirs-{model}-{preset}"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }
        rows = []
        for command in (trainer, peer):
            figures, first, memory = measure([*command, str(steps)], settings)
            _, again, _ = measure([*command, str(START_STEPS)], settings)
            rows.append((figures["median_seconds"], first, again, memory))
        names = ("step, s", "first start, s", "next start, s", "peak memory, MB")
        for index, name in enumerate(names):
            ours, theirs = (row[index] / (1e6 if "MB" in name else 1) for row in rows)
            print(f"  {name:16} trainer {ours:.4g}  JAX {theirs:.4g}  ratio {ours / theirs:.2f}")
    plugin = pathlib.Path(os.environ["SIGNALBOX_PJRT_PLUGIN"])
    programs = (ROOT / "Sources" / "Training" / "Programs" / model for model in sorted({model for model, _ in STEPS}))
    ours = size(options.bin / "trainer", plugin, *programs)
    packages = next((ROOT / ".tools" / "export-venv" / "lib").glob("python*")) / "site-packages"
    theirs = size(*(entry for entry in packages.iterdir() if not entry.name.startswith(("pip", "setuptools"))))
    print(f"installed size, MB: trainer, plugin and programs {ours / 1e6:.0f}  JAX without Python {theirs / 1e6:.0f}")


if __name__ == "__main__":
    main()
