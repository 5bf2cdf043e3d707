# SPDX-License-Identifier: Apache-2.0
find_program(GLACIS_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(GLACIS_PYTHON)
  add_test(NAME golden_falco COMMAND ${GLACIS_PYTHON} tests/golden/falco_test.py
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME golden_threats COMMAND ${GLACIS_PYTHON} tools/threat-table --check
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endif()
