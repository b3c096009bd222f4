//===- Sdsa.cpp - Checks of SDSA, and its reference -------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "binary/Modes.h"

using namespace snn::rt;
using namespace snn::rt::detail;

static SdsaArguments checkSdsa(const Tensor &q, const Tensor &k,
                               const Tensor &v, const Tensor *mask,
                               int32_t variant) {
  const char *op = "sdsa";
  for (const Tensor *t : {&q, &k, &v}) {
    requireType(op, *t, DType::U8);
    require(t->shape() == q.shape() && t->rank() >= 3, op,
            "trains of shapes " + toString(q.shape()) + ", " +
                toString(k.shape()) + " and " + toString(v.shape()) +
                ", expected one shape [..., heads, tokens, channels]");
  }
  require(variant >= 1 && variant <= 4, op,
          "variant " + std::to_string(variant) + ", expected 1 to 4");
  int64_t tokens = q.dim(-2), channels = q.dim(-1);
  if (mask) {
    require(variant >= 3, op,
            "variants 1 and 2 form no scores that a mask could remove");
    requireType(op, *mask, DType::U8);
    require(mask->shape() == Shape({tokens, tokens}), op,
            "mask of shape " + toString(mask->shape()) + ", expected " +
                toString({tokens, tokens}));
  }
  int64_t products = extent(q.shape(), 0, q.rank() - 2);
  return {q.data<uint8_t>(),
          k.data<uint8_t>(),
          v.data<uint8_t>(),
          mask ? mask->data<uint8_t>() : nullptr,
          products,
          tokens,
          channels,
          variant,
          nullptr,
          1,
          1.0f,
          {},
          nullptr};
}

static void allocateSums(const SdsaArguments &a, const Tensor &q,
                         Tensor &sums) {
  Shape shape = q.shape();
  if (!a.isProduct())
    shape[shape.size() - 2] = 1;
  sums.allocate(DType::I32, shape);
}

static void checkSteps(const Tensor &q, const SdsaParameters &p,
                       int64_t steps) {
  require(steps >= 1 && q.dim(0) % steps == 0, "sdsa",
          "axis 0 of shape " + toString(q.shape()) + " is no multiple of the " +
              std::to_string(steps) + " steps");
  require(p.lif.tau >= 1, "sdsa",
          "tau of " + std::to_string(p.lif.tau) + ", expected 1 or more");
}

void snn::rt::sdsaSums(Context &context, const Tensor &q, const Tensor &k,
                       const Tensor &v, const Tensor *mask, Tensor &sums,
                       int32_t variant) {
  SdsaArguments a = checkSdsa(q, k, v, mask, variant);
  allocateSums(a, q, sums);
  a.sums = sums.data<int32_t>();
  runInMode(context.mode, a, fast::sdsaSums, event::sdsaSums,
            stepped::sdsaSums);
}

void snn::rt::sdsa(Context &context, const Tensor &q, const Tensor &k,
                   const Tensor &v, const Tensor *mask, Tensor &out,
                   int64_t steps, const SdsaParameters &parameters) {
  SdsaArguments a = checkSdsa(q, k, v, mask, parameters.variant);
  checkSteps(q, parameters, steps);
  a.steps = steps;
  a.scale = parameters.scale;
  a.neuron = parameters.lif;
  out.allocate(DType::U8, q.shape());
  a.a = out.data<uint8_t>();
  runInMode(context.mode, a, fast::sdsa, event::sdsa, stepped::sdsa);
}

void snn::rt::countSdsa(Context &context, const char *site, const Tensor &q,
                        const Tensor &k, const Tensor &v, const Tensor *mask,
                        int32_t variant) {
  if (!context.statistics)
    return;
  SdsaArguments a = checkSdsa(q, k, v, mask, variant);
  auto ones = [](const uint8_t *row, int64_t count) {
    int64_t n = 0;
    for (int64_t i = 0; i < count; ++i)
      n += row[i];
    return n;
  };
  int64_t sum = 0, d = a.channels;
  for (int64_t at = 0; at < a.products * a.matrix(); at += a.matrix()) {
    const uint8_t *pq = a.q + at, *pk = a.k + at, *pv = a.v + at;
    if (variant == 1) {
      for (int64_t i = 0; i < a.matrix(); ++i)
        sum += pk[i] & pv[i];
    } else if (variant == 2) {
      sum += ones(pq, a.matrix());
    } else if (!mask) {
      for (int64_t n = 0; n < a.tokens; ++n)
        sum +=
            ones(pk + n * d, d) * ones(pv + n * d, d) + ones(pq + n * d, d) * d;
    } else {
      for (int64_t i = 0; i < a.tokens; ++i)
        for (int64_t j = 0; j < a.tokens; ++j) {
          if (!a.mask[i * a.tokens + j])
            continue;
          int64_t meet = 0;
          for (int64_t c = 0; c < d; ++c)
            meet += pq[i * d + c] & pk[j * d + c];
          sum += meet + (meet ? ones(pv + j * d, d) : 0);
        }
    }
  }
  context.statistics->sites[site].accumulations += sum;
}

//===----------------------------------------------------------------------===//
// Reference
//===----------------------------------------------------------------------===//

void reference::sdsaSums(const Tensor &q, const Tensor &k, const Tensor &v,
                         const Tensor *mask, Tensor &sums, int32_t variant) {
  SdsaArguments a = checkSdsa(q, k, v, mask, variant);
  allocateSums(a, q, sums);
  int64_t d = a.channels;
  int32_t *y = sums.data<int32_t>();
  for (int64_t p = 0; p < a.products; ++p, y += a.sumCount()) {
    const uint8_t *pq = a.q + p * a.matrix(), *pk = a.k + p * a.matrix(),
                  *pv = a.v + p * a.matrix();
    for (int64_t s = 0; s < a.sumCount(); ++s) {
      int64_t i = s / d, m = s % d;
      int32_t sum = 0;
      for (int64_t j = 0; j < a.tokens; ++j) {
        if (variant == 1) {
          sum += pk[j * d + m] * pv[j * d + m];
        } else if (variant == 2) {
          sum += pq[j * d + m];
        } else if (!mask || a.mask[i * a.tokens + j]) {
          int32_t score = 0;
          for (int64_t c = 0; c < d; ++c)
            score += pq[i * d + c] * pk[j * d + c];
          sum += score * pv[j * d + m];
        }
      }
      y[s] = sum;
    }
  }
}

void reference::sdsa(const Tensor &q, const Tensor &k, const Tensor &v,
                     const Tensor *mask, Tensor &out, int64_t steps,
                     const SdsaParameters &parameters) {
  SdsaArguments a = checkSdsa(q, k, v, mask, parameters.variant);
  checkSteps(q, parameters, steps);
  Tensor sums, spikes;
  reference::sdsaSums(q, k, v, mask, sums, parameters.variant);
  Tensor x(DType::F32, sums.shape());
  for (int64_t i = 0; i < sums.size(); ++i)
    x.data<float>()[i] =
        static_cast<float>(sums.data<int32_t>()[i]) * parameters.scale;
  reference::lif(x, spikes, steps, parameters.lif);
  if (a.isProduct()) {
    out = spikes;
    return;
  }
  out.allocate(DType::U8, q.shape());
  for (int64_t i = 0; i < out.size(); ++i)
    out.data<uint8_t>()[i] =
        a.gated()[i] &
        spikes.data<uint8_t>()[i / a.matrix() * a.channels + i % a.channels];
}
