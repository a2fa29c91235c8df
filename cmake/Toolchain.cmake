# Language, warnings, sanitizers and where things go. Everything of ours links baokms_options.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Linking is a third of a build with GNU ld; the tests have some 120 programs.
# A release is linked once, by the linker that most static programs are linked by.
find_program(BAOKMS_MOLD mold)
if(BAOKMS_MOLD AND NOT BAOKMS_SELF_CONTAINED)
  add_link_options(-fuse-ld=mold)
endif()

find_program(BAOKMS_CCACHE ccache)
if(BAOKMS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BAOKMS_CCACHE})
endif()

add_library(baokms_options INTERFACE)
target_include_directories(baokms_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(baokms_options INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)

# Hardening that costs nothing measurable; _FORTIFY_SOURCE needs optimisation and no sanitizer.
add_compile_options(-fstack-protector-strong -fno-omit-frame-pointer)
add_link_options(-Wl,-z,relro,-z,now)
if(BAOKMS_SANITIZE)
  add_compile_options(-fsanitize=${BAOKMS_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BAOKMS_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(BAOKMS_SELF_CONTAINED)
  # The same bytes wherever it is built, and nothing in them that no code reaches.
  add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=build
    -ffunction-sections -fdata-sections)
  if(CMAKE_SYSROOT)
    add_compile_options(-ffile-prefix-map=${CMAKE_SYSROOT}=)
  endif()
endif()
if(BAOKMS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # libFuzzer sees which branches an input takes
endif()
if(BAOKMS_COVERAGE)
  add_compile_options(--coverage -fprofile-abs-path)
  add_link_options(--coverage)
endif()
