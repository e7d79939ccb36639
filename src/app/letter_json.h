#pragma once

#include <string>

#include "store/state_view.h"

namespace pikachu::app {

/// A dead letter as a JSON object, for people and their tools: with its body where `content.body`
/// was read. Bytes that are not UTF-8 are replaced.
/// Spec: docs/reference/deadletters.md.
std::string to_json(const store::StoredLetter& letter);

/// What a state file holds, as a JSON object; `dir` and `holder` (who has it locked, or "") in
/// front. Spec: docs/reference/state.md.
std::string to_json(const store::StateSummary& summary, const std::string& dir,
                    const std::string& holder);

}  // namespace pikachu::app
