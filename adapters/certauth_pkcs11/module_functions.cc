#include "adapters/certauth_pkcs11/module_functions.h"

#include <dlfcn.h>

#include <algorithm>
#include <string_view>

namespace baokms::adapters::certauth_pkcs11 {
namespace {

// Padded with whitespace in CK_TOKEN_INFO.
std::string_view LabelOf(const CK_TOKEN_INFO& info) {
  // PKCS#11 writes text as unsigned char.
  const std::string_view padded(reinterpret_cast<const char*>(info.label), sizeof info.label);
  return padded.substr(0, padded.find_last_not_of(' ') + 1);
}

}  // namespace

CK_FUNCTION_LIST* LoadModuleFunctions(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) return nullptr;
  // What dlsym yields has no type of its own.
  const auto get_list = reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* module = nullptr;
  const bool found = get_list != nullptr && get_list(&module) == CKR_OK;
  dlclose(library);
  return found ? module : nullptr;
}

std::vector<CK_SLOT_ID> SlotsOfToken(CK_FUNCTION_LIST& module, const std::string& label) {
  CK_ULONG count = 0;
  if (module.C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return {};
  std::vector<CK_SLOT_ID> slots(count);
  if (module.C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return {};
  slots.resize(std::min<std::size_t>(count, slots.size()));
  std::erase_if(slots, [&](CK_SLOT_ID slot) {
    CK_TOKEN_INFO info{};
    return module.C_GetTokenInfo(slot, &info) != CKR_OK || LabelOf(info) != label;
  });
  return slots;
}

ModuleSession::ModuleSession(CK_FUNCTION_LIST& module, CK_SLOT_ID slot)
    : module_(module),
      opened_(module.C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &handle_)) {}

ModuleSession::~ModuleSession() {
  if (opened_ == CKR_OK) module_.C_CloseSession(handle_);
}

bool ModuleSession::IsLoggedIn() const {
  CK_SESSION_INFO info{};
  return opened_ == CKR_OK && module_.C_GetSessionInfo(handle_, &info) == CKR_OK &&
         info.state == CKS_RO_USER_FUNCTIONS;
}

}  // namespace baokms::adapters::certauth_pkcs11
