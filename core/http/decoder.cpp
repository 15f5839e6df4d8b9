#include "core/http/decoder.hpp"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "core/base/trim.hpp"
#include "core/http/header_rules.hpp"

namespace headgate::http {
namespace {

// Decoded at a time, on the stack.
constexpr std::size_t kStepBytes = 8 * 1024;
using Step = std::array<unsigned char, kStepBytes>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Error bad_encoding(std::string_view what) {
  return upstream_error("bad_content_encoding",
                        "the upstream's answer is not " + std::string(what) + " as it says");
}

Error behind_the_end() {
  return upstream_error("bad_content_encoding",
                        "the upstream's answer has bytes behind the end of its encoded body");
}

Result<void> append(std::string& out, const Step& step, std::size_t bytes, std::size_t out_max) {
  if (out.size() > out_max || bytes > out_max - out.size()) {
    return upstream_error(
        "decoded_body_too_large",
        "the upstream's answer is larger than " + std::to_string(out_max) + " bytes when decoded");
  }
  out.append(reinterpret_cast<const char*>(step.data()), bytes);
  return {};
}

// Window bits for zlib: the largest window, and which wrapper is around the data.
constexpr int kZlibWrapper = MAX_WBITS;
constexpr int kGzipWrapper = MAX_WBITS + 16;
constexpr int kNoWrapper = -MAX_WBITS;

class ZlibDecoder : public ContentDecoder {
 public:
  explicit ZlibDecoder(int window_bits) { started_ = inflateInit2(&zlib_, window_bits) == Z_OK; }
  ZlibDecoder(const ZlibDecoder&) = delete;
  ZlibDecoder& operator=(const ZlibDecoder&) = delete;
  ~ZlibDecoder() override { inflateEnd(&zlib_); }

  Result<void> feed(std::string_view in, std::string& out, std::size_t out_max) override {
    if (!started_) return gateway_error("out_of_memory", "no memory for a decoder", 503);
    // zlib counts in 32 bits.
    constexpr std::size_t kTakeMax = std::numeric_limits<uInt>::max();
    while (!in.empty()) {
      const std::string_view part = in.substr(0, kTakeMax);
      if (auto fed = feed_part(part, out, out_max); !fed) return fed;
      in.remove_prefix(part.size());
    }
    return {};
  }

  bool finished() const override { return ended_; }

 protected:
  // Raw deflate after all.
  void drop_wrapper() { started_ = started_ && inflateReset2(&zlib_, kNoWrapper) == Z_OK; }

 private:
  // What may stand behind the end of the data: nothing, but for gzip another member.
  virtual bool may_begin_again() const = 0;
  virtual std::string_view name() const = 0;

  Result<void> feed_part(std::string_view in, std::string& out, std::size_t out_max) {
    Step step;
    zlib_.next_in = const_cast<unsigned char*>(bytes_of(in));  // zlib does not write there
    zlib_.avail_in = static_cast<uInt>(in.size());
    do {
      if (ended_) {
        if (zlib_.avail_in == 0) return {};
        if (!may_begin_again()) return behind_the_end();
        inflateReset(&zlib_);
        ended_ = false;
      }
      zlib_.next_out = step.data();
      zlib_.avail_out = static_cast<uInt>(step.size());
      const int code = inflate(&zlib_, Z_NO_FLUSH);
      // Z_BUF_ERROR: nothing more could be made of this input.
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return bad_encoding(name());
      if (auto fits = append(out, step, step.size() - zlib_.avail_out, out_max); !fits) return fits;
      ended_ = code == Z_STREAM_END;
    } while (zlib_.avail_in > 0 || zlib_.avail_out == 0);
    return {};
  }

  z_stream zlib_{};
  bool started_ = false;
  bool ended_ = false;
};

class GzipDecoder final : public ZlibDecoder {
 public:
  GzipDecoder() : ZlibDecoder(kGzipWrapper) {}

 private:
  bool may_begin_again() const override { return true; }
  std::string_view name() const override { return "gzip"; }
};

// "deflate" is data in a zlib wrapper (RFC 9110 section 8.4.1.2); some send it without.
class DeflateDecoder final : public ZlibDecoder {
 public:
  DeflateDecoder() : ZlibDecoder(kZlibWrapper) {}

  Result<void> feed(std::string_view in, std::string& out, std::size_t out_max) override {
    while (!known_ && !in.empty()) {
      first_ += in.front();
      in.remove_prefix(1);
      if (first_.size() < 2) continue;
      known_ = true;
      if (!has_wrapper()) drop_wrapper();
      if (auto fed = ZlibDecoder::feed(first_, out, out_max); !fed) return fed;
    }
    return ZlibDecoder::feed(in, out, out_max);
  }

 private:
  // RFC 1950 section 2.2: the method is 8 and both bytes, as one number, divide by 31.
  bool has_wrapper() const {
    const auto high = static_cast<unsigned char>(first_[0]);
    const auto low = static_cast<unsigned char>(first_[1]);
    return (high & 0x0f) == Z_DEFLATED && (high * 256 + low) % 31 == 0;
  }
  bool may_begin_again() const override { return false; }
  std::string_view name() const override { return "deflate"; }

  bool known_ = false;
  std::string first_;
};

class BrotliDecoder final : public ContentDecoder {
 public:
  BrotliDecoder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  BrotliDecoder(const BrotliDecoder&) = delete;
  BrotliDecoder& operator=(const BrotliDecoder&) = delete;
  ~BrotliDecoder() override { BrotliDecoderDestroyInstance(state_); }

  Result<void> feed(std::string_view in, std::string& out, std::size_t out_max) override {
    if (!state_) return gateway_error("out_of_memory", "no memory for a decoder", 503);
    if (in.empty()) return {};
    if (ended_) return behind_the_end();
    Step step;
    const std::uint8_t* next_in = bytes_of(in);
    std::size_t left = in.size();
    BrotliDecoderResult result;
    do {
      std::uint8_t* next_out = step.data();
      std::size_t room = step.size();
      result = BrotliDecoderDecompressStream(state_, &left, &next_in, &room, &next_out, nullptr);
      if (result == BROTLI_DECODER_RESULT_ERROR) return bad_encoding("brotli");
      if (auto fits = append(out, step, step.size() - room, out_max); !fits) return fits;
    } while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
    ended_ = result == BROTLI_DECODER_RESULT_SUCCESS;
    if (ended_ && left > 0) return behind_the_end();
    return {};
  }

  bool finished() const override { return ended_; }

 private:
  BrotliDecoderState* state_;
  bool ended_ = false;
};

class IdentityDecoder final : public ContentDecoder {
 public:
  Result<void> feed(std::string_view in, std::string& out, std::size_t out_max) override {
    if (out.size() > out_max || in.size() > out_max - out.size()) {
      return upstream_error("decoded_body_too_large", "the upstream's answer is larger than " +
                                                          std::to_string(out_max) + " bytes");
    }
    out.append(in);
    return {};
  }
  bool finished() const override { return true; }
};

}  // namespace

Result<std::unique_ptr<ContentDecoder>> make_decoder(std::string_view encoding) {
  using Made = std::unique_ptr<ContentDecoder>;
  if (equals_ignoring_case(encoding, "gzip") || equals_ignoring_case(encoding, "x-gzip"))
    return Made(std::make_unique<GzipDecoder>());
  if (equals_ignoring_case(encoding, "deflate")) return Made(std::make_unique<DeflateDecoder>());
  if (equals_ignoring_case(encoding, "br")) return Made(std::make_unique<BrotliDecoder>());
  if (equals_ignoring_case(encoding, "identity")) return Made(std::make_unique<IdentityDecoder>());
  return upstream_error("unsupported_content_encoding",
                        "the upstream's answer has a Content-Encoding that is not understood");
}

std::string decodable_of(std::string_view accept_encoding) {
  std::string known;
  while (!accept_encoding.empty()) {
    const std::string_view element = accept_encoding.substr(0, accept_encoding.find(','));
    accept_encoding.remove_prefix(std::min(element.size() + 1, accept_encoding.size()));
    const std::string_view coding = trimmed(element.substr(0, element.find(';')), " \t");
    if (!make_decoder(coding)) continue;
    if (!known.empty()) known += ", ";
    known += trimmed(element, " \t");
  }
  return known;
}

}  // namespace headgate::http
