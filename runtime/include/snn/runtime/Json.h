//===- Json.h - Writing JSON ------------------------------------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SNN_RUNTIME_JSON_H
#define SNN_RUNTIME_JSON_H

#include "snn/runtime/Spiking.h"

#include <string>
#include <type_traits>
#include <vector>

namespace snn::rt {

/// Writes one JSON value, part after part; every file and line of JSON that the
/// runtime makes comes from here.
class JsonWriter {
public:
  /// How the parts of an object or a list are laid out. `Lines` may stand only
  /// in `Lines`.
  enum class Layout {
    Lines,  ///< a part on each line, indented
    Inline, ///< on one line: {"a": 1, "b": 2}
    Tight   ///< without spaces: {"a":1,"b":2}
  };

  JsonWriter &beginObject(Layout layout) { return open('{', layout); }
  JsonWriter &endObject() { return close('}'); }
  JsonWriter &beginList(Layout layout) { return open('[', layout); }
  JsonWriter &endList() { return close(']'); }

  /// The key of the value that follows.
  JsonWriter &key(const std::string &name);

  JsonWriter &value(const std::string &text);
  JsonWriter &value(const char *text) { return value(std::string(text)); }
  /// With as many digits as read back as the same number.
  JsonWriter &value(double number);
  template <typename T>
  std::enable_if_t<std::is_integral_v<T>, JsonWriter &> value(T number) {
    if constexpr (std::is_same_v<T, bool>)
      return raw(number ? "true" : "false");
    else
      return raw(std::to_string(number));
  }
  /// With `digits` digits behind the point.
  JsonWriter &fixed(double number, int digits);

  template <typename T> JsonWriter &member(const std::string &name, T &&x) {
    return key(name).value(std::forward<T>(x));
  }

  /// What has been written; complete when everything that was opened is closed.
  const std::string &str() const { return text; }

private:
  struct Level {
    Layout layout;
    bool isEmpty = true;
  };

  JsonWriter &open(char bracket, Layout layout);
  JsonWriter &close(char bracket);
  JsonWriter &raw(const std::string &written);
  /// What stands between the value before and the part that follows.
  void separate();
  /// Ends the line of a `Lines` object or list.
  void breakLine(size_t depth) { text += '\n' + std::string(2 * depth, ' '); }

  std::string text;
  std::vector<Level> levels;
  bool hasKey = false; ///< the value that follows has its key
};

/// Writes the members "sites" and "totals" of a statistics file into the object
/// that is open.
void writeSites(JsonWriter &json, const Statistics &statistics,
                int64_t samples);

} // namespace snn::rt

#endif // SNN_RUNTIME_JSON_H
