// Every message of the log (observability.md, "Logs"), and what it means to who reads it.
// docs/reference/logs.md is made from this table, and the end-to-end tests know no other message.
#pragma once

#include <array>
#include <string_view>

namespace baokms::adapters::telemetry {

struct LogFact {
  std::string_view message;
  std::string_view levels;  // "INFO", or "DEBUG, WARN" for success and failure
  std::string_view meaning;
};

inline constexpr std::array kLogTable{
    LogFact{"serve.start", "INFO",
            "The configuration is good and the start begins, with the program's `version` and "
            "`commit`; `configuration` is default_path, other_path or none."},
    LogFact{"serve.ready", "INFO",
            "The socket serves, with the active key and the `listeners` that are bound."},
    LogFact{"serve.unhealthy", "WARN",
            "The socket serves what can be decrypted although Status is unhealthy, for `reason`; "
            "`advice` says what to do."},
    LogFact{"serve.shutdown", "INFO, ERROR",
            "The end. At ERROR the start failed; `advice` says what to do, and so does the next "
            "line in plain text."},
    LogFact{"status.probe", "DEBUG, WARN",
            "A look at the Transit key (`probe_kind` metadata), or a trial encryption and "
            "decryption (deep). At WARN it failed, for `reason`."},
    LogFact{"status.recovered", "INFO", "A probe succeeded after failures."},
    LogFact{"kms.request", "DEBUG, WARN", "A call of kube-apiserver ended, or was refused."},
    LogFact{"openbao.request", "DEBUG, WARN", "A call to OpenBao ended."},
    LogFact{"openbao.name.failed", "WARN",
            "OpenBao's host name cannot be looked up; the last known addresses stay in use."},
    LogFact{"openbao.name.found", "INFO", "The look-up works again."},
    LogFact{"ca_file.refused", "WARN",
            "The renewed CA file cannot be used; the CA certificates that were read before stay "
            "in use."},
    LogFact{"auth.login", "INFO, WARN",
            "A login to OpenBao. When OpenBao refused it, `reason` is what it said: role, issuer, "
            "subject, audience, claims, signature, expired, not_yet_valid, denied, "
            "not_configured."},
    LogFact{"auth.renewal", "DEBUG, WARN", "A renewal of the token."},
    LogFact{"rotation.pending", "INFO",
            "A newer version of the Transit key was seen; it is observed before it is used."},
    LogFact{"key.promoted", "INFO", "Another version of the Transit key encrypts from now on."},
    LogFact{"key.retired_undecryptable", "WARN",
            "OpenBao no longer decrypts retired versions, `transit_key_versions`."},
    LogFact{"key.retired_decryptable", "INFO", "There is no such version any more."},
    LogFact{"state.files_lost", "WARN",
            "The state file or its checkpoint is gone, replaced or unreadable (`reason`) while the "
            "provider serves; a start would fail. `advice` says what to do."},
    LogFact{"state.files_given_back", "WARN",
            "They were gone, and the provider has written them again as they were. Find out what "
            "removed them."},
    LogFact{"state.files_intact", "INFO", "They hold again what the provider serves with."},
    LogFact{"clock.regressed", "WARN", "The system's clock went back."},
    LogFact{"socket.stale_removed", "WARN", "A socket that nobody listened at was removed."},
    LogFact{"memory.not_locked", "WARN",
            "The limit on locked memory is too small; secrets are wiped, but may be swapped."},
    LogFact{"landlock.enforced", "INFO", "Files, or files and TCP ports, are restricted."},
    LogFact{"landlock.off", "INFO", "As `hardening.landlock` says."},
    LogFact{"landlock.unavailable", "WARN", "This kernel has no Landlock."},
    LogFact{"seccomp.enforced", "INFO", "System calls are restricted."},
    LogFact{"seccomp.off", "INFO", "As `hardening.seccomp` says."},
    LogFact{"seccomp.unavailable", "WARN", "This kernel cannot filter system calls."},
    LogFact{"metrics_listener.not_bound", "WARN",
            "`server.metricsAddress` cannot be bound, for `reason`; tried again every 5 s."},
    LogFact{"metrics_listener.bound", "INFO", "It is bound now."},
    LogFact{"health_listener.not_bound", "WARN",
            "`server.healthAddress` cannot be bound, for `reason`; tried again every 5 s."},
    LogFact{"health_listener.bound", "INFO", "It is bound now."},
    LogFact{"log_level.reloaded", "INFO", "SIGHUP: `logging.level` was read again."},
    LogFact{"log_level.reload_refused", "WARN",
            "SIGHUP: the configuration has an error, so the level stays."},
};

}  // namespace baokms::adapters::telemetry
