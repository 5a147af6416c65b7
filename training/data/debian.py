"""``python -m training.data.debian OUT``: speech, noise and music of free licences from Debian's packages, as FLAC.

What is chosen from which package stands in `CHOICES`. On Debian ``apt-get download`` fetches the packages; elsewhere
give a folder of them. The results, OUT/speech/PACKAGE, OUT/noise/PACKAGE and OUT/music/PACKAGE, are what
``folder:PATH`` takes.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import av
import numpy as np

from training.audio import SUFFIXES, Audio, AudioError, read, write_flac

LEAST_RATE = 11025
LEAST_SECONDS = {"speech": 0.35, "noise": 0.3, "music": 5.0}
LEAST_PEAK = 1e-3
G722_RATE = 16000
KINDS = frozenset({*SUFFIXES, ".g722"})


class DebianError(Exception):
    """A package that cannot be had or read; the message says what to do."""


@dataclass(frozen=True)
class Choice:
    """Sounds wanted from a package.

    Attributes
    ----------
    package : str
        Name in Debian.
    role : str
        "speech", "noise" or "music".
    licence : str
        Of the sounds, as Debian's copyright file has it.
    wanted, unwanted : str
        Regular expressions: paths below /usr/share/, also within ZIP archives, that match the first and not the second
        are taken.
    """

    package: str
    role: str
    licence: str
    wanted: str
    unwanted: str = "$^"

    def takes(self, path: str) -> bool:
        """Tell whether a path is chosen."""
        return bool(re.search(self.wanted, path)) and not re.search(self.unwanted, path)


_PROMPTS = "silence|tone|beep|music"
CHOICES = (
    *(
        Choice(f"asterisk-core-sounds-{language}-g722", "speech", licence, r"\.g722$", _PROMPTS)
        for language, licence in (
            *((language, "CC BY-SA 3.0") for language in ("en", "es", "fr", "it")),
            ("ru", "CC BY 3.0"),
        )
    ),
    Choice("festvox-ru", "speech", "BSD-like", "/wav/"),
    Choice("fillets-ng-data-cs", "speech", "GPL-2", "/cs/", "krik|smich"),
    Choice("fillets-ng-data-nl", "speech", "GPL-2", "/nl/", "krik|smich"),
    Choice("klettres-data", "speech", "GPL-2", "/(alpha|syllab)/"),
    # Of the languages' readers these are the ones with little noise.
    Choice("ktuberling-data", "speech", "GPL-2", "/sounds/(ca|da|el|lt|nn)/"),
    Choice("tuxpaint-stamps-default", "speech", "GPL-2", r"_desc_(be|ca|el|es|fr|ro|ru)\."),
    Choice(
        "0ad-data",
        "noise",
        "CC BY-SA 3.0",
        "/audio/(attack|resource|ambient|actor/(fauna|ship|mounted|gate|singlesteps|human/movement)|interface/(alarm|select))/",
    ),
    Choice("colobot-common-sounds", "noise", "GPL-3", "sounds/", "music"),
    Choice("crrcsim-data", "noise", "GPL-2", ".", "music"),
    Choice("flare-game", "noise", "CC BY-SA 3.0", "environment/|thunder|wyvern|zombie", "teleport|music"),
    Choice(
        "flightgear-data-base",
        "noise",
        "GPL-2",
        "/Sounds/",
        "intro|checklist|beep|click|female|mk-viii|flarm|music",
    ),
    Choice("hydrogen-drumkits", "noise", "GPL-2, CC BY-SA 3.0, CC BY 3.0, CC0", "/drumkits/"),
    Choice("lincity-ng-data", "noise", "GPL-2, CC BY-SA 2.0", "/sounds/", "music"),
    Choice("minetest-data", "noise", "CC BY-SA 3.0", "sounds/", "music"),
    Choice(
        "scratch",
        "noise",
        "CC BY-SA 3.0",
        "Animal/|Effects/|BabyCry|Cough|Footsteps|PartyNoise|Sneeze|Scream",
        "Music",
    ),
    Choice("searchandrescue-data", "noise", "GPL-2", "sound", "music"),
    Choice(
        "sonic-pi-samples",
        "noise",
        "CC0",
        "ambi_(dark|drone|glass|haunted|lunar|sauna|soft|swoosh)|vinyl|3d_printer|loop_electric|industrial|door"
        "|swash|swoosh|impact",
    ),
    Choice(
        "supertuxkart-data",
        "noise",
        "CC BY-SA 3.0, CC BY 3.0, CC0, GPL",
        "sfx/|omotive|cow|sheep|skid|engine",
        "music|airport|restaurant|flute|race|gp_end|track_intro|lap|goal|energy|dark|boing|swap|intro",
    ),
    Choice("torcs-data", "noise", "GPL-2", "/sound/", "music|clkdtmb"),
    Choice(
        "tuxpaint-stamps-default",
        "noise",
        "GPL-2",
        "animals/|vehicles/|household/|naturalforces/|fireworks|camera|apollo_lander|cymbal",
        r"_desc|_[a-z]{2}(_[A-Za-z]{2})?\.ogg",
    ),
    Choice("unknown-horizons", "noise", "CC BY-SA 3.0, GPL-2", "/sounds/", "music|invalid|events|scenario"),
    Choice("warmux-data", "noise", "GPL-2", "weapons/|misc/", "victory|end"),
    Choice(
        "wesnoth-1.16-data",
        "noise",
        "GPL-2",
        "ambient/|horn-signals/|wolf|wail|gryphon|rumble|cave|lightning|explosion|bell|hiss|bat-|drake|club|mace|fire",
        "music|magic|chat",
    ),
    Choice("widelands-data", "noise", "GPL-2", "/sound/|sounds?", "music|message|military|under_attack"),
    Choice("0ad-data", "music", "CC BY-SA 3.0", "/audio/music/"),
    Choice("flare-game", "music", "CC BY-SA 3.0", "_theme"),
    Choice("supertuxkart-data", "music", "CC BY-SA 3.0, CC BY 3.0, CC0, GPL", "/music/"),
    Choice("unknown-horizons", "music", "CC BY-SA 3.0, GPL-2", "music/", "waves"),
    Choice("widelands-data", "music", "GPL-2, CC BY-SA 3.0", "/music/"),
)


def extract(choices: Mapping[Choice, Path], package: Path) -> dict[Choice, int]:
    """Write what is chosen of a package, mono, at its own rate.

    Parameters
    ----------
    choices : mapping of Choice to Path
        Folder for the FLAC files of each choice; made if there is anything to write.
    package : Path
        The ``.deb``.

    Returns
    -------
    dict of Choice to int
        Number of files of each.

    Raises
    ------
    DebianError
        If the package is not one, or a tool is missing.
    """
    written = dict.fromkeys(choices, 0)
    for name, data in _members(package):
        path = name.split("usr/share/")[-1]
        takers = [choice for choice in choices if choice.takes(f"/{path}")]
        if not takers or (found := _decode(path, data)) is None:
            continue
        audio, rate = found
        if rate < LEAST_RATE or np.abs(audio).max(initial=0.0) < LEAST_PEAK:
            continue
        flac = re.sub(r"[^\w.-]+", "_", path.split("/", 1)[-1].rsplit(".", 1)[0] + ".flac")
        for choice in takers:
            if len(audio) >= LEAST_SECONDS[choice.role] * rate:
                write_flac(choices[choice] / flac, audio, rate)
                written[choice] += 1
    return written


def _members(package: Path) -> Iterator[tuple[str, bytes]]:
    """Paths and contents of a package's files that may be sounds."""
    try:
        process = subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise DebianError("dpkg-deb, which opens packages, is missing: install dpkg.") from error
    with process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                for member in tar:
                    content = tar.extractfile(member) if member.isfile() else None
                    suffix = Path(member.name).suffix
                    if content is not None and suffix == ".zip":
                        yield from _zipped(member.name, content)
                    elif content is not None and suffix in KINDS:
                        yield member.name, content.read()
        except tarfile.TarError as error:
            raise DebianError(f"{package} is not a whole Debian package: fetch it again.") from error


def _zipped(name: str, content: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """Paths, below the archive's own, and contents of its files that may be sounds."""
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(content, file)  # an archive's list stands at its end
        try:
            with zipfile.ZipFile(file) as archive:
                for member in archive.namelist():
                    if Path(member).suffix in KINDS:
                        yield f"{name}/{member}", archive.read(member)
        except zipfile.BadZipFile:
            return


def _decode(name: str, data: bytes) -> tuple[Audio, int] | None:
    """Mono samples and their rate; None for what is not audio."""
    if name.endswith(".g722"):
        with av.open(io.BytesIO(data), "r", format="g722") as stream:
            frames = [frame.to_ndarray()[0] for frame in stream.decode(audio=0)]
        samples = np.concatenate([np.empty(0, np.int16), *frames])
        return samples.astype(np.float32) / np.float32(32768), G722_RATE
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as file:
        file.write(data)
        file.flush()
        try:
            return read(file.name)
        except AudioError:
            return None


def fetch(package: str, folder: Path) -> Path:
    """Find a package in a folder, or download it there.

    Raises
    ------
    DebianError
        If it cannot be downloaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    versions = f"{package}_*.deb"
    if not any(folder.glob(versions)):
        try:
            subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True, capture_output=True)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise DebianError(
                f"apt-get cannot download {package}: put its .deb, from packages.debian.org, into {folder}."
            ) from error
    return max(folder.glob(versions))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.data.debian", description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, help="folder for the FLAC files")
    parser.add_argument("--packages", type=Path, help="folder of .deb files, kept; OUT/packages by default")
    options = parser.parse_args(arguments)
    try:
        for name in dict.fromkeys(choice.package for choice in CHOICES):
            package = fetch(name, options.packages or options.out / "packages")
            folders = {choice: options.out / choice.role / name for choice in CHOICES if choice.package == name}
            for choice, count in extract(folders, package).items():
                print(f"{folders[choice]}: {count} files, {choice.licence}", flush=True)
    except (DebianError, AudioError, OSError) as error:
        print(f"training.data.debian: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
