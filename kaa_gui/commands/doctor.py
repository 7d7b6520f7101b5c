"""Run ``doctor``: report what is installed and what works on this machine."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from collections.abc import Callable

from kaa_gui.commands.gui import check_display
from kaa_gui.core.errors import DeviceError, KaaError

# a broken OpenGL driver may abort the process, so the window library is tried in one of its own
OPENGL_PROBE = """
import vtk
window = vtk.vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetSize(8, 8)
window.Render()
lines = dict(line.split(":", 1) for line in window.ReportCapabilities().splitlines() if ":" in line)
print(*(lines.get(f"OpenGL {name} string", "?").strip() for name in ("renderer", "version")), sep=", ")
"""
QT_PROBE = "import PySide6; print(PySide6.__version__)"
PROBE_SECONDS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--bundle", metavar="FILE", help="another BlazePose .task file")


def run(options: argparse.Namespace) -> int:
    """Print one line a check; return 0 when every needed one holds, else 2."""
    checks: dict[str, Callable[[], str]] = {
        "python": lambda: f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "packages": _packages,
        "devices": _devices,
        "victim": lambda: _victim(options.bundle),
        "samples": _samples,
        "Qt": lambda: _probe(QT_PROBE),
        "OpenGL": lambda: _probe(OPENGL_PROBE),
        "display": check_display,
    }
    healthy = True
    for name, check in checks.items():
        try:
            print(f"ok    {name:<9} {check()}")
        except DeviceError as error:
            # a server without a display is in good health: only the window asks for one
            print(f"note  {name:<9} {error}")
        except KaaError as error:
            healthy = False
            print(f"FAIL  {name:<9} {error}")
        except ImportError as error:
            healthy = False
            print(f"FAIL  {name:<9} {error}; install the program again")
    return 0 if healthy else 2


def _packages() -> str:
    from kaa_gui.runs.folder import versions

    return ", ".join(f"{name} {version}" for name, version in versions().items() if name != "python")


def _devices() -> str:
    import torch

    from kaa_gui.core.victims.devices import available_devices

    return f"{', '.join(available_devices())}; {torch.get_num_threads()} threads on the CPU"


def _victim(bundle: str | None) -> str:
    from kaa_gui.core.types import AttackConfig
    from kaa_gui.engine.engine import Engine

    victim = Engine("cpu", bundle).victim(AttackConfig().victim)
    verified = "as given" if bundle else "hash verified"
    return f"{victim.spec.name}, {len(victim.layers)} layers, {verified}, SHA-256 {victim.sha256[:16]}..."


def _samples() -> str:
    from kaa_gui.core.pictures.samples import list_samples

    samples = list_samples()
    if not samples:
        raise KaaError("no sample pictures found; install the program again")
    return f"{len(samples)} pictures"


def _probe(program: str) -> str:
    command = [sys.executable, "-c", program]
    try:
        result = subprocess.run(  # noqa: S603 - our own constant program, our own interpreter
            command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise KaaError(f"no answer within {PROBE_SECONDS} s; check the graphics driver") from None
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
        raise KaaError(f"{lines[-1]}; on Debian install the packages that the README names")
    return result.stdout.strip().splitlines()[-1]
