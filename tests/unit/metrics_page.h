#pragma once

#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "telemetry/metrics.h"

/// Holds docs/reference/metrics.md to what the program registers: name, type and labels of each
/// family whose line begins "| `name` | type | label, label |".
namespace pikachu::metrics_page {

struct Family {
  std::string type;
  std::set<std::string> labels;
  bool operator==(const Family&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Family& family) {
  out << family.type << " {";
  for (const auto& label : family.labels) out << ' ' << label;
  return out << " }";
}

inline std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  for (const char c : line) {
    if (c == '|') {
      cells.push_back(std::move(cell));
      cell.clear();
    } else if (c != '`' && c != ' ') {
      cell += c;
    }
  }
  return cells;
}

/// The families on the page whose names begin with `prefix`.
inline std::map<std::string, Family> documented(const std::string& prefix) {
  std::ifstream page(PIKACHU_SOURCE_DIR "/docs/reference/metrics.md");
  std::map<std::string, Family> families;
  for (std::string line; std::getline(page, line);) {
    const auto cells = cells_of(line);
    if (cells.size() < 4 || !cells[1].starts_with(prefix)) continue;
    Family family{cells[2], {}};
    std::istringstream labels(cells[3]);
    for (std::string label; std::getline(labels, label, ',');) family.labels.insert(label);
    families[cells[1]] = family;
  }
  return families;
}

/// The families in a registry, with the labels that their metrics have.
inline std::map<std::string, Family> registered(const telemetry::Registry& registry) {
  std::map<std::string, Family> families;
  for (const auto& family : registry.Collect()) {
    auto& found = families[family.name];
    switch (family.type) {
      case prometheus::MetricType::Counter:
        found.type = "counter";
        break;
      case prometheus::MetricType::Gauge:
        found.type = "gauge";
        break;
      case prometheus::MetricType::Histogram:
        found.type = "histogram";
        break;
      default:
        found.type = "other";
        break;
    }
    for (const auto& metric : family.metric) {
      for (const auto& label : metric.label) found.labels.insert(label.name);
    }
  }
  return families;
}

}  // namespace pikachu::metrics_page
