#include "core/observe/line_exchange.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace headgate::observe {
namespace {

void append(LineExchange& exchange, std::string_view line) {
  Lines& lines = exchange.take();
  char* const to = lines.text.room(line.size());
  std::memcpy(to, line.data(), line.size());
  lines.text.set_end(to + line.size());
  ++lines.count;
  exchange.give_back(lines);
}

TEST(LineExchange, GivesTheReaderWhatWasWrittenAndTheWriterAnEmptyBuffer) {
  LineExchange exchange;
  auto read = std::make_unique<Lines>();
  append(exchange, "a\n");
  append(exchange, "b\n");
  exchange.change(read);
  EXPECT_EQ(read->text.view(), "a\nb\n");
  EXPECT_EQ(read->count, 2u);
  append(exchange, "c\n");
  EXPECT_EQ(read->text.view(), "a\nb\n") << "it is the reader's alone";
  read->text.clear(0);
  read->count = 0;
  exchange.change(read);
  EXPECT_EQ(read->text.view(), "c\n");
}

TEST(LineExchange, GivesAnEmptyBufferWhenNothingWasWritten) {
  LineExchange exchange;
  auto read = std::make_unique<Lines>();
  exchange.change(read);
  EXPECT_EQ(read->count, 0u);
  EXPECT_EQ(read->text.size(), 0u);
}

TEST(LineExchange, LosesAndRepeatsNoLineWhileBothAreBusy) {
  constexpr std::size_t kLines = 200'000;
  LineExchange exchange;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::size_t i = 0; i < kLines; ++i) append(exchange, std::to_string(i) + "\n");
    done.store(true);
  });
  auto read = std::make_unique<Lines>();
  std::size_t next = 0;
  std::size_t count = 0;
  while (true) {
    const bool last = done.load();
    exchange.change(read);
    count += read->count;
    for (std::string_view text = read->text.view(); !text.empty(); ++next) {
      const std::size_t end = text.find('\n');
      ASSERT_EQ(text.substr(0, end), std::to_string(next));
      text.remove_prefix(end + 1);
    }
    read->text.clear(1024 * 1024);
    read->count = 0;
    if (last) break;
  }
  writer.join();
  EXPECT_EQ(next, kLines);
  EXPECT_EQ(count, kLines);
}

}  // namespace
}  // namespace headgate::observe
