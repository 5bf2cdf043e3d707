# SPDX-License-Identifier: Apache-2.0
# glacis_library(<folder-name> SOURCES ... LINKS ...) makes one static library a
# folder that links only what it names, so that a wrong include fails to link.

add_library(glacis_options INTERFACE)
target_include_directories(glacis_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(glacis_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Wno-missing-field-initializers
  -fstack-protector-strong
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:RelWithDebInfo>>:-g1>) # lines and functions; variables cost 40 % more time
if(GLACIS_WERROR)
  target_compile_options(glacis_options INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT GLACIS_SANITIZE)
  target_compile_definitions(glacis_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(GLACIS_SANITIZE)
  target_compile_options(glacis_options INTERFACE
    -fsanitize=${GLACIS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(glacis_options INTERFACE -fsanitize=${GLACIS_SANITIZE})
endif()

function(glacis_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(glacis_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(glacis_${name} PUBLIC glacis_options ${ARG_LINKS})
endfunction()

# What the sanitised tests run: no command, no guest program.
add_custom_target(unit_tests)

function(glacis_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  set(left_out "")
  if(NOT GLACIS_UNIT_TESTS)
    set(left_out EXCLUDE_FROM_ALL)
  endif()
  add_executable(${name} ${left_out} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gtest_main)
  add_dependencies(unit_tests ${name})
  # A test runs for less time than -O2 takes, and -O1 with sanitisers.
  if(GLACIS_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
    target_compile_definitions(${name} PRIVATE GLACIS_SANITISED)
  else()
    target_compile_options(${name} PRIVATE -O1)
  endif()
  if(GLACIS_UNIT_TESTS)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
endfunction()
