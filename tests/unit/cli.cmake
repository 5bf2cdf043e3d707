# SPDX-License-Identifier: Apache-2.0
glacis_test(test_cli SOURCES cli_threats_test.cpp cli_top_test.cpp cli_output_test.cpp
  ${CMAKE_SOURCE_DIR}/manager/cli/threats.cpp
  ${CMAKE_SOURCE_DIR}/manager/cli/top_table.cpp
  ${CMAKE_SOURCE_DIR}/manager/cli/output.cpp
  LINKS glacis_base fmt::fmt nlohmann_json::nlohmann_json)
target_compile_definitions(test_cli PRIVATE GLACIS_SOURCE="${CMAKE_SOURCE_DIR}")
