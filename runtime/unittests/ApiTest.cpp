//===- ApiTest.cpp - The C interface and recorded trains --------*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "snn/runtime/Api.h"
#include "snn/runtime/Recorder.h"
#include "snn/runtime/Simulator.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <unistd.h>

using namespace snn::rt;

static const Coding coding = {4, 8, 7, 1, 0.25f};
/// While it is set, samples wait.
static std::atomic<bool> isHeld{false};

/// One encode and a copy of its input.
static void forward(Run &run, const TensorList &inputs,
                    const TensorOutputs &outputs) {
  while (isHeld)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (inputs[0]->data<float>()[0] > 100)
    throw Error("too large");
  Tensor train = run.buffer(DType::U8, {1, 3}, 0);
  encode(run.context, *inputs[0], train, coding, 0);
  countSpikes(run.context, "a", train, coding, nullptr, {});
  countSpikes(run.context, "/b", train, coding, nullptr, {});
  dequantize(train, *outputs[0], coding);
}

static const Model model{"test.onnx",
                         "mttfs",
                         {Port{"x", DType::F32, {1, 3}}},
                         {Port{"y", DType::F32, {1, 3}}},
                         64,
                         forward};

Program snn::rt::getProgram() { return {model, {"", "", "1.2.3"}}; }

namespace {
class Api : public ::testing::Test {
protected:
  void SetUp() override {
    path = ::testing::TempDir() + "snnapi" + std::to_string(getpid()) +
           ".safetensors";
    writeSafetensors(path, {{"w", Tensor::scalar(1.0f)}});
    ASSERT_EQ(snn_open(path.c_str(), &opened), SNN_OK) << snn_error();
    input = test::Random(1).floats({5, 3});
    output = Tensor(DType::F32, {5, 3});
  }
  void TearDown() override {
    snn_close(opened);
    std::remove(path.c_str());
  }

  int start(const snn_options *options, snn_run **run) {
    snn_buffer in = {input.raw(), input.bytes()};
    snn_buffer out = {output.raw(), output.bytes()};
    return snn_start(opened, &in, &out, 5, options, run);
  }

  std::string path;
  snn_model *opened = nullptr;
  Tensor input, output;
};
} // namespace

TEST_F(Api, Describes) {
  EXPECT_EQ(snn_abi() >> 16, unsigned(SNN_ABI_MAJOR));
  EXPECT_STREQ(
      snn_describe(),
      "{\"model\": \"test.onnx\", \"coding\": \"mttfs\", \"snnc\": \"1.2.3\", "
      "\"digest\": \"\", \"weights_hash\": \"\", \"inputs\": [{\"name\": "
      "\"x\", \"dtype\": \"F32\", \"shape\": [1, 3]}], \"outputs\": "
      "[{\"name\": \"y\", \"dtype\": \"F32\", \"shape\": [1, 3], "
      "\"constant\": false}]}");
}

TEST_F(Api, RunsInPlaceAndCounts) {
  snn_options options = {};
  options.size = sizeof options;
  options.count = 1;
  options.threads = 2;
  snn_run *run = nullptr;
  ASSERT_EQ(start(&options, &run), SNN_OK) << snn_error();
  int64_t done = 0;
  EXPECT_EQ(snn_wait(run, -1, &done), SNN_OK) << snn_error();
  EXPECT_EQ(done, 5);
  for (int i = 0; i < 15; ++i) {
    int32_t level =
        coding.deadZone(quantizeLevel(input.data<float>()[i], 0.25f, 8, 15));
    EXPECT_EQ(output.data<float>()[i], 0.25f * float(level - 8)) << i;
  }
  ASSERT_NE(snn_stats(run), nullptr);
  EXPECT_NE(std::string(snn_stats(run)).find("\"samples\": 5"),
            std::string::npos);
  snn_free(run);
}

TEST_F(Api, KeepsTrainsOfChosenSamples) {
  const char *site = "/b";
  const int64_t samples[] = {12, 10};
  snn_options options = {};
  options.size = sizeof options;
  options.first_sample = 10;
  options.record = 1;
  options.record_sites = &site;
  options.record_site_count = 1;
  options.record_samples = samples;
  options.record_sample_count = 2;
  snn_run *run = nullptr;
  ASSERT_EQ(start(&options, &run), SNN_OK) << snn_error();
  ASSERT_EQ(snn_wait(run, -1, nullptr), SNN_OK) << snn_error();
  EXPECT_EQ(snn_stats(run), nullptr);
  for (int i = 0; i < 2; ++i) {
    snn_train train = {};
    train.size = sizeof train;
    ASSERT_EQ(snn_spikes(run, uint64_t(i), &train), SNN_OK) << snn_error();
    EXPECT_STREQ(train.site, "/b");
    EXPECT_EQ(train.sample, 10 + 2 * i);
    EXPECT_EQ(train.rank, 2);
    EXPECT_EQ(train.shape[1], 3);
    EXPECT_EQ(train.max_level, 15);
    EXPECT_EQ(train.mask, 7);
    EXPECT_EQ(train.radius, 1);
    for (int j = 0; j < 3; ++j)
      EXPECT_EQ(static_cast<const uint8_t *>(train.levels)[j],
                coding.deadZone(quantizeLevel(input.data<float>()[6 * i + j],
                                              0.25f, 8, 15)));
  }
  snn_train train = {};
  train.size = sizeof train;
  EXPECT_EQ(snn_spikes(run, 2, &train), SNN_INVALID);
  snn_free(run);

  site = "none";
  ASSERT_EQ(start(&options, &run), SNN_OK);
  EXPECT_EQ(snn_wait(run, -1, nullptr), SNN_FAILED);
  EXPECT_STREQ(snn_error(),
               "there is no site 'none' to record; there are '/b', 'a'");
  snn_free(run);
}

TEST_F(Api, RefusesWhatDoesNotFit) {
  snn_run *run = nullptr;
  snn_buffer in = {input.raw(), input.bytes()}, out = {output.raw(), 4};
  EXPECT_EQ(snn_start(opened, &in, &out, 5, nullptr, &run), SNN_INVALID);
  EXPECT_STREQ(snn_error(), "'y' needs 60 bytes for shape 5x3 of F32, has 4");
  EXPECT_EQ(run, nullptr);
  EXPECT_EQ(snn_start(opened, &in, &out, 0, nullptr, &run), SNN_INVALID);
  EXPECT_EQ(snn_start(opened, &in, &out, INT64_MAX, nullptr, &run),
            SNN_INVALID);
  snn_model *other = nullptr;
  EXPECT_EQ(snn_open("/nowhere", &other), SNN_FAILED);
  EXPECT_NE(std::string(snn_error()).find("/nowhere"), std::string::npos);
  EXPECT_EQ(other, nullptr);
}

TEST_F(Api, ReportsTheFirstFailingSample) {
  input.data<float>()[6] = 101;
  snn_run *run = nullptr;
  ASSERT_EQ(start(nullptr, &run), SNN_OK);
  EXPECT_EQ(snn_wait(run, -1, nullptr), SNN_FAILED);
  EXPECT_STREQ(snn_error(), "sample 2: too large");
  snn_free(run);
}

TEST_F(Api, CancelsBetweenSamples) {
  isHeld = true;
  snn_options options = {};
  options.size = sizeof options;
  options.threads = 1;
  snn_run *run = nullptr;
  ASSERT_EQ(start(&options, &run), SNN_OK);
  EXPECT_EQ(snn_wait(run, 1, nullptr), SNN_RUNNING);
  EXPECT_EQ(snn_stats(run), nullptr);
  snn_cancel(run);
  isHeld = false;
  int64_t done = 0;
  EXPECT_EQ(snn_wait(run, -1, &done), SNN_CANCELLED);
  EXPECT_LT(done, 5);
  snn_free(run);
  snn_free(nullptr);
}

TEST(Recorder, StacksSamplesSiteBySite) {
  Recorder recorder({}, {0, 1});
  for (int64_t sample : {1, 0, 2})
    for (const char *site : {"q", "a"})
      recorder.record(
          site, sample,
          Tensor::fromVector<uint8_t>({2}, {uint8_t(sample), uint8_t(site[0])}),
          {15, 8, 1, 0});
  NamedArrays arrays = toArrays(recorder.take());
  ASSERT_EQ(arrays.size(), 5u);
  EXPECT_EQ(arrays[0].first, "samples");
  EXPECT_EQ(arrays[0].second.toVector<int64_t>(), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(arrays[1].first, "levels/q");
  EXPECT_EQ(arrays[1].second.shape(), (Shape{2, 2}));
  EXPECT_EQ(arrays[1].second.toVector<uint8_t>(),
            (std::vector<uint8_t>{0, 'q', 1, 'q'}));
  EXPECT_EQ(arrays[2].second.toVector<int32_t>(),
            (std::vector<int32_t>{15, 8, 1, 0}));
  EXPECT_EQ(arrays[3].first, "levels/a");
  Recorder missing({}, {7});
  EXPECT_THROW(missing.take(), Error);
}
