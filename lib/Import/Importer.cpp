//===- Importer.cpp - Values and ops of an imported model -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

#include <cstring>

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::ArrayRef;
using llvm::StringRef;

/// Constants up to this size are written into the program.
static constexpr int64_t maxInlineElements = 64;
/// Larger tensors are not evaluated.
static constexpr int64_t maxFoldElements = 1 << 16;
/// Index and mask tensors up to this size may be sliced on import.
static constexpr int64_t maxSlicedElements = 1 << 22;
/// Integers are evaluated up to this size, for importers that ask for them.
static constexpr int64_t maxKnownIntegers = 1 << 22;

std::optional<DimExpr> DimExpr::fit(const std::array<int64_t, 3> &values) {
  int64_t run = batchProbes[1] - batchProbes[0], rise, offset, fixed;
  if (llvm::SubOverflow(values[1], values[0], rise) || rise % run != 0 ||
      llvm::MulOverflow(rise / run, batchProbes[0], offset) ||
      llvm::SubOverflow(values[0], offset, fixed))
    return std::nullopt;
  DimExpr expr(fixed, rise / run);
  if (expr.at(batchProbes[2]) != values[2])
    return std::nullopt;
  return expr;
}

std::optional<DimExpr> DimExpr::times(DimExpr o) const {
  if (!isStatic() && !o.isStatic())
    return std::nullopt;
  auto [expr, factor] =
      o.isStatic() ? std::pair(*this, o.fixed) : std::pair(o, fixed);
  DimExpr product;
  if (llvm::MulOverflow(expr.fixed, factor, product.fixed) ||
      llvm::MulOverflow(expr.perBatch, factor, product.perBatch))
    return std::nullopt;
  return product;
}

RankedTensorType Imported::type() const {
  Ints dims;
  for (DimExpr dim : shape)
    dims.push_back(dim.isStatic() ? dim.fixed : ShapedType::kDynamic);
  return RankedTensorType::get(dims, elementType);
}

RankedTensorType Imported::type(int64_t batch) const {
  Ints dims;
  for (DimExpr dim : shape)
    dims.push_back(dim.at(batch));
  return RankedTensorType::get(dims, elementType);
}

static std::string absolutePath(StringRef path) {
  SmallString<256> absolute(path);
  if (llvm::sys::fs::make_absolute(absolute))
    return path.str();
  llvm::sys::path::remove_dots(absolute, /*remove_dot_dot=*/true);
  return absolute.str().str();
}

Importer::Importer(MLIRContext &context, StringRef path,
                   const ModelEntry &model, const ImportOptions &options)
    : context(context), path(path.str()), archive(absolutePath(path)),
      model(model), options(options),
      fileLoc(FileLineColLoc::get(&context, path, 0, 0)), opBuilder(&context) {}

Location Importer::nodeLoc(StringRef name) const {
  if (!scope.empty())
    return NameLoc::get(
        StringAttr::get(&context, scope + "/" + name + scopeSuffix), fileLoc);
  return NameLoc::get(StringAttr::get(&context, name), fileLoc);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Imported *Importer::make(StringRef name, Location loc) {
  storage.push_back(std::make_unique<Imported>(name, loc));
  return storage.back().get();
}

Imported *Importer::makeConstant(StringRef name, Location loc,
                                 rt::Tensor tensor) {
  Imported *result = make(name, loc);
  result->elementType = onnx::toElementType(&context, tensor.dtype());
  result->shape.assign(tensor.shape().begin(), tensor.shape().end());
  result->tensor = std::move(tensor);
  return result;
}

Imported *Importer::makeWeight(StringRef name, Location loc,
                               rt::Tensor tensor) {
  Imported *result = make(name, loc);
  result->elementType = onnx::toElementType(&context, tensor.dtype());
  result->shape.assign(tensor.shape().begin(), tensor.shape().end());
  result->attribute = onnx::makeConstantAttr(&context, name, std::move(tensor),
                                             result->elementType);
  result->isWeight = true;
  return result;
}

/// Whether all elements have the same bytes.
static bool isSplat(const rt::Tensor &tensor) {
  size_t width = rt::byteWidth(tensor.dtype()), bytes = tensor.bytes();
  const char *data = static_cast<const char *>(tensor.raw());
  return bytes > 0 && std::memcmp(data, data + width, bytes - width) == 0;
}

template <typename T>
static DenseElementsAttr toDense(RankedTensorType type,
                                 const rt::Tensor &tensor) {
  size_t count = tensor.size() > 1 && isSplat(tensor) ? 1 : tensor.size();
  return DenseElementsAttr::get(type, ArrayRef<T>(tensor.data<T>(), count));
}

static DenseElementsAttr toDense(RankedTensorType type,
                                 const rt::Tensor &tensor) {
  switch (tensor.dtype()) {
  case rt::DType::Bool:
    return toDense<bool>(type, tensor);
  case rt::DType::U8:
    return toDense<uint8_t>(type, tensor);
  case rt::DType::I8:
    return toDense<int8_t>(type, tensor);
  case rt::DType::I16:
    return toDense<int16_t>(type, tensor);
  case rt::DType::I32:
    return toDense<int32_t>(type, tensor);
  case rt::DType::I64:
    return toDense<int64_t>(type, tensor);
  case rt::DType::F32:
    return toDense<float>(type, tensor);
  case rt::DType::F64:
    return toDense<double>(type, tensor);
  }
  llvm_unreachable("all element types are covered");
}

Imported *Importer::makeSplat(StringRef name, Location loc,
                              const rt::Tensor &element,
                              ArrayRef<int64_t> shape) {
  int64_t count = countElements(shape).value_or(INT64_MAX);
  if (count <= maxFoldElements) {
    rt::Tensor tensor(element.dtype(), rt::Shape(shape.begin(), shape.end()));
    size_t width = rt::byteWidth(element.dtype());
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(static_cast<char *>(tensor.raw()) + i * width, element.raw(),
                  width);
    return makeConstant(name, loc, tensor);
  }
  Imported *result = make(name, loc);
  result->elementType = onnx::toElementType(&context, element.dtype());
  result->shape.assign(shape.begin(), shape.end());
  result->attribute = toDense(result->type(), element);
  return result;
}

Imported *Importer::makeDims(StringRef name, Location loc,
                             ArrayRef<DimExpr> dims) {
  auto at = [&](int64_t batch) {
    std::vector<int64_t> values;
    for (DimExpr dim : dims)
      values.push_back(dim.at(batch));
    return rt::Tensor::fromVector<int64_t>({static_cast<int64_t>(dims.size())},
                                           values);
  };
  Imported *result = makeConstant(name, loc, at(1));
  if (llvm::all_of(dims, [](DimExpr d) { return d.isStatic(); }))
    return result;
  result->tensor.reset();
  result->probed = {at(batchProbes[0]), at(batchProbes[1]), at(batchProbes[2])};
  return result;
}

FailureOr<Imported *> Importer::makeStored(const TensorEntry &entry,
                                           StringRef key, bool weight,
                                           Location loc) {
  if (!entry.problem.empty())
    return emitError(loc) << "the tensor '" << key
                          << "' cannot be used: " << entry.problem;
  // Archives know nothing of the tensors of bodies.
  if (!scope.empty() && entry.inlined) {
    Imported *result = makeConstant(key, nodeLoc(key), *entry.inlined);
    result->dataType = entry.dataType;
    return result;
  }
  rt::DType dtype = *toDType(entry.dataType);
  Imported *result = make(key, nodeLoc(key));
  result->elementType = onnx::toElementType(&context, dtype);
  result->shape.assign(entry.dims.begin(), entry.dims.end());
  result->tensor = entry.inlined;
  result->dataType = entry.dataType;
  if (rt::elementCount(entry.dims) > maxInlineElements) {
    result->attribute = onnx::ParamAttr::get(result->type(), archive, key);
    result->isWeight = weight || !entry.inlined;
    return result;
  }
  if (!entry.inlined) {
    auto param = onnx::ParamAttr::get(result->type(), archive, key);
    FailureOr<rt::Tensor> tensor = onnx::resolveConstant(param, loc);
    if (failed(tensor))
      return failure();
    result->tensor = *tensor;
  }
  return result;
}

Imported *Importer::lookup(StringRef name, Location loc) {
  if (Imported *known = values.lookup(name))
    return known;
  if (const TensorEntry *entry = initializers.lookup(name)) {
    FailureOr<Imported *> made = makeStored(*entry, name, /*weight=*/true, loc);
    return failed(made) ? nullptr : values[name] = *made;
  }
  emitError(loc) << "uses the value '" << name << "', which nothing defines";
  return nullptr;
}

FailureOr<Value> Importer::materialize(Imported &value, Location loc) {
  if (value.value)
    return value.value;
  if (value.probed)
    return emitError(loc)
           << "the elements of '" << value.name
           << "' depend on the batch size, which is dynamic; bind it with "
              "--shape "
           << batchInput << "=1x..."
           << (batchParam.empty() ? "" : " or --shape " + batchParam + "=1");
  TypedAttr attribute = value.attribute;
  if (!attribute) {
    attribute = toDense(value.type(), *value.tensor);
    // Large results of folding are often repeated: one mask per layer.
    if (value.tensor->size() > maxInlineElements) {
      Value &shared = sharedConstants[attribute];
      if (!shared)
        shared = onnx::ConstantOp::create(opBuilder, value.loc,
                                          attribute.getType(), attribute);
      return value.value = shared;
    }
  }
  value.value = onnx::ConstantOp::create(opBuilder, value.loc,
                                         attribute.getType(), attribute);
  return value.value;
}

FailureOr<const rt::Tensor *> Importer::elements(Imported &value,
                                                 Location loc) {
  if (!value.tensor && value.attribute) {
    FailureOr<rt::Tensor> tensor = onnx::resolveConstant(value.attribute, loc);
    if (failed(tensor))
      return failure();
    value.tensor = *tensor;
  }
  return value.tensor ? &*value.tensor : nullptr;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// Collects the messages of diagnostics instead of printing them.
namespace {
class CapturedDiagnostics : public ScopedDiagnosticHandler {
public:
  explicit CapturedDiagnostics(MLIRContext *context)
      : ScopedDiagnosticHandler(context) {
    setHandler([this](Diagnostic &diagnostic) {
      if (text.empty())
        text = diagnostic.str();
      return success();
    });
  }
  std::string text;
};
} // namespace

LogicalResult Importer::inferTypes(Operation *op, std::optional<Location> loc,
                                   ValueRange operands,
                                   SmallVectorImpl<Type> &types) {
  auto *infer = op->getName().getInterface<InferTypeOpInterface>();
  if (!infer)
    return op->emitOpError("does not infer its result types");
  if (failed(infer->inferReturnTypes(
          &context, loc, operands, op->getDiscardableAttrDictionary(),
          op->getPropertiesStorage(), op->getRegions(), types)))
    return failure();
  for (Type type : types)
    if (!countElements(cast<RankedTensorType>(type).getShape()))
      return emitOptionalError(
          loc, "makes a tensor of more than 2^40 elements, ", type);
  return success();
}

bool Importer::canFold(StringRef op, ArrayRef<Imported *> operands) {
  // Quantisation stays visible, and the weights it is applied to stay named.
  if (op == onnx::QuantizeLinearOp::getOperationName() ||
      op == onnx::DequantizeLinearOp::getOperationName())
    return false;
  // Every sample draws numbers of its own.
  if (op == onnx::RandomUniformLikeOp::getOperationName())
    return false;
  bool selects = op == onnx::GatherOp::getOperationName() ||
                 op == onnx::SliceOp::getOperationName();
  for (Imported *operand : operands) {
    if (operand->isKnown())
      continue;
    // Stored masks and position indices, but not quantised weights.
    if (!selects || !operand->isWeight || operand->elementType.isF32() ||
        operand->elementType.isF64() ||
        operand->elementType.isSignlessInteger(8) ||
        operand->type().getNumElements() > maxSlicedElements)
      return false;
    FailureOr<const rt::Tensor *> read = elements(*operand, operand->loc);
    if (failed(read) || !*read)
      return false;
  }
  return !operands.empty();
}

bool Importer::fitsText(const rt::Tensor &tensor) {
  if (tensor.size() <= maxInlineElements || isSplat(tensor))
    return true;
  int64_t characters = 2 * tensor.bytes();
  if (tensor.size() > maxFoldElements || characters > foldBudget)
    return false;
  if (!sharedConstants.contains(toDense(
          RankedTensorType::get(tensor.shape(),
                                onnx::toElementType(&context, tensor.dtype())),
          tensor)))
    foldBudget -= characters;
  return true;
}

FailureOr<std::optional<SmallVector<Imported *>>>
Importer::fold(OperationState &state, ArrayRef<Imported *> operands,
               ArrayRef<std::string> names,
               SmallVectorImpl<rt::Tensor> &large) {
  std::optional<SmallVector<Imported *>> none;
  bool probing =
      llvm::any_of(operands, [](Imported *o) { return o->probed.has_value(); });
  SmallVector<SmallVector<rt::Tensor>, 3> runs;
  bool integers = !probing;
  for (unsigned probe = 0; probe < (probing ? 3 : 1); ++probe) {
    SmallVector<rt::Tensor> inputs;
    Block scratch;
    for (Imported *operand : operands) {
      inputs.push_back(operand->probed ? (*operand->probed)[probe]
                                       : *operand->tensor);
      scratch.addArgument(
          RankedTensorType::get(inputs.back().shape(), operand->elementType),
          state.location);
    }
    OperationState one(state.location, state.name);
    one.addOperands(scratch.getArguments());
    one.attributes = state.attributes;
    one.addTypes(SmallVector<Type>(names.size(), NoneType::get(&context)));
    OwningOpRef<Operation *> op = Operation::create(one);
    SmallVector<Type> types;
    if (failed(inferTypes(*op, state.location, scratch.getArguments(), types)))
      return failure();
    int64_t total = 0;
    for (auto [result, type] : llvm::zip(op->getResults(), types)) {
      auto tensorType = cast<RankedTensorType>(type);
      if (tensorType.hasStaticShape())
        total += countElements(tensorType.getShape()).value_or(INT64_MAX / 256);
      integers &= tensorType.getElementType().isSignlessInteger(64) ||
                  tensorType.getElementType().isSignlessInteger(1);
      result.setType(tensorType);
    }
    if (total > (integers ? maxKnownIntegers : maxFoldElements))
      return none;
    CapturedDiagnostics quiet(&context);
    FailureOr<SmallVector<rt::Tensor>> outputs = executeKernelOp(*op, inputs);
    if (failed(outputs))
      return none;
    runs.push_back(std::move(*outputs));
  }

  auto equal = [](const rt::Tensor &a, const rt::Tensor &b) {
    return a.shape() == b.shape() &&
           (a.bytes() == 0 || !std::memcmp(a.raw(), b.raw(), a.bytes()));
  };
  SmallVector<Imported *> results;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!probing && !fitsText(runs[0][i])) {
      if (integers)
        large.assign(runs[0].begin(), runs[0].end());
      return none;
    }
    Imported *result = makeConstant(names[i], state.location, runs[0][i]);
    if (probing &&
        !(equal(runs[0][i], runs[1][i]) && equal(runs[0][i], runs[2][i]))) {
      result->tensor.reset();
      result->probed = {runs[0][i], runs[1][i], runs[2][i]};
      for (size_t d = 0; d < result->shape.size(); ++d) {
        if (runs[1][i].rank() != result->rank() ||
            runs[2][i].rank() != result->rank())
          return none;
        std::optional<DimExpr> dim = DimExpr::fit(
            {runs[0][i].dim(d), runs[1][i].dim(d), runs[2][i].dim(d)});
        if (!dim)
          return none;
        result->shape[d] = *dim;
      }
    }
    results.push_back(result);
  }
  return std::optional(results);
}

LogicalResult Importer::inferDims(Operation *op, ArrayRef<Imported *> operands,
                                  ArrayRef<Imported *> results, Location loc) {
  auto setStatic = [&](Imported *result, RankedTensorType type) {
    result->shape.assign(type.getShape().begin(), type.getShape().end());
  };
  bool isStatic =
      llvm::all_of(operands, [](Imported *o) { return o->hasStaticShape(); });
  if (isStatic) {
    for (auto [result, value] : llvm::zip(results, op->getResults())) {
      auto type = cast<RankedTensorType>(value.getType());
      if (!type.hasStaticShape())
        return emitError(loc) << "the size of '" << result->name
                              << "' depends on the data; only constant "
                                 "operands are supported here";
      setStatic(result, type);
    }
    return success();
  }
  std::array<SmallVector<Type>, 3> types;
  for (auto [batch, probe] : llvm::zip(batchProbes, types)) {
    Block scratch;
    for (Imported *operand : operands)
      scratch.addArgument(operand->type(batch), loc);
    std::string reason;
    {
      CapturedDiagnostics captured(&context);
      if (succeeded(inferTypes(op, loc, scratch.getArguments(), probe)))
        continue;
      reason = captured.text;
    }
    return emitError(loc) << "does not work for every batch size (" << reason
                          << "); " << batchBinding();
  }
  for (auto [i, result] : llvm::enumerate(results)) {
    auto known = cast<RankedTensorType>(op->getResult(i).getType());
    Ints dims;
    for (int64_t d = 0; d < known.getRank(); ++d) {
      std::array<int64_t, 3> sizes;
      for (auto [size, probe] : llvm::zip(sizes, types))
        size = cast<RankedTensorType>(probe[i]).getDimSize(d);
      std::optional<DimExpr> dim = DimExpr::fit(sizes);
      if (!dim || llvm::is_contained(sizes, ShapedType::kDynamic))
        return emitError(loc) << "dimension " << d << " of '" << result->name
                              << "' is no linear function of the batch size; "
                              << batchBinding();
      result->shape.push_back(*dim);
    }
    op->getResult(i).setType(result->type());
  }
  return success();
}

FailureOr<SmallVector<Imported *>>
Importer::emit(StringRef name, ArrayRef<Imported *> operands,
               ArrayRef<NamedAttribute> attributes, ArrayRef<std::string> names,
               Location loc, bool mayFold) {
  OperationState state(loc, name);
  state.addAttributes(attributes);
  SmallVector<rt::Tensor> large;
  if (mayFold && canFold(name, operands)) {
    auto folded = fold(state, operands, names, large);
    if (failed(folded))
      return failure();
    if (*folded)
      return **folded;
  }
  for (Imported *operand : operands) {
    FailureOr<Value> value = materialize(*operand, loc);
    if (failed(value))
      return failure();
    state.addOperands(*value);
  }
  state.addTypes(SmallVector<Type>(names.size(), NoneType::get(&context)));
  OwningOpRef<Operation *> op = Operation::create(state);
  SmallVector<Type> types;
  if (failed(inferTypes(*op, loc, op->getOperands(), types)))
    return failure();
  SmallVector<Imported *> results;
  for (auto [value, type, resultName] :
       llvm::zip(op->getResults(), types, names)) {
    value.setType(type);
    Imported *result = make(resultName, loc);
    result->elementType = cast<RankedTensorType>(type).getElementType();
    result->value = value;
    results.push_back(result);
  }
  if (failed(inferDims(*op, operands, results, loc)))
    return failure();
  for (auto [result, tensor] : llvm::zip(results, large))
    result->tensor = tensor;
  opBuilder.insert(op.release());
  return results;
}
