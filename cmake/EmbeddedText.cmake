# baokms_embedded_text(TARGET SYMBOL FILE): the text of FILE, written as what it is, becomes
#   extern const std::string_view SYMBOL
# of namespace baokms::app in TARGET.
function(baokms_embedded_text target symbol file)
  file(READ ${file} text)
  set(delimiter "baokms_text")
  string(FIND "${text}" ")${delimiter}\"" found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "${file} holds the end of a raw string")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  get_filename_component(name ${file} NAME_WE)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT [[
#include <string_view>

namespace baokms::app {
extern const std::string_view @symbol@;
const std::string_view @symbol@ = R"@delimiter@(@text@)@delimiter@";
}  // namespace baokms::app
]] @ONLY)
  target_sources(${target} PRIVATE ${source})
  # Apart from the code that reads it, so that a mutant's text can take its place.
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
