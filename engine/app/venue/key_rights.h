// Whether the rights of an API key are those that trading needs, and no more.
//
// Cold, main thread.
#pragma once

#include <simdjson.h>

#include "engine/app/venue/findings.h"

namespace mm::app {

// `restrictions`: the venue's page of that name. What it does not tell is not complained of, but a
// right to trade that it does not tell is no right: unknown.
void judge_rights(const simdjson::dom::element& restrictions, Findings& findings);

}  // namespace mm::app
