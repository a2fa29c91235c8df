// A self-contained build brings all its code. What would load more from the machine that it happens
// to run on, modules made for another C library, is turned off (ADR 11).
#pragma once

namespace baokms::app {

// In a self-contained build: names of hosts, users, groups and services come from files and DNS,
// whatever modules nsswitch.conf names; OpenSSL reads no configuration, which might name providers
// and engines. In every other build nothing happens: that code was made for this machine. Before
// any name is looked up, before OpenSSL is used, and before the first thread.
void LoadNoCodeOfTheHost();

}  // namespace baokms::app
