# acta_check_contract(<target> FILE <file>): a test that fails when the types of a module changed without a new version,
# before a store does. It names type and field, and says what to write.
#
#   add_library(shop MODULE src/module.cpp)
#   target_link_libraries(shop PRIVATE acta::domain)
#   acta_check_contract(shop FILE contract.txt)
#
# <target>  a library that exports Acta's module entry (ACTA_MODULE): a MODULE is loaded as a node loads it; any other kind
#           (OBJECT, STATIC, SHARED) is linked. A program that embeds Acta has its model in its own code, and checks it there:
#           acta::testing::check_contract.
# FILE      the contract, a text file that is kept with the code; a relative one is in the current source folder.
#
# Adds the test <target>_contract, the program <target>_contract_check that it runs, and the target update_<target>_contract.
# That target writes the file: it adds what is new in the program, so it is built once for a new file and with each new type
# or version. A line of what was released is never changed. Whoever changes a type that was never released deletes its line
# first.
function(acta_check_contract target)
  cmake_parse_arguments(arg "" "FILE" "" ${ARGN})
  if(NOT TARGET ${target})
    message(FATAL_ERROR "acta_check_contract(${target} FILE ...): there is no target ${target}")
  endif()
  if(NOT arg_FILE OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "acta_check_contract(${target} FILE <file>): it takes FILE and nothing else")
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    message(FATAL_ERROR "acta_check_contract(${target} ...): ${target} is a program, which cannot be loaded: give its model to "
      "acta::testing::check_contract in a test of its own")
  endif()
  cmake_path(ABSOLUTE_PATH arg_FILE NORMALIZE OUTPUT_VARIABLE file)

  set(check ${target}_contract_check)
  set(update update_${target}_contract)
  add_executable(${check} "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/contract/check_contract.cpp")
  target_link_libraries(${check} PRIVATE acta::testing)
  set(module "")
  if(type STREQUAL "MODULE_LIBRARY")
    # Its symbols are exported, as those of a node are, and the module's own options are for it too: what a sanitizer wants
    # linked into a program, for example.
    set_target_properties(${check} PROPERTIES ENABLE_EXPORTS ON)
    target_link_options(${check} PRIVATE $<TARGET_PROPERTY:${target},LINK_OPTIONS>)
    target_link_libraries(${check} PRIVATE ${CMAKE_DL_LIBS})
    target_compile_definitions(${check} PRIVATE ACTA_LOAD_MODULE)
    add_dependencies(${check} ${target})
    set(module "$<TARGET_FILE:${target}>")
  else()
    target_link_libraries(${check} PRIVATE ${target})
  endif()

  set(how "cmake --build ${CMAKE_BINARY_DIR} --target ${update}")
  add_test(NAME ${target}_contract COMMAND ${check} "${file}" "${how}" ${module})
  set_tests_properties(${target}_contract PROPERTIES TIMEOUT 60)
  add_custom_target(${update}
    COMMAND ${CMAKE_COMMAND} -E env ACTA_UPDATE=1 $<TARGET_FILE:${check}> "${file}" "${how}" ${module}
    COMMENT "Adding what is new to ${file}"
    VERBATIM)
endfunction()
