#include "adapters/certauth_pkcs11/module_functions.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
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

bool TokenSigns(CK_FUNCTION_LIST& module, CK_SLOT_ID slot, CK_MECHANISM_TYPE mechanism) {
  CK_MECHANISM_INFO info{};
  return module.C_GetMechanismInfo(slot, mechanism, &info) == CKR_OK &&
         (info.flags & CKF_SIGN) != 0;
}

// Empty: all that the token has, or the token does not tell.
std::vector<CK_MECHANISM_TYPE> AllowedMechanisms(CK_FUNCTION_LIST& module,
                                                 CK_SESSION_HANDLE session, std::string label) {
  CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
  std::array<CK_ATTRIBUTE, 2> wanted{
      {{CKA_CLASS, &private_key, sizeof private_key}, {CKA_LABEL, label.data(), label.size()}}};
  if (module.C_FindObjectsInit(session, wanted.data(), wanted.size()) != CKR_OK) return {};
  CK_OBJECT_HANDLE key = 0;
  CK_ULONG found = 0;
  const CK_RV code = module.C_FindObjects(session, &key, 1, &found);
  module.C_FindObjectsFinal(session);
  if (code != CKR_OK || found != 1) return {};
  CK_ATTRIBUTE attribute{CKA_ALLOWED_MECHANISMS, nullptr, 0};
  if (module.C_GetAttributeValue(session, key, &attribute, 1) != CKR_OK ||
      attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
    return {};
  }
  std::vector<CK_MECHANISM_TYPE> allowed(attribute.ulValueLen / sizeof(CK_MECHANISM_TYPE));
  attribute.pValue = allowed.data();
  if (module.C_GetAttributeValue(session, key, &attribute, 1) != CKR_OK) return {};
  return allowed;
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

bool SignsPkcs1Only(CK_FUNCTION_LIST& module, CK_SLOT_ID slot, CK_SESSION_HANDLE session,
                    const std::string& label) {
  const auto allowed = AllowedMechanisms(module, session, label);
  const auto signs = [&](CK_MECHANISM_TYPE mechanism) {
    return TokenSigns(module, slot, mechanism) &&
           (allowed.empty() || std::ranges::find(allowed, mechanism) != allowed.end());
  };
  return signs(CKM_RSA_PKCS) && !signs(CKM_RSA_PKCS_PSS) && !signs(CKM_RSA_X_509);
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
