//===- Hdf5.cpp - What an HDF5 file holds, read at arm's length -----------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The child walks the file and writes what it finds to a pipe, record by
// record; the parent reads the records as distrustfully as it would the file.
//
//===----------------------------------------------------------------------===//

#include "Hdf5.h"
#include "snn/Support/InputFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"

#include <hdf5.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <set>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace snn;
using namespace snn::nir;
using llvm::StringRef;

/// A group of a graph takes two levels, its own and that of its nodes; graphs
/// nest 16 deep.
static constexpr int maxNesting = 40;
/// A million nodes have some parameters each.
static constexpr int64_t maxObjects = 4'000'000;
/// Bytes of all numbers and strings together.
static constexpr uint64_t maxBytes = uint64_t(4) << 30;
/// The most that gzip makes of a byte.
static constexpr uint64_t gzipRatio = 1032;
/// What the child may take: seconds of wall time, and memory beside what the
/// parent had.
static constexpr int maxSeconds = 300;
/// And seconds of processor time: damaged files send the library round in
/// circles.
static uint64_t processorSeconds(uint64_t fileBytes) {
  return 5 + (fileBytes >> 22);
}
static constexpr uint64_t maxMemory = uint64_t(10) << 30;

#if defined(__SANITIZE_ADDRESS__)
#define SNN_HAS_SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SNN_HAS_SHADOW_MEMORY 1
#endif
#endif

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

// A record is a tag and what follows it; numbers have the machine's order.
//   g name        a group begins        e  it ends
//   n name shape  a dataset of doubles  t  one of strings
//   x text        the file is refused   k  the end of a file that is not
// A shape is its rank and its sizes, a text its length and its bytes.

//===----------------------------------------------------------------------===//
// The child
//===----------------------------------------------------------------------===//

namespace {

/// Why a file is refused.
struct Refused {
  std::string text;
};

[[noreturn]] void refuse(const llvm::Twine &text) { throw Refused{text.str()}; }

/// An identifier of the library, closed at the end.
class Handle {
public:
  Handle(hid_t id, herr_t (*close)(hid_t), const llvm::Twine &what)
      : id(id), close(close) {
    if (id < 0)
      refuse("cannot read " + what);
  }
  Handle(const Handle &) = delete;
  Handle &operator=(const Handle &) = delete;
  ~Handle() { close(id); }
  operator hid_t() const { return id; }

private:
  hid_t id;
  herr_t (*close)(hid_t);
};

class Walker {
public:
  explicit Walker(int pipe) : pipe(pipe) {}

  void walk(const char *path);
  void put(char tag, StringRef text) {
    write(&tag, 1);
    putText(text);
    flush();
  }
  void finish() {
    char tag = 'k';
    write(&tag, 1);
    flush();
  }

private:
  void walkGroup(hid_t group, const std::string &path, StringRef name,
                 int depth);
  void walkDataset(hid_t dataset, const std::string &path, StringRef name);
  void checkStorage(hid_t dataset, const std::string &path, uint64_t bytes);
  void putStrings(hid_t dataset, hid_t type, const std::string &path,
                  uint64_t count);
  void account(uint64_t bytes) {
    total += bytes;
    if (total > maxBytes)
      refuse("it holds more than " + llvm::Twine(maxBytes >> 30) + " GiB");
  }

  void write(const void *data, size_t size) {
    buffer.append(static_cast<const char *>(data), size);
    if (buffer.size() > (1 << 16))
      flush();
  }
  void putText(StringRef text) {
    uint64_t size = text.size();
    write(&size, sizeof size);
    write(text.data(), text.size());
  }
  void putHead(char tag, StringRef name, llvm::ArrayRef<hsize_t> shape) {
    write(&tag, 1);
    putText(name);
    uint64_t rank = shape.size();
    write(&rank, sizeof rank);
    for (hsize_t size : shape) {
      int64_t dim = int64_t(size);
      write(&dim, sizeof dim);
    }
  }
  void flush() {
    for (size_t at = 0; at < buffer.size();) {
      ssize_t done = ::write(pipe, buffer.data() + at, buffer.size() - at);
      if (done < 0 && errno == EINTR)
        continue;
      if (done <= 0)
        _exit(1); // nobody listens
      at += size_t(done);
    }
    buffer.clear();
  }

  int pipe;
  uint64_t fileBytes = 0, total = 0;
  int64_t objects = 0;
  std::set<std::pair<unsigned long, haddr_t>> seen;
  std::string buffer;
};

void Walker::walk(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0)
    refuse("cannot open the file");
  fileBytes = uint64_t(status.st_size);
  // No library that the file names is loaded.
  H5PLset_loading_state(0);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  Handle file(H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose,
              "the file: it is no HDF5 file, or damaged");
  Handle root(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose, "the root group");
  walkGroup(root, "", "", 0);
  finish();
}

void Walker::walkGroup(hid_t group, const std::string &path, StringRef name,
                       int depth) {
  if (depth > maxNesting)
    refuse("groups nest deeper than " + llvm::Twine(maxNesting) + ": '" + path +
           "'");
  char begin = 'g', end = 'e';
  write(&begin, 1);
  putText(name);
  H5G_info_t info;
  if (H5Gget_info(group, &info) < 0)
    refuse("cannot read the group '" + path + "'");
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    if (++objects > maxObjects)
      refuse("it has more than " + llvm::Twine(maxObjects) + " objects");
    ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC,
                                        i, nullptr, 0, H5P_DEFAULT);
    if (length <= 0 || length > 4096)
      refuse("cannot read a name in the group '" + path + "'");
    std::vector<char> text(size_t(length) + 1);
    H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, text.data(),
                       text.size(), H5P_DEFAULT);
    std::string child(text.data(), strnlen(text.data(), size_t(length)));
    std::string full = path + "/" + child;
    account(child.size());
    H5L_info_t link;
    if (H5Lget_info(group, child.c_str(), &link, H5P_DEFAULT) < 0)
      refuse("cannot read the link '" + full + "'");
    if (link.type != H5L_TYPE_HARD)
      refuse("'" + full + "' is " +
             (link.type == H5L_TYPE_SOFT       ? "a soft link"
              : link.type == H5L_TYPE_EXTERNAL ? "a link to another file"
                                               : "a link of a user's kind"));
    // Remarks of whoever wrote the file: nothing may rely on them.
    if (child == "metadata" && name != "nodes")
      continue;
    Handle object(H5Oopen(group, child.c_str(), H5P_DEFAULT), H5Oclose,
                  "'" + full + "'");
    H5O_info_t about;
    if (H5Oget_info(object, &about) < 0)
      refuse("cannot read '" + full + "'");
    if (!seen.insert({about.fileno, about.addr}).second)
      refuse("'" + full + "' is a second link to one object");
    if (about.type == H5O_TYPE_GROUP)
      walkGroup(object, full, child, depth + 1);
    else if (about.type == H5O_TYPE_DATASET)
      walkDataset(object, full, child);
    else
      refuse("'" + full + "' is neither a group nor a dataset");
  }
  write(&end, 1);
}

/// Refuses data in other files, filters, and sizes that the stored bytes do not
/// account for.
void Walker::checkStorage(hid_t dataset, const std::string &path,
                          uint64_t bytes) {
  Handle plist(H5Dget_create_plist(dataset), H5Pclose, "'" + path + "'");
  H5D_layout_t layout = H5Pget_layout(plist);
  if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS &&
      layout != H5D_CHUNKED)
    refuse("'" + path + "' has a layout other than contiguous or chunked");
  if (layout == H5D_CONTIGUOUS && H5Pget_external_count(plist) != 0)
    refuse("'" + path + "' is stored in another file");
  bool isCompressed = false;
  int filters = H5Pget_nfilters(plist);
  for (int i = 0; i < filters; ++i) {
    unsigned flags, values[8], config;
    size_t count = 8;
    char name[64];
    H5Z_filter_t filter = H5Pget_filter2(plist, unsigned(i), &flags, &count,
                                         values, sizeof name, name, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE)
      refuse("'" + path + "' is stored through the filter " +
             llvm::Twine(int(filter)) + "; gzip is supported");
    isCompressed |= filter == H5Z_FILTER_DEFLATE;
  }
  uint64_t stored = H5Dget_storage_size(dataset);
  uint64_t most = isCompressed ? stored * gzipRatio : stored;
  if (stored > fileBytes || bytes > most)
    refuse("'" + path + "' has " + llvm::Twine(bytes) +
           " bytes, of which the file does not hold as many");
}

void Walker::walkDataset(hid_t dataset, const std::string &path,
                         StringRef name) {
  Handle space(H5Dget_space(dataset), H5Sclose, "'" + path + "'");
  Handle type(H5Dget_type(dataset), H5Tclose, "'" + path + "'");
  H5S_class_t spaceClass = H5Sget_simple_extent_type(space);
  if (spaceClass != H5S_SCALAR && spaceClass != H5S_SIMPLE)
    refuse("'" + path + "' has no data");
  int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > 8)
    refuse("'" + path + "' needs at most 8 axes");
  hsize_t dims[8] = {};
  if (rank > 0 && H5Sget_simple_extent_dims(space, dims, nullptr) != rank)
    refuse("cannot read the shape of '" + path + "'");
  uint64_t count = 1;
  for (int axis = 0; axis < rank; ++axis) {
    if (dims[axis] != 0 && count > maxBytes / dims[axis])
      refuse("'" + path + "' has more elements than " + llvm::Twine(maxBytes));
    count *= dims[axis];
  }
  H5T_class_t kind = H5Tget_class(type);
  size_t width = H5Tget_size(type);
  if (kind != H5T_INTEGER && kind != H5T_FLOAT && kind != H5T_STRING)
    refuse("'" + path + "' holds neither numbers nor strings");
  if (width == 0 || count > maxBytes / width)
    refuse("'" + path + "' has elements of " + llvm::Twine(width) + " bytes");
  if (count > 0)
    checkStorage(dataset, path, count * width);
  llvm::ArrayRef<hsize_t> shape(dims, size_t(rank));
  if (kind == H5T_STRING) {
    putHead('t', name, shape);
    if (count > 0)
      putStrings(dataset, type, path, count);
    return;
  }
  account(count * sizeof(double));
  std::vector<double> values(count);
  if (count > 0 && H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL,
                           H5P_DEFAULT, values.data()) < 0)
    refuse("cannot read the data of '" + path + "'");
  putHead('n', name, shape);
  write(values.data(), values.size() * sizeof(double));
}

void Walker::putStrings(hid_t dataset, hid_t type, const std::string &path,
                        uint64_t count) {
  if (H5Tis_variable_str(type) > 0) {
    Handle memory(H5Tcopy(H5T_C_S1), H5Tclose, "'" + path + "'");
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(type));
    std::vector<char *> values(count, nullptr);
    if (H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) <
        0)
      refuse("cannot read the strings of '" + path + "'");
    for (const char *value : values) {
      StringRef text = value ? StringRef(value) : StringRef();
      account(text.size() + sizeof(uint64_t));
      putText(text);
    }
    return; // the process ends soon, and its memory with it
  }
  size_t width = H5Tget_size(type);
  std::vector<char> bytes(count * width);
  Handle memory(H5Tcopy(type), H5Tclose, "'" + path + "'");
  if (H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
    refuse("cannot read the strings of '" + path + "'");
  for (uint64_t i = 0; i < count; ++i) {
    StringRef text(bytes.data() + i * width,
                   strnlen(bytes.data() + i * width, width));
    account(width + sizeof(uint64_t));
    putText(text.rtrim(' '));
  }
}

void setLimit(decltype(RLIMIT_CPU) resource, rlim_t limit) {
  rlimit now;
  if (getrlimit(resource, &now) != 0)
    return;
  now.rlim_cur = std::min<rlim_t>(limit, now.rlim_max);
  setrlimit(resource, &now);
}

/// Reads the file and ends.
[[noreturn]] void runChild(const char *path, int pipe, pid_t parent,
                           uint64_t seconds) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    _exit(1);
  // Crashes are expected, and are the parent's to report.
  for (int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT,
                     SIGHUP, SIGPIPE, SIGXCPU, SIGALRM})
    signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  int silence = open("/dev/null", O_WRONLY);
  if (silence >= 0) {
    dup2(silence, STDERR_FILENO);
    dup2(silence, STDOUT_FILENO);
  }
  setLimit(RLIMIT_CORE, 0);
  setLimit(RLIMIT_FSIZE, 0);
  setLimit(RLIMIT_CPU, seconds);
#ifndef SNN_HAS_SHADOW_MEMORY
  setLimit(RLIMIT_DATA, maxMemory);
#endif
  Walker walker(pipe);
  try {
    walker.walk(path);
  } catch (const Refused &refused) {
    walker.put('x', refused.text);
  } catch (const std::exception &) { // memory
    _exit(1);
  }
  _exit(0);
}

//===----------------------------------------------------------------------===//
// The parent
//===----------------------------------------------------------------------===//

/// Reads records. Every read checks that there are as many bytes.
class Reader {
public:
  explicit Reader(StringRef bytes) : bytes(bytes) {}

  /// The file's root, or why there is none.
  llvm::Expected<Hdf5Group> read() {
    Hdf5Group around;
    std::vector<Hdf5Group *> open = {&around};
    while (!bytes.empty() && isGood) {
      char tag = bytes.front();
      bytes = bytes.drop_front();
      if (tag == 'k' && open.size() == 1)
        return std::move(around.groups[""]);
      if (tag == 'x')
        return llvm::createStringError(takeText());
      if (tag == 'e' && open.size() > 1) {
        open.pop_back();
      } else if (tag == 'g' && open.size() <= size_t(maxNesting) + 1) {
        open.push_back(&open.back()->groups[takeText()]);
      } else if (tag == 'n' || tag == 't') {
        std::string name = takeText();
        open.back()->datasets[name] = takeDataset(tag == 't');
      } else {
        isGood = false;
      }
    }
    return llvm::createStringError("the file is damaged: the HDF5 library "
                                   "fails on it");
  }

private:
  template <typename T> T take() {
    T value{};
    if (bytes.size() < sizeof(T)) {
      isGood = false;
      bytes = {};
      return value;
    }
    std::memcpy(&value, bytes.data(), sizeof(T));
    bytes = bytes.drop_front(sizeof(T));
    return value;
  }
  std::string takeText() {
    uint64_t size = take<uint64_t>();
    if (size > bytes.size()) {
      isGood = false;
      bytes = {};
      return {};
    }
    std::string text = bytes.take_front(size).str();
    bytes = bytes.drop_front(size);
    return text;
  }
  Hdf5Dataset takeDataset(bool isText) {
    Hdf5Dataset dataset;
    dataset.isText = isText;
    uint64_t rank = take<uint64_t>(), count = 1;
    for (uint64_t axis = 0; axis < rank && isGood; ++axis) {
      int64_t size = take<int64_t>();
      dataset.shape.push_back(size);
      uint64_t most = bytes.size() / sizeof(double); // of either kind
      if (size < 0 || uint64_t(size) > most || count * size > most)
        isGood = false;
      else
        count *= uint64_t(size);
    }
    if (!isGood)
      return {};
    for (uint64_t i = 0; i < count && isGood; ++i) {
      if (isText)
        dataset.strings.push_back(takeText());
      else
        dataset.numbers.push_back(take<double>());
    }
    return dataset;
  }

  StringRef bytes;
  bool isGood = true;
};

/// What the child writes, until it ends or its time is over.
bool readAll(int pipe, std::string &bytes) {
  auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(maxSeconds);
  std::vector<char> block(1 << 16);
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || bytes.size() > 2 * maxBytes)
      return false;
    pollfd wait = {pipe, POLLIN, 0};
    int ready = poll(&wait, 1, int(left.count()));
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0)
      return false;
    ssize_t got = read(pipe, block.data(), block.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return got == 0;
    bytes.append(block.data(), size_t(got));
  }
}

} // namespace

llvm::Expected<Hdf5Group> snn::nir::readHdf5(StringRef path) {
  if (llvm::Error error = checkRegularFile(path))
    return std::move(error);
  std::string name = path.str();
  uint64_t fileBytes = 0;
  if (std::error_code error = llvm::sys::fs::file_size(path, fileBytes))
    return llvm::createStringError(error, "cannot tell its size");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return llvm::createStringError("cannot make a pipe");
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    close(ends[0]);
    runChild(name.c_str(), ends[1], parent, processorSeconds(fileBytes));
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return llvm::createStringError("cannot start a process");
  }
  std::string bytes;
  bool isWhole = readAll(ends[0], bytes);
  close(ends[0]);
  if (!isWhole)
    kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR)
    ;
  return Reader(bytes).read();
}
