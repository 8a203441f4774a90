# What an installation does before its first file and after its last one. Apart from ActaInstall.cmake so that a test can
# install a small project with it.

# acta_install_only_if_built(<targets>...): before all other rules of installation.
# `cmake --install` builds nothing, so it would put headers that were edited since the last build beside libraries of the
# old ones. Asks Ninja what it would do for these targets; other tools have no answer that can be relied on.
function(acta_install_only_if_built)
  if(NOT CMAKE_GENERATOR STREQUAL "Ninja")
    return()
  endif()
  string(REPLACE ";" " " targets "${ARGN}")
  install(CODE "
  execute_process(COMMAND \"${CMAKE_MAKE_PROGRAM}\" -C \"${CMAKE_BINARY_DIR}\" -n ${targets}
    RESULT_VARIABLE acta_status OUTPUT_VARIABLE acta_todo ERROR_VARIABLE acta_todo)
  if(NOT acta_status EQUAL 0 OR NOT acta_todo MATCHES \"no work to do\")
    message(FATAL_ERROR \"Nothing is installed: the sources have changed since the build.\\nBuild first:\\n\"
      \"  cmake --build ${CMAKE_BINARY_DIR}\")
  endif()" ALL_COMPONENTS)
endfunction()

# acta_install_without_manifest(): behind all other rules of installation.
# CMake ends its script by writing install_manifest*.txt into the build folder: a file of root's in a user's tree after
# `sudo cmake --install`. It has no option against that, so the script is left before. In a project that Acta is a part of
# this leaves Acta's part of the script only, and that project's list is written.
function(acta_install_without_manifest)
  install(CODE "return()" ALL_COMPONENTS)
endfunction()
