// The mistake that the torn-view test exists for: what encrypts and what is announced behind two
// pointers. Takes the place of app/published_view.h in one build variant of that test.
#pragma once

#include <memory>

#include "app/published.h"
#include "ports/key_view_source.h"

namespace baokms::app {

class PublishedView final : public ports::KeyViewSource {
 public:
  std::shared_ptr<const core::KeyView> Load() const override {
    const auto encrypting = encrypting_.Load();
    const auto announced = announced_.Load();
    const core::KeyEntry& a = *encrypting->keys->active;
    const core::KeyEntry& b = *announced->keys->active;
    auto keys = std::make_shared<core::KeySet>();
    keys->active = std::make_shared<const core::KeyEntry>(
        core::KeyEntry{.snapshot = {.version = a.snapshot.version,
                                    .created_at = a.snapshot.created_at,
                                    .key_id = b.snapshot.key_id,
                                    .state = a.snapshot.state},
                       .key_id_hash = b.key_id_hash,
                       .aad = a.aad,
                       .annotations = b.annotations});
    auto view = std::make_shared<core::KeyView>(*encrypting);
    view->keys = std::move(keys);
    return view;
  }
  void Store(core::KeyView view) {
    auto next = std::make_shared<const core::KeyView>(std::move(view));
    encrypting_.Store(next);
    announced_.Store(std::move(next));
  }

 private:
  Published<core::KeyView> encrypting_{nullptr};
  Published<core::KeyView> announced_{nullptr};
};

}  // namespace baokms::app
