/* SPDX-License-Identifier: Apache-2.0 */
/* A request in CRIU's own form. Layer: checkpoint; the parent process. */
#ifndef CORC_CHECKPOINT_CRIU_REQUEST_H
#define CORC_CHECKPOINT_CRIU_REQUEST_H

#include "checkpoint/criu.h"

#ifdef HAVE_CRIU
#	include "checkpoint/rpc.pb-c.h"

CriuReqType corc_criu_request_type(enum corc_criu_verb verb);

/* Puts the message together and gives it to `send`. */
int corc_criu_request_send(struct corc_criu *criu, const struct corc_criu_request *request,
	int (*send)(struct corc_criu *criu, const CriuReq *message, struct corc_error *error),
	struct corc_error *error);
#endif

#endif
