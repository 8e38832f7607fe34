/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup namespaces for processes that are elsewhere. Layer: run; the parent process. */
#ifndef CORC_RUN_CGROUP_NAMESPACE_H
#define CORC_RUN_CGROUP_NAMESPACE_H

/*
 * A cgroup namespace whose root is this directory of cgroup v2 (cgroup_namespaces(7): the root is
 * the cgroup of its maker, who is born and ends there). Its fd, or -errno.
 */
int corc_cgroup_namespace_make(int directory_fd);

#endif
