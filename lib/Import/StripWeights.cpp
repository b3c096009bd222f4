//===- StripWeights.cpp - A model's bytes without its weights -------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Walks the protobuf wire format, so that the parser never sees (and copies)
// the weights of a large model.
//
//===----------------------------------------------------------------------===//

#include "ModelFile.h"
#include "snn/runtime/Wire.h"
#include "llvm/ADT/STLExtras.h"

using namespace snn::import;
namespace rt = snn::rt;
using llvm::StringRef;

namespace {

/// Data fields longer than this are left out.
constexpr size_t keptDataBytes = 1024;

void appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void appendMessage(std::string &out, unsigned field, StringRef body) {
  appendVarint(out, uint64_t(field) << 3 | unsigned(rt::WireType::Bytes));
  appendVarint(out, body.size());
  out.append(body.begin(), body.end());
}

/// Reads the fields of one message.
class Stripper {
public:
  explicit Stripper(StringRef file) : file(file) {}

  bool model(StringRef in, std::string &out) {
    return message(in, out, [&](unsigned field, StringRef body) {
      return field == 7 ? nested(&Stripper::graph, field, body, out)
                        : Outcome::Keep;
    });
  }
  size_t failureOffset() const { return failedAt; }

private:
  enum class Outcome { Keep, Done, Bad };

  bool graph(StringRef in, std::string &out) {
    return message(in, out, [&](unsigned field, StringRef body) {
      if (field == 1)
        return nested(&Stripper::node, field, body, out);
      if (field == 5)
        return nested(&Stripper::tensor, field, body, out);
      return Outcome::Keep;
    });
  }

  bool node(StringRef in, std::string &out) {
    return message(in, out, [&](unsigned field, StringRef body) {
      return field == 5 ? nested(&Stripper::attribute, field, body, out)
                        : Outcome::Keep;
    });
  }

  bool attribute(StringRef in, std::string &out) {
    return message(in, out, [&](unsigned field, StringRef body) {
      return field == 5 ? nested(&Stripper::tensor, field, body, out)
                        : Outcome::Keep;
    });
  }

  bool tensor(StringRef in, std::string &out) {
    uint64_t rawBytes = 0, elements = 0;
    bool isRaw = false, isTyped = false;
    bool ok = message(in, out, [&](unsigned field, StringRef body) {
      if (body.size() <= keptDataBytes)
        return Outcome::Keep;
      switch (field) {
      case 9: // raw_data
        isRaw = true;
        rawBytes += body.size();
        return Outcome::Done;
      case 4: // float_data
        isTyped = true;
        elements += body.size() / 4;
        return Outcome::Done;
      case 10: // double_data
        isTyped = true;
        elements += body.size() / 8;
        return Outcome::Done;
      case 5:  // int32_data
      case 7:  // int64_data
      case 11: // uint64_data
        isTyped = true;
        elements += llvm::count_if(body, [](char c) { return !(c & 0x80); });
        return Outcome::Done;
      default:
        return Outcome::Keep;
      }
    });
    if (isRaw)
      appendEntry(out, strippedBytesKey, rawBytes);
    if (isTyped)
      appendEntry(out, strippedElementsKey, elements);
    return ok;
  }

  static void appendEntry(std::string &out, StringRef key, uint64_t value) {
    std::string entry;
    appendMessage(entry, 1, key);
    appendMessage(entry, 2, std::to_string(value));
    appendMessage(out, 13, entry);
  }

  Outcome nested(bool (Stripper::*reader)(StringRef, std::string &),
                 unsigned field, StringRef body, std::string &out) {
    std::string inner;
    if (!(this->*reader)(body, inner))
      return Outcome::Bad;
    appendMessage(out, field, inner);
    return Outcome::Done;
  }

  /// Copies the fields of `in` to `out`; length-delimited ones go to `visit`,
  /// which may write something else in their place.
  template <typename Visit>
  bool message(StringRef in, std::string &out, Visit visit) {
    rt::WireReader reader(in);
    rt::WireField field;
    while (reader.next(field)) {
      if (field.isBytes()) {
        StringRef body(field.bytes.data(), field.bytes.size());
        Outcome outcome = visit(field.number, body);
        if (outcome == Outcome::Bad)
          return false;
        if (outcome == Outcome::Done)
          continue;
      }
      out.append(field.encoded);
    }
    if (reader.hasFailed())
      failedAt = reader.failedAt() - file.data();
    return !reader.hasFailed();
  }

  StringRef file;
  size_t failedAt = 0;
};

} // namespace

llvm::Expected<std::string> snn::import::stripWeights(StringRef bytes) {
  Stripper stripper(bytes);
  std::string out;
  if (!stripper.model(bytes, out))
    return llvm::createStringError(
        llvm::inconvertibleErrorCode(),
        "not an ONNX model: truncated or damaged at byte %zu",
        stripper.failureOffset());
  return out;
}
