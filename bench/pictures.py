"""
Take the pictures of the documents: each page and two slides in both languages, from the sample city, in Chromium.

    python -m bench.pictures [--workspace demo/workspace] [--folder docs/pictures]
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
PAGES = {"overview": "", "hotspots": "hotspots", "plan": "plan", "forecast": "forecast", "data": "data"}
# Slides of one area of the community folder that `demo` writes.
AREA, SLIDES = "products/community/areas/11.html", {"meeting": 1, "meeting-safety": 7}
SCREEN = {"width": 1280, "height": 720}
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SETTLED_MS = 6_000


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_app(workspace: Path, port: int) -> subprocess.Popen:
    """Start the app and wait until it answers."""
    command = [sys.executable, "cli.py", "app", "-w", str(workspace), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    for _ in range(120):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
            return process
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the app did not start")


def take(page: Page, address: str, path: Path) -> None:
    """Open a page, let its map settle, and keep its picture."""
    page.goto(address)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=path)
    print(path, flush=True)


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", default="demo/workspace")
    parser.add_argument("--folder", default="docs/pictures")
    options = parser.parse_args()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    app = start_app(Path(options.workspace).resolve(), port)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            page = browser.new_page(viewport=SCREEN)  # type: ignore[arg-type]
            for language in ("zh", "en"):
                for name, address in PAGES.items():
                    url = f"http://127.0.0.1:{port}/{address}?lang={language}"
                    take(page, url, folder / f"{name}-{language}.png")
                for name, slide in SLIDES.items():
                    page.goto("about:blank")  # A change of the slide alone would not load the page anew.
                    url = f"{(Path(options.workspace).resolve() / AREA).as_uri()}?lang={language}#{slide}"
                    take(page, url, folder / f"{name}-{language}.png")
            browser.close()
    finally:
        os.killpg(app.pid, 15)


if __name__ == "__main__":
    main()
