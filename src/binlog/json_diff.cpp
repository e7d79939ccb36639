#include "binlog/json_diff.h"

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "binlog/json_binary.h"
#include "binlog/json_path.h"
#include "binlog/json_text.h"

namespace pikachu::binlog {
namespace {

enum class Operation : std::uint8_t { kReplace = 0, kInsert = 1, kRemove = 2 };

/// A value that can be changed: as it is stored, until a path leads into it.
struct Node {
  struct Item;
  JsonValue stored;
  /// Its items, once it was taken apart; then they count, and not what is stored.
  std::unique_ptr<std::vector<Item>> items;
};

struct Node::Item {
  std::string_view key;  ///< Empty in an array.
  Node value;
};

using Items = std::vector<Node::Item>;

/// Members stand in the order of their keys: the shorter first, then by bytes.
bool key_is_before(const Node::Item& item, std::string_view key) {
  if (item.key.size() != key.size()) return item.key.size() < key.size();
  return item.key < key;
}

Items::iterator find_key(Items& items, std::string_view key) {
  return std::lower_bound(items.begin(), items.end(), key, key_is_before);
}

/// A document, and the changes that are made to it.
class ChangedJson {
 public:
  explicit ChangedJson(Bytes before, std::uint64_t budget) : budget_(budget) {
    root_.stored = json_document(before);
  }

  bool apply(Operation operation, std::string_view path, const JsonValue& value) {
    if (!parse_json_path(path, legs_)) return stop("a change has a path that is none");
    if (legs_.empty()) {
      if (operation != Operation::kReplace) return stop("a change adds or removes the root");
      root_ = {value, nullptr};
      return true;
    }
    Node* parent = seek(std::span(legs_).first(legs_.size() - 1));
    if (parent == nullptr || !take_apart(*parent)) return false;
    JsonPathLeg& last = legs_.back();
    if (last.is_member != parent->stored.is_object()) return stop(kLeadsNowhere);
    return last.is_member ? apply_to_member(*parent->items, operation, last, value)
                          : apply_to_element(*parent->items, operation, last, value);
  }

  void write(JsonTextWriter& writer) const { write_node(root_, 0, writer); }

  const char* problem() const { return problem_; }

 private:
  static constexpr const char* kLeadsNowhere = "the path of a change leads nowhere";
  /// A minute's work. Servers log changes only where these are shorter than the new value.
  static constexpr std::uint64_t kMovesMax = std::uint64_t{1} << 32U;

  bool stop(const char* problem) {
    problem_ = problem;
    return false;
  }

  /// The value that these legs lead to; null if there is none.
  Node* seek(std::span<const JsonPathLeg> legs) {
    Node* node = &root_;
    for (const JsonPathLeg& leg : legs) {
      if (!take_apart(*node)) return nullptr;
      Items& items = *node->items;
      auto found = items.end();
      if (leg.is_member && node->stored.is_object()) {
        found = find_key(items, leg.member);
        if (found != items.end() && found->key != leg.member) found = items.end();
      } else if (!leg.is_member && node->stored.is_array()) {
        found = items.begin() + static_cast<std::ptrdiff_t>(leg.position(items.size()));
      }
      if (found == items.end()) {
        stop(kLeadsNowhere);
        return nullptr;
      }
      node = &found->value;
    }
    return node;
  }

  bool take_apart(Node& node) {
    if (node.items) return true;
    if (!node.stored.is_object() && !node.stored.is_array()) return stop(kLeadsNowhere);
    JsonItems stored(node.stored);
    if (stored.problem() != nullptr) return stop(stored.problem());
    // Containers that overlap would be taken apart for ever.
    const std::uint64_t size = stored.count() * stored.entry_size();
    if (size > budget_) return stop("its parts overlap");
    budget_ -= size;
    auto items = std::make_unique<Items>();
    items->reserve(static_cast<std::size_t>(stored.count()) + 1);
    for (std::uint64_t i = 0; i < stored.count(); ++i) {
      const JsonItems::Item item = stored.next();
      if (stored.problem() != nullptr) return stop(stored.problem());
      items->push_back({item.key, {item.value, nullptr}});
    }
    node.items = std::move(items);
    return true;
  }

  bool apply_to_member(Items& items, Operation operation, JsonPathLeg& leg,
                       const JsonValue& value) {
    const auto at = find_key(items, leg.member);
    if (operation != Operation::kReplace && !may_move(items, at)) return false;
    const bool exists = at != items.end() && at->key == leg.member;
    if (exists == (operation == Operation::kInsert)) return stop(kLeadsNowhere);
    if (operation == Operation::kRemove) {
      items.erase(at);
    } else if (operation == Operation::kReplace) {
      at->value = {value, nullptr};
    } else {
      keys_.push_back(std::make_unique<std::string>(std::move(leg.member)));
      items.insert(at, {*keys_.back(), {value, nullptr}});
    }
    return true;
  }

  bool apply_to_element(Items& items, Operation operation, const JsonPathLeg& leg,
                        const JsonValue& value) {
    if (operation == Operation::kInsert) {
      const auto at =
          items.begin() + static_cast<std::ptrdiff_t>(leg.insert_position(items.size()));
      if (!may_move(items, at)) return false;
      items.insert(at, {std::string_view(), {value, nullptr}});
      return true;
    }
    const auto at = items.begin() + static_cast<std::ptrdiff_t>(leg.position(items.size()));
    if (at == items.end()) return stop(kLeadsNowhere);
    if (operation == Operation::kRemove) {
      if (!may_move(items, at)) return false;
      items.erase(at);
    } else {
      at->value = {value, nullptr};
    }
    return true;
  }

  /// Whether the items from `at` on may be moved, to make room or to close a gap.
  bool may_move(const Items& items, Items::const_iterator at) {
    moves_ += static_cast<std::uint64_t>(items.end() - at);
    return moves_ <= kMovesMax || stop("its changes move more parts than any server's do");
  }

  static void write_node(const Node& node, int depth, JsonTextWriter& writer) {
    if (!node.items) return writer.write(node.stored, depth);
    if (depth >= JsonTextWriter::kDepthMax) return writer.stop("nested deeper than 100 levels");
    const bool is_object = node.stored.is_object();
    writer.open(is_object);
    bool first = true;
    for (const Node::Item& item : *node.items) {
      if (!first) writer.separate();
      first = false;
      if (is_object) writer.write_key(item.key, item.key.size());
      write_node(item.value, depth + 1, writer);
      if (writer.problem() != nullptr) return;
    }
    writer.close(is_object);
  }

  Node root_;
  std::uint64_t budget_;     ///< Bytes of items that may still be taken apart.
  std::uint64_t moves_ = 0;  ///< Items that were moved so far.
  std::vector<JsonPathLeg> legs_;
  std::vector<std::unique_ptr<std::string>> keys_;  ///< Of members that were added.
  const char* problem_ = nullptr;
};

}  // namespace

base::Result<void> append_changed_json_text(Bytes before, Bytes changes, std::string& out) {
  const std::uint64_t size = std::uint64_t{before.size()} + changes.size();
  ChangedJson json(before, size);
  wire::ByteReader in(changes);
  while (!in.at_end()) {
    const auto operation = in.u8();
    const std::string_view path = in.text(in.lenenc());
    JsonValue value;
    if (operation > static_cast<std::uint8_t>(Operation::kRemove)) in.fail();
    if (operation != static_cast<std::uint8_t>(Operation::kRemove)) {
      value = json_document(in.bytes(in.lenenc()));
    }
    if (!in.ok()) return corrupt_json(before.size(), "a change of it goes beyond its end");
    if (!json.apply(static_cast<Operation>(operation), path, value)) {
      return corrupt_json(before.size(), json.problem());
    }
  }
  JsonTextWriter writer(size, out, out.size());
  json.write(writer);
  writer.finish();
  if (writer.problem() != nullptr) return corrupt_json(before.size(), writer.problem());
  return {};
}

}  // namespace pikachu::binlog
