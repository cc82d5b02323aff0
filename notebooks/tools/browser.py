"""Debian's Chromium without a window, driven through its own DevTools protocol.

The websocket client that Jupyter's server brings is all this needs; nothing is downloaded.
"""
import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No name but this machine's own leads anywhere: what needs the network fails, visibly.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


def program():
    """The browser's path, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)

PATIENCE = 120  # seconds for one command


class Browser:
    """One page. Addresses it asks for are kept in `requests`."""

    def __init__(self, width=1280, height=1600):
        self.folder = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [program(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
             "--no-first-run", "--hide-scrollbars", OFFLINE, f"--window-size={width},{height}",
             f"--user-data-dir={self.folder.name}", "--remote-debugging-port=0", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            self.socket = websocket.create_connection(self._page(), timeout=PATIENCE, suppress_origin=True)
        except BaseException:
            self.close()
            raise
        self.requests, self.count = [], 0
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def _page(self):
        """The websocket address of the one page."""
        log = []
        for line in self.process.stderr:
            log.append(line)
            found = re.search(r"ws://(127\.0\.0\.1:\d+)/", line)
            if found:
                return self._first_page(found[1])
        raise RuntimeError("Chromium ended before it opened its debugging port: " + "".join(log[-5:]))

    @staticmethod
    def _first_page(host):
        import urllib.request
        for _ in range(100):
            with urllib.request.urlopen(f"http://{host}/json/list") as answer:
                pages = [p for p in json.load(answer) if p["type"] == "page"]
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
            time.sleep(0.1)
        raise RuntimeError("Chromium opened no page")

    def call(self, method, **params):
        """Sends a command and returns its result."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            message = json.loads(self.socket.recv())
            if message.get("method") == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            if message.get("id") == self.count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
        raise TimeoutError(f"{method} {str(params)[:80]}: no answer within {PATIENCE} s")

    def run(self, script):
        """The value of a JavaScript expression; promises are awaited."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", script))
        return result["result"].get("value")

    def wait(self, script, seconds, what):
        """Waits until an expression is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.run(script):
                    return
            except RuntimeError:
                pass  # The page is still loading; the time limit below says what was awaited.
            time.sleep(0.5)
        raise TimeoutError(f"{what}: not within {seconds} s")

    def screenshot(self, path):
        """The page as a PNG."""
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def foreign(self):
        """Addresses asked for on other hosts."""
        own = ("http://127.0.0.1", "http://localhost", "data:", "blob:", "about:", "file:")
        return [url for url in self.requests if not url.startswith(own)]

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.folder.cleanup()
