// Every op of the engine, declared once. To add one: a line here, a line in all_ops.cpp, a row in
// tests/engine/op_rows_<family>.cpp. The file that defines an op includes this header.
#pragma once

#include "engine/autograd/op.h"

namespace burin {}  // namespace burin
