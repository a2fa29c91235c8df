#include "app/expiration/check_expiration.h"

#include <cstdio>
#include <string>

#include "app/expiration/expiration_report.h"
#include "app/expiration/node_expirations.h"
#include "app/openbao/one_shot.h"

namespace baokms::app {

ExitCode CheckExpiration(const ConfigurationRequest& configuration,
                         const ExpirationRequest& request) {
  return RunOneShot(configuration, [&](const OneShot& one_shot) {
    const auto expirations =
        CollectExpirations(one_shot, std::chrono::ceil<std::chrono::seconds>(request.within));
    const core::UnixSeconds now = one_shot.clock.Now().wall;
    const std::string text = request.format == OutputFormat::kJson
                                 ? RenderJson(ReportExpirations(expirations, now))
                                 : DescribeExpirations(expirations, now);
    std::fputs(text.c_str(), stdout);
    const std::string problem = ExpirationProblem(expirations, now);
    return problem.empty() ? ExitCode::kOk : FailCheck("check-expiration", problem);
  });
}

}  // namespace baokms::app
