# SPDX-License-Identifier: Apache-2.0
glacis_test(test_report SOURCES report_test.cpp LINKS glacis_report)
target_compile_definitions(test_report PRIVATE GLACIS_SOURCE="${CMAKE_SOURCE_DIR}")
