# One function builds every library of Acta.
#
#   acta_add_component(NAME <name>
#     HEADERS <public headers below include/>...
#     SOURCES <private sources>...
#     PUBLIC  <targets users of the component see>...
#     PRIVATE <targets only its sources see>...
#     PRECOMPILED <name of ActaPrecompile.cmake>)
#
# The target is acta_<name>, its alias acta::<name>; the headers form a file set, so the include path is
# the same in the build tree and after install.

add_library(acta_options INTERFACE)
target_compile_features(acta_options INTERFACE cxx_std_20)
target_compile_options(acta_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
  $<$<BOOL:${ACTA_WARNINGS_AS_ERRORS}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # The compiler collects its garbage less often: a fifth less time for a fifth more memory (some 1.5 GB for the largest).
  target_compile_options(acta_options INTERFACE --param=ggc-min-expand=400 --param=ggc-min-heapsize=524288)
endif()
if(ACTA_SANITIZE)
  target_compile_options(acta_options INTERFACE -fsanitize=${ACTA_SANITIZE} -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code defeats gcc's analysis of std::variant: it then warns of members that are never read.
    target_compile_options(acta_options INTERFACE -Wno-maybe-uninitialized $<$<STREQUAL:${ACTA_SANITIZE},thread>:-Wno-tsan>)
  endif()
  target_link_options(acta_options INTERFACE -fsanitize=${ACTA_SANITIZE})
endif()

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

define_property(GLOBAL PROPERTY ACTA_COMPONENTS BRIEF_DOCS "Names of all components, for the install step")

# Sorts linked targets into components of ours and packages of others, as arguments for find_package. The name of a target
# says its package: LMDB::LMDB is of LMDB, Boost::json is component json of Boost.
function(acta_list_needs uses_var packages_var)
  foreach(target IN LISTS ARGN)
    if(target MATCHES "^acta::(.+)$")
      list(APPEND uses ${CMAKE_MATCH_1})
    elseif(target MATCHES "^Boost::(.+)$")
      list(APPEND packages "Boost ${Boost_VERSION} COMPONENTS ${CMAKE_MATCH_1}")
    elseif(target MATCHES "^([^:]+)::")
      list(APPEND packages ${CMAKE_MATCH_1})
    endif()
  endforeach()
  set(${uses_var} "${uses}" PARENT_SCOPE)
  set(${packages_var} "${packages}" PARENT_SCOPE)
endfunction()

function(acta_add_component)
  cmake_parse_arguments(arg "" "NAME;PRECOMPILED" "HEADERS;SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target acta_${arg_NAME})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:acta_options> ${arg_PRIVATE})
    acta_compile_together(${target})
    # ThreadSanitizer's build goes without: that sources include what they use is seen there.
    if(arg_PRECOMPILED AND NOT ACTA_SANITIZE STREQUAL "thread")
      acta_use_precompiled(${target} ${arg_PRECOMPILED})
    endif()
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(acta::${arg_NAME} ALIAS ${target})
  list(TRANSFORM arg_HEADERS PREPEND "include/")
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_link_libraries(${target} ${scope} ${arg_PUBLIC})
  acta_list_needs(uses packages ${arg_PUBLIC} ${arg_PRIVATE})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${arg_NAME} ACTA_USES "${uses}" ACTA_PACKAGES "${packages}")
  set_property(GLOBAL APPEND PROPERTY ACTA_COMPONENTS ${target})
endfunction()
