// A PKCS#11 module's own function list, beside libp11: libp11 waits indefinitely on any error of
// C_OpenSession and keeps a copy of the PIN, so sessions are tried and logged in here.
#pragma once

#include <p11-kit/pkcs11.h>

#include <string>
#include <vector>

#include "adapters/certauth_pkcs11/token_name.h"

namespace baokms::adapters::certauth_pkcs11 {

// Null when the file is no module. Stays loaded to the end of the process: a module that is
// unloaded leaves threads and exit handlers behind without their code.
CK_FUNCTION_LIST* LoadModuleFunctions(const std::string& path);

// The slots whose token has exactly this name. Empty as well when the module fails.
std::vector<CK_SLOT_ID> SlotsOfToken(CK_FUNCTION_LIST& module, const TokenName& name);

// Whether the private RSA key of this label signs PKCS#1 v1.5 and not PSS, as its token says of
// itself (C_GetMechanismInfo) and of this key (CKA_ALLOWED_MECHANISMS). libp11 makes PSS of the
// bare operation (CKM_RSA_X_509) where that is all there is.
bool SignsPkcs1Only(CK_FUNCTION_LIST& module, CK_SLOT_ID slot, CK_SESSION_HANDLE session,
                    const std::string& label);

// A session of its own, closed with it; the module outlives it.
class ModuleSession {
 public:
  ModuleSession(CK_FUNCTION_LIST& module, CK_SLOT_ID slot);
  ~ModuleSession();
  ModuleSession(const ModuleSession&) = delete;
  ModuleSession& operator=(const ModuleSession&) = delete;

  CK_RV opened() const { return opened_; }  // CKR_OK: it is there
  CK_SESSION_HANDLE handle() const { return handle_; }
  // Whether the module still has it, with the user logged in.
  bool IsLoggedIn() const;

 private:
  CK_FUNCTION_LIST& module_;
  CK_SESSION_HANDLE handle_ = 0;
  const CK_RV opened_;
};

}  // namespace baokms::adapters::certauth_pkcs11
