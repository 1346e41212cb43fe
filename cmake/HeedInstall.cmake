# What `cmake --install` leaves: the core libraries with their headers, and a package for
# find_package(heed).
include_guard()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(libraries heed_base heed_runtime heed_trust heed_trust_files heed_trust_sodium heed_measure
              heed_studio)
set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/heed)

install(TARGETS ${libraries} EXPORT heed ARCHIVE FILE_SET HEADERS)
install(EXPORT heed NAMESPACE heed:: FILE heed-targets.cmake DESTINATION ${folder})
write_basic_package_version_file(heed-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/heed-config.cmake
              ${PROJECT_BINARY_DIR}/heed-config-version.cmake
        DESTINATION ${folder})
