#include "adapters/certauth_pkcs11/module_functions.h"

#include <dlfcn.h>

#include <algorithm>
#include <string_view>

namespace baokms::adapters::certauth_pkcs11 {
namespace {

// A field of CK_TOKEN_INFO, which is padded with blanks; some modules end it with a NUL instead.
template <std::size_t size>
std::string_view TextOf(const unsigned char (&field)[size]) {
  // PKCS#11 writes text as unsigned char.
  std::string_view text(reinterpret_cast<const char*>(field), size);
  text = text.substr(0, text.find('\0'));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool HasName(const CK_TOKEN_INFO& info, const TokenName& name) {
  return (name.label.empty() || TextOf(info.label) == name.label) &&
         (name.serial.empty() || TextOf(info.serialNumber) == name.serial);
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

std::vector<CK_SLOT_ID> SlotsOfToken(CK_FUNCTION_LIST& module, const TokenName& name) {
  CK_ULONG count = 0;
  if (module.C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return {};
  std::vector<CK_SLOT_ID> slots(count);
  if (module.C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return {};
  slots.resize(std::min<std::size_t>(count, slots.size()));
  std::erase_if(slots, [&](CK_SLOT_ID slot) {
    CK_TOKEN_INFO info{};
    return module.C_GetTokenInfo(slot, &info) != CKR_OK || !HasName(info, name);
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
