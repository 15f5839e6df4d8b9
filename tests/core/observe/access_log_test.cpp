#include "core/observe/access_log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace headgate::observe {
namespace {

// Keeps what it is given, for a test that looks at it after the log has stopped.
class MemorySink final : public LogSink {
 public:
  explicit MemorySink(std::string& out) : out_(out) {}
  bool write(std::string_view lines, const std::atomic<bool>&) override {
    out_ += lines;
    return true;
  }

 private:
  std::string& out_;
};

class FailingSink final : public LogSink {
 public:
  bool write(std::string_view, const std::atomic<bool>&) override { return false; }
};

// Takes nothing until it is told to give up.
class StuckSink final : public LogSink {
 public:
  explicit StuckSink(std::promise<void>& entered) : entered_(entered) {}
  bool write(std::string_view, const std::atomic<bool>& give_up) override {
    if (!std::exchange(was_entered_, true)) entered_.set_value();
    while (!give_up.load()) std::this_thread::yield();
    return false;
  }

 private:
  std::promise<void>& entered_;
  bool was_entered_ = false;
};

// "info request route=a\n"
constexpr std::size_t kLineBytes = 21;

// Shows only the route, so that a line is short.
AccessLogOptions short_lines(std::size_t lines_max = 100'000) {
  AccessLogOptions options;
  for (int i = 0; i < static_cast<int>(AccessField::count); ++i) {
    const auto field = static_cast<AccessField>(i);
    if (field != AccessField::route) options.fields.remove(name_of(field));
  }
  // What waits may exceed its bound by a part of one line.
  options.waiting_bytes_max = (lines_max - 1) * kLineBytes + 1;
  return options;
}

void submit(AccessLogWriter& writer, std::string_view route) {
  AccessRecord& record = writer.begin();
  record.route = route;
  writer.submit(record);
}

TEST(AccessLog, WritesTheRecordsOfEachWorkerInOrder) {
  std::string out;
  AccessLog log(short_lines(), 2, std::make_unique<MemorySink>(out));
  submit(log.worker(0), "a");
  submit(log.worker(1), "b");
  submit(log.worker(0), "c");
  EXPECT_EQ(log.drain(), 3u);
  EXPECT_EQ(out, "info request route=a\ninfo request route=c\ninfo request route=b\n");
  EXPECT_EQ(log.written(), 3u);
  EXPECT_EQ(log.dropped(), 0u);
}

TEST(AccessLog, WritesJsonWhenAsked) {
  std::string out;
  AccessLogOptions options = short_lines();
  options.format = log::Format::json;
  AccessLog log(options, 1, std::make_unique<MemorySink>(out));
  submit(log.worker(0), "a");
  log.drain();
  EXPECT_EQ(out, "{\"level\":\"info\",\"message\":\"request\",\"route\":\"a\"}\n");
}

TEST(AccessLog, DropsAndCountsWhatDoesNotFitIntoTheQueue) {
  std::string out;
  AccessLog log(short_lines(4), 2, std::make_unique<MemorySink>(out));
  for (int i = 0; i < 6; ++i) submit(log.worker(0), std::to_string(i));
  submit(log.worker(1), "other");
  EXPECT_EQ(log.dropped(), 2u);
  EXPECT_EQ(log.drain(), 5u);
  EXPECT_EQ(out,
            "info request route=0\ninfo request route=1\ninfo request route=2\n"
            "info request route=3\ninfo request route=other\n");
  submit(log.worker(0), "6");
  EXPECT_EQ(log.drain(), 1u);
  EXPECT_EQ(log.dropped(), 2u);
}

TEST(AccessLog, CountsWhatTheSinkLosesAsDropped) {
  AccessLog log(short_lines(), 1, std::make_unique<FailingSink>());
  submit(log.worker(0), "a");
  submit(log.worker(0), "b");
  log.drain();
  EXPECT_EQ(log.written(), 0u);
  EXPECT_EQ(log.dropped(), 2u);
}

TEST(AccessLog, BeginsEachRecordAsNew) {
  std::string out;
  AccessLog log(short_lines(), 1, std::make_unique<MemorySink>(out));
  AccessRecord& record = log.worker(0).begin();
  record.route = "a";
  record.add_attempt();
  EXPECT_EQ(&log.worker(0).begin(), &record);
  EXPECT_EQ(record.route, "");
  EXPECT_EQ(record.attempt_count(), 0u);
}

TEST(AccessLog, NeedsNothingOfARecordOnceItIsSubmitted) {
  std::string out;
  AccessLog log(short_lines(), 1, std::make_unique<MemorySink>(out));
  {
    std::string route = "a";
    submit(log.worker(0), route);
    route = "b";
  }
  log.drain();
  EXPECT_EQ(out, "info request route=a\n");
}

TEST(AccessLog, WritesAllThatWasSubmittedBeforeItStops) {
  constexpr int kRecords = 2000;
  std::string out;
  AccessLog log(short_lines(), 2, std::make_unique<MemorySink>(out));
  log.start();
  std::vector<std::thread> workers;
  for (std::size_t w = 0; w < 2; ++w) {
    workers.emplace_back([&log, w] {
      for (int i = 0; i < kRecords; ++i) submit(log.worker(w), std::to_string(w));
    });
  }
  for (std::thread& worker : workers) worker.join();
  log.stop();
  EXPECT_EQ(log.written(), 2u * kRecords);
  EXPECT_EQ(log.dropped(), 0u);
  std::size_t of_worker[2] = {0, 0};
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    ASSERT_TRUE(line == "info request route=0" || line == "info request route=1") << line;
    ++of_worker[line.back() - '0'];
  }
  EXPECT_EQ(of_worker[0], static_cast<std::size_t>(kRecords));
  EXPECT_EQ(of_worker[1], static_cast<std::size_t>(kRecords));
}

TEST(AccessLog, WakesFromSleepForASingleRecord) {
  std::promise<void> entered;
  AccessLogOptions options = short_lines();
  options.stop_timeout = std::chrono::milliseconds(1);
  AccessLog log(options, 1, std::make_unique<StuckSink>(entered));
  log.start();
  while (!log.idle()) std::this_thread::yield();
  submit(log.worker(0), "a");
  // Without a wake-up the thread would sleep on, and this would time out.
  EXPECT_EQ(entered.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(AccessLog, NeitherBlocksAWorkerNorItsOwnEndWhenTheSinkIsStuck) {
  std::promise<void> entered;
  AccessLogOptions options = short_lines(4);
  options.stop_timeout = std::chrono::milliseconds(1);
  AccessLog log(options, 1, std::make_unique<StuckSink>(entered));
  log.start();
  submit(log.worker(0), "a");
  entered.get_future().wait();
  for (int i = 0; i < 10; ++i) submit(log.worker(0), "b");
  EXPECT_EQ(log.dropped(), 6u);
  log.stop();
  EXPECT_EQ(log.written(), 0u);
  EXPECT_EQ(log.dropped(), 11u);
}

class AccessLogFile : public ::testing::Test {
 protected:
  AccessLogFile() {
    std::string pattern = ::testing::TempDir() + "access-log-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AccessLogFile() override { std::filesystem::remove_all(folder_); }

  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  std::string folder_;
};

TEST_F(AccessLogFile, IsAppendedToAndFollowsARotation) {
  const std::string path = folder_ + "/access.log";
  std::ofstream(path) << "before\n";
  auto sink = open_file_sink(path);
  ASSERT_TRUE(sink.ok());
  AccessLog log(short_lines(), 1, std::move(*sink));
  submit(log.worker(0), "a");
  log.drain();
  EXPECT_EQ(text_of(path), "before\ninfo request route=a\n");

  std::filesystem::rename(path, path + ".1");
  log.reopen();
  submit(log.worker(0), "b");
  log.drain();
  EXPECT_EQ(text_of(path + ".1"), "before\ninfo request route=a\n");
  EXPECT_EQ(text_of(path), "info request route=b\n");
}

TEST_F(AccessLogFile, IsNotReadableForOthers) {
  const std::string path = folder_ + "/access.log";
  ASSERT_TRUE(open_file_sink(path).ok());
  const auto others = std::filesystem::perms::others_all;
  EXPECT_EQ(std::filesystem::status(path).permissions() & others, std::filesystem::perms::none);
}

TEST_F(AccessLogFile, ThatCannotBeOpenedIsAnErrorWithItsPath) {
  const auto sink = open_file_sink(folder_ + "/missing/access.log");
  ASSERT_FALSE(sink.ok());
  EXPECT_NE(sink.error().message.find(folder_ + "/missing/access.log"), std::string::npos);
  EXPECT_NE(sink.error().message.find("No such file"), std::string::npos);
}

TEST_F(AccessLogFile, ThatIsAFifoNobodyReadsDoesNotBlock) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto sink = open_file_sink("/dev/fd/" + std::to_string(ends[1]));
  ASSERT_TRUE(sink.ok());
  const std::atomic<bool> give_up{true};
  EXPECT_FALSE((*sink)->write(std::string(1 << 20, 'x'), give_up));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(AccessLogFile, ThatIsAPipeGetsEveryByteOfALongBatch) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto sink = open_file_sink("/dev/fd/" + std::to_string(ends[1]));
  ::close(ends[1]);
  ASSERT_TRUE(sink.ok());
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + "\n";
  std::string got;
  std::thread reader([&] {
    char buffer[777];
    for (ssize_t n; (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
      got.append(buffer, static_cast<std::size_t>(n));
    }
  });
  const std::atomic<bool> give_up{false};
  EXPECT_TRUE((*sink)->write(text, give_up));
  sink->reset();
  reader.join();
  ::close(ends[0]);
  EXPECT_EQ(got, text);
}

}  // namespace
}  // namespace headgate::observe
