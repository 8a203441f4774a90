# Installs the components, the program and the CMake package `Acta`.

include(CMakePackageConfigHelpers)
include(ActaInstallChecks)

set(ACTA_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/Acta")
get_property(acta_components GLOBAL PROPERTY ACTA_COMPONENTS)

if(TARGET acta)
  set(acta_program acta)
endif()
acta_install_only_if_built(${acta_components} ${acta_program})
install(TARGETS ${acta_components} EXPORT ActaTargets FILE_SET HEADERS)
install(EXPORT ActaTargets NAMESPACE acta:: DESTINATION "${ACTA_PACKAGE_DIR}")
if(TARGET acta)
  install(TARGETS acta)
endif()

# The package looks for what its static libraries were linked with, a component at a time.
set(ACTA_PACKAGE_COMPONENTS "")
set(ACTA_PACKAGE_NEEDS "")
foreach(component IN LISTS acta_components)
  get_target_property(name ${component} EXPORT_NAME)
  get_target_property(uses ${component} ACTA_USES)
  get_target_property(packages ${component} ACTA_PACKAGES)
  string(APPEND ACTA_PACKAGE_COMPONENTS " ${name}")
  string(APPEND ACTA_PACKAGE_NEEDS "set(_acta_uses_${name} \"${uses}\")\nset(_acta_packages_${name} \"${packages}\")\n")
endforeach()

configure_package_config_file(cmake/ActaConfig.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/ActaConfig.cmake"
  INSTALL_DESTINATION "${ACTA_PACKAGE_DIR}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/ActaConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/ActaConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/ActaConfigVersion.cmake"
  DESTINATION "${ACTA_PACKAGE_DIR}")
install(FILES cmake/ActaContract.cmake DESTINATION "${ACTA_PACKAGE_DIR}")
install(FILES cmake/contract/check_contract.cpp DESTINATION "${ACTA_PACKAGE_DIR}/contract")
install(DIRECTORY cmake/modules DESTINATION "${ACTA_PACKAGE_DIR}" FILES_MATCHING PATTERN "Find*.cmake")
# What has been installed is listed beside it, for whoever wants to take it away later: the build folder, where CMake
# would leave its own list, may be gone by then. Behind all files, so that the list is whole.
install(CODE "
  set(listed \"\${CMAKE_INSTALL_PREFIX}/${ACTA_PACKAGE_DIR}/installed.txt\")
  string(REPLACE \";\" \"\\n\" files \"\${CMAKE_INSTALL_MANIFEST_FILES};\${listed}\")
  file(WRITE \"\$ENV{DESTDIR}\${listed}\" \"\${files}\\n\")
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${listed}\")")
acta_install_without_manifest()
