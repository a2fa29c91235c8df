#include "tests/support/emulator/aes_gcm.h"

#include <openssl/evp.h>

#include <stdexcept>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/openssl_bytes.h"
#include "tests/support/emulator/openssl_ptr.h"

namespace baokms::emulator {
namespace {

int Length(std::string_view text) { return static_cast<int>(text.size()); }

void Require(int result) {
  if (result != 1) throw std::runtime_error("AES-GCM failed");
}

}  // namespace

std::string AesGcmSeal(std::string_view key, std::string_view plaintext, std::string_view aad) {
  std::string out = RandomBytes(kGcmNonceBytes);
  out.resize(kGcmNonceBytes + plaintext.size() + kGcmTagBytes);
  unsigned char* body = Bytes(out) + kGcmNonceBytes;
  const EvpCipherCtxPtr ctx(EVP_CIPHER_CTX_new());
  int length = 0;
  Require(EVP_EncryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(out)));
  Require(EVP_EncryptUpdate(ctx.get(), nullptr, &length, Bytes(aad), Length(aad)));
  Require(EVP_EncryptUpdate(ctx.get(), body, &length, Bytes(plaintext), Length(plaintext)));
  Require(EVP_EncryptFinal_ex(ctx.get(), body + length, &length));
  Require(
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_GET_TAG, kGcmTagBytes, body + plaintext.size()));
  return out;
}

std::optional<std::string> AesGcmOpen(std::string_view key, std::string_view sealed,
                                      std::string_view aad) {
  if (sealed.size() < kGcmNonceBytes + kGcmTagBytes) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, kGcmNonceBytes);
  std::string tag(sealed.substr(sealed.size() - kGcmTagBytes));
  const std::string_view body =
      sealed.substr(kGcmNonceBytes, sealed.size() - kGcmNonceBytes - kGcmTagBytes);
  std::string plaintext(body.size(), '\0');
  const EvpCipherCtxPtr ctx(EVP_CIPHER_CTX_new());
  int length = 0;
  Require(EVP_DecryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)));
  Require(EVP_DecryptUpdate(ctx.get(), nullptr, &length, Bytes(aad), Length(aad)));
  Require(EVP_DecryptUpdate(ctx.get(), Bytes(plaintext), &length, Bytes(body), Length(body)));
  Require(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_SET_TAG, kGcmTagBytes, tag.data()));
  if (EVP_DecryptFinal_ex(ctx.get(), Bytes(plaintext) + length, &length) != 1) {
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace baokms::emulator
