/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Release at the end of a scope. Layer: base; every process, the stage too (header only).
 * Each cleaner accepts the empty value and leaves errno alone.
 */
#ifndef CORC_BASE_CLEANUP_H
#define CORC_BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define CORC_NO_FD (-EBADF)

static inline void corc_close_(int fd)
{
	if (fd >= 0) {
		int saved = errno;
		(void)close(fd);
		errno = saved;
	}
}

static inline void corc_cleanup_close_(int *fd)
{
	corc_close_(*fd);
}

static inline void corc_cleanup_free_(void *pointer)
{
	void *memory = *(void **)pointer;
	int saved = errno;

	free(memory);
	errno = saved;
}

/* int CORC_CLOSE fd = CORC_NO_FD; */
#define CORC_CLOSE __attribute__((cleanup(corc_cleanup_close_)))
/* char CORC_FREE *text = NULL; */
#define CORC_FREE __attribute__((cleanup(corc_cleanup_free_)))
#define CORC_CLEANUP(function) __attribute__((cleanup(function)))

/* Hands an fd out of a CORC_CLOSE variable. */
static inline int corc_take_fd(int *fd)
{
	int taken = *fd;

	*fd = CORC_NO_FD;
	return taken;
}

/* Hands a pointer out of a CORC_FREE variable. */
#define corc_take_pointer(variable)                      \
	({                                               \
		__typeof__(variable) *at_ = &(variable); \
		__typeof__(variable) taken_ = *at_;      \
		*at_ = NULL;                             \
		taken_;                                  \
	})

#endif
