// A PKCS#11 module in front of SoftHSM2 that obeys the orders in a file, read at every call, and
// logs the calls that a test counts. See troubled_module.h.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace {

CK_FUNCTION_LIST* soft_hsm = nullptr;
CK_FUNCTION_LIST troubled;

struct Order {
  std::string action;
  CK_ULONG number = 0;
};

Order OrderFor(const std::string& function) {
  std::ifstream orders(std::getenv("TROUBLED_PKCS11_ORDERS"));
  std::string name;
  Order order;
  orders >> name >> order.action >> order.number;
  return name == function ? order : Order{};
}

void Log(const std::string& line) {
  std::ofstream(std::getenv("TROUBLED_PKCS11_LOG"), std::ios::app) << line << "\n";
}

// What the orders make of this call; CKR_OK: go on.
CK_RV Obey(const std::string& function) {
  Log(function);
  while (OrderFor(function).action == "hang") {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const Order order = OrderFor(function);
  return order.action == "fail" ? order.number : CKR_OK;
}

CK_RV Initialize(void* arguments) {
  Log("C_Initialize");
  return soft_hsm->C_Initialize(arguments);
}

CK_RV Finalize(void* reserved) {
  Log("C_Finalize");
  return soft_hsm->C_Finalize(reserved);
}

CK_RV GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  const CK_RV code = soft_hsm->C_GetTokenInfo(slot, info);
  if (const Order order = OrderFor("C_GetTokenInfo"); order.action == "flags") {
    info->flags |= order.number;
  }
  return code;
}

// Whether the token knows this mechanism.
bool Knows(CK_MECHANISM_TYPE mechanism) {
  const Order order = OrderFor("mechanisms");
  return order.action != "only" || order.number == mechanism;
}

CK_RV GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE mechanism, CK_MECHANISM_INFO* info) {
  if (!Knows(mechanism)) return CKR_MECHANISM_INVALID;
  return soft_hsm->C_GetMechanismInfo(slot, mechanism, info);
}

CK_RV SignInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (!Knows(mechanism->mechanism)) return CKR_MECHANISM_INVALID;
  return soft_hsm->C_SignInit(session, mechanism, key);
}

CK_RV OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify,
                  CK_SESSION_HANDLE* session) {
  if (const CK_RV code = Obey("C_OpenSession"); code != CKR_OK) return code;
  const CK_RV code = soft_hsm->C_OpenSession(slot, flags, application, notify, session);
  if (code == CKR_OK) Log("opened");
  return code;
}

CK_RV CloseSession(CK_SESSION_HANDLE session) {
  const CK_RV code = soft_hsm->C_CloseSession(session);
  if (code == CKR_OK) Log("closed");
  return code;
}

CK_RV Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  if (const CK_RV code = Obey("C_Login"); code != CKR_OK) return code;
  return soft_hsm->C_Login(session, user, pin, size);
}

CK_RV Sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG data_size, CK_BYTE* signature,
           CK_ULONG* signature_size) {
  if (const CK_RV code = Obey("C_Sign"); code != CKR_OK) return code;
  return soft_hsm->C_Sign(session, data, data_size, signature, signature_size);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the one name that PKCS#11 looks for.
extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  if (soft_hsm == nullptr) {
    void* library = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_NODELETE);
    if (library == nullptr) return CKR_GENERAL_ERROR;
    // What dlsym yields has no type of its own.
    const auto get_list =
        reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
    if (get_list(&soft_hsm) != CKR_OK) return CKR_GENERAL_ERROR;
    troubled = *soft_hsm;
    troubled.C_Initialize = Initialize;
    troubled.C_Finalize = Finalize;
    troubled.C_GetTokenInfo = GetTokenInfo;
    troubled.C_OpenSession = OpenSession;
    troubled.C_CloseSession = CloseSession;
    troubled.C_Login = Login;
    troubled.C_SignInit = SignInit;
    troubled.C_Sign = Sign;
    troubled.C_GetMechanismInfo = GetMechanismInfo;
  }
  *list = &troubled;
  return CKR_OK;
}
