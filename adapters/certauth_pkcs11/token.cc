#include "adapters/certauth_pkcs11/token.h"

#include <libp11.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/certauth_pkcs11/module_functions.h"
#include "adapters/certauth_pkcs11/token_signature.h"
#include "adapters/openssl/owners.h"

namespace baokms::adapters::certauth_pkcs11 {
namespace {

struct UnloadModule {
  void operator()(PKCS11_CTX* context) const {
    PKCS11_CTX_unload(context);
    PKCS11_CTX_free(context);
  }
};
using LoadedModule = std::unique_ptr<PKCS11_CTX, UnloadModule>;

LoadedModule Load(const std::string& path) {
  PKCS11_CTX* context = PKCS11_CTX_new();
  if (context == nullptr) return nullptr;
  if (PKCS11_CTX_load(context, path.c_str()) != 0) {
    PKCS11_CTX_free(context);
    return nullptr;
  }
  return LoadedModule(context);
}

Pkcs11Problem SessionProblem(CK_RV code) {
  return code == CKR_SESSION_COUNT ? Pkcs11Problem::kNoSession : Pkcs11Problem::kTokenFailed;
}

// Every slot that libp11 sees.
class SlotList {
 public:
  explicit SlotList(PKCS11_CTX* context) : context_(context) {
    PKCS11_enumerate_slots(context_, &slots_, &count_);
  }
  ~SlotList() { PKCS11_release_all_slots(context_, slots_, count_); }
  SlotList(const SlotList&) = delete;
  SlotList& operator=(const SlotList&) = delete;

  // Null: not there, or empty.
  PKCS11_TOKEN* TokenIn(CK_SLOT_ID id) const {
    for (PKCS11_SLOT& slot : std::span(slots_, count_)) {
      if (PKCS11_get_slotid_from_slot(&slot) == id) return slot.token;
    }
    return nullptr;
  }

 private:
  PKCS11_CTX* const context_;
  PKCS11_SLOT* slots_ = nullptr;
  unsigned count_ = 0;
};

}  // namespace

// What is open, in the order in which it was opened; closed in the reverse one.
class Token::Opened {
 public:
  static OrProblem<std::unique_ptr<Opened>> Start(const TokenOptions& options) {
    std::unique_ptr<Opened> opened(new Opened);
    // Before libp11, which prints the path of a file that is no module.
    opened->module_ = LoadModuleFunctions(options.module_path);
    if (opened->module_ != nullptr) opened->context_ = Load(options.module_path);
    if (!opened->context_) return std::unexpected(Pkcs11Problem::kModuleNotLoaded);
    const std::vector<CK_SLOT_ID> slots = SlotsOfToken(*opened->module_, options.token);
    if (slots.empty()) return std::unexpected(Pkcs11Problem::kNoToken);
    if (slots.size() > 1) return std::unexpected(Pkcs11Problem::kSeveralTokens);
    opened->slot_ = slots.front();
    opened->login_ = std::make_unique<ModuleSession>(*opened->module_, opened->slot_);
    if (const CK_RV code = opened->login_->opened(); code != CKR_OK) {
      return std::unexpected(SessionProblem(code));
    }
    return opened;
  }

  // CKF_USER_PIN_... as they are now.
  CK_FLAGS Flags() const {
    CK_TOKEN_INFO info{};
    return module_->C_GetTokenInfo(slot_, &info) == CKR_OK ? info.flags : 0;
  }

  CK_RV LogIn(core::Secret pin) {
    const std::span<char> bytes = pin.MutableBytes();
    // PKCS#11 reads text as unsigned char.
    return module_->C_Login(login_->handle(), CKU_USER,
                            reinterpret_cast<unsigned char*>(bytes.data()), bytes.size());
  }

  OrProblem<void> FindKey(const std::string& label) {
    // libp11 would wait indefinitely for a session that cannot be had.
    if (const CK_RV code = ModuleSession(*module_, slot_).opened(); code != CKR_OK) {
      return std::unexpected(SessionProblem(code));
    }
    slots_ = std::make_unique<SlotList>(context_.get());
    PKCS11_TOKEN* token = slots_->TokenIn(slot_);
    PKCS11_KEY* keys = nullptr;
    unsigned count = 0;
    if (token == nullptr || PKCS11_enumerate_keys(token, &keys, &count) != 0) {
      return std::unexpected(Pkcs11Problem::kTokenFailed);
    }
    std::vector<PKCS11_KEY*> named;
    for (PKCS11_KEY& key : std::span(keys, count)) {
      if (key.isPrivate != 0 && key.label != nullptr && key.label == label) named.push_back(&key);
    }
    if (named.empty()) return std::unexpected(Pkcs11Problem::kNoKey);
    if (named.size() > 1) return std::unexpected(Pkcs11Problem::kSeveralKeys);
    key_.reset(PKCS11_get_private_key(named.front()));
    if (!key_ || !LetTokenPad(key_.get())) return std::unexpected(Pkcs11Problem::kTokenFailed);
    rsa_pss_ = EVP_PKEY_get_base_id(key_.get()) != EVP_PKEY_RSA ||
               !SignsPkcs1Only(*module_, slot_, login_->handle(), label);
    return {};
  }

  bool IsAlive(const TokenName& name) const {
    return SlotsOfToken(*module_, name) == std::vector{slot_} && login_->IsLoggedIn();
  }

  KeyFacts Facts() const { return {.public_key_der = PublicKey(), .rsa_pss = rsa_pss_}; }

  EVP_PKEY* key() const { return key_.get(); }

 private:
  Opened() = default;

  // Empty: the token does not tell it.
  std::string PublicKey() const {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    ERR_clear_error();
    if (size <= 0) return {};
    std::string copy(der, der + size);
    OPENSSL_free(der);
    return copy;
  }

  CK_FUNCTION_LIST* module_ = nullptr;
  LoadedModule context_;
  CK_SLOT_ID slot_ = 0;
  std::unique_ptr<ModuleSession> login_;
  std::unique_ptr<SlotList> slots_;
  openssl::KeyPtr key_;
  bool rsa_pss_ = true;
};

Token::Token(TokenOptions options) : options_(std::move(options)) {}
Token::~Token() = default;

OrProblem<KeyFacts> Token::Key(OrProblem<core::Secret> pin) {
  if (opened_ && !opened_->IsAlive(options_.token)) opened_.reset();
  if (!opened_) {
    const auto opened = Open(std::move(pin));
    ERR_clear_error();
    if (!opened) return std::unexpected(opened.error());
  }
  return opened_->Facts();
}

std::optional<Bytes> Token::Sign(const SignatureRequest& request) {
  if (!opened_ || !opened_->IsAlive(options_.token)) return std::nullopt;
  auto signature = SignInToken(opened_->key(), request);
  if (!signature) opened_.reset();
  return signature;
}

OrProblem<void> Token::Open(OrProblem<core::Secret> pin) {
  auto opened = Opened::Start(options_);
  if (!opened) return std::unexpected(opened.error());
  if (auto in = LogIn(**opened, std::move(pin)); !in) return in;
  if (auto found = (*opened)->FindKey(options_.key_label); !found) return found;
  opened_ = *std::move(opened);
  return {};
}

OrProblem<void> Token::LogIn(Opened& opened, OrProblem<core::Secret> pin) {
  const CK_FLAGS flags = opened.Flags();
  if ((flags & CKF_USER_PIN_LOCKED) != 0) return std::unexpected(Pkcs11Problem::kPinLocked);
  if ((flags & CKF_USER_PIN_FINAL_TRY) != 0) return std::unexpected(Pkcs11Problem::kPinFinalTry);
  if (!pin) return std::unexpected(pin.error());
  if (pin->ExposeSecret() == refused_pin_.ExposeSecret()) {
    return std::unexpected(Pkcs11Problem::kPinRefused);
  }
  switch (opened.LogIn(pin->Clone())) {
    case CKR_OK:
    case CKR_USER_ALREADY_LOGGED_IN:
      return {};
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
      refused_pin_ = *std::move(pin);
      return std::unexpected(Pkcs11Problem::kPinRefused);
    case CKR_PIN_LOCKED:
      return std::unexpected(Pkcs11Problem::kPinLocked);
    default:
      return std::unexpected(Pkcs11Problem::kTokenFailed);
  }
}

}  // namespace baokms::adapters::certauth_pkcs11
