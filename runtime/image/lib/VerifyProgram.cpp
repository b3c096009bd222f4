//===- VerifyProgram.cpp - Values and instructions --------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Types, shapes and codings of values against the units that make and read
// them. What a kernel makes of its operands is known when it runs: the virtual
// chip compares it with the value that the program declares.
//
//===----------------------------------------------------------------------===//

#include "SectionChecker.h"
#include "Verifiers.h"
#include "snn/image/Attention.h"

#include "snn/runtime/KernelTable.h"

#include <algorithm>
#include <cmath>
#include <set>

using namespace snn;
using namespace snn::image;

bool snn::image::detail::isEqual(const pb::Coding &a, const pb::Coding &b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

namespace {

/// Axes of which -1 is not known.
using Shape = rt::Shape;

std::string toText(const Shape &shape) { return rt::toString(shape); }

bool fits(int64_t a, int64_t b) { return a == b || a == -1 || b == -1; }

bool fits(const Shape &a, const Shape &b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](int64_t x, int64_t y) { return fits(x, y); });
}

class ProgramVerifier : SectionChecker {
public:
  explicit ProgramVerifier(const Image &image)
      : SectionChecker(image.container(), image.all()), image(image),
        program(image.program()) {}

  void run() {
    checkConstants();
    enter(section::program);
    for (int i = 0; i < program.values_size(); ++i)
      checkValue(program.values(i), "value " + std::to_string(i));
    checkInterface();
    enter(section::program);
    for (const pb::Instruction &instruction : program.instructions())
      checkInstruction(instruction);
    checkUses();
    checkPasses();
    enter(section::routing);
    pb::RoutingSection expected = makeRouting(contents);
    for (int i = 0; i < contents.routing.routes_size(); ++i)
      require(i < expected.routes_size() &&
                  contents.routing.routes(i).SerializeAsString() ==
                      expected.routes(i).SerializeAsString(),
              "route " + std::to_string(i) + " is not what the program sends");
    require(contents.routing.routes_size() == expected.routes_size(),
            "needs " + std::to_string(expected.routes_size()) +
                " routes, has " +
                std::to_string(contents.routing.routes_size()));
    enter(section::statistics);
    require(contents.statistics.SerializeAsString() ==
                makeStatistics(contents).SerializeAsString(),
            "its sums are not those of the layers");
  }

private:
  //===--------------------------------------------------------------------===//
  // Constants, values, ports
  //===--------------------------------------------------------------------===//

  /// Constants lie one behind the other.
  void checkConstants() {
    enter(section::constants);
    std::string_view data = file.bytes(section::data);
    std::set<std::string> names;
    uint64_t end = 0;
    for (const pb::Constant &constant : contents.constants.constants()) {
      uint64_t begin =
          (end + sectionAlignment - 1) / sectionAlignment * sectionAlignment;
      require(names.insert(constant.name()).second,
              "there are two constants '" + constant.name() + "'");
      require(constant.offset() == begin, "constant '" + constant.name() +
                                              "' does not follow the one "
                                              "before it");
      std::string_view padding = data.substr(end, begin - end);
      require(std::all_of(padding.begin(), padding.end(),
                          [](char c) { return c == 0; }),
              "the padding before constant '" + constant.name() +
                  "' is not zero");
      end = begin + constant.bytes();
    }
    require(end == data.size(), "constants end at byte " + std::to_string(end) +
                                    ", the section 'data' at " +
                                    std::to_string(data.size()));
  }

  const pb::Value &valueOf(int64_t index) const {
    return program.values(int(index));
  }
  Shape shapeOf(int64_t index) const {
    const pb::Value &value = valueOf(index);
    return Shape(value.shape().begin(), value.shape().end());
  }

  void checkValue(const pb::Value &value, const std::string &owner) const {
    require(pb::ElementType_IsValid(value.type()),
            owner + " has an unknown element type");
    int64_t count = 1;
    for (int64_t size : value.shape()) {
      require(size >= -1, owner + " has an axis of " + std::to_string(size));
      require(
          !__builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count),
          owner + " has more elements than can be counted");
    }
    if (value.has_coding()) {
      const pb::Coding &coding = value.coding();
      require(value.type() == (coding.has_phase() ? pb::I8 : pb::U8),
              owner + " has levels or spikes of type " +
                  pb::ElementType_Name(value.type()));
      require(!coding.has_phase() || coding.train(),
              owner + " has phases, but is no train");
      bool isCount = coding.max_count() > 0;
      require(coding.steps() == 0 ||
                  (coding.train() && (isCount || coding.bits() == 1)),
              owner + " has time steps of more than spikes");
      require(!isCount || (coding.steps() > 0 && coding.zero() == 0 &&
                           coding.mask() == 0 && coding.radius() == 0 &&
                           coding.bits() >= 2 && coding.bits() <= 8 &&
                           coding.max_count() < (1u << coding.bits())),
              owner + " has counts that its coding cannot hold");
    }
    if (value.constant() < 0)
      return;
    const pb::Constant &constant =
        contents.constants.constants(value.constant());
    require(constant.type() == value.type() &&
                std::equal(constant.shape().begin(), constant.shape().end(),
                           value.shape().begin(), value.shape().end()),
            owner + " has another type or shape than constant '" +
                constant.name() + "'");
    if (value.has_coding())
      checkLevels(value, owner);
  }

  /// The elements of a coded constant are levels or phases of its coding.
  void checkLevels(const pb::Value &value, const std::string &owner) const {
    rt::Tensor tensor = image.constant(value.constant());
    auto *bytes = static_cast<const uint8_t *>(tensor.raw());
    bool isPhase = value.coding().has_phase();
    int32_t most = isPhase ? int32_t(value.coding().phase().phases())
                           : (1 << value.coding().bits()) - 1;
    require(std::all_of(bytes, bytes + tensor.size(),
                        [&](uint8_t byte) {
                          return isPhase
                                     ? std::abs(int32_t(int8_t(byte))) <= most
                                     : byte <= most;
                        }),
            owner + " has elements that its coding does not have");
  }

  void checkInterface() {
    enter(section::interface);
    std::set<uint32_t> inputs;
    std::set<std::string> names;
    auto check = [&](const pb::Port &port, const char *kind) {
      std::string owner = std::string(kind) + " '" + port.name() + "'";
      const pb::Value &value = valueOf(port.value());
      require(names.insert(kind + port.name()).second,
              "there are two ports of the name " + owner);
      require(port.type() == value.type() &&
                  std::equal(port.shape().begin(), port.shape().end(),
                             value.shape().begin(), value.shape().end()),
              owner + " has another type or shape than its value " +
                  std::to_string(port.value()));
      for (int axis = 1; axis < port.shape_size(); ++axis)
        require(port.shape(axis) >= 0, owner + " has an unknown axis " +
                                           std::to_string(axis) +
                                           " that is not the batch");
      int64_t last = 0;
      for (int64_t axis : port.length_axes()) {
        require(axis > last && axis < port.shape_size() &&
                    (last == 0 || port.shape(static_cast<int>(axis)) ==
                                      port.shape(static_cast<int>(last))),
                owner + " cannot vary along axis " + std::to_string(axis));
        last = axis;
      }
      require(std::isfinite(port.padding()) &&
                  (port.padding() == 0 || last > 0),
              owner + " has padding that is no finite number, or of no axis");
    };
    for (const pb::Port &port : contents.interface.inputs()) {
      check(port, "input");
      require(valueOf(port.value()).constant() < 0 &&
                  !valueOf(port.value()).has_coding() &&
                  inputs.insert(port.value()).second,
              "input '" + port.name() +
                  "' is a constant, a train or another input");
    }
    for (const pb::Port &port : contents.interface.outputs())
      check(port, "output");
  }

  /// Every unit's description serves one instruction.
  void checkUses() const {
    auto check = [&](const std::vector<int> &uses, const char *what) {
      for (size_t i = 0; i < uses.size(); ++i)
        require(uses[i] == 1, std::string(what) + " " + std::to_string(i) +
                                  " serves " + std::to_string(uses[i]) +
                                  " instructions, expected one");
    };
    std::vector<int> layers(size_t(contents.layers.layers_size()));
    std::vector<int> products(size_t(contents.engines.products_size()));
    std::vector<int> attentions(size_t(contents.engines.attentions_size()));
    std::vector<int> fires(size_t(contents.requantisers.requantisers_size()));
    for (const pb::Instruction &instruction : program.instructions()) {
      if (instruction.unit_case() == pb::Instruction::kLayer)
        ++layers[instruction.layer()];
      else if (instruction.unit_case() == pb::Instruction::kProduct)
        ++products[instruction.product()];
      else if (instruction.unit_case() == pb::Instruction::kAttention)
        ++attentions[instruction.attention()];
      else if (instruction.unit_case() == pb::Instruction::kRequantiser)
        ++fires[instruction.requantiser()];
    }
    check(layers, "layer");
    check(products, "product");
    check(attentions, "attention");
    check(fires, "requantiser");
  }

  /// Passes over the same cells follow each other.
  void checkPasses() const {
    const pb::Instruction *before = nullptr;
    for (const pb::Instruction &instruction : program.instructions()) {
      if (instruction.unit_case() == pb::Instruction::kLayer) {
        const pb::Layer &layer =
            contents.layers.layers(int(instruction.layer()));
        require(!layer.has_cells_of() ||
                    (before && before->unit_case() == pb::Instruction::kLayer &&
                     before->layer() == layer.cells_of()),
                "instruction '" + instruction.node() +
                    "' does not follow that of the layer whose cells it uses");
      }
      before = &instruction;
    }
  }

  //===--------------------------------------------------------------------===//
  // Instructions
  //===--------------------------------------------------------------------===//

  void checkInstruction(const pb::Instruction &instruction) {
    owner = "instruction '" + instruction.node() + "'";
    if (instruction.has_site())
      checkSite(instruction);
    switch (instruction.unit_case()) {
    case pb::Instruction::kLayer:
      return checkLayer(instruction);
    case pb::Instruction::kProduct:
      return checkProduct(instruction);
    case pb::Instruction::kRequantiser:
      return checkFire(instruction);
    case pb::Instruction::kKernel:
      return checkKernel(instruction);
    case pb::Instruction::kPhase:
      return checkPhase(instruction);
    case pb::Instruction::kLif:
      requireOperand(instruction, 0, pb::F32);
      checkLevels(instruction, instruction.lif().neuron());
      checkChannels(instruction, instruction.lif().neuron());
      return checkNeurons(instruction, instruction.lif().steps());
    case pb::Instruction::kBernoulli:
      requireOperand(instruction, 0, pb::F32);
      return checkNeurons(instruction, instruction.bernoulli().steps());
    default:
      return checkAttention(instruction);
    }
  }

  void requireOperand(const pb::Instruction &instruction, int at,
                      pb::ElementType type) const {
    int32_t value = instruction.operands(at);
    require(value < 0 || valueOf(value).type() == type,
            owner + " needs " + pb::ElementType_Name(type) +
                " elements in its operand " + std::to_string(at) + ", has " +
                pb::ElementType_Name(valueOf(std::max(value, 0)).type()));
  }
  void requireResult(const pb::Instruction &instruction, pb::ElementType type,
                     const Shape &shape) const {
    const pb::Value &value = valueOf(instruction.results(0));
    require(value.type() == type, owner + " gives " +
                                      pb::ElementType_Name(type) +
                                      " elements, its result has " +
                                      pb::ElementType_Name(value.type()));
    require(fits(shapeOf(instruction.results(0)), shape),
            owner + " gives the shape " + toText(shape) + ", its result has " +
                toText(shapeOf(instruction.results(0))));
  }
  void requireCoding(int64_t value, const pb::Coding &coding,
                     const char *what) const {
    require(valueOf(value).has_coding() &&
                detail::isEqual(valueOf(value).coding(), coding),
            owner + " has another coding than its " + what);
  }
  /// A result of accumulators or real values.
  void requirePlain(const pb::Instruction &instruction) const {
    for (uint32_t result : instruction.results())
      require(!valueOf(result).has_coding(),
              owner + " gives numbers, its result has a coding");
  }

  void checkSite(const pb::Instruction &instruction) const {
    const pb::Site &site = instruction.site();
    const pb::Value &result = valueOf(instruction.results(0));
    require(instruction.results_size() >= 1 && result.has_coding(),
            owner + " is a site, but makes no levels");
    static const char *const kinds[] = {"activation", "query", "key",
                                        "value",      "score", "probability",
                                        "residual"};
    require(std::find(std::begin(kinds), std::end(kinds), site.kind()) !=
                std::end(kinds),
            owner + " is a site of the unknown kind '" + site.kind() + "'");
    for (uint32_t axis : site.token_axes())
      require(axis < uint32_t(result.shape_size()),
              owner + " has tokens along axis " + std::to_string(axis) +
                  " of " + std::to_string(result.shape_size()));
    require(site.valid() < 0 || (valueOf(site.valid()).type() == pb::BOOL &&
                                 valueOf(site.valid()).shape_size() == 2),
            owner + " needs a value [batch, tokens] of tokens that are kept");
  }

  void checkLayer(const pb::Instruction &instruction) const {
    const pb::Layer &layer = contents.layers.layers(int(instruction.layer()));
    require(instruction.node() == layer.node(),
            owner + " runs the layer '" + layer.node() + "'");
    requireCoding(instruction.operands(0), layer.coding(), "operand");
    requirePlain(instruction);
    Shape train = shapeOf(instruction.operands(0)), result = train;
    int64_t channels = int64_t(layer.groups()) * layer.outputs(), points = 1;
    if (!layer.has_convolution()) {
      require(layer.groups() == 1 && !train.empty() &&
                  train.back() == layer.inputs(),
              owner + " needs " + std::to_string(layer.inputs()) +
                  " columns, has the shape " + toText(train));
      result.back() = layer.outputs();
    } else {
      const pb::Convolution &window = layer.convolution();
      size_t axes = size_t(window.kernel_size());
      int64_t taps = 1;
      for (uint32_t size : window.kernel())
        taps *= size;
      require(train.size() == axes + 2 &&
                  train[1] == int64_t(layer.groups()) * (layer.inputs() / taps),
              owner + " has a window that does not fit the shape " +
                  toText(train));
      result[1] = channels;
      for (size_t i = 0; i < axes; ++i) {
        int64_t &size = result[i + 2];
        int at = int(i);
        require(size >= 0 && size <= INT32_MAX,
                owner + " has spatial axes of unknown size");
        int64_t span =
            size + window.pads(at) + window.pads(at + int(axes)) -
            (int64_t(window.dilations(at)) * (int64_t(window.kernel(at)) - 1) +
             1);
        require(span >= 0, owner + " has a window larger than its input");
        size = span / window.strides(at) + 1;
        points *= size;
      }
    }
    requireResult(instruction, layer.coding().has_phase() ? pb::F32 : pb::I32,
                  result);
    if (layer.offset() < 0)
      return;
    const pb::Constant &offset = contents.constants.constants(layer.offset());
    int64_t size = 1;
    for (int64_t axis : offset.shape())
      size *= axis;
    require(offset.shape_size() >= 1 && offset.shape(0) == channels &&
                (size == channels || size == channels * points),
            owner + " needs an offset for " + std::to_string(channels) +
                " channels of " + std::to_string(points) + " points");
  }

  void checkProduct(const pb::Instruction &instruction) const {
    const pb::Product &product =
        contents.engines.products(int(instruction.product()));
    require(instruction.node() == product.node(),
            owner + " runs the product '" + product.node() + "'");
    requireCoding(instruction.operands(0), product.train(), "train");
    requireCoding(instruction.operands(1), product.resident(), "residents");
    requireOperand(instruction, 2, pb::BOOL);
    requirePlain(instruction);
    Shape a = shapeOf(instruction.operands(0));
    Shape b = shapeOf(instruction.operands(1));
    require(a.size() >= 2 && b.size() >= 2,
            owner + " needs operands of two axes or more");
    if (product.transposed())
      std::swap(b[b.size() - 1], b[b.size() - 2]);
    int64_t rows = a[a.size() - 2], inputs = a.back();
    int64_t outputs = b.back();
    require(fits(inputs, b[b.size() - 2]),
            owner + " has operands that do not fit");
    const pb::Value &result = valueOf(instruction.results(0));
    Shape shape = shapeOf(instruction.results(0));
    require(result.type() == pb::I32 &&
                shape.size() == std::max(a.size(), b.size()) &&
                fits(shape[shape.size() - 2], rows) &&
                fits(shape.back(), outputs),
            owner + " has a result of another type or shape than its product");
    int64_t keys = product.reduce_keys() ? inputs : outputs;
    require(keys < 0 || int64_t(product.keys_per_tile()) <= keys,
            owner + " holds " + std::to_string(product.keys_per_tile()) +
                " of " + std::to_string(keys) + " keys");
    require(product.resident().table_size() == 0,
            owner + " holds levels of a table");
    auto largest = [](const pb::Coding &coding) {
      rt::Coding levels = toCoding(coding);
      int64_t top = levels.value(levels.maxLevel());
      int64_t zero = levels.value(levels.zero);
      return coding.bits() == 1 && !coding.train() ? 1
                                                   : std::max(zero, top - zero);
    };
    int64_t most = largest(product.train()) * largest(product.resident());
    require(inputs <= INT32_MAX / std::max<int64_t>(most, 1),
            owner + " needs more than 32 bits for its sums of " +
                std::to_string(inputs) + " products");
    if (instruction.operands(2) >= 0)
      require(shapeOf(instruction.operands(2)).size() == 2,
              owner + " needs keys [batch, tokens] that are kept");
  }

  void checkFire(const pb::Instruction &instruction) const {
    const pb::Requantiser &fire =
        contents.requantisers.requantisers(int(instruction.requantiser()));
    require(!instruction.has_site() || instruction.site().name() == fire.site(),
            owner + " fires at the site '" + fire.site() + "'");
    requireOperand(instruction, 0, pb::I32);
    requireCoding(instruction.results(0), fire.coding(), "requantiser");
    Shape shape = shapeOf(instruction.operands(0));
    requireResult(instruction, pb::U8, shape);
    require(fire.axis() < shape.size(),
            owner + " has channels along axis " + std::to_string(fire.axis()) +
                " of " + std::to_string(shape.size()));
    int32_t rowsOf = fire.thresholds() >= 0 ? fire.thresholds() : fire.lowest();
    int64_t rows = contents.constants.constants(rowsOf).shape(0);
    int64_t channels = shape[fire.axis()];
    require(rows == 1 || fits(rows, channels),
            owner + " has thresholds for " + std::to_string(rows) +
                " channels of " + std::to_string(channels));
  }

  void checkNeurons(const pb::Instruction &instruction, uint32_t steps) const {
    checkNeurons(instruction, steps, shapeOf(instruction.operands(0)));
  }

  /// Neurons of the given shape.
  void checkNeurons(const pb::Instruction &instruction, uint32_t steps,
                    const Shape &shape) const {
    const pb::Value &result = valueOf(instruction.results(0));
    requireResult(instruction, pb::U8, shape);
    require(result.has_coding() && result.coding().steps() == steps,
            owner + " needs a result of " + std::to_string(steps) +
                " time steps");
    require(!shape.empty() && (shape[0] < 0 || shape[0] % steps == 0),
            owner + " has an axis 0 that does not hold " +
                std::to_string(steps) + " time steps");
  }

  /// A train that holds as many spikes a step as there are levels, and the
  /// membranes, if they are asked for.
  void checkLevels(const pb::Instruction &instruction,
                   const pb::LifNeuron &neuron) const {
    const pb::Coding &coding = valueOf(instruction.results(0)).coding();
    uint32_t most = 1 + uint32_t(neuron.levels_size());
    require(std::max(coding.max_count(), 1u) == most,
            owner + " gives up to " + std::to_string(most) +
                " spikes a step, its result holds " +
                std::to_string(std::max(coding.max_count(), 1u)));
    if (instruction.results_size() < 2)
      return;
    const pb::Value &membranes = valueOf(instruction.results(1));
    require(membranes.type() == pb::F32 &&
                fits(shapeOf(instruction.results(1)),
                     shapeOf(instruction.operands(0))),
            owner + " has membranes that are no F32 of the shape of its input");
  }

  /// An axis that the constants of neurons run over.
  void checkChannels(const pb::Instruction &instruction,
                     const pb::LifNeuron &neuron) const {
    if (neuron.constants_size() == 0)
      return;
    Shape shape = shapeOf(instruction.operands(0));
    int64_t behind = 1; // neurons behind an axis
    bool isFound = false;
    for (size_t axis = shape.size(); axis-- > 1 && shape[axis] > 0;) {
      isFound |= behind == int64_t(neuron.inner()) &&
                 shape[axis] == neuron.constants_size();
      behind *= shape[axis];
    }
    require(isFound, owner + " has " + std::to_string(neuron.constants_size()) +
                         " constants of channels, " +
                         std::to_string(neuron.inner()) +
                         " neurons each, for the shape " + toText(shape));
  }

  void checkAttention(const pb::Instruction &instruction) const {
    const pb::SpikingAttention &attention =
        contents.engines.attentions(int(instruction.attention()));
    require(instruction.node() == attention.node(),
            owner + " runs the attention '" + attention.node() + "'");
    Shape shape = shapeOf(instruction.operands(0));
    require(shape.size() >= 4, owner +
                                   " needs trains [time, heads, tokens, "
                                   "channels], has the shape " +
                                   toText(shape));
    int64_t product = 1;
    for (int at = 0; at < 3; ++at) {
      const pb::Value &train = valueOf(instruction.operands(at));
      Shape own = shapeOf(instruction.operands(at));
      if (at == 2 && own.size() == shape.size())
        own.back() = shape.back();
      require(train.has_coding() &&
                  train.coding().steps() == attention.steps() &&
                  fits(own, shape),
              owner +
                  " needs three trains of one shape, but for the channels "
                  "of the third, and " +
                  std::to_string(attention.steps()) + " time steps");
      product *= std::max(train.coding().max_count(), 1u);
    }
    // The neurons have the channels of the values.
    Shape values = shapeOf(instruction.operands(2));
    checkNeurons(instruction, attention.steps(), values);
    if (attention.has_sdsa())
      checkLevels(instruction, attention.sdsa().neuron());
    int64_t tokens = shape[shape.size() - 2], channels = shape.back();
    requireOperand(instruction, 3, pb::U8);
    bool hasMask = instruction.operands(3) >= 0;
    if (hasMask)
      require(fits(shapeOf(instruction.operands(3)), {tokens, tokens}),
              owner + " has a mask that it cannot apply");
    std::string fault =
        findFault(attention, {tokens, channels, hasMask,
                              shape[shape.size() - 3], values.back(), product});
    require(fault.empty(), owner + " " + fault);
  }

  void checkPhase(const pb::Instruction &instruction) const {
    const pb::PhaseOp &op = instruction.phase();
    bool onEngine =
        op.kind() == pb::PhaseOp::WOSS || op.kind() == pb::PhaseOp::PRODUCT;
    require(onEngine ? op.engine() == "digital" || op.engine() == "trace_woss"
                     : op.engine().empty(),
            owner + " runs on the engine '" + op.engine() + "'");
    require(op.kind() == pb::PhaseOp::PRODUCT ||
                (!op.transposed() && op.factor() == 0),
            owner + " is no product, but has a factor");
    bool makesTrain =
        op.kind() == pb::PhaseOp::ENCODE || op.kind() == pb::PhaseOp::WOSS;
    if (makesTrain)
      requireCoding(instruction.results(0), op.coding(), "train");
    else
      require(!op.has_coding(), owner + " makes no train, but has its coding");
    Shape shape = shapeOf(instruction.operands(0));
    switch (op.kind()) {
    case pb::PhaseOp::ENCODE:
      requireOperand(instruction, 0, pb::F32);
      return requireResult(instruction, pb::I8, shape);
    case pb::PhaseOp::DECODE:
      requirePlain(instruction);
      return requireResult(instruction, pb::F32, shape);
    case pb::PhaseOp::RESIDUAL:
      requirePlain(instruction);
      requireOperand(instruction, 0, pb::F32);
      require(fits(shapeOf(instruction.operands(1)), shape),
              owner + " adds operands of two shapes");
      return requireResult(instruction, pb::F32, shape);
    case pb::PhaseOp::WOSS: {
      requireOperand(instruction, 1, pb::F32);
      requireOperand(instruction, 2, pb::F32);
      require(!shape.empty() &&
                  valueOf(instruction.results(0)).coding().scale() == 1,
              owner + " needs scores with an axis, and a train of scale 1");
      requireResult(instruction, pb::I8, shape);
      const pb::Value &sum = valueOf(instruction.results(1));
      shape.back() = 1;
      return require(sum.type() == pb::F32 && !sum.has_coding() &&
                         fits(shapeOf(instruction.results(1)), shape),
                     owner + " has a sum of another type or shape");
    }
    default:
      return checkPhaseProduct(instruction);
    }
  }

  void checkPhaseProduct(const pb::Instruction &instruction) const {
    const pb::PhaseCode &a = valueOf(instruction.operands(0)).coding().phase();
    const pb::PhaseCode &b = valueOf(instruction.operands(1)).coding().phase();
    require(a.base() == b.base() && a.phases() == b.phases(),
            owner + " has trains that differ in base or phases");
    require(std::isfinite(instruction.phase().factor()),
            owner + " has a factor that is not finite");
    requirePlain(instruction);
    Shape left = shapeOf(instruction.operands(0));
    Shape right = shapeOf(instruction.operands(1));
    require(left.size() >= 2 && right.size() >= 2,
            owner + " needs operands of two axes or more");
    if (instruction.phase().transposed())
      std::swap(right[right.size() - 1], right[right.size() - 2]);
    require(fits(left.back(), right[right.size() - 2]),
            owner + " has operands that do not fit");
    Shape result = shapeOf(instruction.results(0));
    require(valueOf(instruction.results(0)).type() == pb::F32 &&
                result.size() == std::max(left.size(), right.size()) &&
                fits(result.back(), right.back()) &&
                fits(result[result.size() - 2], left[left.size() - 2]),
            owner + " has a result of another type or shape than its product");
    requireOperand(instruction, 2, pb::F32);
    if (instruction.operands(2) < 0)
      return;
    result.back() = 1;
    require(fits(shapeOf(instruction.operands(2)), result),
            owner + " needs a divisor of the shape " + toText(result));
  }

  //===--------------------------------------------------------------------===//
  // Kernels
  //===--------------------------------------------------------------------===//

  /// The coding among a kernel's attributes; none: false.
  static bool findCoding(const pb::KernelCall &call, pb::Coding &coding) {
    int at = 0;
    for (rt::ParameterKind kind : rt::findKernel(call.name())->parameters) {
      if (kind == rt::ParameterKind::Coding) {
        coding.set_bits(uint32_t(call.attributes(at).integer()));
        coding.set_zero(uint32_t(call.attributes(at + 1).integer()));
        coding.set_mask(uint32_t(call.attributes(at + 2).integer()));
        coding.set_radius(uint32_t(call.attributes(at + 3).integer()));
        coding.set_scale(call.attributes(at + 4).real());
        if (at + 5 < call.attributes_size() &&
            call.attributes(at + 5).has_integers())
          for (int64_t level : call.attributes(at + 5).integers().values())
            coding.add_table(uint32_t(level));
        return true;
      }
      at += kind == rt::ParameterKind::Integer ||
            kind == rt::ParameterKind::Real ||
            kind == rt::ParameterKind::Integers ||
            kind == rt::ParameterKind::Text;
    }
    return false;
  }

  /// Kernels that make levels say their coding; others pass trains on.
  void checkKernel(const pb::Instruction &instruction) const {
    const pb::KernelCall &call = instruction.kernel();
    pb::Coding named;
    if (findCoding(call, named))
      return checkNamedCoding(instruction, named);
    for (uint32_t result : instruction.results()) {
      if (!valueOf(result).has_coding())
        continue;
      if (call.name() == "train_sum") {
        checkCountTotal(instruction, valueOf(result));
        continue;
      }
      if (call.name() == "train_add") {
        checkCountSum(instruction, valueOf(result));
        continue;
      }
      if (call.name() == "train_slots") {
        checkSlots(instruction, result);
        continue;
      }
      static const char *const movers[] = {
          "concat",    "expand",        "gather",        "pad",   "reshape",
          "slice",     "split",         "tile",          "where", "transpose",
          "train_and", "train_and_not", "train_max_pool"};
      require(std::find(std::begin(movers), std::end(movers), call.name()) !=
                  std::end(movers),
              owner + " makes levels with the kernel '" + call.name() + "'");
      checkMoved(instruction, valueOf(result));
    }
  }

  /// The largest counts of trains add up.
  void checkCountSum(const pb::Instruction &instruction,
                     const pb::Value &result) const {
    uint32_t sum = 0;
    for (int32_t operand : instruction.operands()) {
      require(operand >= 0 && valueOf(operand).has_coding() &&
                  valueOf(operand).coding().steps() > 0 &&
                  valueOf(operand).coding().steps() == result.coding().steps(),
              owner + " adds what are no trains of one number of steps");
      sum += std::max(valueOf(operand).coding().max_count(), 1u);
    }
    require(result.coding().max_count() == sum,
            owner + " gives up to " + std::to_string(sum) +
                " spikes a step, its result holds " +
                std::to_string(result.coding().max_count()));
  }

  /// The largest count of a sum along axes, which may include all time steps.
  void checkCountTotal(const pb::Instruction &instruction,
                       const pb::Value &result) const {
    int32_t operand = instruction.operands(0);
    require(operand >= 0 && valueOf(operand).has_coding() &&
                valueOf(operand).coding().steps() > 0,
            owner + " adds up what is no train");
    Shape shape = shapeOf(operand);
    const pb::Attribute &axes = instruction.kernel().attributes(0);
    uint32_t steps = valueOf(operand).coding().steps();
    uint64_t most = std::max(valueOf(operand).coding().max_count(), 1u);
    for (int64_t axis : axes.integers().values()) {
      require(axis >= 0 && axis < int64_t(shape.size()) &&
                  shape[size_t(axis)] > 0 &&
                  (axis > 0 || shape[0] == int64_t(steps)),
              owner + " adds along an axis that has no known size or holds "
                      "more than the time steps");
      most *= uint64_t(shape[size_t(axis)]);
      require(most <= 255, owner + " counts more than 255 spikes");
      if (axis == 0)
        steps = 1;
    }
    require(axes.integers().values_size() > 0,
            owner + " needs an axis to add along");
    require(result.coding().steps() == steps &&
                std::max(result.coding().max_count(), 1u) == most,
            owner + " gives up to " + std::to_string(most) + " spikes in " +
                std::to_string(steps) + " steps, its result holds others");
  }

  /// The time steps of a count.
  void checkSlots(const pb::Instruction &instruction, uint32_t result) const {
    int32_t operand = instruction.operands(0);
    require(operand >= 0 && valueOf(operand).has_coding() &&
                valueOf(operand).coding().steps() == 1,
            owner + " spreads what is no count of one step");
    const auto &levels = instruction.kernel().attributes(0).integers().values();
    int64_t most = std::max(valueOf(operand).coding().max_count(), 1u);
    for (int64_t level : levels)
      require(level >= 1 && level <= most,
              owner + " has a level " + std::to_string(level) +
                  " of a count up to " + std::to_string(most));
    Shape shape = shapeOf(operand);
    shape.insert(shape.begin(), levels.size());
    const pb::Coding &coding = valueOf(result).coding();
    require(levels.size() > 0 && int64_t(coding.steps()) == levels.size() &&
                coding.max_count() <= 1 && shapeOf(int32_t(result)) == shape,
            owner + " gives binary spikes in " + std::to_string(levels.size()) +
                " steps, its result holds others");
  }

  void checkMoved(const pb::Instruction &instruction,
                  const pb::Value &result) const {
    bool any = false;
    for (int32_t operand : instruction.operands()) {
      if (operand < 0 || valueOf(operand).type() != result.type())
        continue;
      any = true;
      requireCoding(operand, result.coding(), "result");
    }
    require(any, owner + " makes levels of no levels");
    if (instruction.kernel().name() != "pad")
      return;
    for (const pb::Attribute &attribute : instruction.kernel().attributes())
      require(
          attribute.value_case() != pb::Attribute::kReal ||
              (attribute.real() >= 0 &&
               attribute.real() <= (result.coding().has_phase()
                                        ? 0
                                        : (1 << result.coding().bits()) - 1)),
          owner + " pads with something else than a level");
  }

  void checkNamedCoding(const pb::Instruction &instruction,
                        const pb::Coding &named) const {
    int64_t value = instruction.results(0);
    if (!valueOf(value).has_coding())
      value = instruction.operands(0);
    require(value >= 0 && valueOf(value).has_coding(),
            owner + " names a coding that no value has");
    const pb::Coding &coding = valueOf(value).coding();
    require(!coding.has_phase() && coding.bits() == named.bits() &&
                coding.zero() == named.zero() &&
                coding.mask() == named.mask() &&
                coding.radius() == named.radius() &&
                coding.scale() == named.scale() &&
                std::equal(coding.table().begin(), coding.table().end(),
                           named.table().begin(), named.table().end()),
            owner + " names another coding than its value " +
                std::to_string(value));
    if (instruction.kernel().name() != "encode")
      return;
    int last = instruction.kernel().attributes_size() - 1;
    int64_t deadZone = instruction.kernel().attributes(last).integer();
    require(deadZone >= 0 && deadZone <= 255, owner + " has a dead zone of " +
                                                  std::to_string(deadZone) +
                                                  " levels");
  }

  const Image &image;
  const pb::ProgramSection &program;
  std::string owner; // of the instruction at hand
};

} // namespace

void snn::image::detail::verifyProgram(const Image &image) {
  ProgramVerifier(image).run();
}

Verified snn::image::verify(const Image &image) {
  Verified verified = detail::verifyLayers(image);
  detail::verifyUnits(image);
  detail::verifyProgram(image);
  // Last, as the others say what contradicts what.
  uint32_t has = image.interface().network_checksum();
  if (uint32_t needs = makeNetworkChecksum(image); has != needs)
    throw rt::Error(image.container().path() +
                    ": section 'interface' is malformed: needs the network's "
                    "checksum " +
                    std::to_string(needs) + ", has " + std::to_string(has) +
                    ": a part of the image is another network's");
  return verified;
}
