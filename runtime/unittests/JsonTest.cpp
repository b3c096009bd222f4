//===- JsonTest.cpp - Writing JSON ----------------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/runtime/Json.h"
#include <gtest/gtest.h>

using namespace snn::rt;
using Layout = JsonWriter::Layout;

TEST(Json, Layouts) {
  for (auto [layout, text] :
       {std::pair(Layout::Tight, "{\"a\":1,\"b\":[true,\"x\"],\"c\":{}}"),
        std::pair(Layout::Inline,
                  "{\"a\": 1, \"b\": [true, \"x\"], \"c\": {}}"),
        std::pair(Layout::Lines, "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    "
                                 "\"x\"\n  ],\n  \"c\": {}\n}")}) {
    JsonWriter json;
    json.beginObject(layout).member("a", 1).key("b").beginList(layout);
    json.value(true).value("x").endList();
    json.key("c").beginObject(layout).endObject().endObject();
    EXPECT_EQ(json.str(), text);
  }
}

TEST(Json, ObjectsOnLines) {
  JsonWriter json;
  json.beginObject(Layout::Lines).key("list").beginList(Layout::Lines);
  for (int i = 0; i < 2; ++i)
    json.beginObject(Layout::Inline).member("i", i).endObject();
  json.endList().key("none").beginList(Layout::Lines).endList().endObject();
  EXPECT_EQ(json.str(), "{\n  \"list\": [\n    {\"i\": 0},\n    {\"i\": 1}\n  "
                        "],\n  \"none\": []\n}");
}

TEST(Json, Values) {
  JsonWriter json;
  json.beginList(Layout::Inline);
  json.value("a\"b\\c\n\x01").value(0.1).value(2.0).value(uint64_t(-1));
  json.fixed(1.23456, 4).value(INT64_MIN).endList();
  EXPECT_EQ(json.str(),
            "[\"a\\\"b\\\\c\\u000a\\u0001\", 0.10000000000000001, 2, "
            "18446744073709551615, 1.2346, -9223372036854775808]");
}
