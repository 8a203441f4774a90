# Several sources compiled as one. What they share, headers' templates above all, is then instantiated once, not once a source.
#
#   acta_compile_together(<target> [BATCH <sources at a time>])
#
# ACTA_UNITY is for builds of everything (the presets for optimised code and sanitizers); who edits one source compiles that
# one faster without (preset debug). It demands that two sources of a target give one name in their unnamed namespaces
# to one thing only: what two tests share belongs into tests/support.

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
