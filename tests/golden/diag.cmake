# SPDX-License-Identifier: Apache-2.0
add_executable(golden_diag diag_golden.cpp)
target_link_libraries(golden_diag PRIVATE glacis_profile)
add_test(NAME golden_diag COMMAND golden_diag tests/golden/diag
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})

# Debian's interpreter: another one may lack its python3-jsonschema.
find_program(GLACIS_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(GLACIS_PYTHON)
  add_test(NAME golden_schema COMMAND ${GLACIS_PYTHON} tests/golden/schema_test.py
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(golden_schema PROPERTIES SKIP_RETURN_CODE 77)
endif()
