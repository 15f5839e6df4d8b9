#include "core/http/decoder.hpp"

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::http {
namespace {

using namespace std::string_literals;

constexpr int kGzip = MAX_WBITS + 16;
constexpr int kZlib = MAX_WBITS;
constexpr int kRaw = -MAX_WBITS;
constexpr std::size_t kNoLimit = 100u << 20;

std::string compress(std::string_view text, int window_bits) {
  z_stream zlib{};
  EXPECT_EQ(deflateInit2(&zlib, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&zlib, text.size()) + 64, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

std::string compress_brotli(std::string_view text) {
  std::string out(BrotliEncoderMaxCompressedSize(text.size()), '\0');
  std::size_t size = out.size();
  EXPECT_TRUE(BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, text.size(),
                                    reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                    reinterpret_cast<std::uint8_t*>(out.data())));
  out.resize(size);
  return out;
}

// The decoded text and how it ended: "" when finished, "cut short", or the code of the error.
struct Decoded {
  std::string text;
  std::string end;
  bool operator==(const Decoded&) const = default;
};
void PrintTo(const Decoded& decoded, std::ostream* out) {
  *out << decoded.text.substr(0, 80) << "|" << decoded.end;
}

Decoded feed(std::string_view encoding, std::string_view in, std::size_t split,
             std::size_t out_max = kNoLimit) {
  auto decoder = make_decoder(encoding);
  Decoded decoded;
  if (!decoder) return {"", std::string(decoder.error().code)};
  for (const std::string_view part : {in.substr(0, split), in.substr(split)}) {
    const auto fed = (*decoder)->feed(part, decoded.text, out_max);
    EXPECT_LE(decoded.text.size(), out_max);
    if (!fed) return {"", std::string(fed.error().code)};
  }
  if (!(*decoder)->finished()) decoded.end = "cut short";
  return decoded;
}

Decoded decode(std::string_view encoding, std::string_view in) {
  const Decoded whole = feed(encoding, in, in.size());
  for (std::size_t split = 0; split < in.size(); ++split)
    EXPECT_EQ(feed(encoding, in, split), whole) << "split at " << split;
  return whole;
}

TEST(Decoder, DecodesEachCoding) {
  const std::string text = "some text, some more text, and \0 a zero"s;
  EXPECT_EQ(decode("gzip", compress(text, kGzip)), (Decoded{text, ""}));
  EXPECT_EQ(decode("X-GZip", compress(text, kGzip)), (Decoded{text, ""}));
  EXPECT_EQ(decode("deflate", compress(text, kZlib)), (Decoded{text, ""}));
  EXPECT_EQ(decode("deflate", compress(text, kRaw)), (Decoded{text, ""}));
  EXPECT_EQ(decode("br", compress_brotli(text)), (Decoded{text, ""}));
  EXPECT_EQ(decode("identity", text), (Decoded{text, ""}));
}

TEST(Decoder, SaysWhichOfTheCodingsThatAClientTakesItKnows) {
  EXPECT_EQ(decodable_of("zstd, gzip;q=0.8 ,BR,,identity;q=0"), "gzip;q=0.8, BR, identity;q=0");
  EXPECT_EQ(decodable_of("zstd;q=1, *"), "");
  EXPECT_EQ(decodable_of(""), "");
}

TEST(Decoder, DecodesSeveralGzipMembers) {
  EXPECT_EQ(decode("gzip", compress("one", kGzip) + compress("two", kGzip)),
            (Decoded{"onetwo", ""}));
}

TEST(Decoder, GivesEachPartAsSoonAsItCame) {
  // What was flushed must come out although more follows: a stream of events depends on it.
  z_stream zlib{};
  ASSERT_EQ(deflateInit2(&zlib, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string event = "data: a\n\n";
  std::string coded(256, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(event.data());
  zlib.avail_in = static_cast<uInt>(event.size());
  zlib.next_out = reinterpret_cast<Bytef*>(coded.data());
  zlib.avail_out = static_cast<uInt>(coded.size());
  ASSERT_EQ(deflate(&zlib, Z_SYNC_FLUSH), Z_OK);
  coded.resize(zlib.total_out);
  deflateEnd(&zlib);
  EXPECT_EQ(decode("gzip", coded), (Decoded{event, "cut short"}));
}

TEST(Decoder, HoldsNothingBackThatItCouldDecode) {
  const std::string large(1u << 20, 'x');
  for (const auto& [encoding, coded] :
       {std::pair("gzip", compress(large, kGzip)), std::pair("br", compress_brotli(large))}) {
    auto bytewise = make_decoder(encoding);
    std::string text;
    for (std::size_t size = 1; size <= coded.size(); ++size) {
      ASSERT_TRUE((*bytewise)->feed(coded.substr(size - 1, 1), text, kNoLimit));
      ASSERT_EQ(feed(encoding, std::string_view(coded).substr(0, size), 0).text.size(), text.size())
          << encoding << " " << size;
    }
  }
}

TEST(Decoder, KnowsACutBody) {
  const std::string coded = compress("some text", kGzip);
  EXPECT_EQ(decode("gzip", coded.substr(0, coded.size() - 1)).end, "cut short");
  const std::string brotli = compress_brotli("some text");
  EXPECT_EQ(decode("br", brotli.substr(0, brotli.size() - 1)).end, "cut short");
  EXPECT_EQ(decode("deflate", "\x78").end, "cut short");
  EXPECT_EQ(decode("gzip", "").end, "cut short");
}

TEST(Decoder, RefusesWhatIsNotOfThisCoding) {
  std::string damaged = compress("some text", kGzip);
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // checksum
  EXPECT_EQ(decode("gzip", damaged).end, "bad_content_encoding");
  EXPECT_EQ(decode("gzip", "{\"a\": 1}").end, "bad_content_encoding");
  EXPECT_EQ(decode("gzip", compress("a", kGzip) + "junk").end, "bad_content_encoding");
  EXPECT_EQ(decode("deflate", "{\"a\": 1}").end, "bad_content_encoding");
  EXPECT_EQ(decode("deflate", compress("a", kZlib) + "j").end, "bad_content_encoding");
  EXPECT_EQ(decode("br", "\xff\xff\xff\xff\xff\xff\xff\xff").end, "bad_content_encoding");
  EXPECT_EQ(decode("br", compress_brotli("a") + "j").end, "bad_content_encoding");
}

TEST(Decoder, BoundsWhatItUnfolds) {
  const std::string large(1u << 20, 'x');
  for (const auto& [encoding, coded] :
       {std::pair("gzip", compress(large, kGzip)), std::pair("deflate", compress(large, kRaw)),
        std::pair("br", compress_brotli(large)), std::pair("identity", large)}) {
    EXPECT_EQ(feed(encoding, coded, 5, large.size()), (Decoded{large, ""})) << encoding;
    EXPECT_EQ(feed(encoding, coded, 5, large.size() - 1).end, "decoded_body_too_large") << encoding;
    EXPECT_EQ(feed(encoding, coded, 5, 10).end, "decoded_body_too_large") << encoding;
  }
}

TEST(Decoder, KnowsNoOtherCodings) {
  for (const std::string_view encoding : {"", "zstd", "gzip, br", "compress", "gzip2"})
    EXPECT_EQ(decode(encoding, "x").end, "unsupported_content_encoding") << encoding;
}

}  // namespace
}  // namespace headgate::http
