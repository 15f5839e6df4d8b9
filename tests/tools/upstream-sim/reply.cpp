#include "tests/tools/upstream-sim/reply.hpp"

#include <zlib.h>

#include <cstring>

namespace sim {
namespace {

// A gzip stream that is flushed after each piece, so that events arrive when they are sent.
class Gzip {
 public:
  Gzip() {
    constexpr int kGzipWindow = 15 + 16;
    constexpr int kMemoryLevel = 8;
    deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY);
  }
  ~Gzip() { deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  std::string piece(std::string_view text, bool last) {
    std::string out(deflateBound(&stream_, static_cast<uLong>(text.size())) + 64, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    deflate(&stream_, last ? Z_FINISH : Z_SYNC_FLUSH);
    out.resize(out.size() - stream_.avail_out);
    return out;
  }

 private:
  z_stream stream_{};
};

void compress(std::vector<Event>& pieces) {
  Gzip gzip;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pieces[i].bytes = gzip.piece(pieces[i].bytes, i + 1 == pieces.size());
  }
}

bool wants_pieces(const Behaviour& b, bool is_stream) {
  if (b.head_delay.count() > 0 || b.reset_before_head || !b.raw.empty()) return true;
  if (!is_stream) return b.slow_bytes > 0 || b.cut_body_at != kOff;
  if (b.cut_after_tokens != kOff || b.stall_after_tokens != kOff) return true;
  return !b.burst || b.first_token_delay.count() > 0 || b.token_interval.count() > 0;
}

std::vector<Event> slices_of(const std::string& body, std::int64_t size) {
  std::vector<Event> out;
  const std::size_t step = size > 0 ? static_cast<std::size_t>(size) : body.size();
  for (std::size_t at = 0; at < body.size(); at += step) {
    out.push_back({EventKind::closing, body.substr(at, step)});
  }
  if (out.empty()) out.push_back({EventKind::closing, body});
  return out;
}

void append_head_line(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

std::string make_head(const Answer& answer, const Behaviour& behaviour, std::string_view framing,
                      std::size_t length, bool close) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  head += reason_phrase(answer.status);
  head += "\r\n";
  append_head_line(head, "Content-Type", answer.content_type);
  append_head_line(head, "x-request-id", "sim-request");
  if (!answer.retry_after.empty()) append_head_line(head, "Retry-After", answer.retry_after);
  if (!behaviour.encoding.empty()) append_head_line(head, "Content-Encoding", behaviour.encoding);
  std::string_view lines = behaviour.headers;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (line.empty()) continue;
    head += line;
    head += "\r\n";
  }
  if (framing == "length") append_head_line(head, "Content-Length", std::to_string(length));
  if (framing == "chunked") append_head_line(head, "Transfer-Encoding", "chunked");
  if (close) append_head_line(head, "Connection", "close");
  head += "\r\n";
  return head;
}

std::string_view key_of(const RequestHead& head) {
  std::string_view key = head.header("authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (key.starts_with(kBearer)) return key.substr(kBearer.size());
  key = head.header("x-goog-api-key");
  return key.empty() ? head.header("api-key") : key;
}

}  // namespace

std::shared_ptr<const Reply> frame(Answer answer, const Behaviour& behaviour,
                                   bool client_keeps_alive) {
  auto reply = std::make_shared<Reply>();
  reply->status = answer.status;
  reply->is_stream = answer.is_stream;
  reply->behaviour = behaviour;
  std::string_view framing = behaviour.framing;
  if (framing == "auto") framing = answer.is_stream ? "chunked" : "length";
  reply->close = framing == "close" || behaviour.connection_close || !client_keeps_alive;

  std::vector<Event> pieces =
      answer.is_stream ? std::move(answer.events) : slices_of(answer.body, behaviour.slow_bytes);
  if (!behaviour.encoding.empty()) compress(pieces);
  std::size_t length = 0;
  for (Event& piece : pieces) {
    length += piece.bytes.size();
    if (piece.kind == EventKind::token) ++reply->tokens;
    if (framing != "chunked" || piece.bytes.empty()) continue;
    std::string chunk;
    append_chunk(chunk, piece.bytes);
    piece.bytes = std::move(chunk);
  }
  if (framing == "chunked") reply->end = "0\r\n\r\n";
  reply->head = make_head(answer, behaviour, framing, length, reply->close);
  reply->pieces = std::move(pieces);
  reply->immediate = !wants_pieces(behaviour, answer.is_stream);
  if (reply->immediate) {
    reply->bytes = reply->head;
    for (const Event& piece : reply->pieces) reply->bytes += piece.bytes;
    reply->bytes += reply->end;
  }
  return reply;
}

void Replies::refresh() {
  const std::uint64_t generation = simulator_.generation();
  if (generation == generation_) return;
  generation_ = generation;
  settings_ = simulator_.settings();
  remembered_.clear();
}

bool Replies::no_continue() {
  refresh();
  return settings_->base.no_continue;
}

Behaviour Replies::behaviour_for(const RequestHead& head, std::string_view body, bool& plain) {
  refresh();
  plain = settings_->rules.empty() && !head.has_overrides;
  if (plain) return {};
  Behaviour behaviour = settings_->base;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& rule : settings_->rules) {
    if (head.target.find(rule->match) == std::string_view::npos) continue;
    if (body.find(rule->match_body) == std::string_view::npos) continue;
    if (rule->until && now >= *rule->until) continue;
    if (rule->skip.load() > 0 && rule->skip.fetch_sub(1) > 0) continue;
    if (rule->times.load() != kOff && rule->times.fetch_sub(1) <= 0) {
      rule->times.store(0);
      continue;
    }
    for (const auto& [knob, value] : rule->knobs) knob->set(behaviour, value);
    break;
  }
  for (const auto& [name, value] : head.headers) {
    if (name.size() <= 6 || !equals_ignoring_case(name.substr(0, 6), "x-sim-")) continue;
    std::string knob_name(name.substr(6));
    for (char& c : knob_name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    if (const Knob* const knob = find_knob(knob_name)) knob->set(behaviour, value);
  }
  return behaviour;
}

std::shared_ptr<const Reply> Replies::reply_to(const RequestHead& head, std::string_view body) {
  bool plain = false;
  const Behaviour special = behaviour_for(head, body, plain);
  const Behaviour& behaviour = plain ? settings_->base : special;
  const bool always_parse = behaviour.echo || behaviour.prefill != "ignore";
  const Facts facts = read_facts(head.method, head.target, body, behaviour.tools, always_parse);
  const std::string_view key = key_of(head);
  std::string line(head.method);
  line += ' ';
  line += head.target;

  plain = plain && !facts.parsed;
  if (plain) {
    for (const Remembered& entry : remembered_) {
      if (entry.method_and_target == line && entry.keep_alive == head.keep_alive &&
          entry.key == key && entry.facts.model == facts.model &&
          entry.facts.stream == facts.stream && entry.facts.include_usage == facts.include_usage &&
          entry.facts.body_bytes == facts.body_bytes) {
        return entry.reply;
      }
    }
  }
  std::shared_ptr<const Reply> reply = frame(
      make_answer(facts, behaviour, simulator_.identity(), line, key), behaviour, head.keep_alive);
  constexpr std::size_t kRememberedMax = 8;
  constexpr std::size_t kRememberedBytesMax = std::size_t{1} << 20;
  if (plain && reply->bytes.size() <= kRememberedBytesMax) {
    Remembered entry{std::move(line), std::string(key), facts, head.keep_alive, reply};
    if (remembered_.size() < kRememberedMax) {
      remembered_.push_back(std::move(entry));
    } else {
      remembered_[next_++ % kRememberedMax] = std::move(entry);
    }
  }
  return reply;
}

}  // namespace sim
