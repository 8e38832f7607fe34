/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of linux.devices, linux.cgroupsPath and linux.resources. Layer: spec; the parent process
 * only.
 */
#include <string.h>

#include "spec/check.h"

#define WEIGHT_MIN 10

static bool is_same_number(const int64_t *one, const int64_t *other)
{
	return one && other ? *one == *other : one == other;
}

static bool is_same_device(const struct corc_spec_device *one, const struct corc_spec_device *other)
{
	return one->type == other->type && is_same_number(one->major, other->major) &&
	       is_same_number(one->minor, other->minor);
}

/* What is masked is covered by it, and programs throw away what they write to it. */
static void check_null_device(
	struct corc_spec_checker *checker, const struct corc_spec_device *device)
{
	bool is_null = device->type == CORC_DEVICE_CHAR &&
		       (!device->major || *device->major == 1) &&
		       (!device->minor || *device->minor == 3);

	if (strcmp(device->path, "/dev/null") == 0 && !is_null)
		corc_spec_problem(checker, device->node, "path", CORC_NO_INDEX,
			"/dev/null has to be the character device 1:3");
}

/* The same device may be named twice, as runc lets it. */
static void check_device_path(struct corc_spec_checker *checker, size_t index)
{
	const struct corc_spec_devices *devices = &checker->spec->linux_.devices;
	const struct corc_spec_device *device = &devices->items[index];

	if (!device->path)
		return;
	if (device->path[0] != '/')
		corc_spec_problem(checker, device->node, "path", CORC_NO_INDEX,
			"expected an absolute path, found \"%.200s\"", device->path);
	check_null_device(checker, device);
	for (size_t i = 0; i < index; i++)
		if (devices->items[i].path && strcmp(devices->items[i].path, device->path) == 0 &&
			!is_same_device(&devices->items[i], device)) {
			corc_spec_problem(checker, device->node, "path", CORC_NO_INDEX,
				"\"%.200s\" is the path of device %zu already", device->path, i);
			return;
		}
}

void corc_spec_check_devices(struct corc_spec_checker *checker)
{
	const struct corc_spec_devices *devices = &checker->spec->linux_.devices;

	for (size_t i = 0; i < devices->count; i++) {
		const struct corc_spec_device *device = &devices->items[i];

		check_device_path(checker, i);
		if (device->type == CORC_DEVICE_FIFO)
			continue;
		if (!device->major)
			corc_spec_problem(checker, device->node, "major", CORC_NO_INDEX,
				"required property \"major\" is missing");
		if (!device->minor)
			corc_spec_problem(checker, device->node, "minor", CORC_NO_INDEX,
				"required property \"minor\" is missing");
	}
}

static void check_device_rules(
	struct corc_spec_checker *checker, const struct corc_spec_device_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const char *access = rules->items[i].access;

		if (access && access[strspn(access, "rwm")])
			corc_spec_problem(checker, rules->items[i].node, "access", CORC_NO_INDEX,
				"expected letters of \"rwm\", found \"%.40s\"", access);
	}
}

/* swap is memory and swap together; 0 is unset and -1 unlimited. */
static void check_memory(struct corc_spec_checker *checker, const struct corc_spec_memory *memory)
{
	int64_t limit = memory->limit ? *memory->limit : 0;
	int64_t swap = memory->swap ? *memory->swap : 0;

	if (swap <= 0)
		return;
	if (limit == 0 && !checker->is_update)
		corc_spec_problem(checker, memory->node, "swap", CORC_NO_INDEX,
			"unable to set swap limit without memory limit");
	else if (swap < limit)
		corc_spec_problem(checker, memory->node, "swap", CORC_NO_INDEX,
			"memory+swap limit should be >= memory limit, %lld is less than %lld",
			(long long)swap, (long long)limit);
}

static bool is_absent(const struct corc_spec_checker *checker, uint32_t node, const char *key,
	const uint32_t *value)
{
	return !value && !corc_spec_reader_refused(checker, node, key);
}

static void check_weight(
	struct corc_spec_checker *checker, uint32_t node, const char *key, const uint32_t *weight)
{
	if (weight && *weight != 0 && *weight < WEIGHT_MIN)
		corc_spec_problem(checker, node, key, CORC_NO_INDEX,
			"expected a weight from %d to 1000, found %u", WEIGHT_MIN, *weight);
}

static void check_block_io(
	struct corc_spec_checker *checker, const struct corc_spec_block_io *block_io)
{
	check_weight(checker, block_io->node, "weight", block_io->weight);
	check_weight(checker, block_io->node, "leafWeight", block_io->leaf_weight);
	for (size_t i = 0; i < block_io->weight_devices.count; i++) {
		const struct corc_spec_weight_device *device = &block_io->weight_devices.items[i];

		if (is_absent(checker, device->node, "weight", device->weight) &&
			is_absent(checker, device->node, "leafWeight", device->leaf_weight))
			corc_spec_problem(checker, device->node, NULL, CORC_NO_INDEX,
				"neither weight nor leafWeight is given");
		check_weight(checker, device->node, "weight", device->weight);
		check_weight(checker, device->node, "leafWeight", device->leaf_weight);
	}
}

/* "2MB": the name becomes a part of a file's name. */
static bool is_page_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && text[0] != '0' && text[digits] && strchr("KMG", text[digits]) &&
	       strcmp(text + digits + 1, "B") == 0;
}

static void check_hugepages(
	struct corc_spec_checker *checker, const struct corc_spec_hugepage_limits *limits)
{
	for (size_t i = 0; i < limits->count; i++) {
		const char *size = limits->items[i].page_size;

		if (size && !is_page_size(size))
			corc_spec_problem(checker, limits->items[i].node, "pageSize", CORC_NO_INDEX,
				"expected a size like \"64KB\", \"2MB\" or \"1GB\", found \"%.40s\"",
				size);
	}
}

/* What stands before a blank in a line that is written to the kernel. */
static bool is_word(const char *text)
{
	return text[0] != '\0' && text[strcspn(text, " \t\n\v\f\r")] == '\0';
}

static void check_network(
	struct corc_spec_checker *checker, const struct corc_spec_interface_priorities *priorities)
{
	for (size_t i = 0; i < priorities->count; i++) {
		const char *name = priorities->items[i].name;

		if (name && !is_word(name))
			corc_spec_problem(checker, priorities->items[i].node, "name", CORC_NO_INDEX,
				"expected the name of an interface, found \"%.40s\"", name);
	}
}

static void check_rdma(
	struct corc_spec_checker *checker, uint32_t node, const struct corc_spec_rdmas *rdma)
{
	for (size_t i = 0; i < rdma->count; i++) {
		const struct corc_spec_rdma *device = &rdma->items[i];
		const char *name = device->name;

		if (!is_word(name))
			corc_spec_entry_problem(checker, node, "rdma", name,
				"expected the name of a device, found \"%.40s\"", name);
		if (is_absent(checker, device->node, "hcaHandles", device->hca_handles) &&
			is_absent(checker, device->node, "hcaObjects", device->hca_objects))
			corc_spec_problem(checker, device->node, NULL, CORC_NO_INDEX,
				"neither hcaHandles nor hcaObjects is given");
	}
}

static void check_cpu(struct corc_spec_checker *checker, const struct corc_spec_cpu *cpu)
{
	if (cpu->idle && *cpu->idle && cpu->shares && *cpu->shares)
		corc_spec_problem(checker, cpu->node, "idle", CORC_NO_INDEX,
			"cannot set both cpu.idle and cpu.shares");
}

static void check_unified(
	struct corc_spec_checker *checker, uint32_t node, const struct corc_string_map *unified)
{
	for (size_t i = 0; i < unified->count; i++) {
		const char *key = unified->keys[i];
		const char *dot = strchr(key, '.');

		if (strchr(key, '/'))
			corc_spec_entry_problem(checker, node, "unified", key,
				"\"%.100s\" must be a file name, without slashes", key);
		else if (!dot || dot == key || !dot[1])
			corc_spec_entry_problem(checker, node, "unified", key,
				"\"%.100s\" must be in the form CONTROLLER.PARAMETER", key);
	}
}

static bool has_parent_component(const char *path)
{
	while (true) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.')
			return true;
		if (path[length] == '\0')
			return false;
		path += length + 1;
	}
}

void corc_spec_check_resources(struct corc_spec_checker *checker)
{
	const struct corc_spec_linux *linux_ = &checker->spec->linux_;
	const struct corc_spec_resources *resources = &linux_->resources;

	if (linux_->cgroups_path && has_parent_component(linux_->cgroups_path))
		corc_spec_problem(checker, linux_->node, "cgroupsPath", CORC_NO_INDEX,
			"the path must not contain \"..\", found \"%.200s\"", linux_->cgroups_path);
	check_device_rules(checker, &resources->devices);
	if (resources->memory)
		check_memory(checker, resources->memory);
	if (resources->cpu)
		check_cpu(checker, resources->cpu);
	check_block_io(checker, &resources->block_io);
	check_hugepages(checker, &resources->hugepage_limits);
	check_network(checker, &resources->network.priorities);
	check_rdma(checker, resources->node, &resources->rdma);
	check_unified(checker, resources->node, &resources->unified);
}
