/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a container lies outside of it: mounts from the host, standard streams. Layer:
 * checkpoint; the parent process.
 *
 * CRIU knows these things by keys that are in the image. Ours hold no text of an image or a bundle:
 * CRIU takes its own words apart at "]:", and a path with that in it would name another directory
 * of the host (CVE-2026-115520).
 */
#ifndef CORC_CHECKPOINT_EXTERNAL_H
#define CORC_CHECKPOINT_EXTERNAL_H

#include "checkpoint/criu.h"
#include "plan/compile.h"

/* Of the null device over masked files. */
#define CORC_MASK_KEY "mask"
/* Of the container's own cgroup, where a version 2 file system is mounted. */
#define CORC_CGROUP_KEY "cgroup"
/* Of namespaces that were joined by path. */
#define CORC_EXTERNAL_NETWORK "extRootNetNS"
#define CORC_EXTERNAL_PID "extRootPidNS"

/*
 * The key of a bind mount of a plan, "bind-0123456789abcdef-0": made of the hash of its
 * destination, so that it is the same in every configuration that has one there. NULL: no memory.
 */
const char *corc_bind_key(struct corc_arena *arena, const struct corc_plan *plan, size_t bind);

/* Whether a mount shows the container's cgroups. */
bool corc_is_cgroup_mount(const struct corc_spec_mount *mount);

/*
 * The bind mounts, masked files and cgroups of a running container, each by its mount point with
 * its key. EINVAL: a mount point that cannot be named to CRIU.
 */
int corc_external_mounts(struct corc_arena *arena, const struct corc_plan *plan,
	const struct corc_spec *spec, pid_t pid, struct corc_criu_pairs *mounts,
	struct corc_error *error);

#define CORC_STREAMS 3

/* descriptors.json in the folder of images, an array: what 0, 1 and 2 were. */
struct corc_streams {
	const char *names[CORC_STREAMS]; /* "pipe:[1234]", "file[1f:3]", "/dev/pts/0" */
};

/*
 * What the standard streams of a process are. Files that lie outside of its mount namespace get a
 * name by which CRIU leaves them out, and are added to `external`.
 */
int corc_streams_of(struct corc_arena *arena, pid_t pid, struct corc_streams *ret_streams,
	struct corc_string_array *external, struct corc_error *error);

int corc_streams_write(int images, const struct corc_streams *streams, struct corc_error *error);

/* ENOENT: the folder has no descriptors.json. */
int corc_streams_read(struct corc_arena *arena, int images, const char *image_path,
	struct corc_streams *ret_streams, struct corc_error *error);

/* Whether a stream is taken over from the caller of restore. */
bool corc_stream_is_external(const char *name);

/*
 * Makes the directory or empty file that is mounted on, inside the root file system, unless it is
 * there. Never leaves the root.
 */
int corc_mount_target_make(int root, const char *path, bool is_directory);

#endif
