# SPDX-License-Identifier: Apache-2.0
glacis_test(test_kernel SOURCES kernel_running_test.cpp kernel_layout_test.cpp LINKS glacis_kernel)
