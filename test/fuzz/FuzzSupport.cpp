//===- FuzzSupport.cpp - What the fuzz targets share ----------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>
#include <vector>

using namespace snn::fuzz;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string snn::fuzz::writeInput(const uint8_t *data, size_t size,
                                  const std::string &suffix) {
  std::string path = "/dev/shm/snn-fuzz-" + std::to_string(getpid()) + suffix;
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file || std::fwrite(data, 1, size, file) != size ||
      std::fclose(file) != 0) {
    std::perror(path.c_str());
    std::abort();
  }
  return path;
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

namespace {
/// A field of a message somewhere below the one that is changed.
struct Place {
  Message *message;
  const FieldDescriptor *field;
};
} // namespace

static void collect(Message &message, std::vector<Place> &places) {
  const Reflection *reflection = message.GetReflection();
  std::vector<const FieldDescriptor *> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor *field : fields) {
    places.push_back({&message, field});
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    if (!field->is_repeated()) {
      collect(*reflection->MutableMessage(&message, field), places);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      collect(*reflection->MutableRepeatedMessage(&message, field, i), places);
  }
  // One field that is absent, too.
  if (int count = message.GetDescriptor()->field_count())
    places.push_back({&message, message.GetDescriptor()->field(
                                    static_cast<int>(places.size()) % count)});
}

static int64_t pickNumber(int64_t old, std::mt19937 &random) {
  static const int64_t special[] = {
      0,         1,         -1,        2,          255,        256,
      INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN,  UINT32_MAX, 1 << 16,
      1 << 30,   1LL << 31, 1LL << 40, 1000000000, 65535,      -2};
  switch (random() % 4) {
  case 0:
    return special[random() % std::size(special)];
  case 1:
    return static_cast<int64_t>(static_cast<uint64_t>(old) + random() % 9 - 4);
  case 2:
    return static_cast<int64_t>(static_cast<uint64_t>(old) << (random() % 8));
  default:
    return static_cast<int64_t>(uint64_t(random()) << 32 | random());
  }
}

static double pickReal(double old, std::mt19937 &random) {
  static const double special[] = {0.0, -0.0, 1e308, -1e308, 1e-310, 0.5, -1};
  switch (random() % 4) {
  case 0:
    return special[random() % std::size(special)];
  case 1:
    return -old;
  case 2:
    return random() % 2 ? std::strtod("nan", nullptr)
                        : std::strtod("inf", nullptr);
  default:
    return old * (1 + double(random() % 1000) / 100);
  }
}

static std::string pickText(std::string old, std::mt19937 &random) {
  switch (random() % 5) {
  case 0:
    return "";
  case 1:
    return old + old;
  case 2:
    return old + std::string(1, '\0') + "x";
  case 3:
    if (!old.empty())
      old[random() % old.size()] = static_cast<char>(random());
    return old;
  default:
    return old.substr(0, old.size() / 2);
  }
}

/// Sets a field, or its element `index` when it is repeated.
static void setValue(const Place &place, int index, std::mt19937 &random) {
  Message *message = place.message;
  const FieldDescriptor *field = place.field;
  const Reflection *r = message->GetReflection();
  bool one = !field->is_repeated();
  switch (field->cpp_type()) {
#define SNN_NUMBER(KIND, NAME, TYPE, PICK)                                     \
  case FieldDescriptor::CPPTYPE_##KIND:                                        \
    if (one)                                                                   \
      r->Set##NAME(                                                            \
          message, field,                                                      \
          static_cast<TYPE>(PICK(r->Get##NAME(*message, field), random)));     \
    else                                                                       \
      r->SetRepeated##NAME(                                                    \
          message, field, index,                                               \
          static_cast<TYPE>(                                                   \
              PICK(r->GetRepeated##NAME(*message, field, index), random)));    \
    return;
    SNN_NUMBER(INT32, Int32, int32_t, pickNumber)
    SNN_NUMBER(INT64, Int64, int64_t, pickNumber)
    SNN_NUMBER(UINT32, UInt32, uint32_t, pickNumber)
    SNN_NUMBER(UINT64, UInt64, uint64_t, pickNumber)
    SNN_NUMBER(FLOAT, Float, float, pickReal)
    SNN_NUMBER(DOUBLE, Double, double, pickReal)
    SNN_NUMBER(STRING, String, std::string, pickText)
#undef SNN_NUMBER
  case FieldDescriptor::CPPTYPE_BOOL:
    if (one)
      r->SetBool(message, field, !r->GetBool(*message, field));
    else
      r->SetRepeatedBool(message, field, index, random() % 2);
    return;
  case FieldDescriptor::CPPTYPE_ENUM: {
    const auto *type = field->enum_type();
    int number =
        type->value(static_cast<int>(random() % type->value_count()))->number();
    if (one)
      r->SetEnumValue(message, field, number);
    else
      r->SetRepeatedEnumValue(message, field, index, number);
    return;
  }
  case FieldDescriptor::CPPTYPE_MESSAGE:
    if (one && random() % 2)
      r->ClearField(message, field);
    else if (one)
      r->MutableMessage(message, field);
    return;
  }
}

static void mutateRepeated(const Place &place, std::mt19937 &random) {
  Message *message = place.message;
  const FieldDescriptor *field = place.field;
  const Reflection *r = message->GetReflection();
  int size = r->FieldSize(*message, field);
  if (size == 0) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      r->AddMessage(message, field);
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64)
      r->AddInt64(message, field, pickNumber(0, random));
    return;
  }
  int index = static_cast<int>(random() % static_cast<unsigned>(size));
  switch (random() % 4) {
  case 0:
    r->SwapElements(message, field, index, size - 1);
    r->RemoveLast(message, field);
    return;
  case 1:
    r->SwapElements(message, field, index,
                    static_cast<int>(random() % static_cast<unsigned>(size)));
    return;
  case 2:
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message *copy = r->GetRepeatedMessage(*message, field, index).New();
      copy->CopyFrom(r->GetRepeatedMessage(*message, field, index));
      r->AddAllocatedMessage(message, field, copy);
      return;
    }
    [[fallthrough]];
  default:
    setValue(place, index, random);
  }
}

void snn::fuzz::mutate(Message &message, std::mt19937 &random) {
  unsigned changes = 1 + random() % 3;
  for (unsigned i = 0; i < changes; ++i) {
    // Anew each time: a change may end the life of what it is in.
    std::vector<Place> places;
    collect(message, places);
    if (places.empty())
      return;
    const Place &place = places[random() % places.size()];
    if (place.field->is_repeated())
      mutateRepeated(place, random);
    else
      setValue(place, 0, random);
  }
}
