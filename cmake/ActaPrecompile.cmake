# Precompiled headers. Parsing headers is half of a build, and most sources parse the same ones.
#
#   acta_precompile(<name> [TEST] COMPONENTS <of Acta>... [LIBRARIES <targets>...] HEADERS <as they are included>...)
#       compiles the headers once, for libraries, or for the code of tests (other options: one does not fit the other)
#   acta_use_precompiled(<target> <name>)
#
# Sources still include what they use: ACTA_PRECOMPILE=OFF must build. tools/check/includes looks at the standard library's
# headers, and ThreadSanitizer's build of the libraries goes without (acta_add_component). The headers may need no macro that only some targets define; gcc then refuses the file.

# CMake would have it that all these headers are the system's, which silences warnings about ours.
set(CMAKE_PCH_PROLOGUE "")

set(ACTA_STANDARD_HEADERS
  <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <cstring> <deque> <filesystem> <fstream>
  <functional> <future> <iterator> <limits> <list> <map> <memory> <mutex> <optional> <random> <ranges> <set> <span> <sstream>
  <string> <string_view> <system_error> <thread> <tuple> <type_traits> <unordered_map> <unordered_set> <utility> <variant>
  <vector>)

function(acta_precompile name)
  cmake_parse_arguments(arg "TEST" "" "COMPONENTS;LIBRARIES;HEADERS" ${ARGN})
  if(NOT ACTA_PRECOMPILE)
    return()
  endif()
  set(target acta_headers_${name})
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "// A precompiled header belongs to a target, and a target has a source.\n")
  # Not linked with the components: some of them are compiled with this.
  add_library(${target} OBJECT EXCLUDE_FROM_ALL "${source}")
  foreach(component IN LISTS arg_COMPONENTS)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/${component}/include")
  endforeach()
  target_link_libraries(${target} PRIVATE acta_options cereal::cereal ${arg_LIBRARIES})
  if(arg_TEST)
    target_link_libraries(${target} PRIVATE acta_test_options)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE ${CMAKE_CXX_COMPILE_OPTIONS_PIE})
  endif()
  target_precompile_headers(${target} PRIVATE ${ACTA_STANDARD_HEADERS} ${arg_HEADERS})
endfunction()

function(acta_use_precompiled target name)
  if(ACTA_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM acta_headers_${name})
  endif()
endfunction()
