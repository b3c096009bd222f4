//===- Schedule.cpp - Latency of one inference ----------------------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A list schedule by events: tasks wait for what they read, then in the queue
// of their resource, which takes the one of the earliest slice and op.
//
//===----------------------------------------------------------------------===//

#include "snn/Report/Schedule.h"
#include "llvm/ADT/StringMap.h"

#include <cmath>
#include <map>
#include <queue>
#include <set>

using namespace snn;
using namespace snn::chip;

double Schedule::utilisation(unsigned resource) const {
  return latencyNs > 0 ? resources[resource].busyNs / latencyNs : 0;
}

namespace {
/// A task before it is placed.
struct Node {
  unsigned load, slice, resource;
  double durationNs;
  double readyNs = 0;
  unsigned waitsFor = 0;
  std::vector<unsigned> successors;
};

/// Builds the tasks of a workload, then runs them.
class Scheduler {
public:
  Scheduler(const Workload &workload, const Chip &chip,
            const EnergyResult &energy, unsigned slices)
      : workload(workload), chip(chip), energy(energy) {
    schedule.slices =
        unsigned(std::max(1.0, std::min(double(slices), workload.tokens)));
  }
  Schedule run();

private:
  unsigned resource(const std::string &name, Unit unit, double crossbars = 0);
  unsigned coreResource(int64_t core) {
    return resource("core " + std::to_string(core), Unit::DigitalCore);
  }
  /// Engines of several kinds are told apart by their kind.
  unsigned engineResource(const Load &load, unsigned engine) {
    std::string kind =
        chip.engines.size() > 1 ? toString(load.engine).str() + " " : "";
    return resource(kind + "engine " + std::to_string(engine), Unit::Engine);
  }
  /// Heads go to the engines in turn.
  unsigned enginesOf(const Load &product) const {
    const Engine *engine = chip.findEngine(product.engine);
    return unsigned(
        std::min<double>(engine ? engine->count.value : 1, product.batches));
  }
  /// How many of a layer's tiles lie in each core.
  std::map<int64_t, double>
  tilesOfCores(llvm::ArrayRef<int64_t> crossbars) const {
    std::map<int64_t, double> tiles;
    for (int64_t crossbar : crossbars)
      tiles[crossbar / chip.core.crossbars] += 1;
    return tiles;
  }
  double coreNs(double operations) const;
  std::vector<unsigned> addFiring(unsigned index, unsigned slice, double share);
  unsigned addNode(unsigned load, unsigned slice, unsigned resource,
                   double durationNs);
  void connect(unsigned from, unsigned to);
  void addLoad(unsigned index);
  void addCrossbarTasks(unsigned index, unsigned slice, double share,
                        llvm::ArrayRef<int64_t> crossbars,
                        std::vector<unsigned> &first,
                        std::vector<unsigned> &last);
  /// A layer that runs in several rounds: all its vectors in each of them, and
  /// behind them those of the layer that uses its cells, too.
  void addRounds(unsigned index, unsigned slices);
  /// What has been added ends before the crossbars are written for `round`.
  void startRound(unsigned index, unsigned round);
  /// `tasks` of a slice of a load wait for what it reads.
  void connectInputs(const Load &load, unsigned slice, unsigned slices,
                     llvm::ArrayRef<unsigned> tasks);
  void execute();

  const Workload &workload;
  const Chip &chip;
  const EnergyResult &energy;
  Schedule schedule;
  std::vector<Node> nodes;
  llvm::StringMap<unsigned> resourceIndex;
  /// Of every load and slice: tasks that start it and tasks that end it.
  std::vector<std::vector<std::vector<unsigned>>> firstTasks, lastTasks;
  unsigned currentRound = 0;
  std::vector<unsigned> roundEnd; ///< tasks of the round that runs
  int barrier = -1;               ///< task that programs the present round
};
} // namespace

unsigned Scheduler::resource(const std::string &name, Unit unit,
                             double crossbars) {
  auto [entry, isNew] =
      resourceIndex.try_emplace(name, unsigned(schedule.resources.size()));
  if (isNew)
    schedule.resources.push_back({name, unit, 0, crossbars});
  return entry->second;
}

unsigned Scheduler::addNode(unsigned load, unsigned slice, unsigned resource,
                            double durationNs) {
  nodes.push_back({load, slice, resource, durationNs, 0, 0, {}});
  return unsigned(nodes.size()) - 1;
}

void Scheduler::connect(unsigned from, unsigned to) {
  nodes[from].successors.push_back(to);
  ++nodes[to].waitsFor;
}

/// One vector on one tile: passes x row groups, each settled, then converted
/// column by column on the shared converters.
static double vectorNs(const Mapping &map, const Chip &chip) {
  double turns = std::ceil(map.columnsPerTile / chip.crossbar.adcsPerCrossbar);
  return map.passes * map.rowGroupsPerTile *
         (chip.timing.settleNs + turns * chip.timing.adcNs);
}

/// All tiles of a copy work on a vector together; then each core adds the codes
/// of its tiles. `crossbars` are those of the present round.
void Scheduler::addCrossbarTasks(unsigned index, unsigned slice, double share,
                                 llvm::ArrayRef<int64_t> crossbars,
                                 std::vector<unsigned> &first,
                                 std::vector<unsigned> &last) {
  const Load &load = workload.loads[index];
  const Mapping &map = *load.mapping;
  double tiles = map.rowBlocks * map.columnBlocks * load.groups * map.replicas;
  double vectors = std::ceil(load.vectors * share / map.replicas);
  // Layers that use the same cells wait for each other.
  const std::string &cells =
      load.cellsOf < 0 ? load.layer : workload.loads[load.cellsOf].layer;
  unsigned task = addNode(index, slice, resource(cells, Unit::Crossbar, tiles),
                          vectors * vectorNs(map, chip));
  first.push_back(task);
  double additions = energy.ops[index].counts.conversions * share;
  for (auto [core, count] : tilesOfCores(crossbars)) {
    unsigned sum =
        addNode(index, slice, coreResource(core),
                coreNs(additions * count / double(map.crossbars.size())));
    connect(task, sum);
    last.push_back(sum);
  }
  if (crossbars.empty())
    last.push_back(task);
}

void Scheduler::startRound(unsigned index, unsigned round) {
  if (round <= currentRound || workload.rounds <= 1)
    return;
  unsigned program =
      addNode(index, 0, resource("programming", Unit::DigitalUnit),
              energy.programming.roundNs[round]);
  for (unsigned task : roundEnd)
    connect(task, program);
  roundEnd.clear();
  barrier = int(program);
  currentRound = round;
}

void Scheduler::connectInputs(const Load &load, unsigned slice, unsigned slices,
                              llvm::ArrayRef<unsigned> tasks) {
  auto waitFor = [&](unsigned producer, unsigned part) {
    for (unsigned from : lastTasks[producer][part])
      for (unsigned to : tasks)
        connect(from, to);
  };
  for (unsigned p : load.producers)
    waitFor(p, lastTasks[p].size() == slices ? slice : 0);
  for (unsigned p : load.wholeProducers)
    for (unsigned part = 0; part < lastTasks[p].size(); ++part)
      waitFor(p, part);
  if (barrier >= 0)
    for (unsigned to : tasks)
      connect(unsigned(barrier), to);
}

void Scheduler::addRounds(unsigned index, unsigned slices) {
  const Mapping &map = *workload.loads[index].mapping;
  llvm::ArrayRef<int64_t> crossbars = map.crossbars;
  unsigned round = map.round;
  llvm::SmallVector<unsigned, 2> passes{index};
  if (index + 1 < workload.loads.size() &&
      workload.loads[index + 1].cellsOf == int(index))
    passes.push_back(index + 1);
  for (int64_t tiles : map.roundTiles) {
    startRound(index, round++);
    for (unsigned pass : passes) {
      firstTasks[pass].resize(slices);
      lastTasks[pass].resize(slices);
      for (unsigned s = 0; s < slices; ++s) {
        std::vector<unsigned> first, last;
        addCrossbarTasks(pass, s, 1.0 / slices, crossbars.take_front(tiles),
                         first, last);
        connectInputs(workload.loads[pass], s, slices, first);
        roundEnd.insert(roundEnd.end(), last.begin(), last.end());
        // Results are complete after the last round.
        firstTasks[pass][s] = std::move(first);
        lastTasks[pass][s] = std::move(last);
      }
    }
    crossbars = crossbars.drop_front(tiles);
  }
}

/// Time of so many additions or comparisons on one core.
double Scheduler::coreNs(double operations) const {
  return operations / std::max(1u, chip.core.processingElements.value) * 1e3 /
         chip.timing.coreClockMhz;
}

/// Neurons fire where their potentials are: in the cores of the layer's
/// crossbars, the layer's digital cores, or the engines.
std::vector<unsigned> Scheduler::addFiring(unsigned index, unsigned slice,
                                           double share) {
  const Load &load = workload.loads[index];
  double comparisons = energy.ops[index].counts.comparisons * share;
  const Load *source = load.source < 0 ? &load : &workload.loads[load.source];
  std::vector<unsigned> tasks;
  if (source->mapping && !source->mapping->crossbars.empty()) {
    const Mapping &map = *source->mapping;
    for (auto [core, tiles] : tilesOfCores(map.crossbars))
      tasks.push_back(
          addNode(index, slice, coreResource(core),
                  coreNs(comparisons * tiles / double(map.crossbars.size()))));
  } else if (source->unit == Unit::Engine) {
    const Engine *engine = chip.findEngine(source->engine);
    unsigned used = enginesOf(*source);
    double elements = engine ? engine->processingElements.value : 1;
    for (unsigned e = 0; e < used; ++e)
      tasks.push_back(addNode(index, slice, engineResource(*source, e),
                              comparisons / used / elements * 1e3 /
                                  chip.timing.engineClockMhz));
  } else if (source->unit == Unit::DigitalUnit) {
    tasks.push_back(addNode(
        index, slice, resource("digital unit", Unit::DigitalUnit),
        comparisons / chip.digital.lanes * 1e3 / chip.digital.clockMhz));
  } else {
    tasks.push_back(addNode(index, slice,
                            resource(load.layer + " cores", Unit::DigitalCore),
                            coreNs(comparisons)));
  }
  return tasks;
}

void Scheduler::addLoad(unsigned index) {
  const Load &load = workload.loads[index];
  const Counts &counts = energy.ops[index].counts;
  unsigned slices = load.isTokenwise ? schedule.slices : 1;
  auto &firsts = firstTasks[index];
  auto &lasts = lastTasks[index];
  firsts.resize(slices);
  lasts.resize(slices);
  double share = 1.0 / slices;

  // The crossbars are written anew for each round.
  if (load.mapping && !load.mapping->roundTiles.empty()) {
    if (load.cellsOf < 0)
      addRounds(index, slices);
    return;
  }
  if (load.mapping)
    startRound(index, load.mapping->round);

  for (unsigned s = 0; s < slices; ++s) {
    std::vector<unsigned> &first = firsts[s], &last = lasts[s];
    if (load.fireSite >= 0) {
      first = addFiring(index, s, share);
      last = first;
    } else if (load.unit == Unit::Crossbar && load.mapping) {
      addCrossbarTasks(index, s, share, load.mapping->crossbars, first, last);
    } else if (load.unit == Unit::Engine) {
      const Engine *engine = chip.findEngine(load.engine);
      double width = engine ? engine->broadcastWidth.value : 1;
      unsigned used = enginesOf(load);
      double heads = std::ceil(load.batches / used);
      double cycles = counts.events / load.batches * heads * share *
                      load.keyTiles *
                      std::ceil(load.outputs / load.keyTiles / width);
      if (load.spiking)
        cycles = energy.ops[index].engineCycles * heads * share;
      for (unsigned e = 0; e < used; ++e)
        first.push_back(addNode(index, s, engineResource(load, e),
                                cycles * 1e3 / chip.timing.engineClockMhz));
      last = first;
    } else if (load.unit == Unit::DigitalUnit) {
      double work = std::max(counts.floatMacs + counts.integerMacs +
                                 counts.neuronUpdates + counts.randomNumbers,
                             counts.memoryBits / 64);
      first.push_back(addNode(
          index, s, resource("digital unit", Unit::DigitalUnit),
          work * share / chip.digital.lanes * 1e3 / chip.digital.clockMhz));
      last = first;
    } else {
      // A layer on digital cores.
      double bits = load.weights * load.weightBits;
      double cores =
          std::clamp(std::ceil(bits / (chip.core.weightKib * 8192.0)), 1.0,
                     double(chip.cores));
      first.push_back(
          addNode(index, s, resource(load.layer + " cores", Unit::DigitalCore),
                  coreNs(counts.synapticOperations * share / cores)));
      last = first;
    }
    connectInputs(load, s, slices, first);
    roundEnd.insert(roundEnd.end(), last.begin(), last.end());
  }
}

void Scheduler::execute() {
  // (time, is the end of a task, task): ends come before starts of equal time.
  struct Event {
    double ns;
    unsigned node;
    bool operator>(const Event &other) const {
      return std::tie(ns, node) > std::tie(other.ns, other.node);
    }
  };
  std::priority_queue<Event, std::vector<Event>, std::greater<>> ends;
  // Ready tasks per resource, by slice and op.
  using Key = std::tuple<unsigned, unsigned, unsigned>;
  std::vector<std::set<Key>> ready(schedule.resources.size());
  std::vector<bool> isBusy(schedule.resources.size(), false);
  // Ready at a later time, because spikes travel.
  std::priority_queue<Event, std::vector<Event>, std::greater<>> arrivals;
  double travelNs = chip.energy.hops * chip.timing.hopNs;

  auto start = [&](unsigned resource, double now) {
    if (isBusy[resource] || ready[resource].empty())
      return;
    unsigned node = std::get<2>(*ready[resource].begin());
    ready[resource].erase(ready[resource].begin());
    isBusy[resource] = true;
    double end = now + nodes[node].durationNs;
    schedule.tasks.push_back(
        {nodes[node].load, resource, nodes[node].slice, now, end});
    schedule.resources[resource].busyNs += nodes[node].durationNs;
    ends.push({end, node});
  };
  for (unsigned i = 0; i < nodes.size(); ++i)
    if (nodes[i].waitsFor == 0)
      arrivals.push({0, i});
  while (!arrivals.empty() || !ends.empty()) {
    double now = std::min(arrivals.empty() ? HUGE_VAL : arrivals.top().ns,
                          ends.empty() ? HUGE_VAL : ends.top().ns);
    std::set<unsigned> touched;
    for (; !ends.empty() && ends.top().ns == now; ends.pop()) {
      Node &node = nodes[ends.top().node];
      isBusy[node.resource] = false;
      touched.insert(node.resource);
      schedule.latencyNs = std::max(schedule.latencyNs, now);
      for (unsigned s : node.successors) {
        bool travels = nodes[s].load != node.load;
        nodes[s].readyNs =
            std::max(nodes[s].readyNs, now + (travels ? travelNs : 0));
        if (--nodes[s].waitsFor == 0)
          arrivals.push({nodes[s].readyNs, s});
      }
    }
    for (; !arrivals.empty() && arrivals.top().ns == now; arrivals.pop()) {
      unsigned i = arrivals.top().node;
      ready[nodes[i].resource].insert({nodes[i].slice, nodes[i].load, i});
      touched.insert(nodes[i].resource);
    }
    for (unsigned resource : touched)
      start(resource, now);
  }
}

Schedule Scheduler::run() {
  firstTasks.resize(workload.loads.size());
  lastTasks.resize(workload.loads.size());
  for (unsigned i = 0; i < workload.loads.size(); ++i)
    addLoad(i);
  execute();
  for (const Resource &resource : schedule.resources)
    schedule.intervalNs = std::max(schedule.intervalNs, resource.busyNs);
  // With several rounds nothing overlaps, and the first is programmed too.
  if (workload.rounds > 1) {
    if (!energy.programming.roundNs.empty())
      schedule.latencyNs += energy.programming.roundNs.front();
    schedule.intervalNs = schedule.latencyNs;
  }
  return std::move(schedule);
}

Schedule snn::chip::computeSchedule(const Workload &workload, const Chip &chip,
                                    const EnergyResult &energy,
                                    unsigned slices) {
  return Scheduler(workload, chip, energy, slices).run();
}

llvm::json::Object snn::chip::toTrace(const Schedule &schedule,
                                      const Workload &workload) {
  llvm::json::Array events;
  for (const auto &[index, resource] : llvm::enumerate(schedule.resources)) {
    auto name = [&](llvm::StringRef key, llvm::json::Object args) {
      events.push_back(llvm::json::Object{{"name", key},
                                          {"ph", "M"},
                                          {"pid", int(resource.unit)},
                                          {"tid", int64_t(index)},
                                          {"args", std::move(args)}});
    };
    name("process_name", llvm::json::Object{{"name", toString(resource.unit)}});
    name("thread_name", llvm::json::Object{{"name", resource.name}});
  }
  for (const Task &task : schedule.tasks) {
    const Load &load = workload.loads[task.load];
    events.push_back(llvm::json::Object{
        {"name", load.name},
        {"cat", load.op},
        {"ph", "X"},
        // Microseconds.
        {"ts", task.startNs / 1e3},
        {"dur", (task.endNs - task.startNs) / 1e3},
        {"pid", int(schedule.resources[task.resource].unit)},
        {"tid", int64_t(task.resource)},
        {"args", llvm::json::Object{{"slice", int64_t(task.slice)},
                                    {"block", load.block}}}});
  }
  return llvm::json::Object{{"displayTimeUnit", "ns"},
                            {"traceEvents", std::move(events)}};
}
