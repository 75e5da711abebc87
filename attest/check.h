// CHECK: our own invariants, always on. A failure is a bug of ours: it prints file, line and
// condition, and ends the process.
//
// Never use it on anything that a peer, a client, an operator or a disk controls: such input gets
// a Result. DCHECK is for self-checks too dear for production; tests and simulations compile it in.
#pragma once

namespace footproof {

[[noreturn]] void check_failed(const char* file, int line, const char* condition) noexcept;

}  // namespace footproof

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::footproof::check_failed(__FILE__, __LINE__, #condition))

#ifdef FOOTPROOF_DCHECK
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#endif
