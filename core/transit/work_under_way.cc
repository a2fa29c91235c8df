#include "core/transit/work_under_way.h"

#include <utility>

namespace baokms::core {
namespace {

class Handle final : public ports::PendingCall {
 public:
  explicit Handle(std::shared_ptr<WorkUnderWay> work) : work_(std::move(work)) {}
  void Abandon() override { work_->Abandon(); }

 private:
  std::shared_ptr<WorkUnderWay> work_;
};

}  // namespace

WorkUnderWay::~WorkUnderWay() {
  for (const Begun* begun = last_.load(); begun != nullptr;) {
    delete std::exchange(begun, begun->before);
  }
}

// Each side writes its own word before it reads the other's, all in one order (seq_cst): of a call
// that is added while the caller leaves, at least one side sees the other. Both may; that is
// harmless. Nothing is taken out, so a list read without a lock stays whole.
void WorkUnderWay::Add(std::unique_ptr<ports::PendingCall> call) {
  if (!call) return;
  auto* begun = new Begun{.call = std::move(call), .before = last_.load()};
  while (!last_.compare_exchange_weak(begun->before, begun)) {
  }
  if (abandoned()) begun->call->Abandon();
}

void WorkUnderWay::Abandon() {
  abandoned_.store(true);
  for (const Begun* begun = last_.load(); begun != nullptr; begun = begun->before) {
    begun->call->Abandon();
  }
}

std::unique_ptr<ports::PendingCall> HandleOf(std::shared_ptr<WorkUnderWay> work) {
  return std::make_unique<Handle>(std::move(work));
}

}  // namespace baokms::core
