# SPDX-License-Identifier: Apache-2.0
if(TARGET glacis)
  add_executable(golden_cli cli_golden.cpp)
  target_link_libraries(golden_cli PRIVATE glacis_base)
  add_test(NAME golden_cli COMMAND golden_cli tests/golden/cli $<TARGET_FILE:glacis>
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endif()
