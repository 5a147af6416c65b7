"""What is done with a recording: the denoiser, effects behind it, and its loudness."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pedalboard import Pedalboard  # type: ignore[attr-defined]  # its type stubs leave it out

from . import chains, store
from .audio.files import FileReport, Progress, process_with
from .audio.recording import Incomplete, Reader
from .audio.through import Audio, through_effect, through_stream
from .audio.writer import is_stream
from .controls import BY_NAME
from .effect import DeepDenoise
from .settings import Settings
from .stream import Stream

_RATE = 48000
_MEASURING = 0.9  # share of the progress until the loudness is known


@dataclass(frozen=True)
class Processing:
    """What to do with a recording.

    Attributes
    ----------
    settings : dict
        Keyword arguments of `DeepDenoise`.
    chain : str, optional
        Effects to follow, see `chains.load`.
    loudness : float, optional
        Of the result in LUFS, see `loudness.levelled`; by default it stays as it is.
    incomplete : {"refuse", "keep"}
        See `denoise_file`.
    """

    settings: Settings = field(default_factory=Settings)
    chain: str | None = None
    loudness: float | None = None
    incomplete: Incomplete = "refuse"

    def identity(self) -> str:
        """Name what is done, so that a change of it is noticed: settings, model and chain, not their names."""
        stream = Stream(_RATE, **self.settings)
        controls = [getattr(stream, name) for name in BY_NAME if name != "bypass"]
        digest = hashlib.sha256(repr((*controls, self.loudness, self.incomplete)).encode())
        model = store.resolve(self.settings.get("model"))
        digest.update(model if isinstance(model, bytes) else store.model_path(model or store.default()).read_bytes())
        if self.chain:
            digest.update(Path(self.chain).read_bytes() if Path(self.chain).is_file() else self.chain.encode())
        return digest.hexdigest()[:16]


class Processor:
    """Does it, with one recording at a time.

    Parameters
    ----------
    processing : Processing
        What to do. With a chain, a processor can only be made on the main thread, where pedalboard makes plug-ins; it
        serves any thread.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If a setting, the model or the chain is of no use.
    """

    def __init__(self, processing: Processing) -> None:
        self._processing = processing
        Stream(_RATE, **processing.settings)  # a mistake in the settings is not one of each recording
        if processing.loudness is not None and not -70 < processing.loudness < 0:
            raise ValueError(f"the loudness must lie between -70 and 0 LUFS, not at {processing.loudness:g}")
        self._board = None
        if processing.chain:
            self._board = Pedalboard([DeepDenoise(**processing.settings), *chains.load(processing.chain)])

    def run(self, source: str, output: str, progress: Progress | None = None) -> FileReport:
        """Do it.

        Parameters
        ----------
        source, output, progress
            As of `denoise_file`.

        Returns
        -------
        FileReport

        Raises
        ------
        AudioFileError
            As `denoise_file`.
        """
        target = self._processing.loudness
        if target is None or progress is None:
            written = progress
        else:

            def written(done: float, total: float | None) -> None:
                progress(done if total is None else _MEASURING * total + (1 - _MEASURING) * done, total)

        def process(reader: Reader) -> Iterator[Audio]:
            blocks = self._denoised(reader)
            if target is None:
                return blocks
            from .loudness import levelled  # SciPy takes its time to load

            def measured(done: float) -> None:
                if progress is not None:
                    expected = None if reader.expected is None else reader.expected / reader.sample_rate
                    progress(_MEASURING * done, None if expected is None else max(expected, done))

            # Beside the output there is room for it; a pipe has no beside.
            folder = None if is_stream(output) else os.path.dirname(os.path.abspath(output))
            return levelled(
                blocks,
                reader.sample_rate,
                reader.channels,
                target,
                mask=reader.form.mask,
                folder=folder,
                tell=measured,
            )

        return process_with(process, source, output, written, self._processing.incomplete)

    def _denoised(self, reader: Reader) -> Iterator[Audio]:
        if self._board is not None:
            return through_effect(self._board, reader)
        return through_stream(Stream(reader.sample_rate, reader.channels, **self._processing.settings), reader)
