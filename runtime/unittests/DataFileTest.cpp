//===- DataFileTest.cpp - Array files, whole and damaged --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "data/Files.h"

#include "snn/runtime/DataFile.h"
#include "snn/runtime/MappedArrays.h"
#include "snn/runtime/Weights.h"

#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace snn::rt;
using namespace snn::rt::detail;
using test::Random;
using test::sameBits;

/// A file name of this process that is removed at the end.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &suffix)
      : name(::testing::TempDir() + "snn" + std::to_string(getpid()) + "_" +
             std::to_string(counter++) + suffix) {}
  ~TemporaryFile() { std::remove(name.c_str()); }
  const std::string name;

private:
  static int counter;
};
int TemporaryFile::counter = 0;

/// One array of every element type.
static NamedArrays everyType() {
  Random random(1);
  return {{"f32", random.floats({2, 3, 4})},
          {"i64", random.integers<int64_t>({5}, -1000, 1000)},
          {"i32", random.integers<int32_t>({2, 1}, -1000, 1000)},
          {"i16", random.integers<int16_t>({3, 3}, -1000, 1000)},
          {"i8", random.integers<int8_t>({7}, -128, 127)},
          {"u8", random.integers<uint8_t>({7}, 0, 255)},
          {"bool", random.integers<bool>({9}, 0, 1)},
          {"f64", Tensor::scalar<double>(0.1)},
          {"empty", Tensor(DType::F32, {0, 3})}};
}

TEST(DataFile, NpzRoundTrip) {
  TemporaryFile file(".npz");
  NamedArrays arrays = everyType();
  writeArrays(file.name, arrays);
  NamedArrays read = readArrays(file.name);
  ASSERT_EQ(read.size(), arrays.size());
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].first, arrays[i].first);
    EXPECT_TRUE(sameBits(read[i].second, arrays[i].second));
  }
  EXPECT_EQ(formatNpz(arrays), formatNpz(read));
}

TEST(DataFile, MappedArraysAreThoseRead) {
  TemporaryFile archive(".npz"), single(".npy");
  NamedArrays arrays = everyType();
  writeArrays(archive.name, arrays);
  writeArrays(single.name, {{"", arrays.front().second}});
  MappedArrays mapped = mapArrays({archive.name, single.name});
  ASSERT_EQ(mapped.arrays.size(), arrays.size() + 1);
  for (size_t i = 0; i < arrays.size(); ++i) {
    EXPECT_EQ(mapped.arrays[i].first, arrays[i].first);
    EXPECT_TRUE(sameBits(aligned(mapped.arrays[i].second), arrays[i].second));
  }
  EXPECT_TRUE(
      sameBits(aligned(mapped.arrays.back().second), arrays.front().second));
  // All but the Booleans lie in the file, and their checksums are right.
  EXPECT_EQ(mapped.unchecked.size(), arrays.size() - 1);
  for (const UncheckedBytes &one : mapped.unchecked) {
    EXPECT_EQ(checksumOf(one.bytes), one.checksum) << one.what;
    for (size_t cut : {size_t(0), one.bytes.size() / 3, one.bytes.size()})
      EXPECT_EQ(joinChecksums(checksumOf(one.bytes.substr(0, cut)),
                              checksumOf(one.bytes.substr(cut)),
                              one.bytes.size() - cut),
                one.checksum);
  }
}

TEST(DataFile, ConvertedArraysAreNotMapped) {
  // Big-endian, Fortran order, half precision, 64 bits without sign.
  for (const char *header :
       {"{'descr': '>i2', 'fortran_order': False, 'shape': (2, 2), }",
        "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 2), }",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }",
        "{'descr': '<u8', 'fortran_order': False, 'shape': (1, 1), }"}) {
    std::string bytes("\x93NUMPY\x01\x00", 8);
    std::string text = std::string(header) + "\n";
    bytes += static_cast<char>(text.size());
    bytes += '\0';
    bytes += text + std::string("\1\0\2\0\3\0\4\0", 8);
    EXPECT_FALSE(borrowNpy(bytes)) << header;
    TemporaryFile file(".npy");
    writeTextFile(file.name, bytes);
    MappedArrays mapped = mapArrays({file.name});
    EXPECT_TRUE(sameBits(mapped.arrays[0].second, parseNpy(bytes))) << header;
  }
}

TEST(DataFile, NpyRoundTrip) {
  for (const auto &[arrayName, tensor] : everyType()) {
    TemporaryFile file(".npy");
    writeArrays(file.name, {{"", tensor}});
    EXPECT_TRUE(sameBits(readArrays(file.name)[0].second, tensor)) << arrayName;
  }
  TemporaryFile file(".npy");
  EXPECT_THROW(writeArrays(file.name, everyType()), Error);
  EXPECT_THROW(readArrays(file.name), Error);
  EXPECT_THROW(readArrays("nothing.txt"), Error);
}

/// A npy file with a header of one's own.
static std::string npy(const std::string &header, const std::string &data) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data;
}

TEST(DataFile, NpyLayouts) {
  // Fortran order.
  std::string data;
  for (float v : {1.0f, 4.0f, 2.0f, 5.0f, 3.0f, 6.0f})
    data.append(reinterpret_cast<const char *>(&v), 4);
  Tensor t = parseNpy(
      npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", data));
  EXPECT_EQ(t.toVector<float>(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  // Half precision, big-endian, unsigned.
  t = parseNpy(
      npy("{'shape': (5,), 'fortran_order': False, 'descr': '<f2'}",
          std::string("\x00\x3c\x00\xc0\x01\x00\x00\x7c\xff\x7b", 10)));
  EXPECT_EQ(
      t.toVector<float>(),
      (std::vector<float>{1, -2, std::ldexp(1.0f, -24), INFINITY, 65504}));
  t = parseNpy(npy("{'descr': '>u2', 'fortran_order': False, 'shape': (2,)}",
                   std::string("\x01\x02\xff\xff", 4)));
  EXPECT_EQ(t.toVector<int32_t>(), (std::vector<int32_t>{258, 65535}));
  t = parseNpy(npy("{'descr': '<u4', 'fortran_order': False, 'shape': ()}",
                   "\xff\xff\xff\xff"));
  EXPECT_EQ(t.data<int64_t>()[0], 4294967295);
  EXPECT_THROW(
      parseNpy(npy("{'descr': '<u8', 'fortran_order': False, 'shape': ()}",
                   "\xff\xff\xff\xff\xff\xff\xff\xff")),
      Error);
}

TEST(DataFile, DamagedNpy) {
  EXPECT_THROW(parseNpy(""), Error);
  EXPECT_THROW(parseNpy("\x93NUMPY\x09\x00\x10\x00"), Error);
  for (const char *header :
       {"{", "{}", "{'descr': '<f4'}", "nonsense", "{'descr': '<f4', ",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
        "(99999999999,99999999999,99999999999)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
        "(99999999999999999999999,)}"})
    EXPECT_THROW(parseNpy(npy(header, "abcd")), Error) << header;
  std::string good = formatNpy(Random(1).floats({3, 4}));
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_THROW(parseNpy(good.substr(0, n)), Error) << n;
}

TEST(DataFile, NpzNamesAreUtf8WhereTheyAreNotAscii) {
  Tensor one = Tensor::scalar<float>(1);
  // The general purpose bits of the first local header.
  auto flags = [](const std::string &zip) {
    return static_cast<unsigned char>(zip[6]) |
           static_cast<unsigned char>(zip[7]) << 8;
  };
  EXPECT_EQ(flags(formatNpz({{"plain", one}})), 0);
  std::string zip = formatNpz({{"gr\xc3\xb6\xc3\x9f"
                                "e",
                                one}});
  EXPECT_EQ(flags(zip), 1 << 11);
  EXPECT_EQ(parseNpz(zip)[0].first, "gr\xc3\xb6\xc3\x9f"
                                    "e");
}

TEST(DataFile, DamagedNpz) {
  Random random(2);
  std::string good = formatNpz({{"x", random.floats({3, 4})},
                                {"y", random.integers<int8_t>({5}, 0, 9)}});
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_THROW(parseNpz(good.substr(0, n)), Error) << n;
  // Any damaged byte is an error or leaves well-formed arrays; never a crash.
  for (int round = 0; round < 4000; ++round) {
    std::string bad = good;
    for (int64_t i = random.integer(1, 3); i > 0; --i)
      bad[random.integer(0, static_cast<int64_t>(bad.size()) - 1)] =
          static_cast<char>(random.integer(0, 255));
    try {
      parseNpz(bad);
    } catch (const Error &) {
    }
  }
  // A changed element is found by its checksum.
  std::string changed = good;
  changed[good.find("\x93NUMPY") + 130] ^= 1;
  EXPECT_THROW(parseNpz(changed), Error);
  TemporaryFile file(".npz");
  writeTextFile(file.name, good.substr(0, 100));
  try {
    readArrays(file.name);
    FAIL();
  } catch (const Error &e) {
    EXPECT_NE(std::string(e.what()).find(file.name), std::string::npos);
  }
}

/// Rewrites a stored archive of one array as a deflated one, with the 64-bit
/// local header that numpy's savez_compressed writes.
static std::string deflated(const std::string &name, std::string contents) {
  std::string packed(contents.size() + 1000, 0);
  z_stream s = {};
  deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  s.next_in = reinterpret_cast<Bytef *>(&contents[0]);
  s.avail_in = static_cast<uInt>(contents.size());
  s.next_out = reinterpret_cast<Bytef *>(&packed[0]);
  s.avail_out = static_cast<uInt>(packed.size());
  deflate(&s, Z_FINISH);
  packed.resize(s.total_out);
  deflateEnd(&s);
  uint32_t crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef *>(contents.data()),
            static_cast<uInt>(contents.size())));
  auto put = [](std::string &to, uint64_t v, int width) {
    for (int i = 0; i < width; ++i)
      to += static_cast<char>(v >> (8 * i));
  };
  std::string zip, directory;
  put(zip, 0x04034b50, 4);
  put(zip, 45, 2), put(zip, 0, 2), put(zip, 8, 2), put(zip, 0, 4);
  put(zip, crc, 4), put(zip, 0xffffffff, 4), put(zip, 0xffffffff, 4);
  put(zip, name.size(), 2), put(zip, 20, 2);
  zip += name;
  put(zip, 1, 2), put(zip, 16, 2), put(zip, contents.size(), 8);
  put(zip, packed.size(), 8);
  zip += packed;
  put(directory, 0x02014b50, 4);
  put(directory, 45, 2), put(directory, 45, 2), put(directory, 0, 2);
  put(directory, 8, 2), put(directory, 0, 4), put(directory, crc, 4);
  put(directory, packed.size(), 4), put(directory, contents.size(), 4);
  put(directory, name.size(), 2), put(directory, 0, 8), put(directory, 0, 4);
  put(directory, 0, 4);
  directory += name;
  uint64_t start = zip.size();
  zip += directory;
  put(zip, 0x06054b50, 4), put(zip, 0, 4), put(zip, 1, 2), put(zip, 1, 2);
  put(zip, directory.size(), 4), put(zip, start, 4), put(zip, 0, 2);
  return zip;
}

TEST(DataFile, DeflatedNpz) {
  Random random(3);
  for (int64_t n : {0, 1, 1000, 300000}) {
    Tensor t = random.integers<int32_t>({n}, 0, 3);
    std::string zip = deflated("ids.npy", formatNpy(t));
    NamedArrays read = parseNpz(zip);
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].first, "ids");
    EXPECT_TRUE(sameBits(read[0].second, t));
    for (int i = 0; i < 300; ++i) {
      std::string bad = zip;
      bad[random.integer(0, static_cast<int64_t>(bad.size()) - 1)] ^= 0x55;
      try {
        parseNpz(bad);
      } catch (const Error &) {
      }
    }
  }
}

/// What a call throws.
template <typename Call> static std::string errorOf(Call call) {
  try {
    call();
  } catch (const Error &e) {
    return e.what();
  }
  return "no error";
}

TEST(DataFile, NpzThatInflatesBeyondItsHeader) {
  // A megabyte of zeros behind the header of two elements.
  std::string contents = formatNpy(Tensor::fromVector<float>({2}, {1, 2}));
  size_t size = contents.size();
  contents.resize(size + (1 << 20));
  EXPECT_EQ(errorOf([&] { parseNpz(deflated("x.npy", contents)); }),
            "array 'x.npy': has " + std::to_string(contents.size()) +
                " bytes, its header asks for " + std::to_string(size));
  // A header that asks for more than there is.
  std::string more = formatNpy(Tensor(DType::F32, {1000, 1000}));
  more.resize(200);
  EXPECT_NE(errorOf([&] {
              parseNpz(deflated("x.npy", more));
            }).find("its header asks for 4000128"),
            std::string::npos);
}

TEST(DataFile, NpzWithAnArrayTwice) {
  Tensor t = Tensor::scalar<float>(1);
  EXPECT_EQ(errorOf([&] { parseNpz(formatNpz({{"x", t}, {"x", t}})); }),
            "array 'x.npy': is there twice");
  std::string name("a\0b", 3);
  EXPECT_NE(errorOf([&] {
              parseNpz(formatNpz({{name, t}}));
            }).find("its name holds a NUL"),
            std::string::npos);
}

TEST(DataFile, NpzWhoseFilesOverlap) {
  // Two entries of the directory for the bytes of one file.
  Tensor t = Tensor(DType::F32, {1000});
  std::fill_n(t.data<float>(), 1000, 0.0f);
  std::string zip = formatNpz({{"x", t}, {"y", t}});
  size_t second = zip.rfind("PK\1\2");
  for (int i = 42; i < 46; ++i)
    zip[second + i] = 0;
  EXPECT_EQ(errorOf([&] { parseNpz(zip.substr(0)); }), "no error");
  size_t first = zip.find("PK\1\2"), start = zip.find("PK\3\4", 1);
  // Without the bytes of the second file there are fewer than both claim.
  std::string cut = zip.substr(0, start) + zip.substr(first);
  uint32_t at = static_cast<uint32_t>(start);
  for (int i = 0; i < 4; ++i)
    cut[cut.size() - 6 + static_cast<size_t>(i)] =
        static_cast<char>(at >> (8 * i));
  EXPECT_EQ(errorOf([&] { parseNpz(cut); }),
            "array 'y.npy': damaged zip archive: files overlap");
}

TEST(DataFile, ReadsRegularFilesOnly) {
  TemporaryFile pipe(".npz");
  ASSERT_EQ(mkfifo(pipe.name.c_str(), 0600), 0);
  EXPECT_EQ(errorOf([&] { readArrays(pipe.name); }),
            pipe.name + ": is no regular file");
  std::string device = "/dev/zero";
  EXPECT_EQ(errorOf([&] { readFile(device); }),
            device + ": is no regular file");
}

TEST(DataFile, SafetensorsMetadata) {
  TemporaryFile file(".safetensors");
  writeSafetensors(file.name, {{"x", Tensor::scalar<float>(1)}},
                   {{"a", "1"}, {"b \"c\"", "two\nlines"}});
  Safetensors read(file.name);
  EXPECT_EQ(read.metadata().size(), 2u);
  EXPECT_EQ(read.metadata().at("a"), "1");
  EXPECT_EQ(read.metadata().at("b \"c\""), "two\nlines");
  EXPECT_EQ(*read.get("x").data<float>(), 1.0f);
}

/// One protobuf field.
static std::string varint(uint64_t v) {
  std::string s;
  for (; v >= 0x80; v >>= 7)
    s += static_cast<char>(v | 0x80);
  return s + static_cast<char>(v);
}
static std::string number(int field, uint64_t v) {
  return varint(field << 3) + varint(v);
}
static std::string text(int field, const std::string &v) {
  return varint(field << 3 | 2) + varint(v.size()) + v;
}

TEST(DataFile, TensorProto) {
  float f[] = {1, 2, -3};
  std::string raw(reinterpret_cast<const char *>(f), sizeof f);
  std::string packed =
      text(1, varint(3)) + number(2, 1) + text(8, "x") + text(9, raw);
  auto [name, t] = parseTensorProto(packed);
  EXPECT_EQ(name, "x");
  EXPECT_EQ(t.toVector<float>(), (std::vector<float>{1, 2, -3}));
  // Typed fields: packed floats, single integers with negative values.
  t = parseTensorProto(number(1, 3) + number(2, 1) + text(4, raw)).second;
  EXPECT_EQ(t.toVector<float>(), (std::vector<float>{1, 2, -3}));
  t = parseTensorProto(number(1, 1) + number(1, 2) + number(2, 7) +
                       number(7, 5) + number(7, static_cast<uint64_t>(-6)))
          .second;
  EXPECT_EQ(t.shape(), (Shape{1, 2}));
  EXPECT_EQ(t.toVector<int64_t>(), (std::vector<int64_t>{5, -6}));
  t = parseTensorProto(number(1, 2) + number(2, 3) +
                       text(5, varint(7) + varint(static_cast<uint64_t>(-8))))
          .second;
  EXPECT_EQ(t.toVector<int8_t>(), (std::vector<int8_t>{7, -8}));
  t = parseTensorProto(number(1, 2) + number(2, 9) +
                       text(5, varint(1) + varint(0)))
          .second;
  EXPECT_EQ(t.toVector<bool>(), (std::vector<bool>{true, false}));
  t = parseTensorProto(number(2, 10) + text(5, varint(0x3c00))).second;
  EXPECT_EQ(t.toVector<float>(), (std::vector<float>{1}));
  double d = 0.1;
  t = parseTensorProto(
          number(2, 11) +
          text(10, std::string(reinterpret_cast<const char *>(&d), 8)))
          .second;
  EXPECT_EQ(t.toVector<double>(), (std::vector<double>{0.1}));

  EXPECT_THROW(parseTensorProto(number(1, 4) + number(2, 1) + text(9, raw)),
               Error);
  EXPECT_THROW(parseTensorProto(number(1, 3) + number(2, 99) + text(9, raw)),
               Error);
  EXPECT_THROW(
      parseTensorProto(number(1, uint64_t(-3)) + number(2, 1) + text(9, raw)),
      Error);
  EXPECT_THROW(parseTensorProto(number(1, 1 << 30) + number(1, 1 << 30) +
                                number(1, 1 << 30) + number(2, 1)),
               Error);
  EXPECT_THROW(parseTensorProto(packed + number(14, 1)), Error);
  Random random(4);
  for (size_t n = 0; n < packed.size(); ++n)
    try {
      parseTensorProto(packed.substr(0, n));
    } catch (const Error &) {
    }
  TemporaryFile file(".pb");
  writeTextFile(file.name, packed);
  EXPECT_EQ(readArrays(file.name)[0].first, "x");
}

TEST(DataFile, SafetensorsRoundTrip) {
  TemporaryFile file(".safetensors");
  std::map<std::string, Tensor> tensors;
  for (auto &[key, tensor] : everyType())
    tensors[key] = tensor;
  tensors["a \"quoted\"\n name"] = Random(5).floats({16, 4});
  writeSafetensors(file.name, tensors);
  Safetensors read(file.name);
  ASSERT_EQ(read.tensors().size(), tensors.size());
  for (const auto &[key, tensor] : tensors) {
    EXPECT_TRUE(sameBits(read.get(key), tensor)) << key;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(read.get(key).raw()) %
                  (tensor.bytes() % 64 ? byteWidth(tensor.dtype()) : 64),
              0u);
  }
  EXPECT_THROW(read.get("nothing"), Error);
  std::string bytes = readFile(file.name);
  writeSafetensors(file.name, tensors);
  EXPECT_EQ(readFile(file.name), bytes);
}

static void expectBadSafetensors(const std::string &header,
                                 const std::string &data) {
  TemporaryFile file(".safetensors");
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>(header.size() >> (8 * i));
  writeTextFile(file.name, bytes + header + data);
  EXPECT_THROW(Safetensors read(file.name), Error) << header;
}

TEST(DataFile, DamagedSafetensors) {
  for (const char *header :
       {"", "{", "[]", "{\"a\":1}", "{\"a\":{}}", "{\"a\":{\"dtype\":\"F32\"}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} x",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],"
        "\"data_offsets\":[0,4]}}"})
    expectBadSafetensors(header, "abcd");
  TemporaryFile file(".safetensors");
  writeTextFile(file.name, "abc");
  EXPECT_THROW(Safetensors read(file.name), Error);
  writeTextFile(file.name, "");
  EXPECT_THROW(Safetensors read(file.name), Error);
  writeTextFile(file.name, std::string(8, '\xff'));
  EXPECT_THROW(Safetensors read(file.name), Error);
  EXPECT_THROW(Safetensors read("/nonexistent/file"), Error);

  writeSafetensors(file.name, {{"w", Random(6).floats({3, 5})}});
  std::string good = readFile(file.name);
  for (size_t n = 0; n < good.size(); n += 19) {
    writeTextFile(file.name, good.substr(0, n));
    EXPECT_THROW(Safetensors read(file.name), Error) << n;
  }
}

TEST(DataFile, WeightsPrepareTheirMatricesOnce) {
  TemporaryFile file(".safetensors");
  Random random(7);
  Tensor w = random.integers<int8_t>({9, 5}, -9, 9);
  writeSafetensors(file.name, {{"w", w}, {"f", random.floats({3, 3})}});
  Weights weights(file.name);
  const LinearWeights &m = weights.matrix("w");
  EXPECT_EQ(&m, &weights.matrix("w"));
  EXPECT_TRUE(sameBits(m.matrix(), w));
  EXPECT_THROW(weights.matrix("f"), Error);
  EXPECT_THROW(weights.tensor("none"), Error);
}

TEST(DataFile, WritingNeedsAFolder) {
  EXPECT_THROW(writeTextFile("/nonexistent/folder/x.txt", "x"), Error);
  EXPECT_THROW(writeArrays("/nonexistent/folder/x.npz", everyType()), Error);
}
