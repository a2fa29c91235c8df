#include <memory>

#include "app/command_line/commands.h"
#include "app/command_line/duration_flag.h"
#include "app/expiration/check_expiration.h"

namespace baokms::app {

void AddExpiration(CommandTree& tree) {
  const auto request = std::make_shared<ExpirationRequest>();
  CLI::App& command = tree.AddReport(
      {.name = "check-expiration",
       .purpose = "Show when certificates, credentials and the token expire",
       .examples = {{.command = "bao-kms-provider check-expiration",
                     .what = "Everything that expires, the soonest first"},
                    {.command = "bao-kms-provider check-expiration --within 336h --output json",
                     .what = "In a daily job: exit 4 when a certificate ends within two weeks"}},
       .notes = "Shows OpenBao's certificate at each address and the authority that vouches for "
                "it, the JWT, SVID or client certificate of the login, and the running provider's "
                "token. Logs in nowhere and changes nothing. Run it as the provider's user. "
                "--within is the threshold of the certificates that people renew; a JWT and an "
                "SVID have minRemainingTtl, the token half of auth.loginBeforeTokenExpiry.",
       .exits = {{.code = ExitCode::kOk, .when = "Everything lasts longer than its threshold."},
                 {.code = ExitCode::kConfiguration,
                  .when = "The configuration cannot be loaded or is invalid."},
                 {.code = ExitCode::kCheckFailed,
                  .when = "Something has expired, ends within its threshold, or cannot be read; "
                          "the table is printed."}}},
      [&tree, request] {
        request->format = tree.format();
        return CheckExpiration(tree.request(), *request);
      });
  AddDuration(command, "--within", request->within,
              "Certificates that end within this are a failure, above 0s, at most 87600h: 720h is "
              "30 days",
              {.most = std::chrono::hours(87600), .default_text = "720h", .example = "720h"});
}

}  // namespace baokms::app
