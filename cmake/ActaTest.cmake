# How tests are declared, in tests/ and beside the examples. Included only if ACTA_BUILD_TESTS is on.
find_package(Catch2 2 REQUIRED)
include(Catch)

# The tests ThreadSanitizer can judge: without CAF, whose library in the distribution is not instrumented.
add_custom_target(tsan_tests)

# acta_add_test(NAME <binary> SOURCES <files> LIBRARIES <targets> [TIMEOUT <seconds per case>] [LABELS <slow or tsan>])
# One binary per component; every case becomes a ctest with a time limit of its own.
function(acta_add_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT;LABELS" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE acta_options acta_test_main ${arg_LIBRARIES})
  # The test's own code, not the library it tests: half the time to compile, and again half of that under a sanitizer.
  if(ACTA_SANITIZE)
    target_compile_options(${arg_NAME} PRIVATE -O0)
  else()
    target_compile_options(${arg_NAME} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
  endif()
  if(arg_LABELS STREQUAL "tsan")
    add_dependencies(tsan_tests ${arg_NAME})
  endif()
  # A name that Catch2 reads as a pattern, or that holds a ';', matches no case, which is a failure only with this warning.
  catch_discover_tests(${arg_NAME} TEST_PREFIX "${arg_NAME}:" EXTRA_ARGS --warn NoTests
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
