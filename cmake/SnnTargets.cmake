# Libraries and tools that use MLIR: only the two shared libraries are linked.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# One string in LLVM's configuration.
separate_arguments(SNN_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})

# The header set that every MLIR translation unit reads, compiled once.
add_library(snn_mlir_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/MlirPch.cpp)
target_compile_definitions(snn_mlir_pch PRIVATE ${SNN_LLVM_DEFINITIONS})
target_include_directories(snn_mlir_pch SYSTEM PUBLIC ${LLVM_INCLUDE_DIRS}
                           ${MLIR_INCLUDE_DIRS})
# The definitions that the imported libraries carry must agree, or the header is
# not used.
target_link_libraries(snn_mlir_pch PUBLIC MLIR LLVM)
target_precompile_headers(snn_mlir_pch PRIVATE
                          ${PROJECT_SOURCE_DIR}/cmake/MlirPch.h)

# snn_add_library(NAME SOURCES... DEPENDS tablegen... LINK libraries...)
function(snn_configure_mlir_target name)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(${name} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${LLVM_INCLUDE_DIRS}>
    $<BUILD_INTERFACE:${MLIR_INCLUDE_DIRS}>)
  target_compile_definitions(${name} PRIVATE ${SNN_LLVM_DEFINITIONS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  target_precompile_headers(${name} REUSE_FROM snn_mlir_pch)
  target_link_libraries(${name} PUBLIC MLIR LLVM)
endfunction()

function(snn_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  snn_configure_mlir_target(${name})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY SNN_LIBRARIES ${name})
endfunction()

function(snn_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  snn_configure_mlir_target(${name})
  # As the precompiled header was made; CMake compiles executables with -fPIE.
  target_compile_options(${name} PRIVATE -fPIC)
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
