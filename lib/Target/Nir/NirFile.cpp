//===- NirFile.cpp - Writing the HDF5 file of a NIR graph -----------------===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NirFile.h"
#include "llvm/ADT/STLExtras.h"

#include <hdf5.h>

using namespace snn::nir;
using llvm::StringRef;

/// The version of the package whose files these are like.
static constexpr const char *packageVersion = "1.0.4";

namespace {

/// An identifier of the library, closed at the end. A negative one is a
/// failure, which `Writer` remembers.
class Handle {
public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id(id), close(close) {}
  Handle(const Handle &) = delete;
  Handle &operator=(const Handle &) = delete;
  ~Handle() {
    if (id >= 0)
      close(id);
  }
  operator hid_t() const { return id; }

private:
  hid_t id;
  herr_t (*close)(hid_t);
};

class Writer {
public:
  bool write(const FileGraph &graph, const std::string &path);

private:
  void check(bool isGood) { good &= isGood; }
  void putArray(hid_t group, const std::string &name, const FileArray &array);
  void putStrings(hid_t group, const char *name,
                  const std::vector<const char *> &values,
                  const std::vector<hsize_t> &shape);
  void putText(hid_t group, const char *name, const std::string &text) {
    putStrings(group, name, {text.c_str()}, {});
  }
  void putData(hid_t group, const char *name, hid_t type, const void *data,
               const std::vector<hsize_t> &shape);

  bool good = true;
};

} // namespace

void Writer::putData(hid_t group, const char *name, hid_t type,
                     const void *data, const std::vector<hsize_t> &shape) {
  Handle space(shape.empty()
                   ? H5Screate(H5S_SCALAR)
                   : H5Screate_simple(int(shape.size()), shape.data(), nullptr),
               H5Sclose);
  Handle dataset(H5Dcreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT,
                            H5P_DEFAULT),
                 H5Dclose);
  bool isEmpty = llvm::is_contained(shape, 0);
  check(dataset >= 0 && (isEmpty || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL,
                                             H5P_DEFAULT, data) >= 0));
}

void Writer::putStrings(hid_t group, const char *name,
                        const std::vector<const char *> &values,
                        const std::vector<hsize_t> &shape) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(H5Tset_size(type, H5T_VARIABLE) >= 0 &&
        H5Tset_cset(type, H5T_CSET_UTF8) >= 0);
  putData(group, name, type, values.data(), shape);
}

void Writer::putArray(hid_t group, const std::string &name,
                      const FileArray &array) {
  std::vector<hsize_t> shape(array.shape.begin(), array.shape.end());
  std::visit(
      [&](const auto &values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        hid_t type = std::is_same_v<T, float>    ? H5T_NATIVE_FLOAT
                     : std::is_same_v<T, double> ? H5T_NATIVE_DOUBLE
                                                 : H5T_NATIVE_INT64;
        putData(group, name.c_str(), type, values.data(), shape);
      },
      array.values);
}

bool Writer::write(const FileGraph &graph, const std::string &path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file < 0)
    return false;
  {
    auto makeGroup = [](hid_t around, const char *name) {
      return H5Gcreate2(around, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    };
    putText(file, "version", packageVersion);
    Handle root(makeGroup(file, "node"), H5Gclose);
    check(root >= 0);
    putText(root, "type", "NIRGraph");
    std::vector<const char *> names;
    for (const auto &[from, to] : graph.edges) {
      names.push_back(from.c_str());
      names.push_back(to.c_str());
    }
    putStrings(root, "edges", names, {graph.edges.size(), 2});
    Handle nodes(makeGroup(root, "nodes"), H5Gclose);
    check(nodes >= 0);
    for (const FileNode &node : graph.nodes) {
      Handle group(makeGroup(nodes, node.name.c_str()), H5Gclose);
      check(group >= 0);
      putText(group, "type", node.type);
      for (const auto &[name, array] : node.parameters)
        putArray(group, name, array);
    }
  }
  check(H5Fclose(file) >= 0);
  return good;
}

llvm::Error snn::nir::writeFile(const FileGraph &graph, StringRef path) {
  if (Writer().write(graph, path.str()))
    return llvm::Error::success();
  return llvm::createStringError("cannot write '" + path + "'");
}
