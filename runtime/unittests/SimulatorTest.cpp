//===- SimulatorTest.cpp - The frame of an emitted simulator ----*- C++ -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

#include "data/Files.h"

#include "snn/runtime/DataFile.h"
#include "snn/runtime/Phase.h"
#include "snn/runtime/Simulator.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

using namespace snn::rt;
using namespace snn::rt::detail;
using test::Random;
using test::sameBits;

static const Coding coding = {4, 8, 7, 0, 0.25f};

/// A network of one encode, one linear and one firing layer.
static void forward(Run &run, const TensorList &inputs,
                    const TensorOutputs &outputs) {
  Tensor train = run.buffer(DType::U8, {1, 20}, 0);
  Tensor membrane = run.buffer(DType::I32, {1, 6}, 64);
  Tensor fired = run.buffer(DType::U8, {1, 6}, 128);
  encode(run.context, *inputs[0], train, coding, 0);
  countSpikes(run.context, "in", train, coding, nullptr, {});
  linear(run.context, train, run.weights.matrix("w"), nullptr, membrane,
         coding);
  countSynapticOperations(run.context, "in", train, coding, nullptr, {}, 6);
  fire(run.context, membrane, run.weights.tensor("theta"), fired, coding, 1);
  countSpikes(run.context, "out", fired, coding, nullptr, {});
  dequantize(fired, *outputs[0], coding);
  // An output that is another tensor's storage.
  reshape(membrane, *outputs[1], {6, 1});
}

/// A network of one phase-coded site.
static void phaseForward(Run &run, const TensorList &inputs,
                         const TensorOutputs &outputs) {
  PhaseCoding c = {2, 4, 3.0f, true, PhaseRelease::None};
  Tensor train = run.buffer(DType::I8, {1, 20}, 0);
  phaseEncode(run.context, *inputs[0], nullptr, train, c);
  countPhases(run.context, "in", train, inputs[0], nullptr, c, nullptr, {});
  countPhaseOperations(run.context, "in", train, nullptr, {}, 6);
  phaseDecode(run.context, train, nullptr, *outputs[0], c);
}

namespace {
/// A folder with weights and inputs.
class Simulator : public ::testing::Test {
protected:
  void SetUp() override {
    folder = ::testing::TempDir() + "snnsim" + std::to_string(getpid());
    Random random(1);
    Tensor theta(DType::I32, {1, 15});
    for (int i = 0; i < 15; ++i)
      theta.data<int32_t>()[i] = 30 * (i - 7);
    writeSafetensors(
        path("w.safetensors"),
        {{"w", random.integers<int8_t>({20, 6}, -9, 9)}, {"theta", theta}});
    input = random.floats({13, 20});
    writeArrays(path("x.npz"), {{"x", input}});
    model.name = "test.onnx";
    model.coding = "mttfs";
    model.inputs = {{"x", DType::F32, {1, 20}}};
    model.outputs = {{"y", DType::F32, {1, 6}}, {"v", DType::I32, {1, 6}}};
    model.bufferBytes = 192;
    model.forward = forward;
  }
  void TearDown() override {
    for (const std::string &file : files)
      std::remove(file.c_str());
  }
  std::string path(const std::string &name) {
    files.push_back(folder + name);
    return files.back();
  }
  int run(std::vector<std::string> arguments, bool weights = true) {
    arguments.insert(arguments.begin(), "sim");
    if (weights) {
      arguments.push_back("--weights");
      arguments.push_back(folder + "w.safetensors");
    }
    std::vector<char *> argv;
    for (std::string &a : arguments)
      argv.push_back(&a[0]);
    argv.push_back(nullptr);
    ::testing::internal::CaptureStderr();
    int status =
        simulatorMain(static_cast<int>(arguments.size()), argv.data(), model);
    message = ::testing::internal::GetCapturedStderr();
    return status;
  }
  void expectFailure(const std::vector<std::string> &arguments,
                     const std::string &part) {
    std::string output = path("bad.npz");
    std::vector<std::string> all = arguments;
    all.insert(all.end(), {"--output", output});
    EXPECT_EQ(run(all), 1);
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 1) << message;
    EXPECT_NE(access(output.c_str(), F_OK), 0);
  }

  std::string folder, message;
  std::vector<std::string> files;
  Tensor input;
  Model model;
};
} // namespace

TEST_F(Simulator, ModesAndThreadsGiveEqualBytes) {
  std::string first, firstStats;
  for (const char *mode : {"fast", "event", "stepped"})
    for (const char *threads : {"1", "2", "5"}) {
      std::string y = path("y.npz"), s = path("s.json");
      ASSERT_EQ(run({"--input", folder + "x.npz", "--output", y, "--mode", mode,
                     "--stats", s, "--threads", threads}),
                0)
          << message;
      EXPECT_EQ(message, "");
      std::string stats = readFile(s);
      size_t at = stats.find(mode);
      ASSERT_NE(at, std::string::npos);
      stats.replace(at, std::strlen(mode), "MODE");
      if (first.empty()) {
        first = readFile(y);
        firstStats = stats;
      }
      EXPECT_EQ(readFile(y), first);
      EXPECT_EQ(stats, firstStats);
    }
  EXPECT_NE(firstStats.find("\"schema_version\": 1"), std::string::npos);
  EXPECT_NE(firstStats.find("\"samples\": 13"), std::string::npos);
  EXPECT_NE(firstStats.find("\"spikes_per_sample\""), std::string::npos);
  NamedArrays y = readArrays(folder + "y.npz");
  ASSERT_EQ(y.size(), 2u);
  EXPECT_EQ(y[0].second.shape(), (Shape{13, 6}));
  EXPECT_EQ(y[1].second.shape(), (Shape{13, 6}));
  // One sample alone.
  Tensor one =
      Tensor::borrow(DType::F32, {1, 20}, input.data<float>() + 7 * 20, 80);
  writeArrays(path("one.npy"), {{"", one}});
  ASSERT_EQ(run({"--input", folder + "one.npy", "--output=" + path("z.npz")}),
            0)
      << message;
  Tensor z = readArrays(folder + "z.npz")[1].second;
  EXPECT_EQ(std::memcmp(z.raw(), y[1].second.data<int32_t>() + 7 * 6, 24), 0);
}

TEST_F(Simulator, CountsPhases) {
  model.coding = "phase";
  model.outputs = {{"y", DType::F32, {1, 20}}};
  model.forward = phaseForward;
  int64_t spikes = 0, unfired = 0, slots[4] = {};
  for (float x : input.toVector<float>()) {
    int t = 0;
    while (t < 4 && !(x / 3 >= std::pow(2, -t) * 0.75))
      ++t;
    unfired += t;
    if (t < 4)
      ++spikes, ++slots[t];
  }
  std::string first;
  for (const char *mode : {"fast", "event", "stepped"}) {
    std::string y = path("y.npz"), s = path("s.json");
    ASSERT_EQ(run({"--input", folder + "x.npz", "--output", y, "--mode", mode,
                   "--stats", s}),
              0)
        << message;
    if (first.empty())
      first = readFile(y);
    EXPECT_EQ(readFile(y), first);
    std::string stats = readFile(s);
    auto has = [&](const std::string &text) {
      return stats.find(text) != std::string::npos;
    };
    EXPECT_TRUE(has("\"neurons\": 260, \"spikes\": " + std::to_string(spikes)));
    EXPECT_TRUE(
        has("\"synaptic_operations\": " + std::to_string(6 * spikes) + ","));
    EXPECT_TRUE(has("\"phases\": 4, \"unfired_steps\": " +
                    std::to_string(unfired) + ", \"near_threshold\": 0"));
    EXPECT_TRUE(has("\"slots\": [" + std::to_string(slots[0]) + ", " +
                    std::to_string(slots[1]) + ", " + std::to_string(slots[2]) +
                    ", " + std::to_string(slots[3]) + "]"))
        << stats;
    EXPECT_FALSE(has("max_level"));
  }
}

TEST_F(Simulator, ErrorsAreOneLine) {
  std::string x = folder + "x.npz";
  expectFailure({"--input", x, "--bogus", "1"}, "--bogus");
  expectFailure({"--input", x, "--mode", "slow"}, "slow");
  expectFailure({"--input", x, "--threads", "0"}, "--threads");
  expectFailure({"--input", x, "--threads", "many"}, "--threads");
  expectFailure({}, "--input");
  expectFailure({"--input", "/nonexistent.npz"}, "/nonexistent.npz");
  writeArrays(path("other.npz"), {{"z", input}});
  expectFailure({"--input", folder + "other.npz"}, "'x'");
  writeArrays(path("shape.npz"), {{"x", Random(2).floats({2, 19})}});
  expectFailure({"--input", folder + "shape.npz"}, "2x19");
  writeArrays(path("rank.npz"), {{"x", Random(2).floats({20})}});
  expectFailure({"--input", folder + "rank.npz"}, "shape 20");
  writeArrays(path("none.npz"), {{"x", Tensor(DType::F32, {0, 20})}});
  expectFailure({"--input", folder + "none.npz"}, "0x20");
  writeArrays(path("type.npz"),
              {{"x", Random(2).integers<int64_t>({2, 20}, 0, 1)}});
  expectFailure({"--input", folder + "type.npz"}, "F32");
  expectFailure({"--input", x, "--stats", "/nonexistent/s.json"},
                "/nonexistent/s.json");
  EXPECT_EQ(run({"--input", x}), 1);
  EXPECT_NE(message.find("--output"), std::string::npos);
  EXPECT_EQ(run({"--input", x, "--output", folder + "y.txt"}), 1);
  EXPECT_EQ(run({"--input", x, "--output", folder + "y.npz", "--weights",
                 "/nonexistent.safetensors"},
                false),
            1);
  EXPECT_NE(message.find("/nonexistent.safetensors"), std::string::npos);
  EXPECT_EQ(run({"--output"}, false), 1);
}

static void forwardBroken(Run &, const TensorList &, const TensorOutputs &) {
  throw Error("broken\nlayer");
}
static void forwardOutside(Run &run, const TensorList &,
                           const TensorOutputs &) {
  run.buffer(DType::F32, {100}, 0);
}

TEST_F(Simulator, AFailingSampleIsNamed) {
  model.forward = forwardBroken;
  expectFailure({"--input", folder + "x.npz", "--threads", "1"}, "sample 0");
  model.forward = forwardOutside;
  expectFailure({"--input", folder + "x.npz", "--threads", "2"}, "outside");
}
