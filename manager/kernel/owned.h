// SPDX-License-Identifier: Apache-2.0
// Owners of what libbpf allocates and a function of its releases.
#pragma once

#include <bpf/btf.h>

#include <memory>

namespace glacis::kernel {

template <auto release>
struct Releases {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};

using Btf = std::unique_ptr<btf, Releases<btf__free>>;

}  // namespace glacis::kernel
