// The messages of ONNX files, as protobuf's compiler makes them (Debian: libonnx-dev).
#pragma once

// What libonnx_proto was built with.
#define ONNX_ML 1
#define ONNX_NAMESPACE onnx
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop
