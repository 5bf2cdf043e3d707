# SPDX-License-Identifier: Apache-2.0
glacis_test(test_drill SOURCES drill_scenario_test.cpp drill_outcome_test.cpp drill_report_test.cpp LINKS glacis_drill)
target_compile_definitions(test_drill PRIVATE GLACIS_SOURCE="${CMAKE_SOURCE_DIR}")
