# How tests are declared, in tests/ and beside the examples. Included only if ACTA_BUILD_TESTS is on.
find_package(Catch2 2 REQUIRED)
include(Catch)

# The tests ThreadSanitizer can judge: of code that has threads, and without CAF, whose library in the distribution is not
# instrumented.
add_custom_target(tsan_tests)

# How the tests' own code is compiled, not the library it tests: without optimisation, in half the time. What gcc warns of in
# optimised templates of ours it says of the shop, the bank and the benchmarks, which are compiled as a user's code is.
# A null or misplaced pointer is AddressSanitizer's to find there; UndefinedBehaviorSanitizer's check before each access
# is left to the libraries. To be linked after acta_options, which it changes.
add_library(acta_test_options INTERFACE)
target_compile_options(acta_test_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-O0>)
# Each compiler has a macro of its own for this, or none: ACTA_SANITIZED_ADDRESS, ACTA_SANITIZED_THREAD.
if(ACTA_SANITIZE MATCHES "(address|thread)")
  string(TOUPPER ${CMAKE_MATCH_1} sanitized)
  target_compile_definitions(acta_test_options INTERFACE ACTA_SANITIZED_${sanitized})
endif()
if(ACTA_SANITIZE MATCHES "undefined")
  target_compile_options(acta_test_options INTERFACE -fno-sanitize=null,alignment,object-size,vptr)
endif()

acta_precompile(test TEST COMPONENTS core domain actors persistence projections runtime testing LIBRARIES Catch2::Catch2
  HEADERS <catch2/catch.hpp> <acta/testing.hpp> <acta/persistence/store.hpp> <acta/runtime.hpp>)

# acta_add_test(NAME <binary> SOURCES <files> LIBRARIES <targets> [TIMEOUT <seconds per case>] [LABELS <slow or tsan>])
# One binary per component; every case becomes a ctest with a time limit of its own.
function(acta_add_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT;LABELS" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(ACTA_SANITIZE)
    math(EXPR arg_TIMEOUT "2 * ${arg_TIMEOUT}")
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE acta_options acta_test_options acta_test_main ${arg_LIBRARIES})
  acta_use_precompiled(${arg_NAME} test)
  acta_compile_together(${arg_NAME} BATCH 5)
  if(arg_LABELS STREQUAL "tsan")
    add_dependencies(tsan_tests ${arg_NAME})
  endif()
  # A name that Catch2 reads as a pattern, or that holds a ';', matches no case, which is a failure only with this warning.
  catch_discover_tests(${arg_NAME} TEST_PREFIX "${arg_NAME}:" EXTRA_ARGS --warn NoTests
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
