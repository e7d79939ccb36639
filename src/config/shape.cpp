#include "config/shape.h"

#include <string>
#include <string_view>
#include <utility>

#include "config/environment.h"
#include "config/known_keys.h"
#include "config/units.h"

namespace pikachu::config {
namespace {

std::string join(std::string_view section, std::string_view name) {
  if (section.empty()) return std::string(name);
  return std::string(section).append(".").append(name);
}

// What a value is, in the words of somebody who writes YAML.
std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "empty";
    case Node::Kind::kScalar:
      return "one value";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "";
}

std::string list_choices(std::string_view choices) {
  std::string list;
  while (!choices.empty()) {
    if (!list.empty()) list += ", ";
    list += next_choice(choices);
  }
  return list;
}

/// One walk over a document. `shown` is a path for people, "tasks[0].timeout"; `path` the same in
/// the table, "tasks[].timeout".
class ShapeCheck {
 public:
  explicit ShapeCheck(Report& report) : report_(report) {}

  void check_map(Node& map, std::string_view shown, std::string_view path) {
    for (std::size_t i = 0; i < map.members.size(); ++i) {
      Member& member = map.members[i];
      const std::string member_shown = join(shown, member.key);
      if (const Member* first = map.member(member.key); first != &member) {
        report_.error(member.mark, member_shown,
                      "is there twice, first in line " + std::to_string(first->mark.line) +
                          "; keep one of them");
        continue;
      }
      check_member(member, member_shown, join(path, member.key));
    }
    check_required(map, shown, path);
  }

 private:
  void fail(Node& node, std::string_view shown, std::string_view what) {
    report_.error(node.mark, shown, what);
    node.is_invalid = true;
  }

  void check_member(Member& member, const std::string& shown, const std::string& path) {
    const KnownKey* key = find_known_key(path);
    if (key == nullptr) return report_unknown(member, shown, path);
    if (key->kind == KeyKind::kObsolete) {
      return report_.warning(member.mark, shown,
                             "is not used any more: " + std::string(key->detail));
    }
    if (key->kind == KeyKind::kLater) {
      return report_.error(member.mark, shown, "is not supported in this version; remove it");
    }
    if (member.value.kind == Node::Kind::kNull) return;  // As if the key were not there.
    check_value(member.value, *key, shown);
  }

  void report_unknown(const Member& member, const std::string& shown, const std::string& path) {
    if (member.key == "<<") {
      return report_.error(member.mark, shown, "merge keys are not supported; repeat the keys");
    }
    const std::string nearest = nearest_key(path);
    report_.error(member.mark, shown,
                  nearest.empty() ? "unknown key; docs/reference/config.md lists those there are"
                                  : "unknown key; did you mean " + nearest + "?");
  }

  void check_required(const Node& map, std::string_view shown, std::string_view path) {
    for (const KnownKey& key : known_keys()) {
      if (!key.is_required || section_of(key.path) != path) continue;
      const Member* member = map.member(name_of(key.path));
      if (member != nullptr && member->value.kind != Node::Kind::kNull) continue;
      report_.error(member != nullptr ? member->mark : map.mark, join(shown, name_of(key.path)),
                    "is missing; it is " + std::string(key.detail));
    }
  }

  void check_value(Node& node, const KnownKey& key, const std::string& shown) {
    switch (key.kind) {
      case KeyKind::kSection:
        if (!demand(node, Node::Kind::kMap, shown, "a map of keys under it")) return;
        return check_map(node, shown, key.path);
      case KeyKind::kSections:
        return check_sections(node, key, shown);
      case KeyKind::kTextOrList:
        if (node.kind == Node::Kind::kScalar) return check_scalar(node, key, shown);
        return check_list(node, key, shown, "one value or a list");
      case KeyKind::kTextList:
        return check_list(node, key, shown, "a list, as in [a, b]");
      case KeyKind::kHeaders:
        return check_headers(node, key, shown);
      default:
        return check_scalar(node, key, shown);
    }
  }

  bool demand(Node& node, Node::Kind kind, const std::string& shown, std::string_view remedy) {
    if (node.kind == kind) return true;
    fail(node, shown, "is " + std::string(kind_name(node)) + "; write " + std::string(remedy));
    return false;
  }

  void check_sections(Node& node, const KnownKey& key, const std::string& shown) {
    if (node.is_invalid || !demand(node, Node::Kind::kList, shown, "a list, one \"- \" each")) {
      return;
    }
    if (node.items.empty()) {
      return fail(node, shown, "is empty; it is " + std::string(key.detail));
    }
    const std::string path = std::string(key.path) + "[]";
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string item_shown = shown + "[" + std::to_string(i) + "]";
      if (!demand(node.items[i], Node::Kind::kMap, item_shown, "a map of keys")) continue;
      check_map(node.items[i], item_shown, path);
    }
  }

  void check_list(Node& node, const KnownKey& key, const std::string& shown,
                  std::string_view remedy) {
    if (!demand(node, Node::Kind::kList, shown, remedy)) return;
    if (node.items.empty()) {
      return fail(node, shown, "is empty; it is " + std::string(key.detail));
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      check_scalar(node.items[i], key, shown + "[" + std::to_string(i) + "]");
    }
  }

  void check_headers(Node& node, const KnownKey& key, const std::string& shown) {
    if (!demand(node, Node::Kind::kMap, shown, "a map of names and values")) return;
    for (Member& member : node.members) {
      if (member.value.kind == Node::Kind::kNull) member.value.kind = Node::Kind::kScalar;
      check_scalar(member.value, key, join(shown, member.key));
    }
  }

  void check_scalar(Node& node, const KnownKey& key, const std::string& shown) {
    if (!demand(node, Node::Kind::kScalar, shown, "one value")) return;
    auto text = substitute(node.text);
    if (!text) return fail(node, shown, text.error().message);
    node.text = *std::move(text);
    switch (key.kind) {
      case KeyKind::kInteger:
        return check_integer(node, key, shown);
      case KeyKind::kDuration:
        return check_number(node, key, shown, parse_duration(node.text), show_duration);
      case KeyKind::kSize:
        return check_number(node, key, shown, parse_size(node.text), show_size);
      case KeyKind::kBoolean:
        if (!parse_boolean(node.text)) {
          fail(node, shown, in_quotes(node.text) + " is neither true nor false; write one of them");
        }
        return;
      case KeyKind::kChoice:
        return check_choice(node, key, shown);
      default:
        return;
    }
  }

  void check_integer(Node& node, const KnownKey& key, const std::string& shown) {
    const auto number = parse_integer(node.text);
    if (number && *number >= key.min && *number <= key.max) return;
    fail(node, shown,
         (number ? node.text + " is out of range" : number.error().message) + "; write " +
             std::to_string(key.min) + " to " + std::to_string(key.max));
  }

  void check_number(Node& node, const KnownKey& key, const std::string& shown,
                    const base::Result<std::int64_t>& number, std::string (*show)(std::int64_t)) {
    if (!number) return fail(node, shown, number.error().message);
    if (*number >= key.min && *number <= key.max) return;
    fail(
        node, shown,
        in_quotes(node.text) + " is out of range; write " + show(key.min) + " to " + show(key.max));
  }

  void check_choice(Node& node, const KnownKey& key, const std::string& shown) {
    std::string_view choices = key.detail;
    while (!choices.empty()) {
      if (next_choice(choices) == node.text) return;
    }
    const std::string_view nearest = nearest_choice(key.detail, node.text);
    std::string what = in_quotes(node.text) + " is not one of " + list_choices(key.detail);
    if (!nearest.empty()) what.append("; did you mean ").append(nearest).append("?");
    fail(node, shown, what);
  }

  Report& report_;
};

}  // namespace

void check_shape(Node& root, Report& report) {
  ShapeCheck(report).check_map(root, "", "");
}

}  // namespace pikachu::config
