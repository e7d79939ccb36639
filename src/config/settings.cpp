#include "config/settings.h"

#include <algorithm>

#include "config/known_keys.h"
#include "config/units.h"

namespace pikachu::config {
namespace {

// Walks down a path; nothing where a part of it is absent.
const Node* find(const Node& map, std::string_view path) {
  const Node* node = &map;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('.'));
    const Member* member = node->member(name);
    if (member == nullptr) return nullptr;
    node = &member->value;
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  return node;
}

template <typename T>
std::optional<T> value_of(const base::Result<T>& result) {
  return result ? std::optional<T>(*result) : std::nullopt;
}

}  // namespace

const Node* Settings::at(std::string_view path) const {
  const Node* node = find(map_, path);
  if (node == nullptr || node->kind == Node::Kind::kNull || node->is_invalid) return nullptr;
  return node;
}

std::optional<std::string> Settings::text(std::string_view path) const {
  const Node* node = at(path);
  if (node == nullptr || node->kind != Node::Kind::kScalar) return std::nullopt;
  return node->text;
}

std::optional<bool> Settings::boolean(std::string_view path) const {
  const auto value = text(path);
  return value ? parse_boolean(*value) : std::nullopt;
}

std::optional<std::int64_t> Settings::integer(std::string_view path) const {
  const auto value = text(path);
  return value ? value_of(parse_integer(*value)) : std::nullopt;
}

std::optional<std::chrono::milliseconds> Settings::duration(std::string_view path) const {
  const auto value = text(path);
  const auto milliseconds = value ? value_of(parse_duration(*value)) : std::nullopt;
  if (!milliseconds) return std::nullopt;
  return std::chrono::milliseconds(*milliseconds);
}

std::optional<std::int64_t> Settings::size(std::string_view path) const {
  const auto value = text(path);
  return value ? value_of(parse_size(*value)) : std::nullopt;
}

std::vector<const Node*> Settings::texts(std::string_view path) const {
  const Node* node = at(path);
  if (node == nullptr) return {};
  if (node->kind == Node::Kind::kScalar) return {node};
  std::vector<const Node*> texts;
  for (const Node& item : node->items) {
    if (!item.is_invalid) texts.push_back(&item);
  }
  return texts;
}

Mark Settings::mark_of(std::string_view path) const {
  for (; !path.empty(); path = section_of(path)) {
    if (const Node* node = find(map_, path)) return node->mark;
  }
  return map_.mark;
}

std::string Settings::shown(std::string_view path) const {
  return shown_.empty() ? std::string(path) : shown_ + "." + std::string(path);
}

void Settings::error(std::string_view path, std::string_view what) const {
  report_.error(mark_of(path), shown(path), what);
}

void Settings::warning(std::string_view path, std::string_view what) const {
  report_.warning(mark_of(path), shown(path), what);
}

void Settings::error_at(const Node& node, std::string_view path, std::string_view what) const {
  report_.error(node.mark, shown(path), what);
}

}  // namespace pikachu::config
