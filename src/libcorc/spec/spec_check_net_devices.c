/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of linux.netDevices. Layer: spec; the parent process only.
 */
#include <string.h>

#include "spec/check.h"

#define NAME_MAX_BYTES 15 /* IFNAMSIZ with its NUL */

/* What the kernel takes for the name of a device; a template has one "%d". */
static bool is_device_name(const char *name, bool may_be_template)
{
	const char *percent = strchr(name, '%');

	if (strlen(name) > NAME_MAX_BYTES || name[0] == '\0')
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (percent && (!may_be_template || percent[1] != 'd' || strchr(percent + 1, '%')))
		return false;
	return name[strcspn(name, "/: \t\n\v\f\r")] == '\0';
}

static const char *container_name(const struct corc_spec_net_device *device)
{
	return device->container_name ? device->container_name : device->name;
}

static void check_device(struct corc_spec_checker *checker, size_t index)
{
	const struct corc_spec_net_devices *devices = &checker->spec->linux_.net_devices;
	const struct corc_spec_net_device *device = &devices->items[index];
	const char *name = container_name(device);

	if (!is_device_name(device->name, false))
		corc_spec_problem(checker, device->node, NULL, CORC_NO_INDEX,
			"invalid network device name \"%.40s\"", device->name);
	if (device->container_name && !is_device_name(name, true))
		corc_spec_problem(checker, device->node, "name", CORC_NO_INDEX,
			"invalid network device name \"%.40s\"", name);
	for (size_t i = 0; i < index && !strchr(name, '%'); i++)
		if (strcmp(container_name(&devices->items[i]), name) == 0)
			corc_spec_problem(checker, device->node, "name", CORC_NO_INDEX,
				"%s is called \"%.40s\" in the container already",
				devices->items[i].name, name);
}

void corc_spec_check_net_devices(struct corc_spec_checker *checker)
{
	const struct corc_spec_linux *linux_ = &checker->spec->linux_;

	if (linux_->net_devices.count == 0)
		return;
	if (!corc_spec_has_namespace(checker, CORC_NAMESPACE_NETWORK))
		corc_spec_problem(checker, linux_->node, "netDevices", CORC_NO_INDEX,
			"unable to move network devices without a private NET namespace");
	for (size_t i = 0; i < linux_->net_devices.count; i++)
		check_device(checker, i);
}
