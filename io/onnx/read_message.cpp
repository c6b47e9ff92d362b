#include "io/onnx/read_message.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <mutex>

#include "engine/error.h"
#include "engine/runtime/workers.h"

namespace burin::onnx_file {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr std::uint64_t large_from = 4096;  // bytes of raw_data that stay in the file

class SourceStream final : public google::protobuf::io::CopyingInputStream {
 public:
  explicit SourceStream(const ByteSource& source) : source_(source) {}
  int Read(void* buffer, int size) override {
    const int count = left(size);
    source_.read(at_, {static_cast<std::uint8_t*>(buffer), static_cast<std::size_t>(count)});
    at_ += static_cast<std::uint64_t>(count);
    return count;
  }
  int Skip(int size) override {
    const int count = left(size);
    at_ += static_cast<std::uint64_t>(count);
    return count;
  }

 private:
  [[nodiscard]] int left(int wanted) const {
    return static_cast<int>(
        std::min(source_.size() - at_, static_cast<std::uint64_t>(std::max(wanted, 0))));
  }

  const ByteSource& source_;
  std::uint64_t at_ = 0;
};

// Fields of a message that are taken as protobuf takes them.
class Rest {
 public:
  bool add(CodedInputStream& in, std::uint32_t tag) {
    google::protobuf::io::StringOutputStream stream(&bytes_);
    google::protobuf::io::CodedOutputStream out(&stream);
    return WireFormatLite::SkipField(&in, tag, &out);
  }
  template <class Proto>
  bool merge_into(Proto& proto) const {
    return proto.MergeFromString(bytes_);
  }

 private:
  std::string bytes_;
};

// Calls field(tag) for each field of the message that begins here with its length.
template <class Field>
bool each_field(CodedInputStream& in, const Field& field) {
  std::uint32_t bytes = 0;
  if (!in.ReadVarint32(&bytes) || bytes > std::numeric_limits<int>::max()) return false;
  const int left = in.BytesUntilLimit();  // of the message around it; -1: no limit
  if (left >= 0 && static_cast<int>(bytes) > left) return false;
  const CodedInputStream::Limit outer = in.PushLimit(static_cast<int>(bytes));
  while (const std::uint32_t tag = in.ReadTag())
    if (!field(tag)) return false;
  const bool whole = in.ConsumedEntireMessage() && in.BytesUntilLimit() == 0;
  in.PopLimit(outer);
  return whole;
}

constexpr std::uint32_t tag_of(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

class Walk {
 public:
  Walk(const ByteSource& source, Message& to) : source_(source), to_(to) {}

  bool model() {
    SourceStream stream(source_);
    google::protobuf::io::CopyingInputStreamAdaptor adaptor(&stream, 1 << 16);
    CodedInputStream in(&adaptor);
    Rest rest;
    while (const std::uint32_t tag = in.ReadTag())
      if (!(tag == tag_of(onnx::ModelProto::kGraphFieldNumber) ? graph(in) : rest.add(in, tag)))
        return false;
    return in.ConsumedEntireMessage() && rest.merge_into(to_.model);
  }

 private:
  bool graph(CodedInputStream& in) {
    onnx::GraphProto& proto = *to_.model.mutable_graph();
    Rest rest;
    return each_field(in,
                      [&](std::uint32_t tag) {
                        return tag == tag_of(onnx::GraphProto::kInitializerFieldNumber)
                                   ? initializer(in, *proto.add_initializer())
                                   : rest.add(in, tag);
                      }) &&
           rest.merge_into(proto);
  }

  bool initializer(CodedInputStream& in, onnx::TensorProto& proto) {
    std::optional<RawData>& raw = to_.raw_data.emplace_back();
    Rest rest;
    return each_field(in,
                      [&](std::uint32_t tag) {
                        return tag == tag_of(onnx::TensorProto::kRawDataFieldNumber)
                                   ? raw_data(in, proto, raw)
                                   : rest.add(in, tag);
                      }) &&
           rest.merge_into(proto);
  }

  // The last counts, as with every field that is not repeated.
  bool raw_data(CodedInputStream& in, onnx::TensorProto& proto, std::optional<RawData>& raw) {
    std::uint32_t bytes = 0;
    if (!in.ReadVarint32(&bytes)) return false;
    const auto offset = static_cast<std::uint64_t>(in.CurrentPosition());
    if (bytes > source_.size() - offset) return false;
    raw.reset();
    proto.clear_raw_data();
    if (bytes < large_from) return in.ReadString(proto.mutable_raw_data(), static_cast<int>(bytes));
    raw = {offset, bytes};
    return in.Skip(static_cast<int>(bytes));
  }

  const ByteSource& source_;
  Message& to_;
};

}  // namespace

Message read_message(const ByteSource& source) {
  if (source.size() > std::numeric_limits<int>::max())
    throw Error(source.operation(), "a file below 2 GiB; more belongs into external data",
                std::to_string(source.size()) + " bytes");
  Message message;
  if (source.size() == 0 || !Walk(source, message).model())
    throw Error(source.operation(), "an ONNX file",
                std::to_string(source.size()) + " bytes of something else");
  return message;
}

void read_raw(const ByteSource& source, const RawData& raw, std::span<std::uint8_t> to) {
  constexpr std::size_t part = std::size_t{256} << 10;  // bytes: most large weights are several
  std::mutex mutex;
  std::exception_ptr failure;
  const auto read_parts = [&](std::int64_t first, std::int64_t last, int) {
    const std::size_t begin = static_cast<std::size_t>(first) * part;
    const std::size_t end = std::min(static_cast<std::size_t>(last) * part, to.size());
    try {
      source.read(raw.offset + begin, to.subspan(begin, end - begin));
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  runtime::parallel_for(static_cast<std::int64_t>((to.size() + part - 1) / part), 1, read_parts);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace burin::onnx_file
