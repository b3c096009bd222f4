# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The lit suite: MLIR files per dialect and pass, Python programs for the rest.

Substitutions: %python, %source (the repository), %build. The feature `shared`
is there when a collection of public models lies beside the repository (or in
$SNNC_SHARED); `slow` with --param slow=1; `torch`, `h5py`, `matplotlib` and `mypy`
where Python has those packages; `mpi` where there is mpirun and the runtime was
built with MPI; `nir` in builds that read .nir files; `mkdocs` and `chromium` where
there are those programs, the latter without a limit on address space; `sanitized` where
the build has sanitizers, whose tools take several times as long.
"""

import os
import resource
import shutil
import subprocess

import lit.formats

config.name = "snn"
config.suffixes = [".mlir", ".test"]
config.test_format = lit.formats.ShTest(execute_external=False)
config.test_source_root = os.path.dirname(__file__)
config.excludes = ["Inputs", "lit.cfg.py", "lit.site.cfg.py.in"]

config.environment["PATH"] = os.pathsep.join(
    [config.snn_bin_dir, config.llvm_tools_dir, os.environ.get("PATH", "")])
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
for name in ("SNNC_SHARED", "CXX"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

# The compiler of simulators, for tests that put a program in its place.
config.environment["SNN_TEST_CXX"] = os.environ.get("CXX", "c++")

config.substitutions.append(("%python", config.snn_python))
config.substitutions.append(("%source", config.snn_source_dir))
config.substitutions.append(("%build", config.snn_build_dir))

shared = os.environ.get("SNNC_SHARED") or os.path.join(
    config.snn_source_dir, "..", "shared")
if os.path.exists(os.path.join(shared, "models", "manifest.json")):
    config.available_features.add("shared")
# Packages of Python that some tests need.
wanted = ("torch", "h5py", "matplotlib", "mypy")
found = subprocess.run(
    [config.snn_python, "-c", "import importlib.util as u, sys\n"
     "print(*[n for n in sys.argv[1:] if u.find_spec(n)])", *wanted],
    stdout=subprocess.PIPE, text=True).stdout.split()
config.available_features.update(found)
if shutil.which("mpirun") and os.path.exists(os.path.join(
        config.snn_build_dir, "runtime", "libsnn_mpi.so")):
    config.available_features.add("mpi")
if config.snn_enable_nir.upper() in ("ON", "1", "TRUE", "YES"):
    config.available_features.add("nir")
if shutil.which("mkdocs"):
    config.available_features.add("mkdocs")
# A browser reserves more address space than a limit allows.
if shutil.which("chromium") and resource.getrlimit(
        resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
    config.available_features.add("chromium")
if "-fsanitize=" in config.snn_cxx_flags:
    config.available_features.add("sanitized")
if lit_config.params.get("slow"):
    config.available_features.add("slow")
