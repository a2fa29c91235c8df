// Where handlers load the published view from.
#pragma once

#include <memory>

#include "core/model/key_view.h"

namespace baokms::ports {

class KeyViewSource {
 public:
  virtual ~KeyViewSource() = default;
  // Never null. Any thread; waits for no writer.
  virtual std::shared_ptr<const core::KeyView> Load() const = 0;
};

}  // namespace baokms::ports
