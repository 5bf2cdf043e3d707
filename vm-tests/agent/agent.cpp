// SPDX-License-Identifier: Apache-2.0
// glacis-agent: attaches agent.bpf.c, says "ready", and stays until it is ended.
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cstdio>

#include "agent.skel.h"

int main()
{
	agent_bpf *agent = agent_bpf__open_and_load();
	if (agent == nullptr || agent_bpf__attach(agent) != 0) {
		std::perror("glacis-agent");
		return 1;
	}
	std::puts("ready");
	std::fflush(stdout);
	for (;;)
		::pause();
}
