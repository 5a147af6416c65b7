"""A real browser, headless, and a static server for the page."""

import functools
import http.server
import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port; gives the address."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def chromium() -> tuple[str, str] | None:
    """Browser and driver, if this machine has both."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class Browser(ABC):
    """A browser on the page."""

    downloads: Path

    @abstractmethod
    def get(self, address: str) -> None:
        """Go to an address."""

    @abstractmethod
    def js(self, script: str, *arguments: object) -> Any:
        """Run a script in the page, and give what it returns."""

    @abstractmethod
    def send(self, name: str, keys: str) -> None:
        """Send keys, or the path of a file, to an element by id; to the page if the id is empty."""

    @abstractmethod
    def click(self, name: str) -> None:
        """Click an element by id."""

    @abstractmethod
    def quit(self) -> None:
        """End the browser."""

    def open(self, address: str) -> None:
        """Load the page anew, and wait until it is ready."""
        self.get(address)
        self.wait(lambda: self.js("return 'ready' in document.body.dataset"))

    def text(self, name: str) -> str:
        """Text of an element by id; empty if it is hidden."""
        return str(
            self.js("const e = document.getElementById(arguments[0]); return e.hidden ? '' : e.textContent", name)
        )

    def wait(self, condition: Callable[[], object]) -> None:
        """Wait; minutes mean that it never comes."""
        end = time.monotonic() + 300
        while not condition():
            assert time.monotonic() < end, f"status: {self.text('status')!r}, error: {self.text('error')!r}"
            time.sleep(0.05)

    def choose(self, file: Path) -> None:
        """Choose a file, and wait for the result or an error."""
        self.forget()
        self.send("file", str(file))
        self.finished()

    def forget(self) -> None:
        """Clear the last outcome, so that the next can be told from it."""
        self.js("document.getElementById('status').textContent = ''; document.getElementById('error').textContent = ''")

    def finished(self) -> None:
        """Wait for a result or an error."""
        self.wait(lambda: self.text("status").startswith("Done") or self.text("error"))

    def set(self, **controls: object) -> None:
        """Set controls as a user does, and wait for the result of each."""
        for name, value in controls.items():
            self.forget()
            self.js(
                "const e = document.getElementById(arguments[0]);"
                "if (e.type === 'checkbox') e.checked = arguments[1]; else e.value = arguments[1];"
                "e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change'))",
                name,
                value,
            )
            self.finished()

    def download(self) -> Path:
        """Press the button and wait for the file."""
        before = set(self.downloads.iterdir())
        self.click("download")
        found: list[Path] = []

        def arrived() -> bool:
            new = [path for path in self.downloads.iterdir() if path not in before]
            found[:] = [path for path in new if path.suffix == ".wav" and path.stat().st_size]
            return bool(found) and len(new) == len(found)  # nothing is left that is being written

        self.wait(arrived)
        return found[0]


class Chromium(Browser):
    """Chromium by its driver."""

    def __init__(self, downloads: Path) -> None:
        from selenium import webdriver

        programs = chromium()
        assert programs
        options = webdriver.ChromeOptions()
        options.binary_location = programs[0]
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--autoplay-policy=no-user-gesture-required",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            "--window-size=1200,1000",
        ):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(programs[1]))
        self.driver.set_script_timeout(300)
        self.downloads = downloads

    def get(self, address: str) -> None:
        """See the base class."""
        self.driver.get(address)

    def js(self, script: str, *arguments: object) -> Any:
        """See the base class; waits for a promise."""
        return self.driver.execute_script(script, *arguments)

    def later(self, script: str, *arguments: object) -> Any:
        """Run a script that calls its last argument in the end, and give what it calls it with."""
        return self.driver.execute_async_script(script, *arguments)

    def send(self, name: str, keys: str) -> None:
        """See the base class."""
        (self.driver.find_element("id", name) if name else self.driver.find_element("tag name", "body")).send_keys(keys)

    def click(self, name: str) -> None:
        """See the base class."""
        self.driver.find_element("id", name).click()

    @contextmanager
    def viewport(self, width: int, height: int, *, dark: bool = False) -> Iterator[None]:
        """Give the page another size, and the dark theme."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def picture(self, file: Path, *, width: int = 1200, dark: bool = False) -> None:
        """Take a picture of the whole page."""
        with self.viewport(width, 800, dark=dark):
            height = self.js("return document.documentElement.scrollHeight")
        with self.viewport(width, height, dark=dark):
            self.driver.save_screenshot(str(file))

    def console(self) -> list[str]:
        """Errors that the page told since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def quit(self) -> None:
        """See the base class."""
        self.driver.quit()


class Firefox(Browser):
    """Firefox by its own protocol, Marionette, which needs no driver."""

    def __init__(self, downloads: Path) -> None:
        from marionette_driver.marionette import Marionette

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.profile = tempfile.TemporaryDirectory()
        preferences = {
            "marionette.port": port,
            "media.autoplay.default": 0,
            "browser.download.folderList": 2,
            "browser.download.dir": str(downloads),
            "datareporting.policy.dataSubmissionEnabled": False,
        }
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
        Path(self.profile.name, "user.js").write_text("\n".join(lines))
        command = ["firefox-esr", "--headless", "--marionette", "--profile", self.profile.name]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.marionette = Marionette(host="127.0.0.1", port=port, startup_timeout=300)
        self.marionette.start_session()
        self.downloads = downloads

    def get(self, address: str) -> None:
        """See the base class."""
        self.marionette.navigate(address)

    def js(self, script: str, *arguments: object) -> Any:
        """See the base class."""
        return self.marionette.execute_script(script, script_args=arguments)

    def send(self, name: str, keys: str) -> None:
        """See the base class."""
        self.marionette.find_element("id", name).send_keys(keys)

    def click(self, name: str) -> None:
        """See the base class."""
        self.marionette.find_element("id", name).click()

    def quit(self) -> None:
        """See the base class."""
        self.marionette.delete_session()
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()
