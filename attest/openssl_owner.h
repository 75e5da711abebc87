// Owners of OpenSSL objects. Private to attest's sources.
#pragma once

#include <memory>

namespace footproof {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

// Owned<BIGNUM, BN_clear_free>
template <class T, auto Free>
using Owned = std::unique_ptr<T, OpensslFree<Free>>;

}  // namespace footproof
