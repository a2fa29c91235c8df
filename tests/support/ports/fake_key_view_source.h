#pragma once

#include <memory>

#include "ports/key_view_source.h"

namespace baokms::testing {

// Answers what was last set. One thread.
class FakeKeyViewSource final : public ports::KeyViewSource {
 public:
  std::shared_ptr<const core::KeyView> view = std::make_shared<const core::KeyView>();

  std::shared_ptr<const core::KeyView> Load() const override { return view; }
};

}  // namespace baokms::testing
