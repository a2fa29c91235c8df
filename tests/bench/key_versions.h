// A Transit key with thousands of versions, within seconds.
#pragma once

#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/openbao_under_test.h"

namespace baokms::testing {

// The key of `setup`, which has one version, gets this many, all of which decrypt; version 1 and
// its creation second stay. Throws HarnessError when OpenBao refuses. While it works the key's
// profile has findings: no provider should be looking.
//
// The emulator is asked to rotate. A real OpenBao writes all versions anew at each rotation, so
// that ten thousand of them would take half an hour: it gets a backup of the key in which the
// versions have been added.
void GiveVersions(OpenBaoUnderTest& openbao, const OpenBaoSetup& setup, int versions);

}  // namespace baokms::testing
