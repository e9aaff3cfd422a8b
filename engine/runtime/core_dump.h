// Keeps this process's memory out of core dumps, whatever the host does with them.
//
// Cold, once at the start of whatever reads a key.
#pragma once

namespace mm {

// Of this process and of those it starts; for good.
void forbid_core_dumps();

}  // namespace mm
