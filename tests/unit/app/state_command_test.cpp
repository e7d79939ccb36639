#include "app/state_command.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/command_line.h"
#include "app/deadletters_api.h"
#include "store/state_file.h"
#include "store/store.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/temporary_directory.h"

namespace pikachu::app {
namespace {

namespace fs = std::filesystem;
using store::OpenMode;

// A state directory, and a configuration that names it.
class StateCommands : public testing::Test {
 protected:
  struct Outcome {
    int status = 0;
    std::string output;
    std::string messages;
  };

  StateCommands() {
    std::ofstream(config_) << "database:\n  host: 127.0.0.1\n  user: u\n  password: p\n"
                              "  server_id: 7\n  database: test_db\nstate:\n  dir: "
                           << state_
                           << "\ntasks:\n  - task_id: a\n    table_name: users\n"
                              "    events: [insert]\n    callback_url: http://127.0.0.1:9/\n";
  }

  Outcome run(std::vector<std::string> arguments, const std::string& input = "",
              bool is_interactive = false) {
    arguments.insert(arguments.end(), {"-config", config_});
    auto command = parse_command_line(arguments);
    if (!command) return {2, "", command.error().message};
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream messages;
    int status = -1;
    if (const auto* state = std::get_if<StateCommand>(&*command)) {
      status = run_state(state->options, {in, out, messages, is_interactive});
    } else if (const auto* letters = std::get_if<DeadLettersCommand>(&*command)) {
      status = run_deadletters(letters->options, out, messages);
    }
    return {status, out.str(), messages.str()};
  }

  void fill() {
    const auto store = store::open_or_fail(state_, {"a", "b"});
    ASSERT_TRUE(store->save({store::position_at(4), 7, pipeline::InsideTransaction{"0-1-9", 3}}));
    const std::vector<pipeline::WaitingDelivery> added{
        store::waiting(0, 8, R"({"a":"ä"})"), store::waiting(0, 10, std::string("\0\xFF", 2)),
        store::waiting(1, 9)};
    ASSERT_TRUE(store->write(added, {}));
    for (const char* id : {"0-1-3-0", "0-1-4-0"}) {
      auto letter = store::letter_of("a", id);
      letter.number = 3;
      letter.label = "test_db.users insert";
      letter.last_reply = "\xFF no";
      letter.keys = {1, ~std::uint64_t{0}};
      ASSERT_TRUE(store->add(letter));
    }
  }

  const store::TemporaryDirectory dir_;
  const std::string state_ = dir_ / "state";
  const std::string config_ = dir_ / "config.yaml";
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(StateCommands, ShowTellsWhatIsThere) {
  fill();
  const auto text = run({"state", "show"});
  EXPECT_EQ(text.status, 0) << text.messages;
  EXPECT_TRUE(has(text.output, "mysql-bin.000042:4 (gtid 0-1-42,7-2-9)")) << text.output;
  EXPECT_TRUE(has(text.output, "3 rows of transaction 0-1-9")) << text.output;
  EXPECT_TRUE(has(text.output, "task a: 2 changes wait")) << text.output;
  EXPECT_TRUE(has(text.output, "2 dead letters, 0 of them to be retried")) << text.output;
  EXPECT_TRUE(has(text.output, "held by:    nobody")) << text.output;

  const auto store = store::open_or_fail(state_);
  const auto json = run({"state", "show", "-format", "json"});
  EXPECT_TRUE(has(json.output, R"("held_by":"process )")) << json.output;
  EXPECT_TRUE(has(json.output, R"("inside":{"transaction":"0-1-9","rows":3})")) << json.output;
  EXPECT_TRUE(has(json.output, R"({"task_id":"a","waiting":2,)")) << json.output;
}

TEST_F(StateCommands, ExportThenImportKeepsEverything) {
  fill();
  ASSERT_EQ(run({"deadletters", "drop", "-id", "0-1-4-0", "-reason", "test data"}).status, 0);
  ASSERT_EQ(run({"deadletters", "retry", "-all"}).status, 0);
  const auto exported = run({"state", "export"});
  ASSERT_EQ(exported.status, 0) << exported.messages;
  fs::rename(state_, dir_ / "old");

  const auto imported = run({"state", "import"}, exported.output);

  ASSERT_EQ(imported.status, 0) << imported.messages;
  const auto behind_first_line = [](const std::string& lines) {
    return lines.substr(lines.find('\n'));  // It has the time of saving.
  };
  EXPECT_EQ(behind_first_line(run({"state", "export"}).output), behind_first_line(exported.output));
  const auto store = store::open_or_fail(state_, {"b", "a"});
  EXPECT_EQ(store->load()->value().through, 7U);
  EXPECT_EQ(*store->last_number(), 10U);
  EXPECT_EQ(store->amount(1)->changes, 2U);
  const auto waiting = *store->read(1, 0, 10, 10'000);
  EXPECT_EQ(waiting.at(1).message->body, std::string("\0\xFF", 2));
  EXPECT_EQ(waiting.at(1).message->keys, store::waiting(0, 10).message->keys);
  EXPECT_EQ(store->next_marked(1, {}, 10)->size(), 1U);
}

TEST_F(StateCommands, ImportOfAnExportThatIsCutOffOrDamagedLeavesNoState) {
  fill();
  const auto whole = run({"state", "export"}).output;
  fs::remove_all(state_);
  std::size_t lines = 0;
  for (std::size_t end = whole.find('\n'); end != std::string::npos;
       end = whole.find('\n', end + 1)) {
    SCOPED_TRACE(++lines);
    if (end + 1 == whole.size()) break;
    const auto cut = run({"state", "import"}, whole.substr(0, end + 1));
    EXPECT_EQ(cut.status, 1);
    EXPECT_TRUE(has(cut.messages, "export it again")) << cut.messages;
    auto without = whole;
    without.erase(0, end + 1);
    EXPECT_EQ(run({"state", "import"}, without).status, 1);
    EXPECT_FALSE(fs::exists(state_ + "/pikachu.db"));
  }
  EXPECT_GT(lines, 5U);
  auto twice = whole;
  twice.insert(twice.find("{\"kind\":\"waiting\""), "{\"kind\":\"waiting\",\"id\":7}\n");
  const auto wrong = run({"state", "import"}, twice);
  EXPECT_TRUE(has(wrong.messages, "line 2: \"id\" must be a string")) << wrong.messages;
}

TEST_F(StateCommands, ResetPositionSaysWhatItLosesAndAsks) {
  fill();
  const auto refused = run({"state", "reset", "-position", "latest"}, "yes\n");
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(has(refused.output, "never sent")) << refused.output;
  EXPECT_TRUE(has(refused.messages, "-yes")) << refused.messages;
  const auto declined = run({"state", "reset", "-position", "latest"}, "no\n", true);
  EXPECT_EQ(declined.status, 2);
  EXPECT_TRUE(store::open_or_fail(state_)->load()->has_value());

  const auto done = run({"state", "reset", "-position", "gtid:0-1-7"}, "yes\n", true);

  EXPECT_EQ(done.status, 0) << done.messages;
  const auto store = store::open_or_fail(state_, {"a", "b"});
  EXPECT_FALSE(store->load()->has_value());
  EXPECT_EQ(store->start_from()->value(), "gtid:0-1-7");
  EXPECT_EQ(store->amount(0)->changes, 2U);
}

TEST_F(StateCommands, ResetIsRefusedWhileTheServiceRuns) {
  fill();
  const auto store = store::open_or_fail(state_);
  for (const auto& arguments :
       {std::vector<std::string>{"state", "reset", "-position", "none", "-yes"},
        std::vector<std::string>{"state", "reset", "-waiting", "-task", "a", "-yes"},
        std::vector<std::string>{"state", "reset", "-damaged", "-yes"}}) {
    const auto refused = run(arguments);
    EXPECT_EQ(refused.status, 1);
    EXPECT_TRUE(has(refused.messages, "is in use by process")) << refused.messages;
  }
  EXPECT_TRUE(store->load()->has_value());
}

TEST_F(StateCommands, ResetWaitingRemovesATasksChanges) {
  fill();
  const auto done = run({"state", "reset", "-waiting", "-task", "a", "-yes"});
  EXPECT_EQ(done.status, 0) << done.messages;
  EXPECT_TRUE(has(done.output, "removed 2 changes")) << done.output;
  const auto again = run({"state", "reset", "-waiting", "-task", "a", "-yes"});
  EXPECT_EQ(again.status, 1);
  EXPECT_TRUE(has(again.messages, "nothing waits for task a")) << again.messages;
}

TEST_F(StateCommands, DamagedFileIsSetAsideOnlyOnAPersonsWord) {
  fs::create_directory(state_);
  std::ofstream(state_ + "/pikachu.db") << std::string(8'192, 'x');
  EXPECT_FALSE(store::Store::open(state_));
  EXPECT_EQ(run({"state", "show"}).status, 1);
  EXPECT_EQ(run({"state", "reset", "-damaged"}).status, 2);
  EXPECT_EQ(fs::file_size(state_ + "/pikachu.db"), 8'192U);

  const auto done = run({"state", "reset", "-damaged", "-yes"});

  EXPECT_EQ(done.status, 0) << done.messages;
  EXPECT_TRUE(has(done.output, "pikachu.db.damaged-")) << done.output;
  EXPECT_FALSE(fs::exists(state_ + "/pikachu.db"));
  store::open_or_fail(state_);
}

TEST_F(StateCommands, DeadLettersAreListedShownMarkedAndDropped) {
  fill();
  const auto store = store::open_or_fail(state_, {"a", "b"});
  const auto listed = run({"deadletters", "list", "-limit", "1"});
  EXPECT_EQ(listed.status, 0) << listed.messages;
  EXPECT_TRUE(has(listed.output, "0-1-3-0 test_db.users insert HTTP 422")) << listed.output;
  EXPECT_TRUE(has(listed.messages, "-after 1")) << listed.messages;
  EXPECT_TRUE(has(run({"deadletters", "list", "-after", "1", "-format", "json"}).output,
                  R"("id":"0-1-4-0")"));
  EXPECT_EQ(run({"deadletters", "list", "-task", "b"}).output, "no dead letters\n");

  const auto shown = run({"deadletters", "show", "-task", "a", "-id", "0-1-3-0"});
  EXPECT_TRUE(has(shown.output, R"({"a":"\u0000"})")) << shown.output;
  EXPECT_EQ(run({"deadletters", "show", "-task", "b", "-id", "0-1-3-0"}).status, 1);

  const auto marked = run({"deadletters", "retry", "-id", "0-1-3-0", "-rate", "5"});
  EXPECT_EQ(marked.output, "marked 1 dead letter to be delivered after all\n");
  EXPECT_EQ(marked.messages, "") << "the service runs";
  EXPECT_EQ(*store->rate(), 5U);
  EXPECT_EQ(store->next_marked(0, {}, 10)->size(), 1U);
  EXPECT_EQ(run({"deadletters", "retry", "-id", "nobody"}).status, 1);

  const auto dropped = run({"deadletters", "drop", "-all", "-task", "a", "-reason", "test data"});
  EXPECT_EQ(dropped.output, "dropped 2 dead letters: test data\n");
  EXPECT_EQ(*store->count("a"), 0U);
}

TEST_F(StateCommands, RetryWithoutAServiceSaysWhenItHappens) {
  fill();
  EXPECT_TRUE(has(run({"deadletters", "retry", "-all"}).messages, "after its next start"));
}

TEST_F(StateCommands, HttpApiDoesWhatTheCommandDoes) {
  fill();
  const auto store = store::open_or_fail(state_, {"a", "b"});
  const DeadLettersApi api(state_, {});
  const auto get = [&](std::string path, std::map<std::string, std::string> parameters) {
    return api.answer({"GET", std::move(path), std::move(parameters), ""});
  };
  const auto post = [&](std::string path, std::string body) {
    return api.answer({"POST", "/api/deadletters/" + std::move(path), {}, std::move(body)});
  };
  const auto first = get("/api/deadletters", {{"limit", "1"}, {"task", "a"}});
  EXPECT_EQ(first.status, 200);
  EXPECT_TRUE(has(first.json, R"("id":"0-1-3-0")")) << first.json;
  EXPECT_TRUE(first.json.ends_with(R"("next":1})")) << first.json;
  const auto second = get("/api/deadletters", {{"after", "1"}});
  EXPECT_TRUE(second.json.ends_with(R"("next":null})")) << second.json;
  EXPECT_TRUE(has(get("/api/deadletters/a/0-1-3-0", {}).json, R"("body":"{\"a\":)"));
  EXPECT_EQ(get("/api/deadletters/b/0-1-3-0", {}).status, 404);

  EXPECT_EQ(post("retry", R"({"ids":["0-1-3-0"],"rate":9})").json, R"({"marked":1})");
  EXPECT_EQ(*store->rate(), 9U);
  EXPECT_EQ(post("drop", R"({"all":true,"task":"a","reason":"test data"})").json,
            R"({"dropped":2})");
  EXPECT_EQ(*store->count("a"), 0U);
}

TEST_F(StateCommands, HttpApiNamesWhatIsWrong) {
  fill();
  const DeadLettersApi api(state_, {});
  struct Case {
    admin::ApiRequest request;
    int status;
    const char* named;
  };
  const std::string retry = "/api/deadletters/retry";
  const std::string drop = "/api/deadletters/drop";
  for (const auto& wrong : std::vector<Case>{
           {{"GET", "/api/nothing", {}, ""}, 404, "no such path"},
           {{"GET", "/api/deadlettersx", {}, ""}, 404, "no such path"},
           {{"GET", "/api/deadletters/a", {}, ""}, 404, "<task>/<id>"},
           {{"GET", "/api/deadletters", {{"limit", "0"}}, ""}, 400, "limit: \\\"0\\\""},
           {{"GET", "/api/deadletters", {{"after", "x"}}, ""}, 400, "after"},
           {{"GET", retry, {}, ""}, 405, "POST"},
           {{"POST", "/api/deadletters", {}, "{}"}, 405, "GET"},
           {{"POST", retry, {}, "[]"}, 400, "must be an object"},
           {{"POST", retry, {}, "{}"}, 400, "give one of the two"},
           {{"POST", retry, {}, R"({"all":true,"ids":["1"]})"}, 400, "give one of the two"},
           {{"POST", retry, {}, R"({"all":1})"}, 400, "all"},
           {{"POST", retry, {}, R"({"all":true,"rate":0})"}, 400, "rate"},
           {{"POST", retry, {}, R"({"all":true,"taks":"a"})"}, 400, "taks"},
           {{"POST", retry, {}, R"({"ids":[1]})"}, 400, "ids"},
           {{"POST", drop, {}, R"({"all":true})"}, 400, "reason"},
       }) {
    SCOPED_TRACE(wrong.request.path + wrong.request.body);
    const auto reply = api.answer(wrong.request);
    EXPECT_EQ(reply.status, wrong.status);
    EXPECT_TRUE(reply.json.starts_with("{\"error\":")) << reply.json;
    EXPECT_TRUE(has(reply.json, wrong.named)) << reply.json;
  }
  EXPECT_EQ(DeadLettersApi(state_ + "x", {}).answer({"GET", "/api/deadletters", {}, ""}).status,
            500);
}

TEST_F(StateCommands, WrongUsageNamesWhatIsWrong) {
  struct Case {
    std::vector<std::string> arguments;
    const char* named;
  };
  for (const auto& wrong : std::vector<Case>{
           {{"state"}, "needs an action"},
           {{"state", "sow"}, "unknown action \"sow\""},
           {{"state", "show", "export"}, "unknown argument \"export\""},
           {{"state", "reset"}, "needs one of"},
           {{"state", "reset", "-position", "latest", "-damaged"}, "needs one of"},
           {{"state", "reset", "-waiting"}, "go together"},
           {{"state", "reset", "-position", "soon"}, "\"soon\" is no place"},
           {{"state", "show", "-yes"}, "are for reset"},
           {{"state", "show", "-format", "xml"}, "\"xml\""},
           {{"state", "show", "-rate", "1"}, "unknown argument \"-rate\""},
           {{"deadletters"}, "needs an action"},
           {{"deadletters", "show", "-id", "1"}, "needs -task and -id"},
           {{"deadletters", "retry"}, "needs -id, or -all"},
           {{"deadletters", "retry", "-all", "-id", "1"}, "not both"},
           {{"deadletters", "drop", "-all"}, "needs -reason"},
           {{"deadletters", "retry", "-all", "-rate", "0"}, "\"0\" is not a number from 1"},
           {{"deadletters", "list", "-limit", "x"}, "\"x\" is not a number"},
           {{"deadletters", "list", "-id", "1"}, "show takes an -id"},
           {{"deadletters", "list", "-reason", "r"}, "-reason is for drop"},
       }) {
    const auto outcome = run(wrong.arguments);
    SCOPED_TRACE(wrong.named);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_TRUE(has(outcome.messages, wrong.named)) << outcome.messages;
    EXPECT_TRUE(has(outcome.messages, "-help")) << outcome.messages;
  }
}

}  // namespace
}  // namespace pikachu::app
