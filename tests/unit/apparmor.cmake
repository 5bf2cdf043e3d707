# SPDX-License-Identifier: Apache-2.0
if(TARGET glacis_kernel)
  find_package(CLI11 REQUIRED)
  glacis_test(test_apparmor SOURCES apparmor_test.cpp ${CMAKE_SOURCE_DIR}/manager/cli/backend.cpp
    ${CMAKE_SOURCE_DIR}/manager/cli/output.cpp
    LINKS glacis_apparmor glacis_kernel glacis_export glacis_import CLI11::CLI11 nlohmann_json::nlohmann_json)
endif()
