/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration's device rules and the built-in ones. Layer: plan; the parent process only;
 * pure.
 */
#include "plan/cgroup_device_rules.h"

#include <errno.h>
#include <string.h>

#define BUILT_IN(kind, number, sub_number, letters)                                 \
	{                                                                           \
		.allow = true, .built_in = true, .type = (kind), .major = (number), \
		.minor = (sub_number), .access = (letters)                          \
	}

/*
 * What every container may use. mknod alone gives no access to a device; that it is decided first,
 * from the end, makes the filter of all other rules simpler.
 */
static const struct corc_device_rule built_in[] = {
	BUILT_IN(CORC_DEVICE_CHAR, 10, 200, CORC_DEVICE_ALL_ACCESS),              /* net/tun */
	BUILT_IN(CORC_DEVICE_CHAR, 5, 2, CORC_DEVICE_ALL_ACCESS),                 /* ptmx */
	BUILT_IN(CORC_DEVICE_CHAR, 136, CORC_DEVICE_ANY, CORC_DEVICE_ALL_ACCESS), /* pts */
	BUILT_IN(CORC_DEVICE_CHAR, 5, 0, CORC_DEVICE_ALL_ACCESS),                 /* tty */
	BUILT_IN(CORC_DEVICE_CHAR, 1, 7, CORC_DEVICE_ALL_ACCESS),                 /* full */
	BUILT_IN(CORC_DEVICE_CHAR, 1, 5, CORC_DEVICE_ALL_ACCESS),                 /* zero */
	BUILT_IN(CORC_DEVICE_CHAR, 1, 8, CORC_DEVICE_ALL_ACCESS),                 /* random */
	BUILT_IN(CORC_DEVICE_CHAR, 1, 9, CORC_DEVICE_ALL_ACCESS),                 /* urandom */
	BUILT_IN(CORC_DEVICE_CHAR, 1, 3, CORC_DEVICE_ALL_ACCESS),                 /* null */
	BUILT_IN(CORC_DEVICE_ALL, CORC_DEVICE_ANY, CORC_DEVICE_ANY, CORC_DEVICE_MKNOD),
};

#define BUILT_IN_COUNT (sizeof(built_in) / sizeof(built_in[0]))

static uint32_t access_of(const char *letters)
{
	uint32_t access = 0;

	if (!letters)
		return CORC_DEVICE_ALL_ACCESS;
	for (; *letters != '\0'; letters++)
		access |= *letters == 'r'   ? CORC_DEVICE_READ
			  : *letters == 'w' ? CORC_DEVICE_WRITE
			  : *letters == 'm' ? CORC_DEVICE_MKNOD
					    : 0u;
	return access;
}

int corc_device_rules_of(struct corc_arena *arena, const struct corc_spec_device_rules *rules,
	struct corc_device_rules *ret_rules)
{
	struct corc_device_rule *items =
		corc_arena_array(arena, rules->count + BUILT_IN_COUNT, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < rules->count; i++) {
		const struct corc_spec_device_rule *rule = &rules->items[i];

		items[i] = (struct corc_device_rule){
			.allow = rule->allow,
			.type = rule->type ? *rule->type : CORC_DEVICE_ALL,
			.major = rule->major ? *rule->major : CORC_DEVICE_ANY,
			.minor = rule->minor ? *rule->minor : CORC_DEVICE_ANY,
			.access = access_of(rule->access),
			.node = rule->node,
		};
	}
	memcpy(items + rules->count, built_in, sizeof(built_in));
	ret_rules->items = items;
	ret_rules->count = rules->count + BUILT_IN_COUNT;
	return 0;
}

bool corc_device_rule_is_total(const struct corc_device_rule *rule)
{
	return rule->type == CORC_DEVICE_ALL && rule->major == CORC_DEVICE_ANY &&
	       rule->minor == CORC_DEVICE_ANY && rule->access == CORC_DEVICE_ALL_ACCESS;
}
