# SPDX-License-Identifier: Apache-2.0
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

# The oracle and the random profiles, also for the fuzzers and benchmarks.
add_library(glacis_test_oracle STATIC
  ${CMAKE_SOURCE_DIR}/tests/unit/oracle.cpp ${CMAKE_SOURCE_DIR}/tests/unit/generate.cpp)
target_link_libraries(glacis_test_oracle PUBLIC glacis_image glacis_sim glacis_options)

glacis_test(test_image
  SOURCES
    image_pattern_test.cpp image_automaton_test.cpp image_network_test.cpp image_builder_test.cpp
    image_reader_test.cpp image_hooks_test.cpp image_sourcemap_test.cpp image_explain_test.cpp
  LINKS glacis_test_oracle)
