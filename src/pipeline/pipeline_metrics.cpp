#include "pipeline/pipeline_metrics.h"

#include "change/row_change.h"

namespace pikachu::pipeline {

PipelineMetrics::PipelineMetrics(telemetry::Registry& registry,
                                 const std::vector<std::string>& task_ids)
    : transactions_total(prometheus::BuildCounter()
                             .Name("pikachu_pipeline_transactions_total")
                             .Help("Transactions read that hold rows of tables in use.")
                             .Register(registry)
                             .Add({})),
      lag_seconds(prometheus::BuildGauge()
                      .Name("pikachu_pipeline_lag_seconds")
                      .Help("Time from a transaction's commit on the server to its reading here.")
                      .Register(registry)
                      .Add({})) {
  auto& rows = prometheus::BuildCounter()
                   .Name("pikachu_pipeline_rows_total")
                   .Help("Row changes handed to the task's sink.")
                   .Register(registry);
  rows_total.reserve(task_ids.size());
  for (const auto& task_id : task_ids) {
    const auto counter = [&](change::Operation operation) {
      return &rows.Add(
          {{"task_id", task_id}, {"operation", std::string(change::to_string(operation))}});
    };
    rows_total.push_back({counter(change::Operation::kInsert), counter(change::Operation::kUpdate),
                          counter(change::Operation::kDelete)});
  }
}

}  // namespace pikachu::pipeline
