#include "app/deadletters_api.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/letter_json.h"
#include "base/result.h"
#include "store/state_view.h"

namespace pikachu::app {
namespace {

using admin::ApiReply;
using admin::ApiRequest;
using base::ErrorCode;
using Json = nlohmann::ordered_json;
using store::OpenMode;
using store::StateView;

constexpr std::string_view kRoot = "/api/deadletters";
constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kInternalError = 500;

ApiReply refuse(int status, const std::string& error) {
  Json json;
  json["error"] = error;
  return {status, json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

ApiReply failed(const base::Error& error) {
  return refuse(kInternalError, error.message);
}

ApiReply counted(const char* name, std::uint64_t count) {
  Json json;
  json[name] = count;
  return {200, json.dump()};
}

// A parameter from `least` to `most`; `otherwise` without it.
base::Result<std::int64_t> number_of(const ApiRequest& request, const char* name,
                                     std::int64_t otherwise, std::int64_t least,
                                     std::int64_t most) {
  const auto found = request.parameters.find(name);
  if (found == request.parameters.end()) return otherwise;
  const auto& text = found->second;
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && number >= least &&
      number <= most) {
    return number;
  }
  return base::fail(ErrorCode::kInvalid, std::string(name) + ": \"" + text +
                                             "\" is not a number from " + std::to_string(least) +
                                             " to " + std::to_string(most));
}

/// What the body of a POST says.
struct Order {
  store::LetterChoice choice;
  std::optional<std::uint32_t> rate;
  std::string reason;
};

base::Result<void> read_member(const std::string& name, const Json& value, Order& order,
                               bool& all) {
  constexpr std::uint64_t kFastest = 1'000'000;
  const auto wrong = [&](const char* wanted) {
    return base::fail(ErrorCode::kInvalid, "\"" + name + "\" must be " + wanted);
  };
  if (name == "task") {
    if (!value.is_string()) return wrong("a task_id");
    order.choice.task_id = value.get<std::string>();
  } else if (name == "reason") {
    if (!value.is_string()) return wrong("a text");
    order.reason = value.get<std::string>();
  } else if (name == "all") {
    if (!value.is_boolean()) return wrong("true or false");
    all = value.get<bool>();
  } else if (name == "rate") {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1 ||
        value.get<std::uint64_t>() > kFastest) {
      return wrong("a number from 1 to 1000000");
    }
    order.rate = value.get<std::uint32_t>();
  } else if (name == "ids") {
    if (!value.is_array()) return wrong("an array of ids");
    for (const auto& id : value) {
      if (!id.is_string()) return wrong("an array of ids");
      order.choice.ids.push_back(id.get<std::string>());
    }
  } else {
    return wrong("left out: there are task, ids, all, rate (retry) and reason (drop)");
  }
  return {};
}

base::Result<Order> read_order(const ApiRequest& request) {
  const auto body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) {
    return base::fail(ErrorCode::kInvalid,
                      R"(the body must be an object: {"task":"T","ids":["…"]} or {"all":true})");
  }
  Order order;
  bool all = false;
  for (const auto& [name, value] : body.items()) {
    if (auto read = read_member(name, value, order, all); !read) {
      return base::propagate(std::move(read));
    }
  }
  if (all == order.choice.ids.empty()) return order;
  return base::fail(ErrorCode::kInvalid,
                    R"("ids" or "all":true says which ones; give one of the two)");
}

}  // namespace

DeadLettersApi::DeadLettersApi(std::string dir, telemetry::Logger log)
    : dir_(std::move(dir)), log_(std::move(log)) {
}

ApiReply DeadLettersApi::answer(const ApiRequest& request) const {
  const std::string_view path = request.path;
  const bool is_post = request.method == "POST";
  const bool is_order = path == "/api/deadletters/retry" || path == "/api/deadletters/drop";
  if (is_order != is_post && path.starts_with(kRoot)) {
    return refuse(kMethodNotAllowed, is_order ? "use POST for this path" : "use GET for this path");
  }
  if (path == kRoot) return list(request);
  if (is_order) return path.ends_with("retry") ? retry(request) : drop(request);
  if (path.starts_with(kRoot) && path[kRoot.size()] == '/') {
    return show(path.substr(kRoot.size() + 1));
  }
  return refuse(kNotFound,
                "no such path; there are /api/deadletters, /api/deadletters/<task>/<id>, and for "
                "POST /api/deadletters/retry and /api/deadletters/drop");
}

ApiReply DeadLettersApi::list(const ApiRequest& request) const {
  constexpr std::int64_t kUsual = 100;
  constexpr std::int64_t kMost = 1'000;
  const auto after = number_of(request, "after", 0, 0, std::numeric_limits<std::int64_t>::max());
  if (!after) return refuse(kBadRequest, after.error().message);
  const auto limit = number_of(request, "limit", kUsual, 1, kMost);
  if (!limit) return refuse(kBadRequest, limit.error().message);
  std::optional<std::string> task;
  if (const auto found = request.parameters.find("task"); found != request.parameters.end()) {
    task = found->second;
  }
  auto view = StateView::open(dir_, OpenMode::kRead);
  if (!view) return failed(view.error());
  // One more, to know whether there is one.
  const auto wanted = static_cast<std::size_t>(*limit);
  auto letters = view->letters(task, *after, wanted + 1);
  if (!letters) return failed(letters.error());
  const bool has_more = letters->size() > wanted;
  if (has_more) letters->pop_back();
  std::string json = R"({"dead_letters":[)";
  for (const auto& letter : *letters) {
    if (json.back() == '}') json += ',';
    json += to_json(letter);
  }
  json += "],\"next\":";
  json += has_more ? std::to_string(letters->back().letter) : "null";
  return {200, json + '}'};
}

ApiReply DeadLettersApi::show(std::string_view task_and_id) const {
  const auto slash = task_and_id.rfind('/');
  if (slash == std::string_view::npos) {
    return refuse(kNotFound, "give /api/deadletters/<task>/<id>, or ?task=<task> for a list");
  }
  auto view = StateView::open(dir_, OpenMode::kRead);
  if (!view) return failed(view.error());
  auto letter = view->letter(task_and_id.substr(0, slash), task_and_id.substr(slash + 1));
  if (!letter) return failed(letter.error());
  if (!*letter) return refuse(kNotFound, "there is no such dead letter");
  return {200, to_json(**letter)};
}

ApiReply DeadLettersApi::retry(const ApiRequest& request) const {
  auto order = read_order(request);
  if (!order) return refuse(kBadRequest, order.error().message);
  if (!order->reason.empty()) return refuse(kBadRequest, "\"reason\" is for drop");
  auto view = StateView::open(dir_, OpenMode::kWrite);
  if (!view) return failed(view.error());
  auto marked = view->mark(order->choice, order->rate);
  if (!marked) return failed(marked.error());
  log_.info("Dead letters were marked for a retry.",
            {{"count", *marked}, {"task", order->choice.task_id.value_or("all")}});
  return counted("marked", *marked);
}

ApiReply DeadLettersApi::drop(const ApiRequest& request) const {
  auto order = read_order(request);
  if (!order) return refuse(kBadRequest, order.error().message);
  if (order->rate) return refuse(kBadRequest, "\"rate\" is for retry");
  if (order->reason.empty()) {
    return refuse(kBadRequest, "\"reason\" is missing: it is kept with the ids of what is dropped");
  }
  auto view = StateView::open(dir_, OpenMode::kWrite);
  if (!view) return failed(view.error());
  auto dropped = view->drop(order->choice, order->reason);
  if (!dropped) return failed(dropped.error());
  log_.warn("Dead letters were dropped.", {{"count", *dropped},
                                           {"task", order->choice.task_id.value_or("all")},
                                           {"reason", order->reason}});
  return counted("dropped", *dropped);
}

}  // namespace pikachu::app
