// The JWT of a login from a file that is read again each time (auth.md, "source file").
#pragma once

#include <string>

#include "ports/file_reader.h"
#include "ports/jwt_source.h"

namespace baokms::adapters::jwt {

class JwtFileSource final : public ports::JwtSource {
 public:
  // `files` must outlive the source.
  JwtFileSource(std::string jwt_file, const ports::FileReader& files);

  // Blocks for one local read, and completes before it returns.
  void Fetch(core::MonotonicTime deadline,
             std::move_only_function<void(ports::JwtResult)> done) override;

 private:
  ports::JwtResult Read() const;

  const std::string jwt_file_;
  const ports::FileReader& files_;
};

}  // namespace baokms::adapters::jwt
