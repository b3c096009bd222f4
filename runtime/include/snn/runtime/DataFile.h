//===- DataFile.h - Named arrays in files -----------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs and outputs of every tool: numpy .npz (stored or deflated) and .npy
// files, and ONNX TensorProto files (.pb).
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_DATAFILE_H
#define SNN_RUNTIME_DATAFILE_H

#include "snn/runtime/Tensor.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snn::rt {

/// Arrays in file order. A .npy or .pb file gives one array; a .npy file's name
/// is empty, a .pb file's name is the TensorProto's.
using NamedArrays = std::vector<std::pair<std::string, Tensor>>;

/// Reads by extension (.npz, .npy, .pb). Float16 is widened to F32, U16/U32/U64
/// to I32/I64; Fortran order is transposed. Throws `Error` that names the file
/// and what is wrong with it.
NamedArrays readArrays(const std::string &path);

/// Writes .npz (stored) or, for one array, .npy. Written to a temporary name
/// and renamed. Bytes depend only on the arrays.
void writeArrays(const std::string &path, const NamedArrays &arrays);

/// Writes text atomically.
void writeTextFile(const std::string &path, const std::string &text);

/// Writes bytes atomically: under a temporary name, then renamed.
void writeFile(const std::string &path, std::string_view bytes);

} // namespace snn::rt

#endif // SNN_RUNTIME_DATAFILE_H
