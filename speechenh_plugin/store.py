"""The bundled models, and where the built parts of the package lie."""

import functools
import os
from dataclasses import dataclass
from importlib import metadata
from os import PathLike
from pathlib import Path
from typing import Any

from . import modelfile, preset

BUNDLE = "DeepDenoise.vst3"


@dataclass(frozen=True)
class ModelInfo:
    """What a bundled model says of itself.

    Attributes
    ----------
    name : str
        What ``DeepDenoise(model=...)`` takes.
    purpose : str
        What it is for; empty if it does not say.
    licence : str
        Licence of the weights.
    data : list of str
        What it was trained on.
    parameters : int
        Number of trained parameters.
    macs_per_frame : int
        Multiply-adds for each 8 ms frame.
    measures : dict
        Results on named test sets.
    path : Path
        Its file, which `DeepDenoise` takes as well.
    """

    name: str
    purpose: str
    licence: str
    data: list[str]
    parameters: int
    macs_per_frame: int
    measures: dict[str, Any]
    path: Path


def installed(name: str) -> Path:
    """Find a built part of the package: beside the source, or where pip installed it.

    Parameters
    ----------
    name : str
        Path below the package, such as ``"DeepDenoise.vst3"``.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If the package was never built.
    """
    candidates = [Path(__file__).parent / name]
    try:
        distribution = metadata.distribution("speechenh-plugin")
        candidates.append(Path(str(distribution.locate_file(f"speechenh_plugin/{name}"))))
    except metadata.PackageNotFoundError:
        pass
    for path in candidates:
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is not built; run 'pip install .' in the repository")


def bundle_path() -> Path:
    """Path of the VST3 bundle, which any VST3 host can load too."""
    return installed(BUNDLE)


def models() -> list[ModelInfo]:
    """List the bundled models, by name.

    Returns
    -------
    list of ModelInfo

    Examples
    --------
    >>> from speechenh_plugin import models
    >>> [(model.name, model.licence, model.parameters) for model in models()]
    """
    return [_describe(name, path) for name, path in _model_files().items()]


def is_bundled(model: str | PathLike[str]) -> bool:
    """Tell whether a model is named as a bundled one is."""
    return os.fspath(model) in _model_files()


def default() -> str:
    """Name of the model that is used where none is named.

    Raises
    ------
    FileNotFoundError
        If no model is bundled.
    """
    bundled = _model_files()
    if not bundled:
        raise FileNotFoundError("no model is bundled; give the path of one, as in DeepDenoise(model='NAME.ddn')")
    return min(bundled, key=lambda name: (_rank(bundled[name]), name))


def model_path(name: str) -> Path:
    """Path of a bundled model's file.

    Parameters
    ----------
    name : str

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If no model of this name is bundled.
    """
    bundled = _model_files()
    if name not in bundled:
        raise FileNotFoundError(f"there is no bundled model {name!r}; there are: {', '.join(bundled) or 'none'}")
    return bundled[name]


def resolve(model: str | PathLike[str] | None) -> str | bytes:
    """Turn the choice of a model into what the plug-in's state holds.

    Parameters
    ----------
    model : str or path-like, optional
        Name of a bundled model; path of a model file, of a model directory or of a preset that holds a model; or
        None for the default.

    Returns
    -------
    str or bytes
        A bundled name (empty for the default), or a whole model file.

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    TypeError
        If it is neither text nor a path.
    ValueError
        If the name is empty or the path holds no usable model.
    """
    if model is None:
        default()
        return ""
    bundled = _model_files()
    name = os.fspath(model)
    if name in bundled:
        return name
    if not name:
        raise ValueError(f"the model's name is empty; give a path, or one of the bundled: {', '.join(bundled)}")
    path = Path(name)
    if path.is_dir():
        return modelfile.pack(path)
    if path.is_file():
        data = path.read_bytes()
        try:
            if path.suffix == ".vstpreset":
                if not (held := preset.unpack_preset(data).model):
                    raise ValueError("this preset holds no model")
                return held
            modelfile.read_meta(data)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        return data
    raise FileNotFoundError(
        f"there is no model {str(model)!r}; give the path of a model, or one of the bundled: "
        + (", ".join(bundled) or "none")
    )


def _model_files() -> dict[str, Path]:
    files = sorted((bundle_path() / "Contents" / "Resources").glob("*.ddn"))
    return {path.stem: path for path in files}


@functools.cache
def _rank(path: Path) -> int:
    return int(modelfile.read_meta(path.read_bytes())["rank"])


def _describe(name: str, path: Path) -> ModelInfo:
    meta = modelfile.read_meta(path.read_bytes())
    return ModelInfo(
        name=name,
        purpose=meta.get("purpose", ""),
        licence=meta["licence"],
        data=meta["data"],
        parameters=meta["parameters"],
        macs_per_frame=meta["macs_per_frame"],
        measures=meta["measures"],
        path=path,
    )
