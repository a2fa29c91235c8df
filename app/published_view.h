// The published KeyView as the port that handlers load it from.
#pragma once

#include "app/published.h"
#include "ports/key_view_source.h"

namespace baokms::app {

class PublishedView final : public ports::KeyViewSource {
 public:
  std::shared_ptr<const core::KeyView> Load() const override { return view_.Load(); }
  void Store(core::KeyView view) {
    view_.Store(std::make_shared<const core::KeyView>(std::move(view)));
  }

 private:
  Published<core::KeyView> view_{std::make_shared<const core::KeyView>()};
};

}  // namespace baokms::app
