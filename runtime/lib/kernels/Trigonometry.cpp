//===- Trigonometry.cpp - Circular and hyperbolic kernels -------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "kernels/Trigonometry.h"
#include "Support.h"

#include "snn/runtime/Kernels.h"

using namespace snn::rt;
using namespace snn::rt::detail;

/// y = f(x), rounded to float once.
template <typename F>
static void apply(const char *op, const Tensor &x, Tensor &y, F f) {
  requireType(op, x, DType::F32);
  Tensor in = x; // y may be x
  y.allocate(DType::F32, in.shape());
  const float *p = in.data<float>();
  float *q = y.data<float>();
  for (int64_t i = 0, n = in.size(); i < n; ++i)
    q[i] = static_cast<float>(f(p[i]));
}

void snn::rt::sin(const Tensor &x, Tensor &y) { apply("sin", x, y, sine); }
void snn::rt::cos(const Tensor &x, Tensor &y) { apply("cos", x, y, cosine); }
void snn::rt::tan(const Tensor &x, Tensor &y) { apply("tan", x, y, tangent); }
void snn::rt::asin(const Tensor &x, Tensor &y) { apply("asin", x, y, arcSine); }
void snn::rt::acos(const Tensor &x, Tensor &y) {
  apply("acos", x, y, arcCosine);
}
void snn::rt::atan(const Tensor &x, Tensor &y) {
  apply("atan", x, y, arcTangent);
}
void snn::rt::sinh(const Tensor &x, Tensor &y) {
  apply("sinh", x, y, hyperbolicSine);
}
void snn::rt::cosh(const Tensor &x, Tensor &y) {
  apply("cosh", x, y, hyperbolicCosine);
}
void snn::rt::asinh(const Tensor &x, Tensor &y) {
  apply("asinh", x, y, areaSine);
}
void snn::rt::acosh(const Tensor &x, Tensor &y) {
  apply("acosh", x, y, areaCosine);
}
void snn::rt::atanh(const Tensor &x, Tensor &y) {
  apply("atanh", x, y, areaTangent);
}
