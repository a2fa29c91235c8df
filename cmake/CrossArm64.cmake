# Toolchain of the preset release-arm64: Debian's cross compiler, and Debian 12's libraries for arm64 in a folder of
# their own (scripts/release-sysroot.sh). CMake reads it several times; only the first one may have to fetch them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(BAOKMS_DEBIAN_ARCHITECTURE arm64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

if(NOT DEFINED ENV{BAOKMS_SYSROOT})
  execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../scripts/release-sysroot.sh arm64
    OUTPUT_VARIABLE sysroot OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "scripts/release-sysroot.sh failed")
  endif()
  set(ENV{BAOKMS_SYSROOT} ${sysroot})
endif()
set(CMAKE_SYSROOT $ENV{BAOKMS_SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${CMAKE_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
# The cross compiler brings a C library of its own, without the fixes since Debian 12 came out.
set(CMAKE_EXE_LINKER_FLAGS_INIT -B${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu)

# Man pages and completions are written by a program of the build, and its tests are programs, too.
find_program(BAOKMS_QEMU qemu-aarch64-static REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${BAOKMS_QEMU})
