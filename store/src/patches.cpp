#include "patches.h"

#include "heed/studio/patch.h"
#include "heed/trust/envelope.h"

namespace heed::store {

Patches::Bytes Patches::find(std::string_view site, std::uint64_t version, const Bytes& newest,
                             std::uint64_t have, const std::function<Bytes()>& base) {
  if (have == 0 || have > version || version - have > versions_back_max) return {};
  const std::scoped_lock lock(mutex_);
  Made& made = sites_[std::string(site)];
  if (made.version > version) return {};  // a newer one has been published meanwhile
  if (made.version < version) made = {version, {}};
  const auto [found, is_new] = made.patches.try_emplace(have);
  if (!is_new) return found->second;
  const Bytes before = base();
  const auto envelope = trust::split(before);
  if (!envelope) return {};
  Bytes patch = compile::make_patch(envelope->image, newest);
  if (patch.size() < newest.size()) found->second = std::move(patch);
  return found->second;
}

}  // namespace heed::store
