# SPDX-License-Identifier: MIT
"""What of npm the tests of the pages use: one installation of
www/react/package-lock.json in the build folder, for all of them."""

import subprocess

from world import BUILD, TREE

FOLDER = BUILD / "npm" / "www" / "react" / "node_modules"


def run(what):
    """tools/pages; its exit status and its output, bytes."""
    return subprocess.run([TREE / "tools" / "pages", BUILD, what],
                          capture_output=True, check=False, timeout=300)


def installed(name):
    """A file of a package."""
    done = run("install")
    assert done.returncode == 0, done.stderr.decode()
    return FOLDER / name
