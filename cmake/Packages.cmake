# .deb and .rpm of what `cmake --install` installs, made by scripts/packages.sh. deploy/packages has their scripts.
# Two runs, in different folders at different times, make the same bytes (tests/packages).
set(CPACK_PACKAGE_NAME bao-kms-provider)
if(BAOKMS_WITH_PKCS11)
  set(CPACK_PACKAGE_NAME bao-kms-provider-pkcs11)
endif()
# Where Debian looks for it.
install(FILES ${PROJECT_SOURCE_DIR}/deploy/packages/copyright
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_PACKAGE_NAME})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "bao-kms-provider developers")
set(CPACK_PACKAGE_CONTACT "bao-kms-provider developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Kubernetes KMS v2 provider for OpenBao Transit")
set(CPACK_PACKAGE_DESCRIPTION "Runs on each control-plane node and encrypts the data keys of kube-apiserver
with a key that stays in OpenBao. It does nothing until
/etc/openbao-kms/config.yaml exists.")

# Everything below its final path, whatever the prefix of the build, with modes that no umask changes.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_VERBATIM_VARIABLES ON)

set(debian_architecture ${BAOKMS_DEBIAN_ARCHITECTURE})
if(NOT CMAKE_CROSSCOMPILING)
  execute_process(COMMAND dpkg --print-architecture
    OUTPUT_VARIABLE debian_architecture OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${debian_architecture})
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# auth.jwt.source oauth2 without a caCertFile trusts the system's CAs.
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
if(BAOKMS_WITH_PKCS11)
  set(CPACK_DEBIAN_PACKAGE_CONFLICTS bao-kms-provider)
  set(CPACK_DEBIAN_PACKAGE_REPLACES bao-kms-provider)
  set(CPACK_DEBIAN_PACKAGE_PROVIDES bao-kms-provider)
endif()
if(NOT BAOKMS_SELF_CONTAINED)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_STRIP_FILES ON)
  # Of others, only what comes from headers is in the program.
  set(licenses ${PROJECT_BINARY_DIR}/third-party-licenses.txt)
  file(WRITE ${licenses} "bao-kms-provider contains code of the headers of these packages of Debian 12:\n")
  foreach(package libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev)
    file(READ /usr/share/doc/${package}/copyright license)
    file(APPEND ${licenses} "\n==== ${package}\n\n${license}")
  endforeach()
  install(FILES ${licenses} DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
set(scripts ${PROJECT_SOURCE_DIR}/deploy/packages)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${scripts}/deb/conffiles ${scripts}/deb/postinst ${scripts}/deb/prerm
  ${scripts}/deb/postrm)

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_ARCHITECTURE ${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_RPM_PACKAGE_DESCRIPTION ${CPACK_PACKAGE_DESCRIPTION})
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_PACKAGE_REQUIRES ca-certificates)
set(CPACK_RPM_PACKAGE_AUTOREQPROV no)  # one static program
set(CPACK_RPM_COMPRESSION_TYPE xz)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${scripts}/rpm/post)
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${scripts}/rpm/preun)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${scripts}/rpm/postun)
set(CPACK_RPM_USER_FILELIST "%config(noreplace) %attr(0640,root,root) /etc/openbao-kms/environment")
# Nothing but files is ours: the directories belong to other packages, or to tmpfiles.d.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
  /etc /etc/openbao-kms /usr/lib/systemd /usr/lib/systemd/system /usr/lib/sysusers.d /usr/lib/tmpfiles.d
  /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/fish
  /usr/share/fish/vendor_completions.d /usr/share/man /usr/share/man/man5 /usr/share/man/man8
  /usr/share/zsh /usr/share/zsh/site-functions)
# What is installed is packed as it is: no stripping, no compression of man pages. Times and the host of the build are
# left out of the header.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define __os_install_post %{nil}
%define _build_id_links none
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _buildhost localhost")

set(CPACK_GENERATOR DEB)
if(BAOKMS_SELF_CONTAINED)
  list(APPEND CPACK_GENERATOR RPM)  # the other one needs Debian 12's libraries
endif()

# The time of everything in a package: SOURCE_DATE_EPOCH, else what the program was built with, which is the
# commit's.
file(WRITE ${PROJECT_BINARY_DIR}/package_time.cmake "if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  set(ENV{SOURCE_DATE_EPOCH} \"${baokms_epoch}\")
endif()
")
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_BINARY_DIR}/package_time.cmake)
# Times of files that are older than that as well.
file(WRITE ${PROJECT_BINARY_DIR}/package_files_time.cmake "execute_process(COMMAND_ERROR_IS_FATAL ANY
  COMMAND find \${CPACK_TEMPORARY_DIRECTORY} -exec touch --no-dereference --date=@\$ENV{SOURCE_DATE_EPOCH} {} +)
")
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_BINARY_DIR}/package_files_time.cmake)
include(CPack)
