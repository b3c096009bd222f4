# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""SNNC: compiles trained ONNX transformers to spiking networks.

    import snnc
    net = snnc.compile("model.onnx", calibrate=x[:256], chip="matterhorn-22nm")
    y = net.run(x)
    print(net.stats(x), net.energy())

The compiler, the virtual chip and comparisons are programs of their own, found
beside this package, in $SNNC_HOME or in PATH; the simulator runs in this
process. docs/python.md says more.
"""

from typing import Any, Dict

from . import energy, intervals, spikes
from ._chips import chips, describe_chip
from ._options import TABLE, compile
from ._version import __version__
from .comparison import Comparison, Difference, compare
from .compiled import Chip, Compiled, Phase, load
from .energy import Energy
from .errors import (CompileError, Diagnostic, Error, InputError, RunError,
                     UnsupportedError, VersionError)
from .evaluation import (Accuracy, ErrorRate, Evaluation, Sweep, evaluate,
                         sweep)
from .examples import example
from .image import Image
from .ports import Port
from .spikes import Spikes
from .statistics import SiteStatistics, Statistics

__all__ = ["Accuracy", "Chip", "Comparison", "CompileError", "Compiled",
           "Diagnostic", "Difference", "Energy", "Error", "ErrorRate",
           "Evaluation", "Image", "InputError", "Phase", "Port", "RunError",
           "SiteStatistics", "Spikes", "Statistics", "Sweep",
           "UnsupportedError", "VersionError", "__version__", "chips",
           "compare", "compile", "describe_chip", "evaluate", "example",
           "intervals", "load", "options", "spikes", "sweep"]


def options() -> Dict[str, Dict[str, Any]]:
    """The keywords of `compile`, with type, default, choices and help."""
    return {name: dict(entry) for name, entry in TABLE.items()}
