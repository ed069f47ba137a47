"""The stock engine: papermill as it is, on the interpreter that runs the command."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import papermill
import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode, read
from papermill.exceptions import PapermillExecutionError

CELL_TIMEOUT_SECONDS = 3600
KERNEL_START_SECONDS = 120


class OwnKernelManager(AsyncKernelManager):
    """Starts the kernel of the running interpreter, whatever kernels are registered on the machine.

    What kernel and runner tell each other holds answers; it is encrypted where the machine can. The user's own
    IPython profile stays out: what it runs at the start could change a report.
    """

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._profile = tempfile.mkdtemp(prefix="sivsen-kernel-")
        weakref.finalize(self, shutil.rmtree, self._profile, ignore_errors=True)
        self.transport_encryption = "auto" if zmq.has("curve") else "disabled"

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return the specification of an IPython kernel in this interpreter."""
        return KernelSpec(
            # The kernel's own log would put traces on the terminal; what a cell prints is not part of it. A file
            # in the working folder that is named like a module must not be taken for it.
            argv=[
                *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
                *("--log-level=CRITICAL", "--InteractiveShellApp.ignore_cwd=True"),
                # quit() and exit() would let the kernel go on with the next cells until it gets round to leaving.
                "--InteractiveShellApp.exec_lines=[\"get_ipython().ask_exit = __import__('sys').exit\"]",
            ],
            display_name="sivsen",
            language="python",
            env={"IPYTHONDIR": self._profile},
            metadata={"supported_encryption": "curve"},
        )


def execute_notebook(
    source: Path, target: Path, *, parameters: Mapping[str, Any], folder: Path
) -> tuple[NotebookNode | None, str]:
    """Run a notebook through papermill.

    Parameters
    ----------
    source, target : Path
        Notebook that is read, and where the executed one is written.
    parameters : mapping
        Checked parameters to inject.
    folder : Path
        Working folder of the kernel.

    Returns
    -------
    notebook : NotebookNode or None
        What papermill left behind, complete or not; None when it left nothing.
    fault : str
        Why papermill stopped, in words, or "". Whether the run is a success is for `judge_notebook` to say.
    """
    if not any("parameters" in cell.metadata.get("tags", ()) for cell in read(source, as_version=4).cells):
        return None, "the notebook has no cell tagged parameters"
    logging.getLogger("papermill").setLevel(logging.ERROR)
    fault = ""
    try:
        papermill.execute_notebook(
            str(source),
            str(target),
            parameters=dict(parameters),
            cwd=str(folder),
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            start_timeout=KERNEL_START_SECONDS,
            execution_timeout=CELL_TIMEOUT_SECONDS,
            kernel_manager_class=f"{OwnKernelManager.__module__}.{OwnKernelManager.__name__}",
        )
    except PapermillExecutionError as error:
        fault = f"a cell stopped with {error.ename}"
    except DeadKernelError:
        fault = "the kernel died in mid-run"
    except (RuntimeError, TimeoutError, OSError) as error:
        fault = f"the notebook could not be run ({type(error).__name__})"
    return (read(target, as_version=4) if target.is_file() else None), fault
