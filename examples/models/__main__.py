# SPDX-License-Identifier: BSD-2-Clause
"""python3 examples/models MODEL [OPTION]... PATTERN [PATH]...

MODEL is a module beside this one, or `pure.` and its name for the one that is written without the library. The
modules are named after what they show, some of them like those of Python that they use: so the directory that leads
sys.path must be the one above this.
"""
import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until grep.main() decides: no traceback from amid an import

import os  # noqa: E402
import sys  # noqa: E402
from importlib import import_module  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = ("sequential", "threads", "interpreters", "coroutines", "multiprocessing", "concurrent_futures", "distributed")

if __name__ == "__main__":
    sys.path[:1] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "python")]
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name.removeprefix("pure.") not in MODELS:
        sys.exit(f"usage: {sys.executable} {sys.argv[0]} [pure.]MODEL [OPTION]... PATTERN [PATH]...\n"
                 f"MODEL is one of {', '.join(MODELS)}")
    from models import grep
    grep.main(name, import_module(f"models.{name}"), sys.argv[2:])
