"""Builds for other systems.

``pip install ziglang lief && PYTHONPATH=.:tests/helpers python tests/tools/cross_build.py FOLDER``

Windows x86-64, macOS arm64 and Linux arm64, each to the linked engine and plug-in, whose format and exports are then
read. Where ``qemu-aarch64`` and arm64's C library are installed (Debian: qemu-user, libc6-arm64-cross), the build for
Linux arm64 runs: the engine must give what this machine's gives, and the plug-in must bear two threads.
"""

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import lief
import numpy as np
import ziglang
from engine_models import cr_ced_like, fixed_outputs, fullband_like, packed

from speechenh_plugin import preset
from speechenh_plugin.engine import Network, Processor
from training.network.front_end import fullband

ROOT = Path(__file__).parents[2]
NATIVE = ROOT / "tests" / "helpers" / "native"
ZIG = Path(ziglang.__file__).parent / "zig"
TOLERANCE = 1e-4
BINARIES = (".so", ".dll", ".dylib", ".clap", "")
ARM_LIBRARIES = Path("/usr/aarch64-linux-gnu")


@dataclass(frozen=True)
class Target:
    """A system to build for.

    Attributes
    ----------
    triple
        As zig names it; for Linux with the oldest glibc.
    system, processor
        As CMake names them.
    plugin
        Path of the binary in the bundle's Contents.
    exports
        Entry points that VST3 asks for there.
    """

    triple: str
    system: str
    processor: str
    plugin: str
    exports: frozenset[str]


TARGETS = {
    "windows-x86_64": Target(
        "x86_64-windows-gnu",
        "Windows",
        "AMD64",
        "x86_64-win/DeepDenoise.vst3",
        frozenset({"GetPluginFactory", "InitDll", "ExitDll"}),
    ),
    "macos-arm64": Target(
        "aarch64-macos.11.0",
        "Darwin",
        "arm64",
        "MacOS/DeepDenoise",
        frozenset({"GetPluginFactory", "bundleEntry", "bundleExit"}),
    ),
    "linux-arm64": Target(
        "aarch64-linux-gnu.2.28",
        "Linux",
        "aarch64",
        "aarch64-linux/DeepDenoise.so",
        frozenset({"GetPluginFactory", "ModuleEntry", "ModuleExit"}),
    ),
}


def wrapper(folder: Path, name: str, *arguments: str) -> Path:
    """A command of one word, as CMake wants its tools.

    Zig writes CPU levels with underscores; its linker takes one list of what to export, also for --exclude-libs, and
    knows no bundles of macOS: the plug-in is linked as a library there, which shows its exports all the same.
    """
    listed = folder / "exports"
    names = "GetPlugin*; Module*; ladspa_descriptor; lv2_descriptor; clap_entry; deepdenoise_*"
    listed.write_text(f"{{ global: {names}; local: *; }};")
    path = folder / name
    path.write_text(f"""#!/bin/sh
for word do
    shift
    case $word in
    -march=x86-64-v2) set -- "$@" -march=x86_64_v2 ;;
    -Wl,--exclude-libs,ALL) set -- "$@" -s "-Wl,--version-script={listed}" ;;
    -Wl,--version-script=*) ;;
    -bundle) set -- "$@" -dynamiclib ;;
    *) set -- "$@" "$word" ;;
    esac
done
exec "{ZIG}" {" ".join(arguments)} "$@"
""")
    path.chmod(0o755)
    return path


def build(target: Target, folder: Path) -> Path:
    """Build and install; gives the folder of the package."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "CMAKE_SYSTEM_NAME": target.system,
        "CMAKE_SYSTEM_PROCESSOR": target.processor,
        "CMAKE_CXX_COMPILER": wrapper(folder, "c++", "c++", "-target", target.triple),
        "CMAKE_AR": wrapper(folder, "ar", "ar"),
        "CMAKE_RANLIB": wrapper(folder, "ranlib", "ranlib"),
        "CMAKE_RC_COMPILER": wrapper(folder, "rc", "rc"),
        "CMAKE_INSTALL_NAME_TOOL": shutil.which("true"),
        "CMAKE_OSX_SYSROOT": "",
        "Python3_EXECUTABLE": sys.executable,
        "SKBUILD": "ON",
    }
    options = [f"-D{name}={value}" for name, value in settings.items()]
    subprocess.run(["cmake", "-S", ROOT / "speechenh_plugin/native", "-B", folder / "build", *options], check=True)
    subprocess.run(["cmake", "--build", folder / "build"], check=True)
    subprocess.run(["cmake", "--install", folder / "build", "--prefix", folder], check=True)
    return folder / "speechenh_plugin"


def exports(path: Path) -> set[str]:
    """Names of what can be called, but for the runtime that zig links in: on macOS, new and delete stay visible."""
    names = {function.name.removeprefix("_") for function in lief.parse(path).exported_functions}
    return {name for name in names if not re.fullmatch(r"_Z(nw|na|dl|da)\w*|_mh_dylib_header|__dso_handle", name)}


def symbols(path: Path) -> set[str]:
    """Names of what is visible, data too."""
    binary = lief.parse(path)
    if isinstance(binary, lief.PE.Binary):
        return {entry.name for entry in binary.get_export().entries}
    return {str(symbol.name).removeprefix("_") for symbol in binary.exported_symbols}


def describe(path: Path) -> None:
    binary = lief.parse(path)
    kind = f"{type(binary).__module__.split('.')[-1]} {binary.abstract.header.architecture.name}"
    print(f"{path.name}: {kind}, {path.stat().st_size >> 10} KB; needs {', '.join(map(str, needed(binary)))}")


def needed(binary: lief.Binary) -> list[str]:
    return [str(getattr(library, "name", library)) for library in binary.libraries]


def check(target: Target, package: Path) -> None:
    """Read what was linked."""
    plugin = package / "DeepDenoise.vst3" / "Contents" / target.plugin
    (engine,) = (path for path in package.iterdir() if re.fullmatch(r"libdeepdenoise\.(so|dylib|dll)", path.name))
    others = {
        name: next(path for path in (package / folder).rglob("*") if path.is_file() and path.suffix in BINARIES)
        for folder, name in (("ladspa", "ladspa_descriptor"), ("lv2", "lv2_descriptor"), ("clap", "clap_entry"))
    }
    for path in (plugin, engine, *others.values()):
        describe(path)
    for name, path in others.items():
        assert name in symbols(path), (name, symbols(path))
    declared = set(
        re.findall(r"\bdeepdenoise_\w+(?=\()", (ROOT / "speechenh_plugin/native/engine/c_api.h").read_text())
    )
    assert exports(plugin) == target.exports, exports(plugin)
    assert exports(engine) == declared, exports(engine) ^ declared
    print(f"exports {', '.join(sorted(target.exports))}; the engine's are all {len(declared)} of c_api.h")


def run_on_arm(folder: Path, package: Path) -> None:
    """Run engine and plug-in by emulation and compare with this machine's."""
    emulator = shutil.which("qemu-aarch64")
    if emulator is None or not ARM_LIBRARIES.exists():
        print("not run: needs qemu-aarch64 and the C library of arm64")
        return
    programs = {}
    for name in ("run_engine", "two_threads"):
        programs[name] = folder / name
        command = [folder / "c++", "-std=c++20", "-O2", NATIVE / f"{name}.cpp", "-o", programs[name]]
        subprocess.run(command, check=True)
    emulate = [emulator, "-L", ARM_LIBRARIES]
    noise = np.random.default_rng(0).standard_normal(48000).astype(np.float32) * np.float32(0.1)
    for declare in (cr_ced_like, fullband_like):
        for rate in (8000, 44100):
            model = packed(declare())
            stored = folder / "model.ddn"
            stored.write_bytes(model)
            library = package / "libdeepdenoise.so"
            command = [*emulate, programs["run_engine"], library, stored, str(rate)]
            run = subprocess.run(command, input=noise.tobytes(), capture_output=True, check=True)
            ours, theirs = Processor(Network(model), rate).process(noise), np.frombuffer(run.stdout, np.float32)
            difference = float(np.abs(ours - theirs).max())
            print(f"{declare.__name__} at {rate} Hz on arm64: differs by {difference:.1e} at most")
            assert np.abs(ours).max() > 0.01
            assert difference < TOLERANCE
    state = folder / "state"
    state.write_bytes(preset.pack_state(preset.State({}, fixed_outputs(fullband(), gains=np.full((129, 1), 0.5)))))
    plugin = package / "DeepDenoise.vst3/Contents" / TARGETS["linux-arm64"].plugin
    subprocess.run([*emulate, programs["two_threads"], plugin, "5", state], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("targets", nargs="*", default=[*TARGETS], help=f"of {', '.join(TARGETS)}; all by default")
    options = parser.parse_args()
    for name in options.targets:
        folder = options.folder.absolute() / name
        package = build(TARGETS[name], folder)
        print(f"--- {name}")
        check(TARGETS[name], package)
        if name == "linux-arm64":
            run_on_arm(folder, package)
