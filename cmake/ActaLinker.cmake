# Links with mold where it is found and the compiler knows it: some fifty programs in seconds instead of a minute.
# -DACTA_LINKER= takes the compiler's own.
include(CheckLinkerFlag)

set(ACTA_LINKER "mold" CACHE STRING "What to give to -fuse-ld where it works; empty: the compiler's own linker")
if(ACTA_LINKER)
  check_linker_flag(CXX "-fuse-ld=${ACTA_LINKER}" ACTA_LINKER_WORKS)
  if(ACTA_LINKER_WORKS)
    add_link_options("-fuse-ld=${ACTA_LINKER}")
  endif()
endif()
