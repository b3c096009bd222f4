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
#include "llvm/ADT/STLExtras.h"

using namespace snn::import;
using llvm::StringRef;

namespace {

/// Data fields longer than this are left out.
constexpr size_t keptDataBytes = 1024;

enum Wire : unsigned { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

void appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void appendMessage(std::string &out, unsigned field, StringRef body) {
  appendVarint(out, field << 3 | Bytes);
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

  bool fail(const char *at) {
    failedAt = at - file.data();
    return false;
  }

  static bool readVarint(const char *&p, const char *end, uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; p != end && shift < 64; shift += 7) {
      uint8_t byte = *p++;
      value |= uint64_t(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return true;
    }
    return false;
  }

  /// Copies the fields of `in` to `out`; length-delimited ones go to `visit`,
  /// which may write something else in their place.
  template <typename Visit>
  bool message(StringRef in, std::string &out, Visit visit) {
    const char *p = in.begin(), *end = in.end();
    while (p != end) {
      const char *start = p;
      uint64_t tag, value;
      if (!readVarint(p, end, tag) || (tag >> 3) == 0)
        return fail(start);
      unsigned field = tag >> 3;
      switch (tag & 7) {
      case Varint:
        if (!readVarint(p, end, value))
          return fail(start);
        break;
      case Fixed64:
      case Fixed32: {
        size_t width = (tag & 7) == Fixed64 ? 8 : 4;
        if (static_cast<size_t>(end - p) < width)
          return fail(start);
        p += width;
        break;
      }
      case Bytes: {
        if (!readVarint(p, end, value) ||
            value > static_cast<uint64_t>(end - p))
          return fail(start);
        StringRef body(p, value);
        p += value;
        Outcome outcome = visit(field, body);
        if (outcome == Outcome::Bad)
          return false;
        if (outcome == Outcome::Done)
          continue;
        break;
      }
      default: // groups: ONNX has none
        return fail(start);
      }
      out.append(start, p);
    }
    return true;
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
