"""Make the folder of the page: ``python -m examples.browser.build OUT``, from the checkout.

It needs ``pip install '.[browser]'``. Any static host serves the folder; for a look,
``python -m http.server --directory OUT`` and http://localhost:8000.
"""

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from speechenh_plugin import modelfile
from speechenh_plugin.controls import CONTROLS, PRESETS
from speechenh_plugin.native.wasm.compile import compile_engine

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).parent / "page"
ENGINE = ROOT / "speechenh_plugin" / "native" / "wasm" / "engine.js"


def build(out: Path, models: Sequence[str] = ()) -> None:
    """Write the page, the engine, the models and the table of controls.

    Parameters
    ----------
    out : Path
        The folder; what it holds already stays, but for files of the same names.
    models : sequence of str
        Names of models in ``models/``. By default all whose weights anybody may use for anything.

    Raises
    ------
    RuntimeError
        If the engine does not compile.
    ValueError
        If a model is damaged, or none is given and none is free.
    FileNotFoundError
        If there is no such model.
    """
    folders = {path.parent.name: path.parent for path in sorted((ROOT / "models").glob("*/graph.json"))}
    if missing := set(models) - set(folders):
        raise FileNotFoundError(f"there is no model {', '.join(sorted(missing))}; there are: {', '.join(folders)}")
    packed = {name: modelfile.pack(folders[name]) for name in models or folders}
    meta = {name: modelfile.read_meta(data) for name, data in packed.items()}
    chosen = [name for name in packed if models or "NC" not in meta[name]["licence"]]
    chosen.sort(key=lambda name: (meta[name]["rank"], name))
    if not chosen:
        raise ValueError("no model may be used for anything; name those to use with --model")
    out.mkdir(parents=True, exist_ok=True)
    compile_engine(out / "engine.wasm")
    for file in (*PAGE.iterdir(), ENGINE):
        shutil.copy(file, out)
    (out / "models").mkdir(exist_ok=True)
    for name in chosen:
        (out / "models" / f"{name}.ddn").write_bytes(packed[name])
    table = {
        "controls": [dataclasses.asdict(control) for control in CONTROLS if control.name != "bypass"],
        "presets": [
            {"name": preset.name, "title": preset.title, "help": preset.help, "values": dict(preset.values)}
            for preset in PRESETS
        ],
        "models": [
            {"name": name, "licence": meta[name]["licence"], "megabytes": round(len(packed[name]) / 1e6, 1)}
            for name in chosen
        ],
        "default": chosen[0],
    }
    (out / "table.json").write_text(json.dumps(table, indent=1), encoding="utf-8")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument(
        "--model", action="append", default=[], metavar="NAME", help="bring this model; may be repeated"
    )
    arguments = parser.parse_args()
    try:
        build(arguments.out, arguments.model)
    except (RuntimeError, ValueError, OSError) as error:
        sys.exit(str(error))
    size = sum(file.stat().st_size for file in arguments.out.rglob("*") if file.is_file())
    print(f"{arguments.out}: {size / 1e6:.1f} MB; look at it with: python -m http.server --directory {arguments.out}")


if __name__ == "__main__":
    main()
