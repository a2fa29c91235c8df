# baokms_go_program(NAME MINIMUM [NIGHTLY] [PACKAGE DIR] [LDFLAGS FLAGS]): the Go program of this
# directory's module, or of its package in DIR, built with its modules from Go's cache or the module
# proxy. Without a Go of at least MINIMUM, or without the modules, the build goes on and the tests that
# need it are skipped by name. For those: BAOKMS_<NAME> is the program, or empty with the reason in
# BAOKMS_<NAME>_MISSING; `go` is Go's command line. NIGHTLY: for tests of the night alone, so only the
# target nightly_programs builds it, and BAOKMS_<NAME>_MISSING says that.
set(BAOKMS_GOFLAGS "-mod=readonly -buildvcs=false" CACHE STRING "GOFLAGS of the Go test programs")
find_program(BAOKMS_GO go HINTS /usr/local/go/bin /usr/lib/go/bin)
if(NOT TARGET nightly_programs)
  add_custom_target(nightly_programs)
endif()

function(baokms_go_program name minimum)
  cmake_parse_arguments(arg "NIGHTLY" "PACKAGE;LDFLAGS" "" ${ARGN})
  if(NOT arg_PACKAGE)
    set(arg_PACKAGE .)
  endif()
  string(TOUPPER ${name} upper)
  # GOTOOLCHAIN=local: the installed Go counts, none is downloaded behind our back.
  set(go ${CMAKE_COMMAND} -E env "GOFLAGS=${BAOKMS_GOFLAGS}" GOTOOLCHAIN=local ${BAOKMS_GO})
  set(go ${go} PARENT_SCOPE)
  baokms_missing_for_go(missing ${minimum} ${go})
  set(BAOKMS_${upper}_MISSING "${missing}" CACHE INTERNAL "")
  if(missing)
    message(STATUS "${name}: skipped, ${missing}")
    set(BAOKMS_${upper} "" CACHE INTERNAL "")
    return()
  endif()
  set(program ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name})
  set(BAOKMS_${upper} ${program} CACHE INTERNAL "")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_PACKAGE}/*.go)
  add_custom_command(OUTPUT ${program}
    COMMAND ${go} build -p 2 "-ldflags=${arg_LDFLAGS}" -o ${program} ./${arg_PACKAGE}
    DEPENDS ${sources} go.mod go.sum
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    COMMENT "Building ${name} with Go" VERBATIM)
  if(NOT arg_NIGHTLY)
    add_custom_target(${name} ALL DEPENDS ${program})
    return()
  endif()
  add_custom_target(${name} DEPENDS ${program})
  add_dependencies(nightly_programs ${name})
  set(BAOKMS_${upper}_MISSING "cmake --build ${PROJECT_BINARY_DIR} --target nightly_programs" CACHE INTERNAL "")
endfunction()

# RESULT: what is missing, in words; empty when nothing is. The rest is Go's command line.
function(baokms_missing_for_go result minimum)
  # Nothing of it is instrumented: such builds do without.
  if(BAOKMS_SANITIZE OR BAOKMS_COVERAGE OR BAOKMS_FUZZ)
    set(${result} "not part of an instrumented build" PARENT_SCOPE)
    return()
  endif()
  if(NOT BAOKMS_GO)
    set(${result} "no go found, ${minimum} or newer is needed" PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND ${ARGN} env GOVERSION WORKING_DIRECTORY / OUTPUT_VARIABLE version
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  string(REGEX REPLACE "^go([0-9]+\\.[0-9]+).*$" "\\1" version "${version}")
  if(NOT version VERSION_GREATER_EQUAL minimum)
    set(${result} "go is ${version}, ${minimum} or newer is needed" PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND ${ARGN} list -deps -test ./...
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    OUTPUT_QUIET ERROR_QUIET RESULT_VARIABLE modules TIMEOUT 300)
  if(NOT modules EQUAL 0)
    set(${result} "the Go modules are neither cached nor reachable" PARENT_SCOPE)
    return()
  endif()
  set(${result} "" PARENT_SCOPE)
endfunction()
