#include <optional>
#include <string>
#include <utility>

#include "config/config.h"
#include "config/document.h"
#include "config/report.h"
#include "config/sections.h"
#include "config/settings.h"
#include "config/shape.h"

namespace pikachu::config {
namespace {

void put_member(Node& root, Member member) {
  if (Member* present = root.member(member.key)) {
    *present = std::move(member);
  } else {
    root.members.push_back(std::move(member));
  }
}

// A key without a valid value, so that nobody misses it.
Member placeholder(std::string key, const Mark& mark) {
  Member member{std::move(key), mark, {}};
  member.value.kind = Node::Kind::kList;
  member.value.mark = mark;
  member.value.is_invalid = true;
  return member;
}

// The tasks of a file of their own stand in for those of the document.
void take_tasks(const std::string& path, Node& root, Report& report) {
  const std::size_t file = report.add_file(path);
  auto document = read_document(path, file, report);
  if (!document) return put_member(root, placeholder("tasks", Mark{file, 0, 0}));
  bool has_tasks = false;
  for (const Member& member : document->members) {
    if (member.key != "tasks" && member.key != "callback_host") {
      report.error(member.mark, member.key,
                   "a file of tasks has tasks and callback_host only; put the rest into the file "
                   "of -config");
    } else if (document->member(member.key) != &member) {
      report.error(member.mark, member.key, "is there twice; keep one of them");
    } else {
      has_tasks = has_tasks || member.key == "tasks";
      put_member(root, member);
    }
  }
  if (!has_tasks) {
    report.error(document->mark, "tasks", "is missing; a file of tasks begins with \"tasks:\"");
    put_member(root, placeholder("tasks", document->mark));
  }
}

}  // namespace

LoadResult load(const std::string& path, const std::string& tasks_path) {
  Report report;
  Config config;
  auto root = read_document(path, report.add_file(path), report);
  if (root) {
    if (!tasks_path.empty()) take_tasks(tasks_path, *root, report);
    check_shape(*root, report);
    const Settings document(*root, "", report);
    read_database(document, config);
    read_service(document, config);
    read_tasks(document, read_dispatcher(document, config), config);
  }
  LoadResult result;
  result.findings = report.findings();
  if (!report.has_errors()) result.config = std::move(config);
  return result;
}

}  // namespace pikachu::config
