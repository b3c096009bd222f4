//===- SmallImage.h - An image for tests ------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// x [batch, 3] -> encode -> linear 3 x 2 on one crossbar -> fire -> dequantize.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_IMAGE_UNITTESTS_SMALLIMAGE_H
#define SNN_IMAGE_UNITTESTS_SMALLIMAGE_H

#include "snn/image/Verify.h"

#include <cstring>

namespace snn::image::test {

/// The parts of an image, to be changed before it is made.
struct SmallImage {
  Contents contents;
  std::string conductances, data;

  SmallImage() {
    makeChip();
    auto &constants = contents.constants;
    addConstant<int32_t>(constants, "theta", pb::I32, {2, 3},
                         {-1, 0, 2, -2, 1, INT32_MAX});
    addConstant<float>(constants, "scale", pb::F32, {2}, {0.5f, 0.25f});
    addConstant<int32_t>(constants, "lowest", pb::I32, {2}, {-6, -4});
    addConstant<int32_t>(constants, "highest", pb::I32, {2}, {3, 2});
    makeLayer();
    pb::Requantiser *fire = contents.requantisers.add_requantisers();
    fire->set_site("e2");
    *fire->mutable_coding() = coding();
    fire->set_axis(1);
    fire->set_thresholds(0);
    fire->set_scale(-1);
    fire->set_bias(-1);
    fire->set_lowest(-1);
    fire->set_highest(-1);
    makeProgram();
    derive();
  }

  /// What follows from the other sections.
  void derive() {
    contents.routing = makeRouting(contents);
    contents.statistics = makeStatistics(contents);
  }

  std::string bytes() const {
    return makeContainer(contents, conductances, data).finish();
  }
  Image read() const { return Image(Container("small.snnimg", bytes())); }

  static pb::Coding coding() {
    pb::Coding coding;
    coding.set_bits(2);
    coding.set_zero(2);
    coding.set_mask(2);
    coding.set_scale(0.5);
    coding.set_train(true);
    return coding;
  }

private:
  void makeChip() {
    pb::ChipSection &chip = contents.chip;
    chip.set_name("test-chip");
    chip.set_fingerprint(0x1234);
    chip.mutable_device()->set_cell_levels(2);
    chip.mutable_device()->set_g_on_us(100);
    chip.mutable_device()->set_g_off_us(10);
    chip.mutable_crossbar()->set_rows(4);
    chip.mutable_crossbar()->set_columns(8);
    chip.mutable_crossbar()->set_active_rows(4);
    chip.mutable_crossbar()->set_drive_bits(1);
    chip.mutable_crossbar()->set_adc_bits(4);
    chip.mutable_crossbar()->set_adcs_per_crossbar(2);
    chip.set_cores(1);
    chip.set_crossbars_per_core(2);
    contents.interface.set_model("small.onnx");
    contents.interface.set_coding("mttfs");
  }

  template <typename T>
  void addConstant(pb::ConstantsSection &constants, const char *name,
                   pb::ElementType type, std::vector<int64_t> shape,
                   std::vector<T> values) {
    data.resize((data.size() + 63) / 64 * 64, '\0');
    pb::Constant *constant = constants.add_constants();
    constant->set_name(name);
    constant->set_role(pb::Constant::REQUANTISER);
    constant->set_type(type);
    for (int64_t size : shape)
      constant->add_shape(size);
    constant->set_offset(data.size());
    constant->set_bytes(values.size() * sizeof(T));
    data.append(reinterpret_cast<const char *>(values.data()),
                values.size() * sizeof(T));
  }

  void makeLayer() {
    pb::Layer *layer = contents.layers.add_layers();
    contents.layers.set_rounds(1);
    layer->set_node("/fc/MatMul");
    layer->set_inputs(3);
    layer->set_outputs(2);
    layer->set_groups(1);
    layer->set_replicas(1);
    layer->set_offset(-1);
    layer->set_weight_scale(-1);
    layer->set_bias(-1);
    *layer->mutable_coding() = coding();
    pb::Tiling *tiling = layer->mutable_tiling();
    tiling->add_slice_factors(1);
    tiling->add_slice_levels(1);
    tiling->set_rows(4);
    tiling->set_columns(4);
    tiling->set_outputs_per_tile(4);
    tiling->set_row_blocks(1);
    tiling->set_column_blocks(1);
    tiling->set_active_rows(4);
    tiling->set_adc_bits(4);
    tiling->set_exact(true);
    tiling->set_weight_bits(2);
    tiling->set_largest_level(1);
    *layer->mutable_drive() = makeDrive(coding(), 1);
    layer->set_code_bits(2);
    for (int32_t level : {-1, 0, 1})
      layer->add_code_levels(level);
    BitPacker packer;
    pb::Tile *tile = layer->add_tiles();
    tile->set_rows(3);
    tile->set_columns(2);
    tile->add_crossbars(1);
    for (uint32_t code : {2, 0, 1, 1, 0, 2}) // levels 1 -1 / 0 0 / -1 1
      packer.add(code, 2);
    conductances = packer.take();
  }

  void addValue(pb::ElementType type, int64_t columns, bool coded) {
    pb::Value *value = contents.program.add_values();
    value->set_type(type);
    value->add_shape(-1);
    value->add_shape(columns);
    value->set_constant(-1);
    if (coded)
      *value->mutable_coding() = coding();
  }

  pb::Instruction *addInstruction(const char *node, int32_t operand,
                                  uint32_t result) {
    pb::Instruction *instruction = contents.program.add_instructions();
    instruction->set_node(node);
    instruction->add_operands(operand);
    instruction->add_results(result);
    return instruction;
  }

  static void addCoding(pb::KernelCall *kernel) {
    for (int64_t integer : {2, 2, 2, 0})
      kernel->add_attributes()->set_integer(integer);
    kernel->add_attributes()->set_real(0.5);
  }

  void makeProgram() {
    addValue(pb::F32, 3, false);
    addValue(pb::U8, 3, true);
    addValue(pb::I32, 2, false);
    addValue(pb::U8, 2, true);
    addValue(pb::F32, 2, false);
    pb::Instruction *encode = addInstruction("/fc/x", 0, 1);
    encode->mutable_kernel()->set_name("encode");
    addCoding(encode->mutable_kernel());
    encode->mutable_kernel()->add_attributes()->set_integer(0);
    encode->mutable_site()->set_name("e1");
    encode->mutable_site()->set_kind("activation");
    encode->mutable_site()->set_valid(-1);
    addInstruction("/fc/MatMul", 1, 2)->set_layer(0);
    addInstruction("/fc/Relu", 2, 3)->set_requantiser(0);
    pb::Instruction *dequantize = addInstruction("/fc/y", 3, 4);
    dequantize->mutable_kernel()->set_name("dequantize");
    addCoding(dequantize->mutable_kernel());
    addPort(contents.interface.add_inputs(), "x", 3, 0);
    addPort(contents.interface.add_outputs(), "y", 2, 4);
  }

  static void addPort(pb::Port *port, const char *name, int64_t columns,
                      uint32_t value) {
    port->set_name(name);
    port->set_type(pb::F32);
    port->add_shape(-1);
    port->add_shape(columns);
    port->set_value(value);
  }
};

} // namespace snn::image::test

#endif // SNN_IMAGE_UNITTESTS_SMALLIMAGE_H
