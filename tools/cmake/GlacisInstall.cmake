# SPDX-License-Identifier: Apache-2.0
# What is installed where, and Debian packages of it: `cpack` in the build folder makes them. Nothing that is installed
# starts enforcing by itself.
include(GNUInstallDirs)
set(packaging ${CMAKE_SOURCE_DIR}/tools/packaging)
set(units lib/systemd/system)

if(TARGET glacis)
  install(TARGETS glacis DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT glacis)
  install(FILES tools/completions/glacis.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME glacis COMPONENT glacis)
  install(FILES tools/completions/_glacis DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT glacis)
  install(DIRECTORY ${packaging}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/glacis COMPONENT glacis)
  install(FILES tools/dashboards/glacis.json DESTINATION ${CMAKE_INSTALL_DATADIR}/glacis/dashboards COMPONENT glacis)
  install(FILES tools/completions/glacis.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
    COMPONENT glacis)
endif()
if(TARGET glacisd)
  install(TARGETS glacisd DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT glacisd)
  foreach(unit glacisd.service glacis-early.service glacis-notify.service)
    configure_file(${packaging}/${unit}.in ${CMAKE_BINARY_DIR}/packaging/${unit} @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/packaging/${unit} DESTINATION ${units} COMPONENT glacisd)
  endforeach()
  install(FILES ${packaging}/glacis.toml DESTINATION /etc/glacis COMPONENT glacisd)
  install(FILES manager/daemon/org.glacis.control.varlink DESTINATION ${CMAKE_INSTALL_DATADIR}/glacis
    COMPONENT glacisd)
endif()
install(FILES profiles/nginx.toml profiles/redis.toml DESTINATION ${CMAKE_INSTALL_DATADIR}/glacis/profiles
  COMPONENT profiles)
install(DIRECTORY profiles/abstractions DESTINATION ${CMAKE_INSTALL_DATADIR}/glacis COMPONENT profiles)
install(FILES profiles/schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/glacis/schema COMPONENT profiles)

find_program(SCDOC scdoc)
if(SCDOC)
  foreach(page glacis.1 glacis-profile.5 glacis-events.5 glacisd.8 glacis.conf.5 glacis.toml.5 glacis-oci-hook.8)
    set(made ${CMAKE_BINARY_DIR}/man/${page}.gz)
    add_custom_command(OUTPUT ${made}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
      COMMAND sh -c "'${SCDOC}' <'${CMAKE_SOURCE_DIR}/tools/man/${page}.scd' | gzip -9n >'${made}'"
      DEPENDS tools/man/${page}.scd VERBATIM)
    list(APPEND pages ${made})
    string(REGEX MATCH "[0-9]$" section ${page})
    set(component glacis)
    if(page MATCHES "glacisd|conf|toml")
      set(component glacisd)
    elseif(page MATCHES "oci")
      set(component oci)
    endif()
    install(FILES ${made} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
  endforeach()
  add_custom_target(glacis_man ALL DEPENDS ${pages})
endif()

set(components glacis glacisd profiles tests oci)
set(changelog ${CMAKE_BINARY_DIR}/packaging/changelog.gz)
add_custom_command(OUTPUT ${changelog}
  COMMAND sh -c "gzip -9nc '${packaging}/changelog' >'${changelog}'" DEPENDS ${packaging}/changelog VERBATIM)
add_custom_target(glacis_changelog ALL DEPENDS ${changelog})
foreach(component ${components})
  set(package glacis-${component})
  if(component MATCHES "^glacis")
    set(package ${component})
  endif()
  string(TOUPPER ${component} name)
  set(CPACK_DEBIAN_${name}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${name}_FILE_NAME DEB-DEFAULT)
  install(FILES ${packaging}/copyright ${changelog} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
    COMPONENT ${component})
endforeach()
set(overrides ${CMAKE_INSTALL_DATADIR}/lintian/overrides)
install(FILES ${packaging}/lintian/glacis DESTINATION ${overrides} COMPONENT glacis)
install(FILES ${packaging}/lintian/glacis-tests DESTINATION ${overrides} COMPONENT tests)
set(scripts ${packaging}/glacisd.deb)
set(CPACK_DEBIAN_GLACISD_PACKAGE_CONTROL_EXTRA
  ${scripts}/postinst ${scripts}/prerm ${scripts}/postrm ${scripts}/conffiles)
set(CPACK_DEBIAN_GLACISD_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# described(<component> <synopsis> <line>...)
function(described component synopsis)
  string(JOIN "\n" text "${synopsis}" ${ARGN})
  set(CPACK_DEBIAN_${component}_DESCRIPTION "${text}" PARENT_SCOPE)
endfunction()
described(GLACIS "confines programs inside the kernel (command)"
  "Glacis confines a service, a container or a command to a profile, with"
  "programs for the kernel's BPF security module. Whatever is outside of the"
  "profile is refused, and each refusal is kept as evidence.")
described(GLACISD "confines programs inside the kernel (service)"
  "The service puts the profiles of a host in force and keeps the evidence. It"
  "does neither before it is enabled.")
described(PROFILES "confines programs inside the kernel (profiles)"
  "Profiles of servers, and the abstractions that profiles include.")
described(OCI "confines programs inside the kernel (containers)"
  "A hook of runc and crun, and a runtime for engines that know no hooks, which"
  "put a container under a profile before its first instruction.")
described(TESTS "confines programs inside the kernel (self-test)"
  "The known attacks that \"glacis selftest\" tries in a scratch domain.")
set(CPACK_DEBIAN_GLACIS_PACKAGE_RECOMMENDS libcurl4)  # loaded by webhooks only
set(CPACK_DEBIAN_GLACIS_PACKAGE_SUGGESTS apparmor)    # where it enforces in BPF's place
set(CPACK_DEBIAN_GLACISD_PACKAGE_DEPENDS "glacis (= ${PROJECT_VERSION}), glacis-profiles, passwd")
set(CPACK_DEBIAN_OCI_PACKAGE_DEPENDS "glacis (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "Glacis maintainers <packages@glacis.example>")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL ${components})
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
include(CPack)
