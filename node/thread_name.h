// Names threads, so that a debugger and `top -H` show which duty each has.
#pragma once

#include <pthread.h>

namespace footproof::node {

// At most 15 characters: the kernel's limit.
inline void name_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

}  // namespace footproof::node
