// SPDX-License-Identifier: Apache-2.0
// IPC of System V and of POSIX. An existing object is given as a file that has its number
// in it.
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "act.h"

static int number_in(const char *file)
{
	int number = -1;
	FILE *in = fopen(file, "r");

	if (in && fscanf(in, "%d", &number) != 1)
		number = -1;
	if (in)
		fclose(in);
	return number;
}

static key_t key_of(const char *word) { return (key_t)strtol(word, NULL, 0); }

static void make_memory(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(shmget(key_of(argv[1]), 4096, IPC_CREAT | IPC_EXCL | 0600), "shmget",
		 true, res);
}

static void make_queue(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(msgget(key_of(argv[1]), IPC_CREAT | IPC_EXCL | 0600), "msgget", true,
		 res);
}

static void make_semaphore(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(semget(key_of(argv[1]), 1, IPC_CREAT | IPC_EXCL | 0600), "semget", true,
		 res);
}

static void attach(int argc, char **argv, struct act_result *res)
{
	const void *at = shmat(number_in(argv[1]), NULL, 0);

	(void)argc;
	act_done(at == (void *)-1 ? -1 : 0, "shmat", true, res);
}

static void send_message(int argc, char **argv, struct act_result *res)
{
	const struct {
		long type;
		char text[8];
	} message = {1, "glacis"};

	(void)argc;
	act_done(msgsnd(number_in(argv[1]), &message, sizeof(message.text), IPC_NOWAIT),
		 "msgsnd", true, res);
}

static void raise_semaphore(int argc, char **argv, struct act_result *res)
{
	struct sembuf up = {0, 1, IPC_NOWAIT};

	(void)argc;
	act_done(semop(number_in(argv[1]), &up, 1), "semop", true, res);
}

static void remove_memory(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(shmctl(number_in(argv[1]), IPC_RMID, NULL), "shmctl", true, res);
}

static void remove_queue(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(msgctl(number_in(argv[1]), IPC_RMID, NULL), "msgctl", true, res);
}

static void remove_semaphore(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(semctl(number_in(argv[1]), 0, IPC_RMID), "semctl", true, res);
}

static void open_queue(int argc, char **argv, struct act_result *res)
{
	mqd_t queue = mq_open(argv[1], O_RDWR | O_CREAT, 0600, NULL);

	(void)argc;
	act_done(queue, "mq_open", true, res);
	if (queue >= 0)
		mq_close(queue);
}

static void remove_named_queue(int argc, char **argv, struct act_result *res)
{
	(void)argc;
	act_done(mq_unlink(argv[1]), "mq_unlink", true, res);
}

const struct act act_ipc_table[] = {
    {"ipc.open_queue", "NAME", 1, 1, open_queue},
    {"ipc.remove_named_queue", "NAME", 1, 1, remove_named_queue},
    {"ipc.make_memory", "KEY", 1, 1, make_memory},
    {"ipc.make_queue", "KEY", 1, 1, make_queue},
    {"ipc.make_semaphore", "KEY", 1, 1, make_semaphore},
    {"ipc.attach", "FILE", 1, 1, attach},
    {"ipc.send", "FILE", 1, 1, send_message},
    {"ipc.raise", "FILE", 1, 1, raise_semaphore},
    {"ipc.remove_memory", "FILE", 1, 1, remove_memory},
    {"ipc.remove_queue", "FILE", 1, 1, remove_queue},
    {"ipc.remove_semaphore", "FILE", 1, 1, remove_semaphore},
    {NULL, NULL, 0, 0, NULL},
};
