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

#include "snn/runtime/FileOutput.h"
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

/// The bytes of a file of that name: .npz (stored) or, for one array, .npy.
/// They depend only on the arrays.
std::string formatArrays(const std::string &path, const NamedArrays &arrays);
/// Writes them.
void writeArrays(const std::string &path, const NamedArrays &arrays);

/// Writes text.
void writeTextFile(const std::string &path, const std::string &text);

} // namespace snn::rt

#endif // SNN_RUNTIME_DATAFILE_H
