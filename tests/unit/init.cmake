# SPDX-License-Identifier: Apache-2.0
glacis_test(test_init SOURCES init_image_test.cpp init_program_test.cpp LINKS glacis_init glacis_profile)
target_compile_definitions(test_init PRIVATE GLACIS_SOURCE="${CMAKE_SOURCE_DIR}")
