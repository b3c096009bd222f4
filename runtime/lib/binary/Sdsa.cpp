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

/// Whether an element is above 1.
static bool hasCounts(const Tensor &train) {
  const uint8_t *elements = train.data<uint8_t>();
  uint8_t all = 0;
  for (int64_t i = 0, n = train.size(); i < n; ++i)
    all |= elements[i];
  return all > 1;
}

static SdsaArguments checkSdsa(const Tensor &q, const Tensor &k,
                               const Tensor &v, const Tensor *mask,
                               int32_t variant) {
  const char *op = "sdsa";
  for (const Tensor *t : {&q, &k, &v})
    requireType(op, *t, DType::U8);
  Shape values = v.shape();
  bool fits = q.rank() >= 3 && v.rank() == q.rank();
  if (fits)
    values.back() = q.dim(-1);
  require(fits && k.shape() == q.shape() && values == q.shape(), op,
          "trains of shapes " + toString(q.shape()) + ", " +
              toString(k.shape()) + " and " + toString(v.shape()) +
              ", expected one shape [..., heads, tokens, channels], but for "
              "the channels of the last");
  require(variant >= 1 && variant <= 4, op,
          "variant " + std::to_string(variant) + ", expected 1 to 4");
  bool counts = hasCounts(q) || hasCounts(k) || hasCounts(v);
  require(variant >= 3 || (!counts && v.shape() == q.shape()), op,
          "variants 1 and 2 take binary trains of one shape");
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
          v.dim(-1),
          variant,
          counts,
          nullptr};
}

/// The factors of sums of trains like `v`.
static SumScales checkScales(const Tensor &v, const SdsaParameters &parameters,
                             const Tensor *scales) {
  SumScales result;
  result.all = parameters.scale;
  if (!scales)
    return result;
  const char *op = "sdsa";
  requireType(op, *scales, DType::F32);
  require(parameters.variant >= 3, op, "scales stand with variants 3 and 4");
  bool fits = scales->rank() == 3 && v.rank() >= 3;
  int64_t step = 1, steps[3] = {};
  for (int axis = 2; fits && axis >= 0; --axis) {
    fits = scales->dim(axis) == 1 || scales->dim(axis) == v.dim(axis - 3);
    steps[axis] = scales->dim(axis) == 1 ? 0 : step;
    step *= scales->dim(axis);
  }
  require(fits, op,
          "scales of shape " + toString(scales->shape()) +
              ", expected three axes that broadcast to those of " +
              toString(v.shape()));
  result.values = scales->data<float>();
  result.heads = v.dim(-3);
  result.headStep = steps[0];
  result.tokenStep = steps[1];
  result.channelStep = steps[2];
  return result;
}

static void allocateSums(const SdsaArguments &a, const Tensor &v,
                         Tensor &sums) {
  Shape shape = v.shape();
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
  require(p.lif.constants.empty(), "sdsa",
          "neurons with constants of channels, expected one for all");
  require(p.variant >= 3 || p.lif.levels.empty(), "sdsa",
          "neurons of variants 1 and 2 fire once a step");
}

void snn::rt::sdsaSums(Context &context, const Tensor &q, const Tensor &k,
                       const Tensor &v, const Tensor *mask, Tensor &sums,
                       int32_t variant) {
  SdsaArguments a = checkSdsa(q, k, v, mask, variant);
  allocateSums(a, v, sums);
  a.sums = sums.data<int32_t>();
  runInMode(context.mode, a, fast::sdsaSums, event::sdsaSums,
            stepped::sdsaSums);
}

void snn::rt::sdsa(Context &context, const Tensor &q, const Tensor &k,
                   const Tensor &v, const Tensor *mask, Tensor &out,
                   int64_t steps, const SdsaParameters &parameters,
                   const Tensor *scales) {
  SdsaArguments a = checkSdsa(q, k, v, mask, parameters.variant);
  checkSteps(q, parameters, steps);
  a.steps = steps;
  a.scales = checkScales(v, parameters, scales);
  a.neuron = parameters.lif;
  out.allocate(DType::U8, v.shape());
  a.a = out.data<uint8_t>();
  runInMode(context.mode, a, fast::sdsa, event::sdsa, stepped::sdsa);
}

void snn::rt::countSdsa(Context &context, const char *site, const Tensor &q,
                        const Tensor &k, const Tensor &v, const Tensor *mask,
                        int32_t variant) {
  if (!context.statistics)
    return;
  SdsaArguments a = checkSdsa(q, k, v, mask, variant);
  auto firing = [](const uint8_t *row, int64_t count) {
    int64_t n = 0;
    for (int64_t i = 0; i < count; ++i)
      n += row[i] != 0;
    return n;
  };
  int64_t sum = 0, d = a.channels, w = a.width;
  for (int64_t p = 0; p < a.products; ++p) {
    const uint8_t *pq = a.q + p * a.matrix(), *pk = a.k + p * a.matrix(),
                  *pv = a.v + p * a.values();
    if (variant == 1) {
      for (int64_t i = 0; i < a.matrix(); ++i)
        sum += pk[i] & pv[i];
    } else if (variant == 2) {
      sum += firing(pq, a.matrix());
    } else if (!mask) {
      for (int64_t n = 0; n < a.tokens; ++n)
        sum += firing(pk + n * d, d) * firing(pv + n * w, w) +
               firing(pq + n * d, d) * w;
    } else {
      for (int64_t i = 0; i < a.tokens; ++i)
        for (int64_t j = 0; j < a.tokens; ++j) {
          if (!a.mask[i * a.tokens + j])
            continue;
          int64_t meet = 0;
          for (int64_t c = 0; c < d; ++c)
            meet += pq[i * d + c] && pk[j * d + c];
          sum += meet + (meet ? firing(pv + j * w, w) : 0);
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
  allocateSums(a, v, sums);
  int64_t d = a.channels, w = a.width;
  int32_t *y = sums.data<int32_t>();
  for (int64_t p = 0; p < a.products; ++p, y += a.sumCount()) {
    const uint8_t *pq = a.q + p * a.matrix(), *pk = a.k + p * a.matrix(),
                  *pv = a.v + p * a.values();
    for (int64_t s = 0; s < a.sumCount(); ++s) {
      int64_t i = s / w, m = s % w;
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
          sum += score * pv[j * w + m];
        }
      }
      y[s] = sum;
    }
  }
}

void reference::sdsa(const Tensor &q, const Tensor &k, const Tensor &v,
                     const Tensor *mask, Tensor &out, int64_t steps,
                     const SdsaParameters &parameters, const Tensor *scales) {
  SdsaArguments a = checkSdsa(q, k, v, mask, parameters.variant);
  checkSteps(q, parameters, steps);
  a.scales = checkScales(v, parameters, scales);
  Tensor sums, spikes;
  reference::sdsaSums(q, k, v, mask, sums, parameters.variant);
  a.sums = sums.data<int32_t>();
  Tensor x(DType::F32, sums.shape());
  for (int64_t i = 0; i < sums.size(); ++i)
    x.data<float>()[i] = a.input(i / a.sumCount(), i % a.sumCount());
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
