/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CRIU that does one thing for us. Layer: checkpoint; the parent process. corc and `criu swrk 3`:
 *
 *     VERSION, FEATURE_CHECK         ──►   what it is and can, before anything is touched
 *                                    ◄──
 *     DUMP, PRE_DUMP or RESTORE      ──►
 *     NOTIFY script, pid [fd]        ◄──   as often as it likes, and it waits for the answer
 *     NOTIFY success or not          ──►
 *     the result                     ◄──
 *
 * One packet a message (CRIU's rpc.proto) over a seqpacket pair. The waits have no deadline of
 * their own: a gigabyte takes as long as it takes. They end with CRIU.
 */
#ifndef CORC_CHECKPOINT_CRIU_H
#define CORC_CHECKPOINT_CRIU_H

#include <corc/corc.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/json_reader.h"

/* The oldest that is talked to: it knows every option of its own that corc has one for. */
#define CORC_CRIU_OLDEST 31700 /* 3.17 */
#define CORC_CRIU_OLDEST_TEXT "3.17"

/* The file with more options in the new process: by its path it may be hidden there. */
#define CORC_CRIU_CONFIG "/proc/self/fd/5"
/* The first of the fds of corc_criu_launch in the new process. */
#define CORC_CRIU_FIRST_FD 6
#define CORC_CRIU_FDS_MAX 16

/* In the private mount namespace of a restore: /tmp is a small tmpfs that holds these. */
#define CORC_CRIU_STAGING "/tmp"

/* A detached tree that is attached as CORC_CRIU_STAGING/NAME. */
struct corc_criu_place {
	const char *name;
	int tree;
	bool is_directory;
};

struct corc_criu_launch {
	const char *program; /* absolute */
	int input, output;   /* its standard ones; negative: /dev/null */
	int config;          /* becomes CORC_CRIU_CONFIG; negative: none */
	const int *fds;      /* become CORC_CRIU_FIRST_FD and the following */
	size_t fd_count;
	/* For restore: NULL, and CRIU is in the mount namespace of the caller. */
	const struct corc_criu_place *places;
	size_t place_count;
	/* The cgroup namespace for CRIU, or NULL. */
	const int *cgroup_namespace;
	/*
	 * Without one cgroup.procs of the container's cgroups and of the caller's: CRIU makes its
	 * cgroup namespace in the first and is in the second again when it begins.
	 */
	const int *cgroups, *own_cgroups;
	size_t cgroup_count, own_cgroup_count;
};

struct corc_criu {
	pid_t pid;
	int pidfd;
	int socket;
	int messages; /* what it wrote to its standard error, a memfd */
	int version;  /* 41101 for 4.11.1 */
};

#define CORC_CRIU_EMPTY                                                           \
	{                                                                         \
		.pidfd = CORC_NO_FD, .socket = CORC_NO_FD, .messages = CORC_NO_FD \
	}

int corc_criu_start(const struct corc_criu_launch *launch, struct corc_criu *ret_criu,
	struct corc_error *error);

/* Ends it, if it is still there. Accepts an empty one. */
void corc_criu_end(struct corc_criu *criu);

struct corc_criu_needs {
	bool memory_tracking, lazy_pages;
};

/* ENOTSUP: it is too old, or the kernel or CRIU has not what is needed. */
int corc_criu_check(struct corc_criu *criu, const struct corc_criu_needs *needs,
	uint32_t deadline_ms, struct corc_error *error);

enum corc_criu_verb { CORC_CRIU_DUMP, CORC_CRIU_PRE_DUMP, CORC_CRIU_RESTORE };

/* Two words that belong together. */
struct corc_criu_pair {
	const char *key;
	const char *value;
};

struct corc_criu_pairs {
	struct corc_criu_pair *items;
	size_t count, capacity;
};

int corc_criu_pairs_add(struct corc_arena *arena, struct corc_criu_pairs *pairs, const char *key,
	const char *value);

/* An fd of CRIU that takes the place of what an image calls `key`. */
struct corc_criu_inherit {
	const char *key;
	int fd;
};

struct corc_criu_request {
	enum corc_criu_verb verb;
	const struct corc_criu_options *options;
	const struct corc_checkpoint_options *checkpoint; /* dump and pre-dump, else NULL */
	const struct corc_restore_options *restore;       /* restore, else NULL */
	int images, work;                                 /* folders, fds of the caller */
	pid_t pid;                                        /* dump: of the container */
	const char *root;
	const char *log_file;
	const char *config_file;   /* NULL: none */
	const char *freeze_cgroup; /* NULL: CRIU stops processes one by one */
	const char *cgroup_yard;   /* holds the cgroup2 mount as "unified"; NULL: CRIU mounts one */
	const char *page_address;  /* NULL: none */
	uint16_t page_port;
	struct corc_criu_pairs mounts;             /* dump: mount point, key; restore: key, path */
	struct corc_criu_pairs namespaces;         /* restore: "ipc", path of one to join */
	struct corc_criu_pairs cgroups;            /* restore: controllers, path */
	struct corc_string_array external;         /* "net[INODE]:KEY" */
	const struct corc_criu_inherit *inherited; /* restore */
	size_t inherited_count;
};

struct corc_criu_handler {
	/* CRIU waits meanwhile. fd: what came with it, owned by the caller of this; or negative. */
	int (*notify)(void *data, const char *script, pid_t pid, int fd, struct corc_error *error);
	/*
	 * Called a few times a second while nothing is said: a number that changes as long as
	 * something is being done.
	 */
	uint64_t (*progress)(void *data);
	uint32_t deadline_ms; /* that it may stay the same; 0: for ever */
	void *data;
};

/*
 * How much a process has read so far; 0 when that cannot be known. What it has written says
 * nothing: a CRIU that goes in circles writes that into its log.
 */
uint64_t corc_read_bytes(pid_t pid);

/*
 * Has CRIU do it. What `notify` failed with is what this fails with. ECANCELED: CRIU failed and
 * says why in its log.
 */
int corc_criu_perform(struct corc_criu *criu, const struct corc_criu_request *request,
	const struct corc_criu_handler *handler, struct corc_error *error);

/*
 * The errors in a log of CRIU, in the error's message, with the log's path: the last few that are
 * no consequence of others. `context`, the arena's, has them with the lines before; "" when there
 * is no log.
 */
int corc_criu_explain(struct corc_arena *arena, int work, const char *log_path,
	const struct corc_criu *criu, const char **ret_context, struct corc_error *error);

#endif
