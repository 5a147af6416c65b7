"""A PipeWire configuration for a virtual microphone: a source that gives what a real one hears, without its noise."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from .controls import BY_NAME, MODEL_TITLE

NODE = "deepdenoise_microphone"
"""Name of the source, by which programs find it."""

DESCRIPTION = "DeepDenoise microphone"
"""What programs show in their lists of microphones."""


def default_path() -> Path:
    """Where PipeWire looks for a user's additions to its configuration."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base, "pipewire", "pipewire.conf.d", "deepdenoise-microphone.conf")


def configuration(plugin: Path, controls: Mapping[str, float], model: int = 0, microphone: str | None = None) -> str:
    """Write the configuration of a filter chain of one node, the LADSPA plug-in.

    Parameters
    ----------
    plugin : Path
        The LADSPA plug-in's file.
    controls : mapping of str to float
        Plain values by control name, see `controls.BY_NAME`.
    model : int
        Place of the model in the plug-in's list, see `plugins.listed_models`.
    microphone : str, optional
        PipeWire's name of the real source (``node.name`` or ``object.serial``). By default, the default source.

    Returns
    -------
    str
        In PipeWire's relaxed JSON.
    """
    values = {BY_NAME[name].title: float(value) for name, value in controls.items()} | {MODEL_TITLE: float(model)}
    listed = "\n".join(f"                        {json.dumps(title)} = {value}" for title, value in values.items())
    target = f"\n                target.object = {json.dumps(microphone)}" if microphone else ""
    return f"""# A microphone without noise. Written by: deepdenoise plugins virtual-mic
context.modules = [
    {{ name = libpipewire-module-filter-chain
        flags = [ nofail ]
        args = {{
            node.description = "{DESCRIPTION}"
            media.name = "{DESCRIPTION}"
            filter.graph = {{
                nodes = [
                    {{
                        type = ladspa
                        name = denoise
                        plugin = {json.dumps(str(plugin))}
                        label = deepdenoise_mono
                        control = {{
{listed}
                        }}
                    }}
                ]
            }}
            audio.channels = 1
            audio.position = [ MONO ]
            capture.props = {{
                node.name = "capture.{NODE}"
                node.passive = true{target}
            }}
            playback.props = {{
                node.name = "{NODE}"
                media.class = Audio/Source
            }}
        }}
    }}
]
"""
