# SPDX-License-Identifier: Apache-2.0
glacis_test(test_sim SOURCES sim_event_test.cpp LINKS glacis_test_oracle)
