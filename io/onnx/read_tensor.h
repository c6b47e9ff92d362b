// Tensors of ONNX files: in the message, or in a file of their own below the model's folder.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "io/file.h"
#include "io/onnx/model.h"
#include "io/onnx/proto.h"
#include "io/onnx/read_message.h"

namespace burin::onnx_file {

// The engine's type, or the name of the one that it has not.
[[nodiscard]] std::variant<DType, OnnxForeign> type_of(int data_type);

// Files that tensors name. No byte is read twice: what two tensors share they share in memory, and
// they may not overlap in part.
class ExternalData {
 public:
  // Without a folder (a model in memory) every tensor is refused.
  ExternalData(std::filesystem::path folder, std::string operation)
      : folder_(std::move(folder)), operation_(std::move(operation)) {}

  // `where` names the tensor in errors. Throws Error.
  [[nodiscard]] Tensor read(const onnx::TensorProto& proto, const Shape& shape, DType type,
                            const std::string& where);
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Place {
    std::string location;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;
  };
  struct File {
    std::unique_ptr<ByteSource> source;
    std::uint64_t read = 0;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Tensor> parts;  // by offset and length
  };
  [[nodiscard]] Place place_of(const onnx::TensorProto& proto, const std::string& where) const;
  [[nodiscard]] File& file(const std::string& location, const std::string& where);

  std::filesystem::path folder_;
  std::string operation_;
  std::map<std::string, File> files_;
  std::uint64_t bytes_ = 0;
};

// What a tensor's numbers are read from, where the message does not hold them.
struct TensorSource {
  const ByteSource& file;
  ExternalData& external;
  std::optional<RawData> raw;
};

// Row major. Sizes are checked against the bytes that are there before memory is taken; the
// message's own bytes are released. Throws Error of the file's operation that names `where`.
[[nodiscard]] OnnxTensor read_tensor(onnx::TensorProto& proto, const std::string& where,
                                     const TensorSource& source);

}  // namespace burin::onnx_file
