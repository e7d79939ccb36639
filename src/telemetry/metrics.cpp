#include "telemetry/metrics.h"

#include <prometheus/text_serializer.h>

namespace pikachu::telemetry {

std::string to_prometheus_text(const Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace pikachu::telemetry
