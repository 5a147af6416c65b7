"""``deepdenoise vst3``."""

import shutil
import sys
from pathlib import Path

import pytest
from commands import run


def test_vst3(tmp_path: Path) -> None:
    bundle = Path(run("vst3", "path").stdout.strip())
    assert bundle.name == "DeepDenoise.vst3"
    target = tmp_path / "VST3" / "DeepDenoise.vst3"
    for _ in range(2):  # the second replaces the first
        assert run("vst3", "install", "--to", tmp_path / "VST3").exit_code == 0
        assert {path.relative_to(target) for path in target.rglob("*")} == {
            path.relative_to(bundle) for path in bundle.rglob("*")
        }
    assert list(target.parent.iterdir()) == [target]
    assert run("vst3", "install", "--uninstall", "--to", tmp_path / "VST3").exit_code == 0
    assert not target.exists()
    assert run("vst3", "install", "--uninstall", "--to", tmp_path / "VST3").exit_code == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_vst3_where_a_link_was(tmp_path: Path) -> None:
    own, target = tmp_path / "own", tmp_path / "VST3" / "DeepDenoise.vst3"
    own.mkdir()
    (own / "file").write_text("mine")
    target.parent.mkdir()
    for led in (own, tmp_path / "missing"):
        for uninstall in ([], ["--uninstall"]):
            target.symlink_to(led)
            assert run("vst3", "install", *uninstall, "--to", target.parent).exit_code == 0
            assert list(target.parent.iterdir()) == ([] if uninstall else [target])
            assert not target.is_symlink()
            if not uninstall:
                shutil.rmtree(target)
    assert (own / "file").read_text() == "mine"


def test_vst3_that_cannot_be_copied_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "DeepDenoise.vst3"
    target.mkdir()

    def full(source: Path, place: Path, **_: object) -> None:
        place.mkdir()
        raise shutil.Error([(str(source), str(place), "[Errno 28] No space left on device")])

    monkeypatch.setattr(shutil, "copytree", full)
    done = run("vst3", "install", "--to", tmp_path)
    assert done.exit_code == 1
    assert "cannot be written: [Errno 28] No space left on device" in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == [target]
