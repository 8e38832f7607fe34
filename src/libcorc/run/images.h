/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What checkpoint and restore share: the folders of CRIU, and its log when it fails. Layer: run;
 * the parent process.
 */
#ifndef CORC_RUN_IMAGES_H
#define CORC_RUN_IMAGES_H

#include "checkpoint/criu.h"
#include "run/bundle.h"

#define CORC_IMAGES_DEFAULT "checkpoint" /* in the working directory */

struct corc_images {
	const char *path; /* absolute */
	int images, work; /* folders, opened */
	const char *log_file, *log_path;
};

#define CORC_IMAGES_EMPTY                                \
	{                                                \
		.images = CORC_NO_FD, .work = CORC_NO_FD \
	}

/*
 * Opens the folders; make: those that are missing are made, 0700. log_file: "dump.log". An older
 * log of that name is removed, so that what is read of it later is of this time.
 */
int corc_images_open(struct corc_arena *arena, const struct corc_criu_options *options, bool make,
	const char *log_file, struct corc_images *ret_images, struct corc_error *error);

/*
 * Lets a group of the host read the images, which is that of the root of a user namespace: CRIU
 * reads them as the owner first and as that root later. Links are left alone.
 */
int corc_images_give(const struct corc_images *images, gid_t gid, struct corc_error *error);

void corc_images_close(struct corc_images *images);

/*
 * Opens the file that CRIU reads more options from: the one in the annotation org.criu.config (""
 * for none), else /etc/criu/corc.conf or /etc/criu/runc.conf when there is one. CORC_NO_FD: none.
 */
int corc_criu_config_open(
	const struct corc_string_map *annotations, int *ret_fd, struct corc_error *error);

/*
 * After CRIU failed: the errors of its log are put into the error, and what led to them into the
 * log of the runtime. Returns -error->code.
 */
int corc_images_explain(struct corc_runtime *runtime, struct corc_arena *arena,
	const struct corc_images *images, const struct corc_criu *criu, struct corc_error *error);

#endif
