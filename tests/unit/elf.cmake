# SPDX-License-Identifier: Apache-2.0
glacis_test(test_elf
  SOURCES elf_x86_test.cpp elf_image_test.cpp elf_calls_test.cpp elf_programs_test.cpp
  LINKS glacis_elf)
