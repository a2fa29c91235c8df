# baokms_mutated_source(VARIABLE NAME SOURCE FROM TO [FROM TO...]): the path of a copy of SOURCE (below
# the project) in which each text is replaced, one after the other. Each FROM must be there exactly
# once: a mutant follows the code or does not build. No semicolons in them: CMake would cut them there.
function(baokms_mutated_source variable name source)
  set(mutate ${PROJECT_SOURCE_DIR}/tests/unit/mutants/mutate.cmake)
  cmake_path(GET source EXTENSION LAST_ONLY extension)
  set(mutated ${CMAKE_CURRENT_BINARY_DIR}/${name}${extension})
  set(input ${PROJECT_SOURCE_DIR}/${source})
  set(commands "")
  while(ARGN)
    list(POP_FRONT ARGN from to)
    list(APPEND commands COMMAND ${CMAKE_COMMAND} -DSOURCE=${input} -DTARGET=${mutated}
      "-DFROM=${from}" "-DTO=${to}" -P ${mutate})
    set(input ${mutated})
  endwhile()
  add_custom_command(OUTPUT ${mutated} ${commands}
    DEPENDS ${PROJECT_SOURCE_DIR}/${source} ${mutate} VERBATIM)
  # A broken rule may leave something unused.
  set_source_files_properties(${mutated} PROPERTIES COMPILE_OPTIONS -w)
  set(${variable} ${mutated} PARENT_SCOPE)
endfunction()
