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
set(CPACK_PACKAGE_CONTACT "The SNNC developers <snnc@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "compiles trained ONNX transformers to spiking networks")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL snnc python dev)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(SNN_MLIR_NOTE "MLIR 22 is in Debian 12's security archive.")
set(CPACK_COMPONENT_SNNC_DESCRIPTION
  "The compiler snnc, the virtual chip and the tools around them. ${SNN_MLIR_NOTE}")
set(CPACK_DEBIAN_SNNC_PACKAGE_NAME snnc)
set(CPACK_DEBIAN_SNNC_PACKAGE_SHLIBDEPS ON)
# Simulators are compiled where they are made.
set(CPACK_DEBIAN_SNNC_PACKAGE_DEPENDS "g++ | c++-compiler, zlib1g-dev")
set(CPACK_DEBIAN_SNNC_PACKAGE_RECOMMENDS "python3-snnc")

set(CPACK_COMPONENT_PYTHON_DESCRIPTION
  "Compile, run, evaluate and train spiking networks from Python.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-snnc)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
  "python3 (>= 3.9), python3-numpy, snnc (>= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS
  "python3-torch, python3-onnx, python3-matplotlib, python3-tqdm")

set(CPACK_COMPONENT_DEV_DESCRIPTION
  "For programs that use the compiler as a library. ${SNN_MLIR_NOTE}")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME snnc-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "snnc (= ${PROJECT_VERSION}), libmlir-22-dev, llvm-22-dev, libhdf5-dev")

include(CPack)
