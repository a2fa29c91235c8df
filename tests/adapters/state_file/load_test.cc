#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "adapters/state_file/file_state_store.h"
#include "adapters/state_file/posix_file_system.h"
#include "tests/adapters/state_file/state_directory.h"

namespace baokms::adapters::state_file {
namespace {

using ports::StateProblemKind;

struct Refusal {
  StateProblemKind kind;
  std::string text;
};

class Loader {
 public:
  explicit Loader(const std::string& path) : store_(files_, path) {}
  std::optional<Refusal> Load() {
    auto loaded = store_.Load();
    if (!loaded) return Refusal{loaded.error().kind, std::string(loaded.error().text)};
    found = std::move(*loaded);
    return std::nullopt;
  }
  ports::StateFiles found;

 private:
  PosixFileSystem files_;
  FileStateStore store_;
};

void CheckRefused(const std::string& path, StateProblemKind kind) {
  Loader loader(path);
  const auto refusal = loader.Load();
  REQUIRE(refusal.has_value());
  CHECK(refusal->kind == kind);
  // Texts say what to do and never hold a path.
  CHECK(refusal->text.find(';') != std::string::npos);
  CHECK(refusal->text.find('/') == std::string::npos);
}

TEST_CASE("Load: a state and its checkpoint are read") {
  const StateDirectory directory;
  StateDirectory::Put(directory.state(), kStateText);
  StateDirectory::Put(directory.checkpoint(), kCheckpointText, 0600);
  Loader loader(directory.state());
  REQUIRE_FALSE(loader.Load().has_value());
  REQUIRE(loader.found.state.has_value());
  CHECK(loader.found.state->active_key_id == "k");
  REQUIRE(loader.found.checkpoint.has_value());
  CHECK(loader.found.checkpoint->current_hash == "h");
}

TEST_CASE("Load: absent files and an absent directory hold nothing and nothing is created") {
  const StateDirectory directory;
  Loader loader(directory.state());
  REQUIRE_FALSE(loader.Load().has_value());
  CHECK_FALSE(loader.found.state.has_value());
  CHECK_FALSE(loader.found.checkpoint.has_value());
  CHECK(std::filesystem::is_empty(directory.path()));
  Loader nowhere(directory.root() + "/none/key-registry.json");
  REQUIRE_FALSE(nowhere.Load().has_value());
  CHECK_FALSE(nowhere.found.state.has_value());
}

TEST_CASE("Load: one file without the other is reported as it is") {
  const StateDirectory directory;
  StateDirectory::Put(directory.checkpoint(), kCheckpointText);
  Loader loader(directory.state());
  REQUIRE_FALSE(loader.Load().has_value());
  CHECK_FALSE(loader.found.state.has_value());
  CHECK(loader.found.checkpoint.has_value());
}

TEST_CASE("Load: each mode bit of 0137 is refused on each file and the others pass") {
  for (const bool on_checkpoint : {false, true}) {
    for (mode_t bit = 1; bit <= 0400; bit <<= 1) {
      const StateDirectory directory;
      StateDirectory::Put(directory.state(), kStateText);
      StateDirectory::Put(directory.checkpoint(), kCheckpointText);
      const std::string target = on_checkpoint ? directory.checkpoint() : directory.state();
      REQUIRE(::chmod(target.c_str(), 0400 | bit) == 0);
      if ((bit & 0137) != 0) {
        CheckRefused(directory.state(), StateProblemKind::kUnsafeFile);
      } else {
        Loader loader(directory.state());
        CHECK_FALSE(loader.Load().has_value());
      }
    }
  }
}

TEST_CASE("Load: a symlink is refused, dangling or not") {
  for (const bool on_checkpoint : {false, true}) {
    const StateDirectory directory;
    StateDirectory::Put(directory.state(), kStateText);
    StateDirectory::Put(directory.checkpoint(), kCheckpointText);
    const std::string target = on_checkpoint ? directory.checkpoint() : directory.state();
    const std::string real = directory.path() + "/real";
    std::filesystem::rename(target, real);
    std::filesystem::create_symlink(real, target);
    CheckRefused(directory.state(), StateProblemKind::kUnsafeFile);
    std::filesystem::remove(real);
    CheckRefused(directory.state(), StateProblemKind::kUnsafeFile);
  }
}

TEST_CASE("Load: a directory or FIFO in the place of a file is refused without waiting") {
  for (const bool on_checkpoint : {false, true}) {
    const StateDirectory directory;
    const std::string target = on_checkpoint ? directory.checkpoint() : directory.state();
    REQUIRE(::mkfifo(target.c_str(), 0600) == 0);
    CheckRefused(directory.state(), StateProblemKind::kUnsafeFile);
    std::filesystem::remove(target);
    std::filesystem::create_directory(target);
    CheckRefused(directory.state(), StateProblemKind::kUnsafeFile);
  }
}

TEST_CASE("Load: a directory that group or others can write is refused") {
  const StateDirectory directory;
  StateDirectory::Put(directory.state(), kStateText);
  for (const mode_t mode : {0770, 0752, 01777}) {
    REQUIRE(::chmod(directory.path().c_str(), mode) == 0);
    CheckRefused(directory.state(), StateProblemKind::kUnsafeDirectory);
  }
  REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
  Loader loader(directory.state());
  CHECK_FALSE(loader.Load().has_value());
}

TEST_CASE("Load: a directory that is a symlink or a file is refused") {
  const StateDirectory directory;
  StateDirectory::Put(directory.state(), kStateText);
  const std::string link = directory.root() + "/link";
  std::filesystem::create_directory_symlink(directory.path(), link);
  CheckRefused(link + "/key-registry.json", StateProblemKind::kUnsafeDirectory);
  CheckRefused(directory.state() + "/x.json", StateProblemKind::kUnsafeDirectory);
}

TEST_CASE("Load: malformed files are refused, a huge one unread") {
  const StateDirectory directory;
  StateDirectory::Put(directory.state(), kStateText + "{}");
  CheckRefused(directory.state(), StateProblemKind::kMalformed);
  StateDirectory::Put(directory.state(), kStateText);
  StateDirectory::Put(directory.checkpoint(), "");
  CheckRefused(directory.state(), StateProblemKind::kMalformed);
  StateDirectory::Put(directory.checkpoint(), kCheckpointText);
  REQUIRE(::truncate(directory.state().c_str(), 17 * 1024 * 1024) == 0);
  Loader loader(directory.state());
  const auto refusal = loader.Load();
  REQUIRE(refusal.has_value());
  CHECK(refusal->text.find("larger than 16 MiB") != std::string::npos);
}

// A save of a running provider between the two reads must look like a checkpoint that is behind.
TEST_CASE("Load: the checkpoint is read before the state") {
  class SavingBetween final : public PosixFileSystem {
   public:
    explicit SavingBetween(const StateDirectory& directory) : directory_(directory) {}
    SystemResult<int> OpenAt(int at, const std::string& name, int flags, mode_t mode) override {
      auto opened = PosixFileSystem::OpenAt(at, name, flags, mode);
      if (++opens_ == 1) {
        std::string state = kStateText;
        state.replace(state.find(R"("generation": 1)"), 15, R"("generation": 2)");
        StateDirectory::Put(directory_.state(), state);
        std::filesystem::remove(directory_.checkpoint());
        std::string checkpoint = kCheckpointText;
        checkpoint.replace(checkpoint.find(R"("generation": 1)"), 15, R"("generation": 2)");
        StateDirectory::Put(directory_.checkpoint(), checkpoint);
      }
      return opened;
    }

   private:
    const StateDirectory& directory_;
    int opens_ = 0;
  };
  const StateDirectory directory;
  StateDirectory::Put(directory.state(), kStateText);
  StateDirectory::Put(directory.checkpoint(), kCheckpointText);
  SavingBetween files(directory);
  FileStateStore store(files, directory.state());
  const auto loaded = store.Load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->state->generation == 2);
  CHECK(loaded->checkpoint->generation == 1);
}

}  // namespace
}  // namespace baokms::adapters::state_file
