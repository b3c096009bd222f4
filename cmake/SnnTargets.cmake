# Libraries and tools that use MLIR: only the two shared libraries are linked.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# One string in LLVM's configuration.
separate_arguments(SNN_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})

# Precompiled headers. Parsing MLIR and the dialects takes nine tenths of the time of
# a source that uses them: each set is parsed once, and a library names the richest set
# that it needs nearly all of.
#
#   Mlir      MLIR alone: what the dialects build on
#   Onnx      and the onnx dialect
#   Dialects  and the spike and xbar dialects and the interpreter's interface
function(snn_add_pch name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  string(TOLOWER snn_pch_${name} target)
  add_library(${target} STATIC ${PROJECT_SOURCE_DIR}/cmake/pch/${name}.cpp)
  target_compile_definitions(${target} PRIVATE ${SNN_LLVM_DEFINITIONS})
  target_include_directories(${target} PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include
    ${PROJECT_SOURCE_DIR}/runtime/image/include)
  target_include_directories(${target} SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS}
                             ${MLIR_INCLUDE_DIRS})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  # The definitions that the imported libraries carry must agree, or the header is
  # not used.
  target_link_libraries(${target} PRIVATE MLIR LLVM snn_runtime)
  target_precompile_headers(${target} PRIVATE
                            ${PROJECT_SOURCE_DIR}/cmake/pch/${name}.h)
  if(ARG_DEPENDS)
    add_dependencies(${target} ${ARG_DEPENDS})
  endif()
endfunction()

snn_add_pch(Mlir)
set(SNN_ONNX_HEADERS MLIROnnxOpsIncGen MLIROnnxAttrsIncGen MLIRDigitalCostInterfaceIncGen
  MLIRKernelOpInterfaceIncGen MLIRSampleAxesInterfaceIncGen)
snn_add_pch(Onnx DEPENDS ${SNN_ONNX_HEADERS})
snn_add_pch(Dialects DEPENDS ${SNN_ONNX_HEADERS}
  MLIRSpikeInterfacesIncGen MLIRSpikeOpsIncGen MLIRSpikeAttrsIncGen
  MLIRXbarInterfacesIncGen MLIRXbarOpsIncGen MLIRXbarAttrsIncGen)

# snn_add_library(NAME SOURCES... [PCH Mlir|Onnx|Dialects] DEPENDS tablegen... LINK
# libraries...); the set of headers is Dialects unless said otherwise.
function(snn_configure_mlir_target name pch)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(${name} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${LLVM_INCLUDE_DIRS}>
    $<BUILD_INTERFACE:${MLIR_INCLUDE_DIRS}>)
  target_compile_definitions(${name} PRIVATE ${SNN_LLVM_DEFINITIONS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  if(NOT pch)
    set(pch Dialects)
  endif()
  string(TOLOWER snn_pch_${pch} pch)
  target_precompile_headers(${name} REUSE_FROM ${pch})
  target_link_libraries(${name} PUBLIC MLIR LLVM)
endfunction()

function(snn_add_library name)
  cmake_parse_arguments(ARG "" "PCH" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  snn_configure_mlir_target(${name} "${ARG_PCH}")
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY SNN_LIBRARIES ${name})
endfunction()

function(snn_add_tool name)
  cmake_parse_arguments(ARG "" "PCH" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  snn_configure_mlir_target(${name} "${ARG_PCH}")
  # As the precompiled header was made; CMake compiles executables with -fPIE.
  target_compile_options(${name} PRIVATE -fPIC)
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
