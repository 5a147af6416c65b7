"""Recordings prepared once, before training: decoded, or without their own stationary noise.

A prepared copy of a corpus has the same names, as FLAC. Each file appears whole, so that a kill costs one file.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from training.atomic import write_text
from training.audio import AudioError, audio_files, read, write_flac
from training.data import remove_floor
from training.data.corpora import CorpusSpec
from training.data.corpora.spec import check_copies
from training.processes import pool

log = logging.getLogger(__name__)

DONE = "prepared.txt"
"""Written last: a folder that has it is complete."""


def prepared(spec: CorpusSpec, folder: Path, workers: int = 1) -> CorpusSpec:
    """Give a corpus whose recordings are prepared, making what is missing.

    Parameters
    ----------
    spec
        With an absolute path.
    folder
        Where prepared copies of corpora are kept.
    workers
        Processes.

    Returns
    -------
    CorpusSpec
        As it was, if there is nothing to prepare.

    Raises
    ------
    AudioError
        If the corpus holds no audio file, or the copy cannot be written.
    ValueError
        If its speakers are not found in the names of copies.
    """
    if not spec.prepare:
        return spec
    source = Path(spec.path)
    mark = hashlib.sha256(f"{source.resolve()}\0{spec.prepare}".encode()).hexdigest()[:8]
    check_copies(spec, audio_files(source), ".flac")
    out = folder / f"{spec.name or source.name}-{mark}"
    if not (out / DONE).is_file():
        files = list(audio_files(source))
        if not files:
            raise AudioError(f"{source} holds no audio file.")
        if len({Path(file).with_suffix("") for file in files}) < len(files):
            raise AudioError(f"{source} holds files that differ in their ending only: rename them.")
        work = partial(_one, source=source, out=out, floor="floor removed" in spec.prepare)
        log.info("%s: %d recordings are prepared (%s).", spec.name, len(files), ", ".join(spec.prepare))
        kept = sum(_map(work, files, workers))
        write_text(out / DONE, f"{kept} of {len(files)} recordings of {source}: {', '.join(spec.prepare)}\n")
    return replace(spec, path=str(out), prepare=())


def _map(work: partial[bool], files: list[str], workers: int) -> Iterator[bool]:
    if workers <= 1:
        yield from map(work, files)
        return
    with pool(workers) as preparing:
        yield from preparing.map(work, files, chunksize=8)


def _one(name: str, source: Path, out: Path, floor: bool) -> bool:
    """Prepare a recording; tell whether it can be read."""
    made = out / Path(name).with_suffix(".flac")
    if made.is_file():
        return True
    try:
        audio, rate = read(source / name)
    except AudioError as error:
        log.warning("Skipped: %s", error)
        return False
    write_flac(made, remove_floor.subtract(audio, rate) if floor else audio, rate)
    return True
