//===- FitWeights.cpp - Weights given quantised inputs --------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The float network and its quantised form are one function while the pass
// runs, op beside op: when a product of the quantised form is reached, what it
// reads and what the float network gives are there, for this product alone.
//
//===----------------------------------------------------------------------===//

#include "QuantisedRun.h"
#include "WeightFit.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "snn/Calibration/Passes.h"
#include "snn/Dialect/Spike/Facts.h"
#include "snn/Dialect/Spike/SiteUtils.h"
#include "snn/Dialect/Spike/StaticWeight.h"

#include <cmath>

namespace snn::calibration {
#define GEN_PASS_DEF_SPIKEFITWEIGHTS
#include "snn/Calibration/Passes.h.inc"
} // namespace snn::calibration

using namespace mlir;
using namespace snn;
using namespace snn::calibration;
using namespace snn::spike;

namespace {

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// A linear with static float weights whose inputs are quantised.
bool isFittable(Operation *op) {
  if (!isa<onnx::MatMulOp, onnx::GemmOp>(op) ||
      !op->getOperand(0).getDefiningOp<SiteOp>() ||
      tensorType(op->getOperand(1)).getRank() != 2 ||
      !isStaticWeight(op->getOperand(1)))
    return false;
  auto gemm = dyn_cast<onnx::GemmOp>(op);
  return !gemm || (!gemm.getTransA() && gemm.getAlpha() == 1.0);
}

bool isTransposed(Operation *op) {
  auto gemm = dyn_cast<onnx::GemmOp>(op);
  return gemm && gemm.getTransB();
}

/// One linear in the paired network.
struct Pair {
  Operation *product = nullptr;   ///< in the module
  Operation *reference = nullptr; ///< of the float network
  onnx::ConstantOp weight, term;  ///< of the quantised form: b' - b
  Operation *quantised = nullptr;
  SiteOp site; ///< of the float network
  Value input; ///< dequantised
};

/// The kept rows of a tensor [..., columns], `flags` per row or empty.
std::vector<float> gatherRows(const SampleTensors &x,
                              const std::vector<std::vector<bool>> &flags,
                              int64_t columns, int64_t stride) {
  std::vector<float> rows;
  int64_t total = 0, index = 0;
  for (const rt::Tensor &t : x)
    total += t.size() / columns;
  rows.reserve(size_t((total + stride - 1) / stride * columns));
  for (auto [s, t] : llvm::enumerate(x))
    for (int64_t r = 0, count = t.size() / columns; r < count; ++r) {
      if (!flags[s].empty() && !flags[s][r])
        continue;
      if (index++ % stride == 0)
        rows.insert(rows.end(), t.data<float>() + r * columns,
                    t.data<float>() + (r + 1) * columns);
    }
  return rows;
}

/// Fits one network.
class Fitter {
public:
  Fitter(MLIRContext *context, unsigned weightBits, double damping)
      : context(context), weightBits(weightBits), damping(damping) {}

  /// Runs both forms of `module` on `arguments` and fits every product of it.
  LogicalResult run(ModuleOp module, const DeadZoneRadii &radii,
                    const std::vector<SampleTensors> &arguments) {
    for (const SampleTensors &argument : arguments) {
      int64_t count = 0;
      for (const rt::Tensor &group : argument)
        count += group.rank() > 0 ? group.dim(0) : 1;
      samples = std::max(samples, count);
    }
    OwningOpRef<ModuleOp> copy = module.clone();
    pairUp(module, *copy, radii);
    Interpreter interpreter(getEntryPoint(*copy));
    interpreter.setFast(true);
    interpreter.setBefore(
        [&](Operation *op, ArrayRef<const SampleTensors *> values) {
          return before(op, values);
        });
    interpreter.setAfter(
        [&](Operation *op, ArrayRef<const SampleTensors *> results) {
          return after(op, results);
        });
    if (failed(interpreter.run(arguments)))
      return failure();
    if (!notes.empty())
      facts(module).getFittedProductsAttrHelper().setAttr(
          module, notes.getDictionary(context));
    return success();
  }

private:
  MLIRContext *context;
  unsigned weightBits;
  double damping;
  std::vector<Pair> pairs;
  DenseMap<Operation *, unsigned> byOp;    // every op of a pair -> its number
  DenseMap<Operation *, unsigned> readers; // linears of a site to come
  DenseMap<Operation *, SampleTensors> validity; // by site
  DenseMap<Value, SampleTensors> inputValues;    // of linears to come
  SampleTensors wanted, has; // outputs of the linear at hand
  // What was found of the site that was read last.
  Operation *momentSite = nullptr;
  MomentSpace space;
  std::unique_ptr<InputMoment> moment;
  std::vector<std::vector<bool>> flags; // of that site, per row
  int64_t stride = 1;
  int64_t samples = 0;
  NamedAttrList notes;

  /// Puts the quantised form into `copy`, a clone of `module`.
  void pairUp(ModuleOp module, ModuleOp copy, const DeadZoneRadii &radii) {
    SmallVector<Operation *> products;
    module.walk([&](Operation *op) {
      if (isFittable(op))
        products.push_back(op);
    });
    SmallVector<Operation *> ops;
    copy.walk([&](func::FuncOp function) {
      for (Operation &op : function.getBody().front())
        ops.push_back(&op);
    });
    IRMapping quantised;
    size_t next = 0;
    for (Operation *op : ops) {
      OpBuilder b(op);
      b.setInsertionPointAfter(op);
      if (auto site = dyn_cast<SiteOp>(op)) {
        quantised.map(
            site.getResult(),
            quantiseSite(b, site, quantised.lookupOrDefault(site.getX()),
                         site.getValid()
                             ? quantised.lookupOrDefault(site.getValid())
                             : Value(),
                         radii.at(site.getSite(), site.getKind())));
        continue;
      }
      if (llvm::none_of(op->getOperands(),
                        [&](Value v) { return quantised.contains(v); }))
        continue;
      if (op->hasTrait<OpTrait::IsTerminator>()) {
        for (OpOperand &operand : op->getOpOperands())
          operand.set(quantised.lookupOrDefault(operand.get()));
        continue;
      }
      if (!isFittable(op)) {
        Operation *twin = b.clone(*op, quantised);
        for (auto [from, to] : llvm::zip(op->getResults(), twin->getResults()))
          quantised.map(from, to);
        continue;
      }
      Pair pair;
      pair.product = products[next++];
      pair.reference = op;
      pair.site = op->getOperand(0).getDefiningOp<SiteOp>();
      pair.input = quantised.lookup(op->getOperand(0));
      ++readers[pair.site];
      inputValues[pair.input];
      pair.weight = onnx::ConstantOp::create(
          b, op->getLoc(), op->getOperand(1).getType(), placeholder(b, 1));
      pair.quantised = b.clone(*op, quantised);
      pair.quantised->setOperand(1, pair.weight);
      RankedTensorType type = tensorType(op->getResult(0));
      auto termType =
          RankedTensorType::get({type.getShape().back()}, b.getF32Type());
      pair.term = onnx::ConstantOp::create(b, op->getLoc(), termType,
                                           placeholder(b, 1));
      Value sum = onnx::AddOp::create(b, op->getLoc(), type,
                                      pair.quantised->getResult(0), pair.term);
      quantised.map(op->getResult(0), sum);
      for (Operation *member : {op, pair.weight.getOperation(), pair.quantised,
                                pair.term.getOperation()})
        byOp[member] = unsigned(pairs.size());
      pairs.push_back(pair);
    }
  }

  static TypedAttr placeholder(OpBuilder &b, int64_t elements) {
    return DenseElementsAttr::get(
        RankedTensorType::get({elements}, b.getF32Type()), 0.0f);
  }

  TypedAttr makeFloats(StringRef name, rt::Tensor tensor) {
    return onnx::makeConstantAttr(context, name, std::move(tensor),
                                  Float32Type::get(context));
  }

  /// Says which rows of a site's tensors count.
  void startSite(const Pair &pair, const SampleTensors &x) {
    SiteOp site = pair.site;
    int64_t inputs = x.front().shape().back(), kept = 0;
    flags.assign(x.size(), {});
    auto valid = validity.find(site);
    for (auto [s, t] : llvm::enumerate(x)) {
      kept += t.size() / inputs;
      if (valid == validity.end())
        continue;
      const SampleTensors &keeps = valid->second;
      std::vector<bool> elements =
          expandValidity(t.shape(), &keeps[keeps.size() == 1 ? 0 : s],
                         getSite(site)->tokenAxes);
      for (size_t n = 0; n < elements.size(); n += size_t(inputs))
        flags[s].push_back(elements[n]);
      kept -= llvm::count(flags[s], false);
    }
    // Time goes with rows * inputs^2.
    int64_t most =
        std::clamp<int64_t>((int64_t(1) << 34) / (inputs * inputs), 2048, 8192);
    stride = std::max<int64_t>(1, (kept + most - 1) / most);
  }

  /// Chooses the weights of a pair.
  LogicalResult fit(Pair &pair) {
    const SampleTensors &x = inputValues[pair.input];
    int64_t inputs = x.front().shape().back();
    Operation *op = pair.product;
    llvm::Expected<StaticWeight> weight =
        readStaticWeight(op->getOperand(1), op->getLoc());
    if (!weight)
      return op->emitOpError(llvm::toString(weight.takeError()));
    if (momentSite != pair.site) {
      moment.reset();
      momentSite = pair.site;
      startSite(pair, x);
    }
    if (weight->quantised) {
      pair.weight.setValueAttr(makeFloats(
          weight->name, *executeStatic(pair.reference->getOperand(1))));
      return success();
    }
    std::vector<float> rows;
    if (!moment)
      rows = gatherRows(x, flags, inputs, stride);
    int64_t outputs = wanted.front().shape().back();
    bool transposed = isTransposed(op);
    int64_t count = moment ? moment->rowCount() : int64_t(rows.size()) / inputs;
    if (count < 2)
      return leave(pair, *weight);
    if (!moment) {
      double strength = damping > 0     ? double(damping)
                        : samples < 256 ? 1.0
                                        : 0.2;
      moment = std::make_unique<InputMoment>(context, space, std::move(rows),
                                             inputs, strength);
    }
    std::vector<float> w(size_t(inputs * outputs));
    const float *old = weight->values.data<float>();
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t o = 0; o < outputs; ++o)
        w[i * outputs + o] = old[transposed ? o * inputs + i : i * outputs + o];
    if (!llvm::all_of(w, [](float v) { return std::isfinite(v); }))
      return op->emitOpError("has weights that are not finite");
    std::vector<int8_t> integers;
    std::vector<float> scales;
    moment->fit(w, gatherRows(wanted, flags, outputs, stride), outputs,
                weightBits, integers, scales);

    // As spike-quantize writes weights.
    rt::Tensor q(rt::DType::I8, weight->values.shape());
    rt::Tensor real(rt::DType::F32, weight->values.shape());
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t o = 0; o < outputs; ++o) {
        int64_t at = transposed ? o * inputs + i : i * outputs + o;
        q.data<int8_t>()[at] = integers[i * outputs + o];
        real.data<float>()[at] = float(integers[i * outputs + o]) * scales[o];
      }
    pair.weight.setValueAttr(makeFloats(weight->name + ".fitted", real));
    OpBuilder b(op);
    Location loc = op->getOperand(1).getLoc();
    TypedAttr integerAttr =
        onnx::makeConstantAttr(context, weight->name + ".q", q, b.getI8Type());
    TypedAttr scaleAttr =
        makeFloats(weight->name + ".scale",
                   rt::Tensor::fromVector({int64_t(scales.size())}, scales));
    Value values =
        onnx::ConstantOp::create(b, loc, integerAttr.getType(), integerAttr);
    Value factors =
        onnx::ConstantOp::create(b, loc, scaleAttr.getType(), scaleAttr);
    op->setOperand(1, onnx::DequantizeLinearOp::create(
                          b, loc, op->getOperand(1).getType(), values, factors,
                          Value(), transposed ? 0 : 1));
    notes.set(onnx::getNodeName(op->getLoc()),
              b.getDictionaryAttr({b.getNamedAttr(
                  "rows", b.getI64IntegerAttr(moment->rowCount()))}));
    return success();
  }

  /// The float weight as it is: too few rows say anything of it.
  LogicalResult leave(Pair &pair, const StaticWeight &weight) {
    pair.weight.setValueAttr(makeFloats(weight.name, weight.values));
    return success();
  }

  /// A constant expression of the float network.
  std::optional<rt::Tensor> executeStatic(Value value) {
    Operation *op = value.getDefiningOp();
    SmallVector<rt::Tensor> operands;
    for (Value operand : op->getOperands()) {
      std::optional<rt::Tensor> tensor = executeStatic(operand);
      if (!tensor)
        return std::nullopt;
      operands.push_back(*tensor);
    }
    FailureOr<SmallVector<rt::Tensor>> result = executeOp(op, operands);
    if (failed(result))
      return std::nullopt;
    return (*result)[0];
  }

  /// What the means of a pair's outputs have lost.
  void setTerm(Pair &pair) {
    int64_t outputs = wanted.front().shape().back();
    std::vector<double> sum(outputs, 0.0);
    double rows = 0;
    for (auto [s, t] : llvm::enumerate(wanted))
      for (int64_t r = 0, count = t.size() / outputs; r < count; ++r) {
        if (!flags[s].empty() && !flags[s][r])
          continue;
        ++rows;
        for (int64_t c = 0; c < outputs; ++c)
          sum[c] += double(t.data<float>()[r * outputs + c]) -
                    double(has[s].data<float>()[r * outputs + c]);
      }
    std::vector<float> term;
    for (double total : sum)
      term.push_back(float(total / std::max(rows, 1.0)));
    pair.term.setValueAttr(
        makeFloats("term", rt::Tensor::fromVector({outputs}, term)));
  }

  LogicalResult before(Operation *op, ArrayRef<const SampleTensors *> values) {
    if (auto site = dyn_cast<SiteOp>(op)) {
      if (values.size() > 1)
        validity[op] = *values[1];
      return success();
    }
    auto it = byOp.find(op);
    if (it == byOp.end())
      return success();
    Pair &pair = pairs[it->second];
    if (op == pair.weight)
      return fit(pair);
    if (op == pair.term)
      setTerm(pair);
    return success();
  }

  LogicalResult after(Operation *op, ArrayRef<const SampleTensors *> results) {
    if (auto levels = dyn_cast<DequantizeOp>(op)) {
      if (auto it = inputValues.find(levels.getResult());
          it != inputValues.end())
        it->second = *results[0];
      return success();
    }
    auto it = byOp.find(op);
    if (it == byOp.end())
      return success();
    Pair &pair = pairs[it->second];
    if (op == pair.reference)
      wanted = *results[0];
    if (op == pair.quantised)
      has = *results[0];
    if (op == pair.term && --readers[pair.site] == 0) {
      inputValues.erase(pair.input);
      if (momentSite == pair.site) {
        momentSite = nullptr;
        moment.reset();
      }
    }
    return success();
  }
};

struct FitWeights : calibration::impl::SpikeFitWeightsBase<FitWeights> {
  using SpikeFitWeightsBase::SpikeFitWeightsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (mode != "auto" && mode != "on" && mode != "off") {
      module.emitError("needs mode auto, on or off, has '") << mode << "'";
      return signalPassFailure();
    }
    if (weightBits != 8 && weightBits != 4 && weightBits != 2 &&
        weightBits != 1) {
      module.emitError("needs weights of 8, 4, 2 or 1 bits, has ")
          << int64_t(weightBits);
      return signalPassFailure();
    }
    bool any = false, isLow = weightBits < 8;
    module.walk([&](SiteOp site) {
      any |= bool(site.getScale());
      isLow |= site.getScale() && isSpiking(site.getKind()) &&
               *site.getBits() <= finestBits;
    });
    bool isRandom = StringRef(inputs).starts_with("random:");
    if (!any || inputs.empty() || mode == "off" ||
        (mode == "auto" && (isRandom || !isLow)))
      return;
    FailureOr<TrialInputs> trial = loadTrial(
        module, inputs, radius, llvm::to_vector(deadZoneSites), 8192, 64);
    if (failed(trial))
      return signalPassFailure();
    Fitter fitter(&getContext(), weightBits, damping);
    if (failed(fitter.run(module, trial->radii, trial->samples)))
      signalPassFailure();
  }
};

} // namespace
