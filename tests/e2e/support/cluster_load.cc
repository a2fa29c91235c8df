#include "tests/e2e/support/cluster_load.h"

#include <utility>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

using testing::DecryptAnswer;
using testing::EncryptAnswer;
using testing::KmsStub;
using testing::SealedObject;
using testing::StatusAnswer;

std::string Name(std::size_t node) { return "node " + std::to_string(node + 1); }

// "vault:v1:AAAA" and "vault:v2:BBBB" make "vault:v2:AAAA".
std::string Relabelled(const std::string& ciphertext, const std::string& as) {
  const auto body = [](const std::string& text) { return text.find(':', 6) + 1; };
  return as.substr(0, body(as)) + ciphertext.substr(body(ciphertext));
}

// What `mine` becomes when somebody mixes it with an object of another version.
std::vector<SealedObject> Mixed(const SealedObject& mine, const SealedObject& other) {
  SealedObject key_id = mine;
  key_id.key_id = other.key_id;
  SealedObject annotations = mine;
  annotations.annotations = other.annotations;
  SealedObject both = other;
  both.ciphertext = mine.ciphertext;
  SealedObject relabelled = other;
  relabelled.ciphertext = Relabelled(mine.ciphertext, other.ciphertext);
  SealedObject hash = mine;
  constexpr const char* kHash = "key-id-hash.kms.openbao.org";
  hash.annotations[kHash] = other.annotations.at(kHash);
  return {key_id, annotations, both, relabelled, hash};
}

}  // namespace

ClusterLoad::ClusterLoad(Options options)
    : options_(std::move(options)), written_(options_.earlier), answered_(options_.sockets.size()) {
  for (std::size_t node = 0; node < options_.sockets.size(); ++node) {
    threads_.emplace_back([this, node] { Watch(node); });
    for (int i = 0; i < options_.writers_per_node; ++i) {
      threads_.emplace_back([this, node] { Write(node); });
    }
  }
  threads_.emplace_back([this] { Forge(); });
}

void ClusterLoad::Stop() {
  stop_ = true;
  for (std::thread& thread : std::exchange(threads_, {})) thread.join();
}

ClusterLoad::Figures ClusterLoad::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

std::vector<Written> ClusterLoad::written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

std::vector<std::vector<Answered>> ClusterLoad::answered() const {
  const std::lock_guard lock(mutex_);
  return answered_;
}

ClusterLoad::Stubs ClusterLoad::Connect() const {
  Stubs stubs;
  for (const std::string& socket : options_.sockets) {
    stubs.push_back(std::make_unique<KmsStub>(socket));
  }
  return stubs;
}

void ClusterLoad::Watch(std::size_t node) {
  const KmsStub stub(options_.sockets[node]);
  while (!stop_) {
    const StatusAnswer status = stub.Status();
    const SteadyTime now = std::chrono::steady_clock::now();
    Count(&Figures::status);
    if (status.healthz != "ok") {
      Fault(&Figures::failures, Name(node) + ": Status is not healthy " + status.status.message);
    } else {
      const std::lock_guard lock(mutex_);
      std::vector<Answered>& all = answered_[node];
      if (all.empty() || all.back().key_id != status.key_id) {
        all.push_back({.key_id = status.key_id, .first = now, .last = now});
      }
      all.back().last = now;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void ClusterLoad::Write(std::size_t node) {
  const Stubs stubs = Connect();
  const KmsStub& own = *stubs[node];
  std::mt19937 random(std::random_device{}());
  while (!stop_) {
    Written made{.plaintext = "value " + std::to_string(random()), .sealed = {}};
    const StatusAnswer before = own.Status();
    EncryptAnswer answer = own.Encrypt(made.plaintext);
    const StatusAnswer after = own.Status();
    Count(&Figures::status, 2);
    Count(&Figures::encrypts);
    if (!answer.status.ok()) {
      Fault(&Figures::failures, Name(node) + ": Encrypt: " + answer.status.message);
      continue;
    }
    made.sealed = std::move(answer.sealed);
    if (made.sealed.key_id != before.key_id && made.sealed.key_id != after.key_id) {
      Fault(&Figures::wrong, Name(node) + ": Encrypt's key_id is in neither Status around it");
    }
    const Written old = Pick(random);
    for (std::size_t reader = 0; reader < stubs.size(); ++reader) {
      const std::string where = "by " + Name(node) + ", opened at " + Name(reader);
      CheckOpens(*stubs[reader], made, "new, " + where);
      if (!old.plaintext.empty()) CheckOpens(*stubs[reader], old, "old, " + where);
    }
    {
      const std::lock_guard lock(mutex_);
      written_.push_back(std::move(made));
    }
    // A cluster's load, not a saturated machine: probes should come when they are due.
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

void ClusterLoad::Forge() {
  const Stubs stubs = Connect();
  std::mt19937 random(std::random_device{}());
  const auto refused = [&](const KmsStub& stub, const SealedObject& forged) {
    const DecryptAnswer answer = stub.Decrypt(forged);
    Count(&Figures::forgeries);
    const auto code = static_cast<Code>(answer.status.code);
    if (code != Code::kInvalidArgument && code != Code::kNotFound) {
      Fault(&Figures::wrong, "a forgery is answered with " + std::to_string(answer.status.code));
    }
  };
  while (!stop_) {
    const Written mine = Pick(random);
    const Written other = Pick(random);
    for (const auto& stub : stubs) {
      if (mine.sealed.key_id != other.sealed.key_id) {
        for (const SealedObject& forged : Mixed(mine.sealed, other.sealed)) refused(*stub, forged);
      }
      if (mine.plaintext.empty()) continue;
      for (const std::string& false_id : options_.false_key_ids) {
        SealedObject forged = mine.sealed;
        forged.key_id = false_id;
        refused(*stub, forged);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void ClusterLoad::CheckOpens(const KmsStub& stub, const Written& written,
                             const std::string& where) {
  const DecryptAnswer answer = stub.Decrypt(written.sealed);
  Count(&Figures::decrypts);
  if (answer.status.ok() && answer.plaintext == written.plaintext) return;
  Fault(&Figures::failures, "Decrypt, " + where + ": " + std::to_string(answer.status.code) + " " +
                                answer.status.message);
}

Written ClusterLoad::Pick(std::mt19937& random) const {
  const std::lock_guard lock(mutex_);
  if (written_.empty()) return {};
  return written_[random() % written_.size()];
}

void ClusterLoad::Fault(long Figures::* counter, const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++(figures_.*counter);
  if (figures_.first_fault.empty()) figures_.first_fault = what;
}

void ClusterLoad::Count(long Figures::* counter, long calls) {
  const std::lock_guard lock(mutex_);
  figures_.*counter += calls;
}

}  // namespace baokms::e2e
