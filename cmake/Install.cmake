# What `cmake --install` puts where. A release's program is stripped already; its symbols are the component "debug",
# which only `--component debug` installs.
include(GNUInstallDirs)
# Whatever the umask is.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(made ${PROJECT_BINARY_DIR}/reference)

install(TARGETS bao-kms-provider RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(FILES ${made}/man/man8/bao-kms-provider.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES ${made}/man/man5/bao-kms-provider.yaml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${made}/completions/bao-kms-provider
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${made}/completions/_bao-kms-provider
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${made}/completions/bao-kms-provider.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(PROGRAMS ${PROJECT_SOURCE_DIR}/deploy/kubernetes/rewrite-objects.sh
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bao-kms-provider)
# Examples all: nothing loads a profile, a rule or a dashboard from here.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/apparmor ${PROJECT_SOURCE_DIR}/deploy/examples
  ${PROJECT_SOURCE_DIR}/deploy/grafana ${PROJECT_SOURCE_DIR}/deploy/prometheus
  DESTINATION ${CMAKE_INSTALL_DOCDIR}
  PATTERN "*.test.yaml" EXCLUDE)

# The only file in /etc. One that is there is the administrator's.
install(CODE "if(NOT EXISTS \"\$ENV{DESTDIR}${CMAKE_INSTALL_FULL_SYSCONFDIR}/openbao-kms/environment\")
  file(INSTALL \"${PROJECT_SOURCE_DIR}/deploy/systemd/environment\"
    DESTINATION \"${CMAKE_INSTALL_FULL_SYSCONFDIR}/openbao-kms\"
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
endif()")

if(BAOKMS_SELF_CONTAINED)
  install(FILES ${PROJECT_BINARY_DIR}/third-party-licenses.txt DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES $<TARGET_FILE:bao-kms-provider>.debug
    DESTINATION lib/debug${CMAKE_INSTALL_FULL_BINDIR}
    COMPONENT debug EXCLUDE_FROM_ALL)
endif()
