//===- InputShapes.cpp - Sizes of a model's inputs ------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A size comes from --shape (of the input, or of a symbol), from the model, or
// from the arrays that the model is to be run with. What stays open must be the
// batch: the first dimension of inputs that agree in its symbol.
//
//===----------------------------------------------------------------------===//

#include "Importer.h"

using namespace mlir;
using namespace snn;
using namespace snn::import;
using llvm::StringRef;

llvm::Error snn::addShapeBinding(ImportOptions &options, StringRef text) {
  auto [name, dims] = text.rsplit('=');
  auto refuse = [&text = text] {
    return llvm::createStringError(
        llvm::inconvertibleErrorCode(),
        "--shape expects NAME=1x128 or SYMBOL=128, not '" + text + "'");
  };
  SmallVector<StringRef> parts;
  dims.split(parts, 'x');
  Ints shape;
  for (StringRef part : parts) {
    int64_t size = -1;
    if (part != "?" && (part.getAsInteger(10, size) || size < 0))
      return refuse();
    shape.push_back(size);
  }
  if (name.empty() || name == text)
    return refuse();
  options.shapes[name.str()] = shape;
  return llvm::Error::success();
}

llvm::Error snn::setLengths(ImportOptions &options, StringRef text) {
  auto [symbol, number] = text.rsplit('=');
  if (symbol == text) {
    number = text;
    symbol = "";
  }
  int64_t bound;
  if (number.getAsInteger(10, bound) || bound < 2 || text.starts_with("="))
    return llvm::createStringError(
        llvm::inconvertibleErrorCode(),
        "--pad-to expects a length of at least 2, 128 or SYMBOL=128, not '" +
            text + "'");
  options.lengths = {symbol.str(), bound, bound};
  return llvm::Error::success();
}

/// "x=1x128 or --shape seq=128": bindings that would do for `input`.
std::string Importer::bindingHint(const ValueEntry &input, StringRef symbol) {
  std::string hint = input.name + "=";
  for (auto [i, dim] : llvm::enumerate(input.dims)) {
    hint += i ? "x" : "";
    hint += !dim.isDynamic() ? std::to_string(dim.size) : i ? "128" : "1";
  }
  if (!symbol.empty() && !isInput(symbol))
    hint += " or --shape " + symbol.str() + "=128";
  return hint;
}

std::string Importer::batchBinding() const {
  std::string text =
      "bind the first dimension of '" + batchInput + "' with --shape";
  if (!batchParam.empty() && !isInput(batchParam))
    text += ", or its symbol with --shape " + batchParam + "=1";
  return text;
}

bool Importer::isInput(StringRef name) const {
  return !initializers.contains(name) &&
         llvm::any_of(model.inputs, [&](const ValueEntry &input) {
           return input.name == name;
         });
}

/// A size that `shape` may replace: an unknown one, and 0, which old exporters
/// wrote for it.
static bool isOpen(const DimEntry &dim) {
  return dim.isDynamic() || dim.size == 0;
}

LogicalResult Importer::checkShapeOptions() {
  for (const auto &[name, shape] : options.shapes) {
    if (!isInput(name)) {
      if (shape.size() == 1 && symbols().contains(name))
        continue;
      InFlightDiagnostic error = emitError(fileLoc)
                                 << "--shape names '" << name
                                 << "', which is no input; the inputs are ";
      llvm::interleaveComma(model.inputs, error, [&](const ValueEntry &value) {
        error << "'" << value.name << "'";
      });
      if (!symbols().empty()) {
        std::set<std::string> sorted;
        for (const auto &symbol : symbols())
          sorted.insert(symbol.first().str());
        error << ", the symbols ";
        llvm::interleaveComma(sorted, error, [&](const std::string &symbol) {
          error << "'" << symbol << "'";
        });
      }
      return error;
    }
    const ValueEntry &input =
        *llvm::find_if(model.inputs, [&, &name = name](const ValueEntry &v) {
          return v.name == name;
        });
    if (!input.hasShape)
      continue;
    if (shape.size() != input.dims.size())
      return emitError(fileLoc)
             << "--shape gives '" << name << "' " << shape.size()
             << " dimensions, the model " << input.dims.size();
    for (auto [i, size, dim] : llvm::enumerate(shape, input.dims))
      if (size >= 0 && !isOpen(dim) && dim.size != size)
        return emitError(fileLoc)
               << "--shape gives dimension " << i << " of '" << name
               << "' the size " << size << ", the model " << dim.size;
  }
  return success();
}

llvm::StringSet<> Importer::symbols() const {
  llvm::StringSet<> result;
  for (const ValueEntry &input : model.inputs)
    if (!initializers.contains(input.name))
      for (const DimEntry &dim : input.dims)
        if (dim.isDynamic() && !dim.param.empty())
          result.insert(dim.param);
  return result;
}

FailureOr<std::map<std::string, int64_t>> Importer::boundParams() {
  std::map<std::string, int64_t> bound;
  for (const auto &[name, shape] : options.shapes)
    if (!isInput(name) && shape[0] >= 0)
      bound[name] = shape[0];
  for (const ValueEntry &input : model.inputs) {
    auto option = options.shapes.find(input.name);
    if (option == options.shapes.end() || !isInput(input.name))
      continue;
    for (auto [size, dim] : llvm::zip(option->second, input.dims)) {
      if (size < 0 || !dim.isDynamic() || dim.param.empty())
        continue;
      auto [it, isNew] = bound.try_emplace(dim.param, size);
      if (!isNew && it->second != size)
        return emitError(fileLoc)
               << "--shape gives the dimension '" << dim.param << "' the sizes "
               << it->second << " and " << size;
    }
  }
  return bound;
}

/// The shape of the array for `input`; null if there is none of its rank.
const Ints *Importer::arrayShape(const ValueEntry &input) {
  if (!arrays)
    return nullptr;
  auto it = arrays->find(input.name);
  // An array without a name is for the only input.
  bool isOnly = arrays->size() == 1 &&
                llvm::count_if(model.inputs, [&](const ValueEntry &value) {
                  return isInput(value.name);
                }) == 1;
  if (it == arrays->end() && isOnly &&
      (arrays->begin()->first.empty() || arrays->begin()->first == "arr_0"))
    it = arrays->begin();
  if (it == arrays->end() ||
      (input.hasShape && it->second.size() != input.dims.size()))
    return nullptr;
  return &it->second;
}

/// Whether the size of a dimension is to be that of `options.lengths`, where
/// --shape gives it `given`.
bool Importer::isLength(const DimEntry &dim, std::optional<int64_t> given) {
  return options.lengths && dim.isDynamic() &&
         (options.lengths->symbol.empty() ||
          options.lengths->symbol == dim.param) &&
         (!given || *given == options.lengths->bound);
}

/// Gives symbols that run over tokens their size; not the batch's.
void Importer::bindLengths(std::map<std::string, int64_t> &bound) {
  llvm::StringSet<> batches;
  for (const ValueEntry &input : model.inputs)
    if (isInput(input.name) && !input.dims.empty())
      batches.insert(input.dims.front().param);
  std::map<std::string, int64_t> given = bound;
  for (const ValueEntry &input : model.inputs) {
    if (!isInput(input.name))
      continue;
    for (const DimEntry &dim :
         llvm::drop_begin(input.dims, !input.dims.empty())) {
      if (dim.param.empty() || batches.contains(dim.param))
        continue;
      auto it = given.find(dim.param);
      if (isLength(dim, it == given.end() ? std::nullopt
                                          : std::optional(it->second)))
        bound[dim.param] = options.lengths->size;
    }
  }
}

/// Takes sizes from the arrays: those behind the first dimension, with what has
/// the same symbol, and with `bindsBatch` the first one.
void Importer::bindToArrays(std::map<std::string, int64_t> &bound) {
  for (const ValueEntry &input : model.inputs) {
    const Ints *shape = isInput(input.name) ? arrayShape(input) : nullptr;
    if (!shape)
      continue;
    for (auto [axis, dim] : llvm::enumerate(input.dims))
      if (axis > 0 && dim.isDynamic() && !dim.param.empty())
        bound.try_emplace(dim.param, (*shape)[axis]);
  }
}

LogicalResult Importer::inputShape(const ValueEntry &input, Location loc,
                                   const std::map<std::string, int64_t> &bound,
                                   DimExprs &shape) {
  auto option = options.shapes.find(input.name);
  bool hasOption = option != options.shapes.end();
  const Ints *array = arrayShape(input);
  if (!input.hasShape && !hasOption && !array)
    return emitError(loc) << "input '" << input.name
                          << "' has no shape; bind it with --shape "
                          << input.name << "=1x128";
  size_t rank = input.hasShape ? input.dims.size()
                : hasOption    ? option->second.size()
                               : array->size();
  for (size_t i = 0; i < rank; ++i) {
    DimEntry dim = input.hasShape ? input.dims[i] : DimEntry();
    std::optional<int64_t> given;
    if (hasOption && option->second[i] >= 0)
      given = option->second[i];
    if (i != 0 && dim.param.empty() && isLength(dim, given))
      dim.size = options.lengths->size;
    else if (isOpen(dim) && given && !(i != 0 && isLength(dim, given)))
      dim.size = *given;
    if (auto it = bound.find(dim.param); dim.isDynamic() && it != bound.end())
      dim.size = it->second;
    if (dim.isDynamic() && array && (i != 0 || bindsBatch))
      dim.size = i == 0 && options.oneSample ? 1 : (*array)[i];
    else if (dim.size == 0 && array)
      dim.size = (*array)[i];
    if (!dim.isDynamic()) {
      shape.push_back(dim.size);
      continue;
    }
    StringRef symbol = dim.param;
    if (i != 0)
      return emitError(loc)
             << "input '" << input.name << "' has the dynamic dimension '"
             << (symbol.empty() ? "?" : symbol) << "' (axis " << i
             << "); bind it with --shape " << bindingHint(input, symbol);
    if (batchInput.empty()) {
      batchInput = input.name;
      batchParam = dim.param;
    } else if (batchParam != dim.param) {
      return emitError(loc)
             << "input '" << input.name << "' has the dynamic dimension '"
             << (symbol.empty() ? "?" : symbol) << "' (axis 0), '" << batchInput
             << "' has '" << (batchParam.empty() ? "?" : batchParam)
             << "'; bind one of them with --shape "
             << bindingHint(input, symbol);
    }
    shape.push_back(DimExpr(0, 1));
  }
  return success();
}

LogicalResult Importer::importInputs() {
  if (failed(checkShapeOptions()))
    return failure();
  auto bound = boundParams();
  if (failed(bound))
    return failure();
  bindLengths(*bound);
  bindToArrays(*bound);
  for (const ValueEntry &input : model.inputs) {
    if (const TensorEntry *entry = initializers.lookup(input.name)) {
      // Old models list initialisers here; their type is the tensor's.
      Imported stored(input.name, fileLoc);
      std::optional<rt::DType> type = toDType(entry->dataType);
      if (!type)
        continue;
      stored.elementType = onnx::toElementType(&context, *type);
      stored.shape.assign(entry->dims.begin(), entry->dims.end());
      if (failed(checkDeclared(stored, input, fileLoc)))
        return failure();
      continue;
    }
    Location loc = nodeLoc(input.name);
    if (!input.problem.empty())
      return emitError(fileLoc)
             << "input '" << input.name << "' " << input.problem;
    std::optional<rt::DType> type = toDType(input.elementType);
    if (!input.isTensor)
      return emitError(fileLoc)
             << "input '" << input.name << "' is not a tensor";
    if (!type)
      return emitError(fileLoc)
             << "input '" << input.name << "' has the element type "
             << dataTypeName(input.elementType)
             << ", which is not supported; convert the model to float32";
    Imported *value = make(input.name, loc);
    value->elementType = onnx::toElementType(&context, *type);
    if (failed(inputShape(input, fileLoc, *bound, value->shape)))
      return failure();
    if (!batch && !value->hasStaticShape())
      batch = value;
    value->value = function.getBody().addArgument(value->type(), loc);
    values[input.name] = value;
  }
  return success();
}
