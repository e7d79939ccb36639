#include "config/document.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <yaml-cpp/yaml.h>

namespace pikachu::config {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 16U << 20U;
constexpr std::size_t kMaxValues = 300'000;

Mark to_mark(const YAML::Mark& mark, std::size_t file) {
  if (mark.line < 0) return Mark{file, 1, 1};
  return Mark{file, mark.line + 1, mark.column + 1};
}

// Copies yaml-cpp's nodes. `left` is how many values more are taken.
class Conversion {
 public:
  Conversion(std::size_t file, Report& report) : file_(file), report_(report) {}

  Node convert(const YAML::Node& yaml) {
    Node node;
    node.mark = to_mark(yaml.Mark(), file_);
    if (left_ == 0) return node;
    if (--left_ == 0) {
      report_.error(node.mark, "",
                    "more than 300000 values, which only aliases within aliases can make; "
                    "write them out");
      return node;
    }
    switch (yaml.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        break;
      case YAML::NodeType::Scalar:
        node.kind = Node::Kind::kScalar;
        node.text = yaml.Scalar();
        break;
      case YAML::NodeType::Sequence:
        node.kind = Node::Kind::kList;
        for (const YAML::Node& item : yaml) node.items.push_back(convert(item));
        break;
      case YAML::NodeType::Map:
        node.kind = Node::Kind::kMap;
        for (const auto& pair : yaml) add_member(pair.first, pair.second, node);
        break;
    }
    return node;
  }

 private:
  void add_member(const YAML::Node& key, const YAML::Node& value, Node& map) {
    const Mark mark = to_mark(key.Mark(), file_);
    if (!key.IsScalar()) {
      report_.error(mark, "", "a key is not a name; write name: value");
      return;
    }
    Member member{key.Scalar(), mark, convert(value)};
    // yaml-cpp puts an absent value where the next thing begins.
    if (member.value.kind == Node::Kind::kNull) member.value.mark = mark;
    map.members.push_back(std::move(member));
  }

  std::size_t file_;
  Report& report_;
  std::size_t left_ = kMaxValues;
};

std::optional<std::string> read_file(const std::string& path, std::size_t file, Report& report) {
  const auto fail = [&](std::string_view what) {
    report.error(Mark{file, 0, 0}, "", what);
    return std::nullopt;
  };
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail("is a directory; name the file in it");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return fail(std::string("cannot be opened: ") + std::strerror(errno) +
                "; name another file with -config (or -tasks), or mend its permissions");
  }
  std::string text;
  text.resize(kMaxFileBytes + 1);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return fail("cannot be read");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxFileBytes) return fail("is larger than 16 MiB; is it the right file?");
  return text;
}

// yaml-cpp's own words for a tab in the indentation do not name it.
std::optional<Mark> first_tab_in_indentation(std::string_view text, std::size_t file) {
  int line = 1;
  while (!text.empty()) {
    const std::string_view content = text.substr(0, text.find('\n'));
    const std::size_t indent = content.find_first_not_of(" \t");
    const std::size_t tab = content.substr(0, indent).find('\t');
    if (indent != std::string_view::npos && tab != std::string_view::npos) {
      return Mark{file, line, static_cast<int>(tab) + 1};
    }
    text.remove_prefix(std::min(text.size(), content.size() + 1));
    ++line;
  }
  return std::nullopt;
}

void report_syntax(const YAML::Exception& exception, std::string_view text, std::size_t file,
                   Report& report) {
  if (const auto tab = first_tab_in_indentation(text, file)) {
    report.error(*tab, "", "a tab in the indentation, which YAML does not allow; use blanks");
    return;
  }
  report.error(to_mark(exception.mark, file), "",
               "not YAML: " + exception.msg + "; see the lines up to this one");
}

}  // namespace

const Member* Node::member(std::string_view name) const {
  for (const Member& member : members) {
    if (member.key == name) return &member;
  }
  return nullptr;
}

Member* Node::member(std::string_view name) {
  for (Member& member : members) {
    if (member.key == name) return &member;
  }
  return nullptr;
}

std::optional<Node> read_document(const std::string& path, std::size_t file, Report& report) {
  const auto text = read_file(path, file, report);
  if (!text) return std::nullopt;
  try {
    std::istringstream stream(*text);
    const std::vector<YAML::Node> documents = YAML::LoadAll(stream);
    if (documents.size() > 1) {
      report.error(to_mark(documents[1].Mark(), file), "",
                   "a second document begins here; keep one, without --- between");
      return std::nullopt;
    }
    if (documents.empty() || documents[0].IsNull()) {
      report.error(Mark{file, 0, 0}, "",
                   "is empty; begin with the config.yaml that comes with pikachu");
      return std::nullopt;
    }
    if (!documents[0].IsMap()) {
      report.error(to_mark(documents[0].Mark(), file), "",
                   R"(the file is not a map; write "database:", "tasks:" and so on at the left)");
      return std::nullopt;
    }
    return Conversion(file, report).convert(documents[0]);
  } catch (const YAML::Exception& exception) {
    report_syntax(exception, *text, file, report);
    return std::nullopt;
  }
}

}  // namespace pikachu::config
