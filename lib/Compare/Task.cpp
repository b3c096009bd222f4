//===- Task.cpp - Tasks as YAML -------------------------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "snn/Compare/Task.h"
#include "snn/Support/InputFile.h"
#include "snn/Support/YamlDocument.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <utility>

using namespace snn;
using namespace snn::compare;
namespace yaml = llvm::yaml;

const SystemInfo &snn::compare::getInfo(System system) {
  // In the order of the enumeration.
  static const SystemInfo infos[] = {
      {"matterhorn", "matterhorn-22nm", true, false, false, CodingChoice::Mttfs,
       AttentionChoice::Auto},
      {"spikedattention", "spikedattention-45nm", true, false, false,
       CodingChoice::Phase, AttentionChoice::TraceWoss},
      {"meta-spikeformer", "sdt-45nm", true, false, true, CodingChoice::Lif,
       AttentionChoice::Sdsa},
      {"xpikeformer", "xpikeformer-pcm", false, true, true, CodingChoice::Lif,
       AttentionChoice::Ssa}};
  return infos[unsigned(system)];
}

/// The first flag that snnc does not have, or that the comparison sets itself;
/// empty for none. A value may stand in an entry of its own.
static std::string checkFlags(const std::vector<std::string> &flags) {
  bool expectsValue = false;
  for (llvm::StringRef flag : flags) {
    if (std::exchange(expectsValue, false))
      continue;
    llvm::StringRef name = flag;
    if (!name.consume_front("--") && !name.consume_front("-"))
      return "has the flag '" + flag.str() + "', which does not begin with --";
    name = name.split('=').first;
    const OptionInfo *option = findOption(name);
    if (!option || option->place == OptionPlace::Pipeline) {
      llvm::StringRef nearest = findNearestOption(name);
      return "has the flag '--" + name.str() + "', which snnc does not have" +
             (nearest.empty() ? "" : "; --" + nearest.str() + " is near");
    }
    for (llvm::StringRef set :
         {"o", "calibrate", "chip", "measured", "emit", "compile-to",
          "compare-systems", "print-options"})
      if (name == set)
        return "has the flag '--" + name.str() +
               "', which the comparison sets itself";
    expectsValue = option->kind != OptionKind::Flag && !flag.contains('=');
  }
  return "";
}

namespace {
/// Its own type, so that a wrong version is reported at the number.
struct TaskVersion {
  unsigned value = 0;
};
struct TaskDocument {
  TaskVersion version;
  Task task;
};
} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(snn::compare::Entry)

namespace llvm::yaml {

template <> struct ScalarTraits<TaskVersion> {
  static void output(const TaskVersion &version, void *, raw_ostream &os) {
    os << version.value;
  }
  static StringRef input(StringRef text, void *, TaskVersion &version) {
    if (text.getAsInteger(10, version.value) || version.value != 1)
      return "unsupported schema version; this compiler reads version 1";
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarEnumerationTraits<System> {
  static void enumeration(IO &io, System &system) {
    for (System each : {System::Matterhorn, System::SpikedAttention,
                        System::MetaSpikeFormer, System::Xpikeformer})
      io.enumCase(system, getInfo(each).name, each);
  }
};

template <> struct MappingTraits<Scoring> {
  static void mapping(IO &io, Scoring &scoring) {
    io.mapRequired("labels", scoring.labels);
    io.mapOptional("array", scoring.array, std::string("labels"));
    io.mapOptional("output", scoring.output);
    io.mapOptional("last_only", scoring.isLastOnly, false);
    io.mapOptional("digits", scoring.digits, 0u);
    io.mapOptional("reference", scoring.reference);
  }
  static std::string validate(IO &, Scoring &scoring) {
    return scoring.digits == 1 ? "needs digits in a base of 2 or more" : "";
  }
};

template <> struct MappingTraits<Entry> {
  static void mapping(IO &io, Entry &entry) {
    io.mapRequired("system", entry.system);
    io.mapRequired("model", entry.model);
    io.mapOptional("chip", entry.chip);
    io.mapOptional("flags", entry.flags);
  }
  static std::string validate(IO &, Entry &entry) {
    return checkFlags(entry.flags);
  }
};

template <> struct MappingTraits<TaskDocument> {
  static void mapping(IO &io, TaskDocument &document) {
    Task &task = document.task;
    io.mapRequired("schema_version", document.version);
    io.mapRequired("name", task.name);
    io.mapRequired("inputs", task.inputs);
    io.mapRequired("calibrate", task.calibrate);
    io.mapOptional("common_chip", task.commonChip, std::string("common-22nm"));
    io.mapRequired("scoring", task.scoring);
    io.mapRequired("systems", task.entries);
  }
  static std::string validate(IO &, TaskDocument &document) {
    std::vector<Entry> &entries = document.task.entries;
    if (entries.empty())
      return "needs a system";
    for (size_t i = 0; i < entries.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (entries[i].system == entries[j].system)
          return "names the system '" +
                 std::string(getInfo(entries[i].system).name) + "' twice";
    return "";
  }
};

} // namespace llvm::yaml

/// `file`, as seen from the folder of the task.
static void resolve(std::string &file, llvm::StringRef folder) {
  if (llvm::sys::path::is_absolute(file))
    return;
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, file);
  file = path.str().str();
}

llvm::Expected<Task> snn::compare::loadTask(llvm::StringRef path,
                                            llvm::StringRef model) {
  auto buffer = readRegularFile(path, /*isText=*/true, /*mostBytes=*/1 << 20);
  if (!buffer)
    return llvm::createStringError("cannot read '" + path +
                                   "': " + llvm::toString(buffer.takeError()));
  TaskDocument document;
  if (llvm::Error error =
          readYamlDocument((*buffer)->getBuffer(), path, "a task", document))
    return error;
  Task task = std::move(document.task);
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  resolve(task.inputs, folder);
  resolve(task.calibrate, folder);
  resolve(task.scoring.labels, folder);
  for (Entry &entry : task.entries) {
    if (model.empty())
      resolve(entry.model, folder);
    else
      entry.model = model.str();
    if (entry.chip.empty())
      entry.chip = getInfo(entry.system).chip;
    else if (llvm::StringRef(entry.chip).ends_with(".yaml"))
      resolve(entry.chip, folder);
  }
  if (llvm::StringRef(task.commonChip).ends_with(".yaml"))
    resolve(task.commonChip, folder);
  for (const std::string *file :
       {&task.inputs, &task.calibrate, &task.scoring.labels})
    if (!llvm::sys::fs::exists(*file))
      return llvm::createStringError(path + ": cannot find '" + *file + "'");
  for (const Entry &entry : task.entries)
    if (!llvm::sys::fs::exists(entry.model))
      return llvm::createStringError(path + ": cannot find '" + entry.model +
                                     "', the model of " +
                                     getInfo(entry.system).name);
  return task;
}
