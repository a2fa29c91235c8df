// One bug for each sanitizer: a job in which it is not reported watches nothing.
#include <cstdio>
#include <cstring>
#include <limits>
#include <thread>

namespace {

int UseAfterFree() {
  int* number = new int(1);
  delete number;
  return *static_cast<volatile int*>(number);
}

int Overflow(int by) {
  int number = std::numeric_limits<int>::max();
  number += by;
  return number;
}

int Race() {
  int number = 0;
  std::thread other([&] { number = 1; });
  number = 2;
  other.join();
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const char* which = argc > 1 ? argv[1] : "";
  if (std::strcmp(which, "address") == 0) return UseAfterFree();
  if (std::strcmp(which, "undefined") == 0) return Overflow(argc);
  if (std::strcmp(which, "thread") == 0) return Race();
  std::puts("usage: planted_bug address|undefined|thread");
  return 2;
}
