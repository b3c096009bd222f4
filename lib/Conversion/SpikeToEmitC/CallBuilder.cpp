//===- CallBuilder.cpp - One call statement of the program ----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallBuilder.h"

using namespace mlir;
using namespace snn;

CallBuilder &CallBuilder::text(const Twine &argument) {
  arguments.push_back({argument.str(), {}, Argument::Text});
  return *this;
}

CallBuilder &CallBuilder::tensor(Value value) {
  arguments.push_back({"", {value}, Argument::Reference});
  return *this;
}

CallBuilder &CallBuilder::address(Value value) {
  if (!value)
    return text("nullptr");
  arguments.push_back({"", {value}, Argument::Address});
  return *this;
}

CallBuilder &CallBuilder::addresses(ValueRange values) {
  arguments.push_back({"", llvm::to_vector<1>(values), Argument::List});
  return *this;
}

CallBuilder &CallBuilder::expression(const Twine &format, ValueRange values) {
  arguments.push_back(
      {format.str(), llvm::to_vector<1>(values), Argument::Expression});
  return *this;
}

void CallBuilder::create() {
  bool simple = llvm::all_of(arguments, [](const Argument &argument) {
    return argument.form == Argument::Text ||
           argument.form == Argument::Reference;
  });
  simple ? createCall() : createVerbatim();
}

void CallBuilder::createCall() {
  SmallVector<Attribute> parameters;
  SmallVector<Value> operands;
  for (const Argument &argument : arguments) {
    if (argument.form == Argument::Text) {
      parameters.push_back(
          emitc::OpaqueAttr::get(builder.getContext(), argument.text));
      continue;
    }
    parameters.push_back(builder.getIndexAttr(operands.size()));
    operands.push_back(argument.values.front());
  }
  emitc::CallOpaqueOp::create(builder, location, TypeRange{}, callee, operands,
                              builder.getArrayAttr(parameters));
}

void CallBuilder::createVerbatim() {
  std::string format = callee + "(";
  SmallVector<Value> operands;
  for (const Argument &argument : arguments) {
    if (&argument != arguments.begin())
      format += ", ";
    llvm::append_range(operands, argument.values);
    switch (argument.form) {
    case Argument::Text:
      for (char c : argument.text) {
        format += c;
        if (c == '{') // "{}" would stand for an operand
          format += c;
      }
      break;
    case Argument::Reference:
      format += "{}";
      break;
    case Argument::Address:
      format += "&{}";
      break;
    case Argument::Expression:
      format += argument.text;
      break;
    case Argument::List:
      format += "{{";
      for (size_t i = 0; i < argument.values.size(); ++i)
        format += i == 0 ? "&{}" : ", &{}";
      format += "}";
      break;
    }
  }
  emitc::VerbatimOp::create(builder, location,
                            builder.getStringAttr(format + ");"), operands);
}
