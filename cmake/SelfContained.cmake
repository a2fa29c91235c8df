# The release build: one program that needs a kernel and nothing else (docs/adr/0011-self-contained-release.md).
# Every library that find_package() found becomes its static archive: ours (scripts/release-libraries.sh) where
# Debian's is missing or asks for more than we use, Debian's otherwise. Included after Dependencies.cmake.
if(BAOKMS_WITH_PKCS11)
  message(FATAL_ERROR "BAOKMS_SELF_CONTAINED: a static program cannot load a PKCS#11 module; build the preset pkcs11")
endif()
set(BAOKMS_RELEASE_LIBRARIES "" CACHE PATH "What scripts/release-libraries.sh built; empty: run it")

set(architecture ${BAOKMS_DEBIAN_ARCHITECTURE})  # empty: this machine's
if(NOT BAOKMS_RELEASE_LIBRARIES)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/release-libraries.sh ${architecture}
    OUTPUT_VARIABLE built OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "scripts/release-libraries.sh failed")
  endif()
else()
  set(built ${BAOKMS_RELEASE_LIBRARIES})
endif()
set(BAOKMS_STATIC_LIBRARIES ${built})
message(STATUS "Static libraries of our own: ${built}")

# archive_of(RESULT SHARED-LIBRARY): empty when there is none.
function(baokms_archive_of result library)
  set(${result} "" PARENT_SCOPE)
  if(NOT library MATCHES "/lib([^/]+)\\.so[.0-9]*$")
    return()
  endif()
  set(name lib${CMAKE_MATCH_1}.a)
  cmake_path(GET library PARENT_PATH folder)
  foreach(archive ${built}/lib/${name} ${folder}/${name})
    if(EXISTS ${archive})
      set(${result} ${archive} PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# A library without an archive stays what it is: GNU ld names it if the program needs it.
get_property(imported DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY IMPORTED_TARGETS)
foreach(library IN LISTS imported)
  get_target_property(type ${library} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    set(properties INTERFACE_LINK_LIBRARIES)
  elseif(type MATCHES "^(SHARED|UNKNOWN)_LIBRARY$")
    set(properties IMPORTED_LOCATION)
    get_target_property(configurations ${library} IMPORTED_CONFIGURATIONS)
    foreach(configuration IN LISTS configurations)
      list(APPEND properties IMPORTED_LOCATION_${configuration})
    endforeach()
  else()
    continue()
  endif()
  foreach(property IN LISTS properties)
    get_target_property(before ${library} ${property})
    set(after "")
    foreach(item IN LISTS before)
      baokms_archive_of(archive "${item}")
      if(archive)
        set(item ${archive})
      endif()
      list(APPEND after "${item}")
    endforeach()
    if(NOT after STREQUAL "${before}")
      set_target_properties(${library} PROPERTIES ${property} "${after}")
    endif()
  endforeach()
endforeach()
# A shared library knows what it needs, an archive does not.
set_property(TARGET CURL::libcurl APPEND PROPERTY INTERFACE_LINK_LIBRARIES OpenSSL::SSL OpenSSL::Crypto)
# Debian has no archives of spdlog and fmt: the headers alone are the same program.
set_property(TARGET spdlog::spdlog_header_only PROPERTY INTERFACE_LINK_LIBRARIES fmt::fmt-header-only
  Threads::Threads)

set(CMAKE_SKIP_RPATH ON)  # there is no loader that would read one
add_link_options(-static-pie -Wl,--gc-sections)
add_compile_definitions(BAOKMS_SELF_CONTAINED)

# baokms_finish_release(PROGRAM): stripped, with its symbols in PROGRAM.debug beside it, which debuggers find; and
# third-party-licenses.txt, of everything that the linker put into it.
function(baokms_finish_release program)
  set(inputs ${CMAKE_CURRENT_BINARY_DIR}/${program}.inputs)
  set(licenses ${PROJECT_BINARY_DIR}/third-party-licenses.txt)
  set(script ${PROJECT_SOURCE_DIR}/scripts/release-licenses.sh)
  target_link_options(${program} PRIVATE -Wl,--dependency-file=${inputs})
  set_property(TARGET ${program} APPEND PROPERTY LINK_DEPENDS ${script})
  add_custom_command(TARGET ${program} POST_BUILD
    COMMAND ${script} ${inputs} ${BAOKMS_STATIC_LIBRARIES} ${licenses} ${CMAKE_SYSROOT}
    COMMAND ${CMAKE_OBJCOPY} --only-keep-debug --compress-debug-sections $<TARGET_FILE:${program}>
      $<TARGET_FILE:${program}>.debug
    COMMAND ${CMAKE_STRIP} $<TARGET_FILE:${program}>
    COMMAND ${CMAKE_OBJCOPY} --add-gnu-debuglink=$<TARGET_FILE:${program}>.debug $<TARGET_FILE:${program}>
    BYPRODUCTS ${licenses} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${program}.debug VERBATIM)
endfunction()
