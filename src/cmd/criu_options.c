/* SPDX-License-Identifier: Apache-2.0 */
/* What checkpoint and restore take from the command line alike. Layer: cmd; the parent process. */
#include "cmd/criu_options.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "cmd/host_program.h"

struct word {
	const char *name;
	int value;
};

static int find_word(const char *option, const char *given, const struct word *words, size_t count,
	int *ret_value, struct corc_error *error)
{
	if (given == NULL)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i].name, given) == 0) {
			*ret_value = words[i].value;
			return 0;
		}
	}
	return corc_fail(error, EINVAL, "invalid %s: %s", option, given);
}

int corc_criu_options_finish(struct corc_criu_options *criu, const struct corc_criu_words *words,
	char program[PATH_MAX], struct corc_error *error)
{
	static const struct word modes[] = {
		{"ignore", CORC_CRIU_CGROUPS_IGNORE},
		{"soft", CORC_CRIU_CGROUPS_SOFT},
		{"full", CORC_CRIU_CGROUPS_FULL},
		{"strict", CORC_CRIU_CGROUPS_STRICT},
	};
	static const struct word locks[] = {
		{"iptables", CORC_CRIU_NETWORK_LOCK_IPTABLES},
		{"nftables", CORC_CRIU_NETWORK_LOCK_NFTABLES},
		{"skip", CORC_CRIU_NETWORK_LOCK_SKIP},
	};
	static const struct word namespaces[] = {{"network", true}};
	int cgroups = CORC_CRIU_CGROUPS_IGNORE;
	int lock = CORC_CRIU_NETWORK_LOCK_DEFAULT;
	int empty_network = false;
	int result = find_word("manage-cgroups-mode", words->cgroups_mode, modes, CORC_COUNT(modes),
		&cgroups, error);

	if (result == 0)
		result = find_word("network-lock", words->network_lock, locks, CORC_COUNT(locks),
			&lock, error);
	if (result == 0)
		result = find_word("empty-ns", words->empty_namespace, namespaces,
			CORC_COUNT(namespaces), &empty_network, error);
	if (result == 0)
		result = corc_host_program_find("criu", program, error);
	if (result < 0)
		return result;
	criu->cgroups = (enum corc_criu_cgroups)cgroups;
	criu->network_lock = (enum corc_criu_network_lock)lock;
	criu->empty_network = empty_network != 0;
	criu->program = program;
	return 0;
}
