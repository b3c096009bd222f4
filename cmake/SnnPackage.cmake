# Debian packages: `cpack -G DEB` in the build folder.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#   snnc          tools, the runtime that simulators link, chips, examples, manual
#                 pages, completion
#   python3-snnc  the Python package, for every architecture
#   snnc-dev      the compiler's libraries, headers and CMake package

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME snnc)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# The project has no address; this domain belongs to nobody (RFC 2606).
set(CPACK_PACKAGE_CONTACT "The SNNC developers <developers@snnc.invalid>")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL snnc python dev)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# What a package is, then its description.
set(SNN_MLIR_NOTE "MLIR 22 is in the security archive of Debian 12.")
set(CPACK_COMPONENT_SNNC_DESCRIPTION "compiler of ONNX transformers to spiking networks
SNNC compiles trained ONNX transformers to spiking networks: a simulator, and
the programming image of a chip with crossbars, with its energy report and a
virtual chip to run it on.
.
${SNN_MLIR_NOTE}")
set(CPACK_DEBIAN_SNNC_PACKAGE_NAME snnc)
set(CPACK_DEBIAN_SNNC_PACKAGE_SHLIBDEPS ON)
# Simulators are compiled where they are made.
set(CPACK_DEBIAN_SNNC_PACKAGE_DEPENDS "g++ | c++-compiler, zlib1g-dev")
set(CPACK_DEBIAN_SNNC_PACKAGE_RECOMMENDS "python3-snnc")

set(CPACK_COMPONENT_PYTHON_DESCRIPTION "SNNC for Python: compile, run, train spiking networks
Compiles ONNX models and PyTorch modules with snnc, runs them without copies,
records spikes, evaluates with confidence intervals, and trains with
quantisers, dead zones and the noise of crossbars. With snn-report and
snn-sweep.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-snnc)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
  "python3 (>= 3.9), python3-numpy, snnc (>= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS
  "python3-torch, python3-onnx, python3-matplotlib, python3-tqdm, python3-yaml, python3-h5py")

set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/cmake/debian/python/postinst
  ${PROJECT_SOURCE_DIR}/cmake/debian/python/prerm)
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)

set(CPACK_COMPONENT_DEV_DESCRIPTION "SNNC's compiler as a library
Headers, libraries and the CMake package for programs that use the compiler
or the virtual chip.
.
${SNN_MLIR_NOTE}")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME snnc-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "snnc (= ${PROJECT_VERSION}), libmlir-22-dev, llvm-22-dev, libonnx-dev, libprotobuf-dev, zlib1g-dev")
if(SNN_ENABLE_NIR)
  string(APPEND CPACK_DEBIAN_DEV_PACKAGE_DEPENDS ", libhdf5-dev")
endif()

# Licence, history and what lintian need not say.
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian/Documents.cmake)

include(CPack)
