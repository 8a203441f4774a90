# Several sources compiled as one. What they share, headers' templates above all, is then instantiated once, not once a source.
#
#   acta_compile_together(<target> [BATCH <sources at a time>])
#
# ACTA_UNITY is for builds of everything (the presets for optimised code and sanitizers). Without it (preset debug) a single
# source that was edited compiles faster. Two sources of a target must not use one name for two things in their unnamed
# namespaces; what two tests share belongs in tests/support.

function(acta_compile_together target)
  cmake_parse_arguments(arg "" "BATCH" "" ${ARGN})
  if(NOT ACTA_UNITY)
    return()
  endif()
  if(NOT arg_BATCH)
    set(arg_BATCH 8)
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${arg_BATCH})
endfunction()
