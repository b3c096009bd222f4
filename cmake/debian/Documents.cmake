# What a Debian package has besides what is installed; runs in the staging folder.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${component} key)
  set(package ${CPACK_DEBIAN_${key}_PACKAGE_NAME})
  set(share ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share)
  if(NOT IS_DIRECTORY ${CPACK_TEMPORARY_DIRECTORY}/${component})
    continue()
  endif()
  file(COPY ${CMAKE_CURRENT_LIST_DIR}/copyright DESTINATION ${share}/doc/${package}
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  # The licence is in it.
  file(REMOVE ${share}/doc/${package}/LICENSE)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog.in
    ${CPACK_TEMPORARY_DIRECTORY}/changelog.${component} @ONLY)
  file(COPY ${CPACK_TEMPORARY_DIRECTORY}/changelog.${component}
    DESTINATION ${share}/doc/${package}
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  file(RENAME ${share}/doc/${package}/changelog.${component}
    ${share}/doc/${package}/changelog)
  file(REMOVE ${share}/doc/${package}/changelog.gz)
  execute_process(COMMAND gzip -9n ${share}/doc/${package}/changelog
    COMMAND_ERROR_IS_FATAL ANY)
  if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/${package}.lintian-overrides)
    configure_file(${CMAKE_CURRENT_LIST_DIR}/${package}.lintian-overrides
      ${share}/lintian/overrides/${package} COPYONLY
      FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  endif()
endforeach()
