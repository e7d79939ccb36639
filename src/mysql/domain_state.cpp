#include "mysql/domain_state.h"

#include <algorithm>

namespace pikachu::mysql {

base::Result<DomainState> DomainState::parse(std::string_view text) {
  if (text.starts_with('[')) text.remove_prefix(1);
  if (text.ends_with(']')) text.remove_suffix(1);
  DomainState state;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    auto gtid = change::GtidSet::parse(change::Flavor::kMariadb, part);
    if (!gtid) return base::propagate(std::move(gtid));
    for (const auto& [domain, last] : gtid->domains()) state.domains_[domain].push_back(last);
  }
  return state;
}

std::optional<std::uint64_t> DomainState::last_of(std::uint32_t domain,
                                                  std::uint32_t server) const {
  const auto found = domains_.find(domain);
  if (found == domains_.end()) return std::nullopt;
  for (const Last& last : found->second) {
    if (last.server_id == server) return last.sequence;
  }
  return std::nullopt;
}

std::string DomainState::to_string() const {
  std::string text;
  for (const auto& [domain, servers] : domains_) {
    for (const Last& last : servers) {
      if (!text.empty()) text += ',';
      text += std::to_string(domain) + "-" + std::to_string(last.server_id) + "-" +
              std::to_string(last.sequence);
    }
  }
  return text;
}

}  // namespace pikachu::mysql
