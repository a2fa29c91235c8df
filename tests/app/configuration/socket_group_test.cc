#include "app/configuration/socket_group.h"

#include <doctest/doctest.h>

namespace baokms::app {

TEST_CASE("Socket group: a number stands for itself and a name for its group") {
  CHECK(SocketGroupId("0") == 0);
  CHECK(SocketGroupId("4242") == 4242);
  CHECK(SocketGroupId("root") == 0);
  CHECK_FALSE(SocketGroupId("no-such-group-anywhere"));
  CHECK_FALSE(SocketGroupId(""));
  CHECK_FALSE(SocketGroupId("12x"));
  CHECK_FALSE(SocketGroupId("-1"));
  CHECK_FALSE(SocketGroupId("99999999999"));
}

}  // namespace baokms::app
