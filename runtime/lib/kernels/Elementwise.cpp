//===- Elementwise.cpp - Elementwise kernels --------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parallel.h"
#include "Support.h"
#include "isa/Isa.h"

#include "snn/runtime/Kernels.h"
#include "snn/runtime/Math.h"

#include <cmath>
#include <limits>

using namespace snn::rt;
using namespace snn::rt::detail;

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

/// Elements that are worth a part for another thread.
static constexpr int64_t elementGrain = 8192;

/// Runs a float loop over all of x.
static void unaryFloat(const char *op, UnaryLoop loop, const Tensor &x,
                       Tensor &y) {
  requireType(op, x, DType::F32);
  Tensor in = x; // y may be x
  y.allocate(DType::F32, in.shape());
  const float *p = in.data<float>();
  float *q = y.data<float>();
  parallelFor(in.size(), elementGrain, [&](int64_t begin, int64_t end) {
    loops().unary[loop](p + begin, q + begin, end - begin);
  });
}

/// Runs `f` over the elements of an I32 or I64 tensor, a float loop otherwise.
template <typename F>
static void unaryNumber(const char *op, UnaryLoop loop, const Tensor &x,
                        Tensor &y, F f) {
  auto run = [&](auto zero) {
    using T = decltype(zero);
    Tensor in = x;
    y.allocate(in.dtype(), in.shape());
    const T *p = in.data<T>();
    T *q = y.data<T>();
    for (int64_t i = 0, n = in.size(); i < n; ++i)
      q[i] = f(p[i]);
  };
  if (x.dtype() == DType::I32)
    run(int32_t());
  else if (x.dtype() == DType::I64)
    run(int64_t());
  else
    unaryFloat(op, loop, x, y);
}

void snn::rt::neg(const Tensor &x, Tensor &y) {
  unaryNumber("neg", UnaryNeg, x, y, [](auto v) {
    using U = std::make_unsigned_t<decltype(v)>;
    return static_cast<decltype(v)>(U(0) - static_cast<U>(v));
  });
}
void snn::rt::abs(const Tensor &x, Tensor &y) {
  unaryNumber("abs", UnaryAbs, x, y, [](auto v) {
    using U = std::make_unsigned_t<decltype(v)>;
    return static_cast<decltype(v)>(v < 0 ? U(0) - static_cast<U>(v)
                                          : static_cast<U>(v));
  });
}
void snn::rt::relu(const Tensor &x, Tensor &y) {
  unaryNumber("relu", UnaryRelu, x, y,
              [](auto v) { return v < 0 ? decltype(v)(0) : v; });
}
void snn::rt::sqrt(const Tensor &x, Tensor &y) {
  unaryFloat("sqrt", UnarySqrt, x, y);
}
void snn::rt::reciprocal(const Tensor &x, Tensor &y) {
  unaryFloat("reciprocal", UnaryReciprocal, x, y);
}
void snn::rt::exp(const Tensor &x, Tensor &y) {
  unaryFloat("exp", UnaryExp, x, y);
}
void snn::rt::log(const Tensor &x, Tensor &y) {
  unaryFloat("log", UnaryLog, x, y);
}
void snn::rt::erf(const Tensor &x, Tensor &y) {
  unaryFloat("erf", UnaryErf, x, y);
}
void snn::rt::tanh(const Tensor &x, Tensor &y) {
  unaryFloat("tanh", UnaryTanh, x, y);
}
void snn::rt::sigmoid(const Tensor &x, Tensor &y) {
  unaryFloat("sigmoid", UnarySigmoid, x, y);
}
void snn::rt::silu(const Tensor &x, Tensor &y) {
  unaryFloat("silu", UnarySilu, x, y);
}
void snn::rt::gelu(const Tensor &x, Tensor &y, const std::string &approximate) {
  require(approximate == "none" || approximate == "tanh", "gelu",
          "approximate must be none or tanh, not '" + approximate + "'");
  unaryFloat("gelu", approximate == "tanh" ? UnaryGeluTanh : UnaryGelu, x, y);
}

/// A bound as an element: clamped to the range of T.
template <typename T> static T boundAs(double bound) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(bound);
  } else {
    double lo = static_cast<double>(std::numeric_limits<T>::min());
    double hi = static_cast<double>(std::numeric_limits<T>::max());
    if (bound <= lo)
      return std::numeric_limits<T>::min();
    if (bound >= hi)
      return std::numeric_limits<T>::max();
    return static_cast<T>(bound);
  }
}

void snn::rt::clip(const Tensor &x, Tensor &y, double lo, double hi) {
  auto run = [&](auto zero) {
    using T = decltype(zero);
    Tensor in = x;
    y.allocate(in.dtype(), in.shape());
    const T *p = in.data<T>();
    T *q = y.data<T>();
    T low = boundAs<T>(lo), high = boundAs<T>(hi);
    for (int64_t i = 0, n = in.size(); i < n; ++i) {
      T v = p[i] < low ? low : p[i];
      q[i] = v > high ? high : v;
    }
  };
  switch (x.dtype()) {
  case DType::F32:
    return run(float());
  case DType::I32:
    return run(int32_t());
  case DType::I64:
    return run(int64_t());
  case DType::I8:
    return run(int8_t());
  case DType::U8:
    return run(uint8_t());
  default:
    throw Error(std::string("clip: no elements of type ") + name(x.dtype()));
  }
}

void snn::rt::logical_not(const Tensor &x, Tensor &y) {
  requireType("logical_not", x, DType::Bool);
  Tensor in = x;
  y.allocate(DType::Bool, in.shape());
  const bool *p = in.data<bool>();
  bool *q = y.data<bool>();
  for (int64_t i = 0, n = in.size(); i < n; ++i)
    q[i] = !p[i];
}

/// A C++ conversion with every case defined: float to integer truncates,
/// saturates and maps NaN to 0.
template <typename To, typename From> static To convert(From v) {
  if constexpr (std::is_same_v<To, bool>) {
    return v != From(0);
  } else if constexpr (std::is_floating_point_v<From> &&
                       std::is_integral_v<To>) {
    if (!(v == v))
      return 0;
    if (v <= static_cast<From>(std::numeric_limits<To>::min()))
      return std::numeric_limits<To>::min();
    if (v >= static_cast<From>(std::numeric_limits<To>::max()))
      return std::numeric_limits<To>::max();
    return static_cast<To>(v);
  } else {
    return static_cast<To>(v);
  }
}

void snn::rt::cast(const Tensor &x, Tensor &y, const std::string &to) {
  const DType all[] = {DType::Bool, DType::U8,  DType::I8,  DType::I16,
                       DType::I32,  DType::I64, DType::F32, DType::F64};
  const DType *target = nullptr;
  for (const DType &t : all)
    if (to == name(t))
      target = &t;
  require(target, "cast", "unknown element type '" + to + "'");
  // The result may be wider than the operand: never in place.
  Tensor in = &x == &y ? x.clone() : x;
  dispatch(*target, [&](auto t) {
    using To = decltype(t);
    y.allocate(*target, in.shape());
    To *q = y.data<To>();
    dispatch(in.dtype(), [&](auto f) {
      using From = decltype(f);
      const From *p = in.data<From>();
      for (int64_t i = 0, n = in.size(); i < n; ++i)
        q[i] = convert<To>(p[i]);
    });
  });
}

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

/// Runs row(a, strideA, b, strideB, y, n) over the broadcast of a and b.
template <typename A, typename B, typename Y, typename Row>
static void broadcast(const char *op, const Tensor &a, const Tensor &b,
                      Tensor &y, DType result, Row row) {
  Tensor x0 = a, x1 = b; // y may be one of them
  Shape shape = broadcastShapes(op, x0.shape(), x1.shape());
  y.allocate(result, shape);
  std::vector<int64_t> strides[3] = {broadcastStrides(x0.shape(), shape),
                                     broadcastStrides(x1.shape(), shape),
                                     rowMajorStrides(shape)};
  StridedLoop<3> loop(shape, strides);
  const A *p = x0.data<A>();
  const B *q = x1.data<B>();
  Y *r = y.data<Y>();
  int64_t n = loop.innerSize(), sa = loop.innerStride(0),
          sb = loop.innerStride(1);
  if (loop.rows() == 1)
    return parallelFor(n, elementGrain, [&](int64_t begin, int64_t end) {
      row(p + begin * sa, sa, q + begin * sb, sb, r + begin, end - begin);
    });
  int64_t grain = std::max<int64_t>(1, elementGrain / std::max<int64_t>(n, 1));
  parallelFor(loop.rows(), grain, [&](int64_t begin, int64_t end) {
    loop.forEachRow(begin, end, [&](const int64_t *o) {
      row(p + o[0], sa, q + o[1], sb, r + o[2], n);
    });
  });
}

/// Elementwise f over the broadcast of a and b.
template <typename A, typename B, typename Y, typename F>
static void broadcastElements(const char *op, const Tensor &a, const Tensor &b,
                              Tensor &y, DType result, F f) {
  broadcast<A, B, Y>(
      op, a, b, y, result,
      [f](const A *p, int64_t sa, const B *q, int64_t sb, Y *r, int64_t n) {
        for (int64_t i = 0; i < n; ++i)
          r[i] = f(p[i * sa], q[i * sb]);
      });
}

/// F32 by the vector loop, integers by `f`.
template <typename F>
static void arithmetic(const char *op, BinaryLoop loop, const Tensor &a,
                       const Tensor &b, Tensor &y, F f) {
  require(a.dtype() == b.dtype(), op,
          std::string("operands are ") + name(a.dtype()) + " and " +
              name(b.dtype()));
  switch (a.dtype()) {
  case DType::F32:
    return broadcast<float, float, float>(op, a, b, y, DType::F32,
                                          loops().binary[loop]);
  case DType::I32:
    return broadcastElements<int32_t, int32_t, int32_t>(op, a, b, y, DType::I32,
                                                        f);
  case DType::I64:
    return broadcastElements<int64_t, int64_t, int64_t>(op, a, b, y, DType::I64,
                                                        f);
  case DType::I16:
    return broadcastElements<int16_t, int16_t, int16_t>(op, a, b, y, DType::I16,
                                                        f);
  case DType::I8:
    return broadcastElements<int8_t, int8_t, int8_t>(op, a, b, y, DType::I8, f);
  case DType::U8:
    return broadcastElements<uint8_t, uint8_t, uint8_t>(op, a, b, y, DType::U8,
                                                        f);
  default:
    throw Error(std::string(op) + ": no elements of type " + name(a.dtype()));
  }
}

/// Two's complement arithmetic that wraps.
template <typename T> using Unsigned = std::make_unsigned_t<T>;

void snn::rt::add(const Tensor &a, const Tensor &b, Tensor &y) {
  arithmetic("add", BinaryAdd, a, b, y, [](auto u, auto v) {
    using T = decltype(u);
    return static_cast<T>(static_cast<Unsigned<T>>(u) +
                          static_cast<Unsigned<T>>(v));
  });
}
void snn::rt::sub(const Tensor &a, const Tensor &b, Tensor &y) {
  arithmetic("sub", BinarySub, a, b, y, [](auto u, auto v) {
    using T = decltype(u);
    return static_cast<T>(static_cast<Unsigned<T>>(u) -
                          static_cast<Unsigned<T>>(v));
  });
}
void snn::rt::mul(const Tensor &a, const Tensor &b, Tensor &y) {
  arithmetic("mul", BinaryMul, a, b, y, [](auto u, auto v) {
    using T = decltype(u);
    return static_cast<T>(static_cast<Unsigned<T>>(u) *
                          static_cast<Unsigned<T>>(v));
  });
}
void snn::rt::div(const Tensor &a, const Tensor &b, Tensor &y) {
  arithmetic("div", BinaryDiv, a, b, y, [](auto u, auto v) {
    using T = decltype(u);
    if (v == 0)
      throw Error("div: integer division by zero");
    if constexpr (std::is_signed_v<T>)
      if (v == -1)
        return static_cast<T>(Unsigned<T>(0) - static_cast<Unsigned<T>>(u));
    return static_cast<T>(u / v);
  });
}
void snn::rt::minimum(const Tensor &a, const Tensor &b, Tensor &y) {
  arithmetic("minimum", BinaryMin, a, b, y,
             [](auto u, auto v) { return v < u ? v : u; });
}
void snn::rt::maximum(const Tensor &a, const Tensor &b, Tensor &y) {
  arithmetic("maximum", BinaryMax, a, b, y,
             [](auto u, auto v) { return v > u ? v : u; });
}

/// One power. Small whole exponents of a float are products and square roots.
static float power(float x, float e) {
  if (e == 2.0f)
    return x * x;
  if (e == 1.0f)
    return x;
  if (e == 0.5f)
    return x == -std::numeric_limits<float>::infinity() ? -x : std::sqrt(x);
  if (e == -1.0f)
    return 1.0f / x;
  return math::pow(x, e);
}
template <typename T> static T power(T x, int64_t e) {
  if (e < 0) {
    if (x == 1)
      return 1;
    if (x == -1)
      return (e & 1) ? T(-1) : T(1);
    if (x == 0)
      throw Error("pow: zero to a negative power");
    return 0;
  }
  Unsigned<T> result = 1, base = static_cast<Unsigned<T>>(x);
  for (; e; e >>= 1) {
    if (e & 1)
      result *= base;
    base *= base;
  }
  return static_cast<T>(result);
}

/// The power for any pair of element types.
template <typename T, typename E> static T raise(T x, E e) {
  if constexpr (std::is_floating_point_v<T>)
    return power(x, static_cast<float>(e));
  else if constexpr (std::is_integral_v<E>)
    return power<T>(x, static_cast<int64_t>(e));
  else
    return convert<T>(std::pow(static_cast<double>(x), static_cast<double>(e)));
}

void snn::rt::pow(const Tensor &a, const Tensor &b, Tensor &y) {
  auto withBase = [&](auto base, DType type) {
    using T = decltype(base);
    dispatch(b.dtype(), [&](auto exponent) {
      using E = decltype(exponent);
      broadcastElements<T, E, T>("pow", a, b, y, type, raise<T, E>);
    });
  };
  if (a.dtype() == DType::F32)
    withBase(float(), DType::F32);
  else if (a.dtype() == DType::I32)
    withBase(int32_t(), DType::I32);
  else if (a.dtype() == DType::I64)
    withBase(int64_t(), DType::I64);
  else
    throw Error(std::string("pow: no elements of type ") + name(a.dtype()));
}

/// A comparison of two operands of one type.
template <typename F>
static void compare(const char *op, const Tensor &a, const Tensor &b, Tensor &y,
                    F f) {
  require(a.dtype() == b.dtype(), op,
          std::string("operands are ") + name(a.dtype()) + " and " +
              name(b.dtype()));
  // The result is narrower than the operands: never in place.
  Tensor x0 = &a == &y ? a.clone() : a, x1 = &b == &y ? b.clone() : b;
  dispatch(x0.dtype(), [&](auto zero) {
    using T = decltype(zero);
    broadcastElements<T, T, bool>(op, x0, x1, y, DType::Bool, f);
  });
}

void snn::rt::equal(const Tensor &a, const Tensor &b, Tensor &y) {
  compare("equal", a, b, y, [](auto u, auto v) { return u == v; });
}
void snn::rt::less(const Tensor &a, const Tensor &b, Tensor &y) {
  compare("less", a, b, y, [](auto u, auto v) { return u < v; });
}
void snn::rt::less_or_equal(const Tensor &a, const Tensor &b, Tensor &y) {
  compare("less_or_equal", a, b, y, [](auto u, auto v) { return u <= v; });
}
void snn::rt::greater(const Tensor &a, const Tensor &b, Tensor &y) {
  compare("greater", a, b, y, [](auto u, auto v) { return u > v; });
}
void snn::rt::greater_or_equal(const Tensor &a, const Tensor &b, Tensor &y) {
  compare("greater_or_equal", a, b, y, [](auto u, auto v) { return u >= v; });
}
void snn::rt::logical_and(const Tensor &a, const Tensor &b, Tensor &y) {
  broadcastElements<bool, bool, bool>("logical_and", a, b, y, DType::Bool,
                                      [](bool u, bool v) { return u && v; });
}
void snn::rt::logical_or(const Tensor &a, const Tensor &b, Tensor &y) {
  broadcastElements<bool, bool, bool>("logical_or", a, b, y, DType::Bool,
                                      [](bool u, bool v) { return u || v; });
}

void snn::rt::where(const Tensor &condition, const Tensor &a, const Tensor &b,
                    Tensor &y) {
  requireType("where", condition, DType::Bool);
  require(a.dtype() == b.dtype(), "where",
          std::string("operands are ") + name(a.dtype()) + " and " +
              name(b.dtype()));
  Tensor c = &condition == &y ? condition.clone() : condition, x0 = a, x1 = b;
  Shape shape = broadcastShapes(
      "where", c.shape(), broadcastShapes("where", x0.shape(), x1.shape()));
  y.allocate(x0.dtype(), shape);
  std::vector<int64_t> strides[4] = {
      broadcastStrides(c.shape(), shape), broadcastStrides(x0.shape(), shape),
      broadcastStrides(x1.shape(), shape), rowMajorStrides(shape)};
  StridedLoop<4> loop(shape, strides);
  int64_t n = loop.innerSize(), sc = loop.innerStride(0),
          sa = loop.innerStride(1), sb = loop.innerStride(2);
  const bool *pc = c.data<bool>();
  dispatchWidth(x0.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *p = static_cast<const T *>(x0.raw());
    const T *q = static_cast<const T *>(x1.raw());
    T *r = static_cast<T *>(y.raw());
    loop.forEachRow([&](const int64_t *o) {
      for (int64_t i = 0; i < n; ++i)
        r[o[3] + i] = pc[o[0] + i * sc] ? p[o[1] + i * sa] : q[o[2] + i * sb];
    });
  });
}
