"""Run by the build: writes what LV2 hosts read beside the binary.

``turtle.py CONTROLS.PY VERSION BINARY FOLDER GRAPH...``: ``manifest.ttl`` names the plug-ins and presets,
``deepdenoise.ttl`` describes the plug-ins' ports, ``presets.ttl`` holds the presets. The graphs are those of the
bundled models, ``graph.json`` in a folder of the model's name; the list has them by rank, as the plug-in itself.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speechenh_plugin.controls import Control, Preset

PREFIXES = """@prefix atom: <http://lv2plug.in/ns/ext/atom#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pg: <http://lv2plug.in/ns/ext/port-groups#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> .
@prefix urid: <http://lv2plug.in/ns/ext/urid#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
UNITS = {"%": "units:pc", "dB": "units:db"}
CHANNELS = {"mono": 1, "stereo": 2}
LAST = 1000
"""Rank of a model that tells none."""

PORTS = ("strength", "reduction_limit", "listen", "model", "stereo_link")
"""Symbols of the input controls in their order, the last for stereo only; as ``native/shell/ported.cpp`` has them."""


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _points(labels: dict[int, str]) -> str:
    points = (f"[ rdfs:label {_text(label)} ; rdf:value {value} ]" for value, label in labels.items())
    return "lv2:scalePoint " + " , ".join(points)


def _control(control: Control) -> list[str]:
    lines = [
        f"lv2:default {control.default:.1f}",
        "lv2:minimum 0.0",
        f"lv2:maximum {control.maximum:.1f}",
        f"rdfs:comment {_text(control.help + '.')}",
    ]
    if control.unit:
        lines.append(f"units:unit {UNITS[control.unit]}")
    if control.switch:
        lines.append("lv2:portProperty lv2:toggled")
    elif control.labels:
        lines += ["lv2:portProperty lv2:integer , lv2:enumeration", _points(dict(enumerate(control.labels)))]
    return lines


def _ports(controls: dict[str, Control], channels: int, models: list[str], title: str) -> list[list[str]]:
    """Describe the ports, each as lines of Turtle, in the order of their indices."""
    ports = []
    sides = [("", "", "")] if channels == 1 else [("_left", " left", "pg:left"), ("_right", " right", "pg:right")]
    for kind in ("Input", "Output"):
        for symbol, name, place in sides:
            ports.append([f"a lv2:AudioPort , lv2:{kind}Port", f'lv2:symbol "{kind.lower()}{symbol}"'])
            ports[-1] += [f'lv2:name "{kind}{name}"', *([f"lv2:designation {place}"] if place else [])]
    control = "a lv2:ControlPort , lv2:InputPort"
    for symbol in PORTS if channels > 1 else PORTS[:-1]:
        if symbol == "model":
            entries = dict(enumerate(models))
            ports.append([control, 'lv2:symbol "model"', f"lv2:name {_text(title)}", "lv2:default 0"])
            ports[-1] += ["lv2:minimum 0", f"lv2:maximum {max(len(models) - 1, 0)}"]
            ports[-1] += ["lv2:portProperty lv2:integer , lv2:enumeration", _points(entries)]
        else:
            row = controls[symbol]
            ports.append([control, f'lv2:symbol "{symbol}"', f"lv2:name {_text(row.title)}", *_control(row)])
    ports.append(
        [
            "a lv2:ControlPort , lv2:OutputPort",
            'lv2:symbol "latency"',
            'lv2:name "Latency"',
            "lv2:minimum 0",
            "lv2:maximum 192000",
            "lv2:designation lv2:latency",
            "lv2:portProperty lv2:integer , lv2:reportsLatency",
            "units:unit units:frame",
        ]
    )
    ports.append(
        [
            control,
            'lv2:symbol "enabled"',
            'lv2:name "Enabled"',
            "lv2:default 1",
            "lv2:minimum 0",
            "lv2:maximum 1",
            "lv2:designation lv2:enabled",
            "lv2:portProperty lv2:toggled",
        ]
    )
    return ports


def _plugin(name: str, ports: list[list[str]], version: str) -> str:
    major, minor, micro = (int(part) for part in version.split(".")[:3])
    listed = " , ".join(
        "[\n        " + " ;\n        ".join([port[0], f"lv2:index {index}", *port[1:]]) + "\n    ]"
        for index, port in enumerate(ports)
    )
    # Odd numbers would mean a version in development.
    return f"""
<urn:deepdenoise:{name}>
    a lv2:Plugin , lv2:SpectralPlugin , doap:Project ;
    doap:name "DeepDenoise {name}" ;
    rdfs:comment "Removes noise from speech." ;
    doap:license <http://opensource.org/licenses/MIT> ;
    doap:maintainer [ a foaf:Person ; foaf:name "DeepDenoise" ] ;
    lv2:project <urn:deepdenoise:project> ;
    lv2:minorVersion {2 * (100 * major + minor)} ;
    lv2:microVersion {2 * micro} ;
    lv2:optionalFeature lv2:hardRTCapable , urid:map , state:mapPath , state:freePath ;
    lv2:extensionData state:interface ;
    lv2:port {listed} .
"""


def _preset(name: str, preset: Preset, controls: dict[str, Control], channels: int) -> str:
    symbols = [symbol for symbol in PORTS[: len(PORTS) - (channels == 1)] if symbol != "model"]
    ports = " , ".join(
        f'[ lv2:symbol "{symbol}" ; '
        f"pset:value {preset.values.get(controls[symbol].name, controls[symbol].default):.1f} ]"
        for symbol in symbols
    )
    return f"""
<urn:deepdenoise:{name}#{preset.name}>
    a pset:Preset ;
    lv2:appliesTo <urn:deepdenoise:{name}> ;
    rdfs:label {_text(preset.title)} ;
    rdfs:comment {_text(preset.help + ".")} ;
    lv2:port {ports} .
"""


def by_rank(graphs: list[Path]) -> list[str]:
    """Names of models, the best first.

    Parameters
    ----------
    graphs : list of Path
        Their ``graph.json``.

    Returns
    -------
    list of str
    """
    ranks = {path.parent.name: json.loads(path.read_text("utf-8")).get("rank", LAST) for path in graphs}
    return sorted(ranks, key=lambda name: (ranks[name], name))


def write(table: str, version: str, binary: str, folder: Path, models: list[str]) -> None:
    """Write the three files.

    Parameters
    ----------
    table : str
        Path of ``controls.py``.
    version : str
        Of the package, ``"major.minor.micro"``.
    binary : str
        File name of the plug-ins' library.
    folder : Path
        Where to write to.
    models : list of str
        Names of the bundled models, best first.
    """
    names = runpy.run_path(table)
    controls: dict[str, Control] = {control.symbol: control for control in names["CONTROLS"]}
    presets: tuple[Preset, ...] = names["PRESETS"]
    manifest, described, settings = [PREFIXES], [PREFIXES], [PREFIXES]
    described.append(
        '\n<urn:deepdenoise:project>\n    a doap:Project ;\n    doap:name "DeepDenoise" .\n'
        '\n<urn:deepdenoise:model>\n    a lv2:Parameter ;\n    rdfs:label "Model file" ;\n    rdfs:range atom:Path .\n'
    )
    for name, channels in CHANNELS.items():
        manifest.append(
            f"\n<urn:deepdenoise:{name}>\n    a lv2:Plugin ;\n    lv2:binary <{binary}> ;\n"
            "    rdfs:seeAlso <deepdenoise.ttl> .\n"
        )
        described.append(_plugin(name, _ports(controls, channels, models, names["MODEL_TITLE"]), version))
        for preset in presets:
            manifest.append(
                f"\n<urn:deepdenoise:{name}#{preset.name}>\n    a pset:Preset ;\n"
                f"    lv2:appliesTo <urn:deepdenoise:{name}> ;\n    rdfs:seeAlso <presets.ttl> .\n"
            )
            settings.append(_preset(name, preset, controls, channels))
    for file, parts in (("manifest", manifest), ("deepdenoise", described), ("presets", settings)):
        (folder / f"{file}.ttl").write_text("".join(parts), "utf-8")


if __name__ == "__main__":
    table, version, binary, folder, *graphs = sys.argv[1:]
    write(table, version, binary, Path(folder), by_rank([Path(graph) for graph in graphs]))
