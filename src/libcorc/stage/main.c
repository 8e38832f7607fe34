/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nsenter and init program: takes a plan, runs its ops, becomes the user's process.
 * argv[1]: the numbers of the fds in the slots, separated by commas, "-" for an empty slot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/process.h"

static corc_op_function *const op_functions[CORC_OP_MAX_] = {
	[CORC_OP_AFFINITY] = corc_op_affinity,
	[CORC_OP_OOM_SCORE_ADJ] = corc_op_oom_score_adj,
	[CORC_OP_HOST_PROC] = corc_op_host_proc,
	[CORC_OP_JOIN] = corc_op_join,
	[CORC_OP_SETNS] = corc_op_setns,
	[CORC_OP_RLIMIT] = corc_op_rlimit,
	[CORC_OP_CLONE] = corc_op_clone,
	[CORC_OP_MAP_IDS] = corc_op_map_ids,
	[CORC_OP_WAIT_PLACED] = corc_op_wait_placed,
	[CORC_OP_UNSHARE] = corc_op_unshare,
	[CORC_OP_TIME_OFFSETS] = corc_op_time_offsets,
	[CORC_OP_NET_DEVICES] = corc_op_net_devices,
	[CORC_OP_PROPAGATION] = corc_op_propagation,
	[CORC_OP_ROOTFS] = corc_op_rootfs,
	[CORC_OP_MOUNT] = corc_op_mount,
	[CORC_OP_ATTACH] = corc_op_attach,
	[CORC_OP_REMOUNT] = corc_op_remount,
	[CORC_OP_MOUNT_READONLY] = corc_op_mount_readonly,
	[CORC_OP_UNMOUNT] = corc_op_unmount,
	[CORC_OP_DEVICE] = corc_op_device,
	[CORC_OP_SYMLINK] = corc_op_symlink,
	[CORC_OP_CONSOLE] = corc_op_console,
	[CORC_OP_HOSTNAME] = corc_op_hostname,
	[CORC_OP_DOMAINNAME] = corc_op_domainname,
	[CORC_OP_PROC] = corc_op_proc,
	[CORC_OP_SYSCTL] = corc_op_sysctl,
	[CORC_OP_HOOK_STATE] = corc_op_hook_state,
	[CORC_OP_HOOK] = corc_op_hook,
	[CORC_OP_MASK] = corc_op_mask,
	[CORC_OP_READONLY] = corc_op_readonly,
	[CORC_OP_ROOT_READONLY] = corc_op_root_readonly,
	[CORC_OP_PIVOT] = corc_op_pivot,
	[CORC_OP_CHROOT] = corc_op_chroot,
	[CORC_OP_SESSION] = corc_op_session,
	[CORC_OP_CONTROLLING_TERMINAL] = corc_op_controlling_terminal,
	[CORC_OP_MAKE_CWD] = corc_op_make_cwd,
	[CORC_OP_LABEL] = corc_op_label,
	[CORC_OP_KEYRING] = corc_op_keyring,
	[CORC_OP_PERSONALITY] = corc_op_personality,
	[CORC_OP_MEMORY_POLICY] = corc_op_memory_policy,
	[CORC_OP_IDENTITY] = corc_op_identity,
	[CORC_OP_CHDIR] = corc_op_chdir,
	[CORC_OP_ENVIRONMENT] = corc_op_environment,
	[CORC_OP_HOME] = corc_op_home,
	[CORC_OP_LOOKUP] = corc_op_lookup,
	[CORC_OP_SECCOMP] = corc_op_seccomp,
	[CORC_OP_DROP_SYS_ADMIN] = corc_op_drop_sys_admin,
	[CORC_OP_READY] = corc_op_ready,
	[CORC_OP_WAIT_START] = corc_op_wait_start,
	[CORC_OP_CLONE_VISIBLE] = corc_op_clone_visible,
	[CORC_OP_EXEC] = corc_op_exec,
};

/* "7,8,-,9" into slots; false when it is not that. */
static bool read_slots(const char *text, int slots[CORC_SLOT_MAX])
{
	for (int i = 0; i < CORC_SLOT_MAX; i++)
		slots[i] = CORC_NO_FD;
	for (int i = 0; i < CORC_SLOT_MAX; i++) {
		if (*text == '-') {
			text++;
		} else {
			int fd = 0;

			if (*text < '0' || *text > '9')
				return false;
			for (; *text >= '0' && *text <= '9' && fd < 1000000; text++)
				fd = fd * 10 + (*text - '0');
			slots[i] = fd;
		}
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
	return false;
}

static int map_plan(struct corc_stage *stage)
{
	struct stat status;
	int fd = stage->slots[CORC_SLOT_PLAN];

	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size <= 0 || status.st_size > CORC_PLAN_MAX)
		return -EBADMSG;
	/* Private and writable: op_list turns string lists into vectors in place. */
	void *plan = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	if (plan == MAP_FAILED)
		return -errno;
	int r = corc_plan_check(plan, (size_t)status.st_size);

	if (r < 0)
		return r;
	stage->plan = plan;
	corc_stage_close_slot(stage, CORC_SLOT_PLAN);
	return 0;
}

/*
 * The caller may ignore signals or have them blocked; the user's process begins with none of
 * that. The umask is 0 so that files get the modes that the plan says.
 */
static void reset_process(void)
{
	corc_reset_signals();
	(void)umask(0);
}

static int run_ops(struct corc_stage *stage)
{
	const struct corc_op *ops = corc_plan_ops(stage->plan);
	int r = corc_close_range(3 + stage->plan->preserve_fds, ~0u, CORC_CLOSE_RANGE_CLOEXEC);

	if (r < 0)
		return r;
	for (stage->op = 0; stage->op < stage->plan->op_count; stage->op++) {
		r = op_functions[ops[stage->op].kind](stage, &ops[stage->op]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Set here and not in the image, which is copied for every start. */
static void begin(struct corc_stage *stage)
{
	int *const fds[] = {&stage->report, &stage->root, &stage->dev, &stage->host_proc,
		&stage->proc, &stage->pid_namespace, &stage->empty, &stage->null, &stage->console,
		&stage->hook_state};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		*fds[i] = CORC_NO_FD;
}

int main(int argc, char **argv)
{
	static struct corc_stage stage;
	char *vectors[CORC_STAGE_VECTORS];
	int r;

	/* Before any namespace is entered: nobody in there may trace this process. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	begin(&stage);
	if (argc != 2 || !read_slots(argv[1], stage.slots))
		return 1;
	stage.report = stage.slots[CORC_SLOT_CHANNEL];
	stage.vectors = vectors;
	stage.vector_count = CORC_STAGE_VECTORS;
	(void)prctl(PR_SET_NAME, "corc:[init]", 0, 0, 0);
	reset_process();
	stage.detail = CORC_DETAIL_PLAN;
	r = map_plan(&stage);
	if (r == 0 && stage.plan) {
		stage.detail = CORC_DETAIL_NONE;
		r = run_ops(&stage);
		if (r < 0)
			corc_stage_undo_mounts(&stage);
	}
	corc_stage_report(&stage, -r);
	return 1;
}
