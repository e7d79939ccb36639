#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "config/known_keys.h"
#include "config/secret.h"
#include "config/sections.h"
#include "config/url.h"
#include "sink/webhook/reserved_headers.h"

namespace pikachu::config {
namespace {

using sink::webhook::EndpointOptions;
using sink::webhook::Order;

constexpr std::size_t kTaskIdMaxBytes = 128;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7F';
  });
}

// Spec: RFC 9110, section 5.6.2, "token".
bool is_header_name(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

/// One task, from its settings.
class TaskReader {
 public:
  TaskReader(const Settings& task, const Config& config, std::string_view callback_host)
      : task_(task), config_(config), callback_host_(callback_host) {}

  route::TaskRoute route() const {
    route::TaskRoute route;
    route.task_id = task_id();
    read_tables(route);
    read_events(route);
    return route;
  }

  EndpointOptions endpoint(const EndpointOptions& defaults) const {
    EndpointOptions endpoint = defaults;
    task_.read("task_id", endpoint.task_id);
    endpoint.url = url();
    task_.read("timeout", endpoint.timeout);
    endpoint.connect_timeout = std::min(endpoint.connect_timeout, endpoint.timeout);
    task_.read_integer("max_retries", endpoint.max_retries);
    task_.read_integer("max_in_flight", endpoint.max_in_flight);
    const std::string order = task_.text("order").value_or("key");
    endpoint.order = order == "table"  ? Order::kTable
                     : order == "none" ? Order::kNone
                                       : Order::kKey;
    read_auth(endpoint);
    read_headers(endpoint);
    return endpoint;
  }

 private:
  std::string task_id() const {
    const auto id = task_.text("task_id");
    if (!id) return {};
    if (id->empty() || id->size() > kTaskIdMaxBytes || has_control(*id)) {
      task_.error("task_id", in_quotes(*id) +
                                 " is no name; write 1 to 128 bytes without control "
                                 "characters");
    }
    return *id;
  }

  void read_tables(route::TaskRoute& route) const {
    for (const Node* text : task_.texts("table_name")) {
      auto pattern = route::TablePattern::parse(text->text, config_.database);
      if (pattern) {
        route.tables.push_back(*std::move(pattern));
      } else {
        std::string why = pattern.error().message;
        if (config_.database.empty()) why += ", or set database.database";
        task_.error_at(*text, "table_name", why);
      }
    }
  }

  void read_events(route::TaskRoute& route) const {
    constexpr std::string_view kEvents = "insert|update|delete";
    for (const Node* event : task_.texts("events")) {
      if (event->text == "insert") {
        route.wants_insert = true;
      } else if (event->text == "update") {
        route.wants_update = true;
      } else if (event->text == "delete") {
        route.wants_delete = true;
      } else {
        const std::string_view nearest = nearest_choice(kEvents, event->text);
        std::string what = in_quotes(event->text) + " is not one of insert, update, delete";
        if (!nearest.empty()) what.append("; did you mean ").append(nearest).append("?");
        task_.error_at(*event, "events", what);
      }
    }
  }

  std::string url() const {
    const auto text = task_.text("callback_url");
    if (!text) return {};
    std::string url = *text;
    if (!url.empty() && url.front() == '/') {
      if (callback_host_.empty()) {
        task_.error("callback_url",
                    "is relative and there is no callback_host; write http://host/path, or set "
                    "callback_host");
        return {};
      }
      url.insert(0, callback_host_);
    }
    const auto parsed = parse_url(url);
    if (!parsed) {
      task_.error("callback_url", parsed.error().message);
    } else if (parsed->has_userinfo && text->front() != '/') {
      task_.warning("callback_url",
                    "has a user or password in it, which logs of others may show; use "
                    "auth.bearer_file or headers");
    }
    return url;
  }

  void read_auth(EndpointOptions& endpoint) const {
    const auto token = read_secret(task_, "auth.bearer", "auth.bearer_file");
    if (!token) return;
    if (token->empty() || has_control(*token)) {
      return task_.error(task_.at("auth.bearer") != nullptr ? "auth.bearer" : "auth.bearer_file",
                         "the token is empty or has a control character in it; remove line breaks");
    }
    endpoint.bearer_token = *token;
  }

  void read_headers(EndpointOptions& endpoint) const {
    const Node* headers = task_.at("headers");
    if (headers == nullptr) return;
    std::map<std::string, int> lines;
    for (const Member& header : headers->members) {
      if (header.value.is_invalid) continue;
      const std::string problem = header_problem(header, endpoint, lines);
      if (!problem.empty()) {
        task_.report().error(header.mark, task_.shown("headers." + header.key), problem);
      }
      lines.emplace(lower(header.key), header.mark.line);
      endpoint.headers.emplace_back(header.key, header.value.text);
    }
  }

  // What is wrong with a header, without its value, which may be a secret; "" if nothing is.
  static std::string header_problem(const Member& header, const EndpointOptions& endpoint,
                                    const std::map<std::string, int>& lines) {
    const std::string name = lower(header.key);
    if (!is_header_name(name)) {
      return "is no name of a header; write letters, digits and hyphens";
    }
    if (sink::webhook::is_reserved_header(name)) return "is set by pikachu itself; remove it";
    if (name == "authorization" && !endpoint.bearer_token.empty()) {
      return "auth.bearer sets this header too; keep one of them";
    }
    if (has_control(header.value.text)) {
      return "its value has a line break or control character in it; remove it";
    }
    if (const auto first = lines.find(name); first != lines.end()) {
      return "is there twice, first in line " + std::to_string(first->second) +
             "; keep one of them";
    }
    return {};
  }

  const Settings& task_;
  const Config& config_;
  std::string_view callback_host_;
};

// Without a slash at its end, because what follows begins with one.
std::string read_callback_host(const Settings& document) {
  auto host = document.text("callback_host");
  if (!host || host->empty()) return {};
  const auto parsed = parse_url(*host);
  if (!parsed) {
    document.error("callback_host", parsed.error().message);
  } else if (parsed->has_query) {
    document.error("callback_host", "has a query (?…); it belongs into each callback_url");
  }
  while (host->back() == '/') host->pop_back();
  return *host;
}

backlog::OrderScope order_scope(sink::webhook::Order order) {
  return order == sink::webhook::Order::kTable ? backlog::OrderScope::kTask
                                               : backlog::OrderScope::kKey;
}

}  // namespace

void read_tasks(const Settings& document, const EndpointOptions& defaults, Config& config) {
  const std::string callback_host = read_callback_host(document);
  const Node* tasks = document.at("tasks");
  if (tasks == nullptr) return;
  std::map<std::string, int> lines;
  for (std::size_t i = 0; i < tasks->items.size(); ++i) {
    const Node& item = tasks->items[i];
    if (item.is_invalid) continue;
    const Settings settings(item, "tasks[" + std::to_string(i) + "]", document.report());
    const TaskReader reader(settings, config, callback_host);
    route::TaskRoute route = reader.route();
    if (const Node* id = settings.at("task_id"); id != nullptr) {
      const auto [first, is_new] = lines.emplace(route.task_id, id->mark.line);
      if (!is_new) {
        settings.error("task_id", in_quotes(route.task_id) + " is taken by the task in line " +
                                      std::to_string(first->second) + "; choose another");
      }
    }
    auto endpoint = reader.endpoint(defaults);
    config.backlog.tasks.push_back({route.task_id, order_scope(endpoint.order)});
    config.tasks.push_back(std::move(route));
    config.webhook.endpoints.push_back(std::move(endpoint));
  }
}

}  // namespace pikachu::config
