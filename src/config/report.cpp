#include "config/report.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace pikachu::config {

std::string Finding::to_string() const {
  std::string out = file;
  if (line > 0) {
    out.append(":").append(std::to_string(line)).append(":").append(std::to_string(column));
  }
  out.append(severity == Severity::kError ? ": error: " : ": warning: ").append(message);
  return out;
}

std::size_t Report::add_file(std::string name) {
  files_.push_back(std::move(name));
  return files_.size() - 1;
}

void Report::error(const Mark& mark, std::string_view key, std::string_view what) {
  has_errors_ = true;
  add(Finding::Severity::kError, mark, key, what);
}

void Report::warning(const Mark& mark, std::string_view key, std::string_view what) {
  add(Finding::Severity::kWarning, mark, key, what);
}

void Report::add(Finding::Severity severity, const Mark& mark, std::string_view key,
                 std::string_view what) {
  Finding finding;
  finding.severity = severity;
  finding.file = files_.at(mark.file);
  finding.line = mark.line;
  finding.column = mark.column;
  if (!key.empty()) finding.message.append(key).append(": ");
  finding.message.append(what);
  entries_.push_back({mark, std::move(finding)});
}

std::vector<Finding> Report::findings() const {
  std::vector<Entry> sorted = entries_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.mark.file, a.mark.line, a.mark.column) <
           std::tie(b.mark.file, b.mark.line, b.mark.column);
  });
  std::vector<Finding> findings;
  findings.reserve(sorted.size());
  for (Entry& entry : sorted) findings.push_back(std::move(entry.finding));
  return findings;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMaxBytes = 60;
  std::size_t size = text.size();
  if (size > kMaxBytes) {
    size = kMaxBytes;
    // Not in the middle of a character.
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  }
  std::string out = "\"";
  for (const char c : text.substr(0, size)) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
    out += is_control ? '?' : c;
  }
  if (size < text.size()) out += "…";
  return out + '"';
}

}  // namespace pikachu::config
