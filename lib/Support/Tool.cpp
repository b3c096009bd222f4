//===- Tool.cpp - The frame of a command line tool ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Support/Tool.h"
#include "snn/Support/OutputFile.h"
#include "snn/runtime/ProcessMemory.h"
#include "llvm/Support/WithColor.h"

#include <exception>
#include <new>

int snn::runTool(llvm::function_ref<int()> body) {
  std::set_new_handler(nullptr);
  rt::keepFreedMemory();
  int status = 1;
  try {
    status = body();
  } catch (const std::bad_alloc &) {
    llvm::WithColor::error() << "there is not enough memory\n";
  } catch (const std::exception &e) {
    llvm::WithColor::error() << e.what() << '\n';
  }
  return exitStatus(status);
}
