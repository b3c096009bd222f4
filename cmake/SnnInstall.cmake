# What `cmake --install` copies, and the package that `find_package(SNNC)` reads.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The runtime and its headers are installed by runtime/, the tools by
# snn_add_tool. Here follow the compiler's libraries and headers (C++, TableGen and
# what TableGen made) and the package files. All paths are relative to the prefix,
# so that an installed tree may be moved.

include(CMakePackageConfigHelpers)
find_program(SNN_PYTHON3 python3 PATHS /usr/bin NO_DEFAULT_PATH)

set(SNN_INSTALL_CMAKEDIR ${CMAKE_INSTALL_LIBDIR}/cmake/SNNC)
get_property(SNN_LIBRARIES GLOBAL PROPERTY SNN_LIBRARIES)

# snn::Spike is SnnSpike.
foreach(library IN LISTS SNN_LIBRARIES)
  string(REGEX REPLACE "^Snn" "" export_name ${library})
  set_target_properties(${library} PROPERTIES EXPORT_NAME ${export_name})
  list(APPEND SNN_COMPILER_TARGETS snn::${export_name})
endforeach()
install(TARGETS ${SNN_LIBRARIES} EXPORT SNNCCompilerTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)

# MLIR's shared libraries lie outside of the loader's path.
set_target_properties(snn-chip snn-image snn-lsp-server snn-opt snn-run snnc PROPERTIES
  INSTALL_RPATH "${LLVM_LIBRARY_DIR}")

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/snn
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.def")
install(DIRECTORY ${PROJECT_BINARY_DIR}/include/snn
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
  FILES_MATCHING PATTERN "*.inc"
  PATTERN "CMakeFiles" EXCLUDE)

# The Python package needs no build; it finds the tools and the examples beside
# itself.
set(SNN_PYTHON_DIR lib/python3/dist-packages CACHE STRING
    "Where the Python package is installed, below the prefix")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/snnc
  DESTINATION ${SNN_PYTHON_DIR} COMPONENT python
  FILES_MATCHING PATTERN "*.py" PATTERN "py.typed"
  PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples/mimo
  DESTINATION ${CMAKE_INSTALL_DATADIR}/snnc/examples
  FILES_MATCHING PATTERN "*.onnx")

install(PROGRAMS ${PROJECT_SOURCE_DIR}/python/snn-report
  DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT python)

# Manual pages and completion say what the tools say of themselves.
function(snn_install_manual component)
  list(TRANSFORM ARGN REPLACE "(.+)" "\"\\1\"")
  list(JOIN ARGN " " tools)
  install(CODE "
    execute_process(COMMAND \"${PROJECT_SOURCE_DIR}/scripts/make-man-pages.sh\"
      ${PROJECT_VERSION}
      \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1\"
      ${tools} COMMAND_ERROR_IS_FATAL ANY)
  " COMPONENT ${component})
endfunction()
foreach(tool snnc snn-run snn-opt snn-chip snn-image snn-lsp-server)
  list(APPEND SNN_MANUAL ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${tool})
endforeach()
snn_install_manual(snnc ${SNN_MANUAL})
snn_install_manual(python ${PROJECT_SOURCE_DIR}/python/snn-report
  ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/snn-sweep)
install(CODE "
  set(tools \"${CMAKE_RUNTIME_OUTPUT_DIRECTORY}\")
  set(share \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}\")
  foreach(place bash bash-completion/completions/snnc
                zsh zsh/vendor-completions/_snnc)
    if(NOT shell)
      set(shell \${place})
      continue()
    endif()
    execute_process(COMMAND \"${SNN_PYTHON3}\"
      \"${PROJECT_SOURCE_DIR}/scripts/make-completion.py\" \"\${tools}/snnc\"
      \${shell} \"\${share}/\${place}\" COMMAND_ERROR_IS_FATAL ANY)
    unset(shell)
  endforeach()
" COMPONENT snnc)

# The runtime needs zlib and threads only; the compiler's libraries need MLIR and
# are a component of their own.
install(EXPORT SNNCTargets NAMESPACE snn::
  DESTINATION ${SNN_INSTALL_CMAKEDIR} COMPONENT dev)
install(EXPORT SNNCCompilerTargets NAMESPACE snn::
  DESTINATION ${SNN_INSTALL_CMAKEDIR} COMPONENT dev)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/SNNCConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/SNNCConfig.cmake
  INSTALL_DESTINATION ${SNN_INSTALL_CMAKEDIR}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_BINDIR
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cmake/SNNCConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/cmake/SNNCConfig.cmake
  ${PROJECT_BINARY_DIR}/cmake/SNNCConfigVersion.cmake
  DESTINATION ${SNN_INSTALL_CMAKEDIR} COMPONENT dev)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/snnc)
